"""Other settings without a restart: what changes, what cannot, and that no call notices."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest
import yaml

from support.factories import config
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, usage_of
from tokenfoundry.errors import ConfigError, Conflict
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings

QUESTION: Any = [{"role": "user", "content": "Quanto fa due più due?"}]
LIFETIME = {"kind": "lifetime", "tz": "Europe/Rome"}


class Configuration:
    """A file that a factory is made from, and that is written anew."""

    def __init__(self, upstream: Upstream, directory: Path) -> None:
        self.path = directory / "tokenfoundry.yaml"
        self._values = config(upstream.base_url, directory / "data", cache={"enabled": False})
        self.write()

    def write(self, **sections: Any) -> None:
        self.path.write_text(yaml.safe_dump({**self._values, **sections}), encoding="utf-8")

    def settings(self, **sections: Any) -> Settings:
        return Settings.from_dict({**self._values, **sections})


@pytest.fixture
def configuration(upstream: Upstream, tmp_path: Path) -> Configuration:
    return Configuration(upstream, tmp_path)


async def ask(client: openai.AsyncOpenAI, model: str = "fast", **fields: Any) -> Any:
    return await client.chat.completions.create(model=model, messages=QUESTION, max_tokens=8, **fields)


async def test_an_alias_and_a_budget_of_the_new_file_hold_for_the_next_call(configuration: Configuration) -> None:
    with TokenFactory.from_config(configuration.path) as gateway:
        key = gateway.create_key()
        async with gateway.async_openai_client(key=key, max_retries=0) as client:
            await ask(client)
            budget = {"name": "two", "unit": "requests", "window": LIFETIME, "hard": 2}
            configuration.write(aliases={"renamed": ["large"], "fast": ["small"]}, budgets=[budget])
            gateway.reload()
            # The budget counts what was spent before it was there.
            assert (await ask(client, "renamed")).model_extra["tokenfoundry"]["target"] == "large"
            with pytest.raises(openai.RateLimitError):
                await ask(client)
            configuration.write()
            gateway.reload()
            await ask(client)
            with pytest.raises(openai.NotFoundError):
                await ask(client, "renamed")
        await gateway.aclose()


async def test_new_prices_and_privacy_hold_for_the_next_call(configuration: Configuration, upstream: Upstream) -> None:
    with TokenFactory.from_config(configuration.path) as gateway:
        key = gateway.create_key()
        written: Any = [{"role": "user", "content": "Scrivi a anna.verdi@example.it"}]
        async with gateway.async_openai_client(key=key, max_retries=0) as client:
            before = await client.chat.completions.create(model="fast", messages=written, max_tokens=8)
            targets = {
                name: {**target, "price": {"input": "100", "output": "100", "currency": "EUR"}}
                for name, target in yaml.safe_load(configuration.path.read_text())["targets"].items()
            }
            configuration.write(targets=targets, privacy={"enabled": False})
            gateway.reload()
            after = await client.chat.completions.create(model="fast", messages=written, max_tokens=8)
            extra = [reply.model_extra["tokenfoundry"]["cost"] for reply in (before, after) if reply.model_extra]
            assert extra == ["0.00003", "0.0025"]
            sent = [exchange.raw for exchange in upstream.received]
            assert b"anna.verdi" not in sent[0]
            assert b"anna.verdi" in sent[1]
        await gateway.aclose()


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"currency": "USD", "fx": {"EUR": [{"from": "2026-01-01", "rate": "1.1"}]}}, "currency"),
        ({"data_dir": "elsewhere"}, "data_dir"),
        ({"durability": "power"}, "durability"),
        ({"limits": {"session_idle": "1m"}}, "limits.session_idle"),
        ({"server": {"port": 9}}, "server.port"),
        ({"cache": {"enabled": True}}, "cache.enabled"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_was_settled_at_the_start_is_refused_by_name_and_nothing_changes(
    configuration: Configuration, sections: dict[str, Any], message: str
) -> None:
    with TokenFactory.from_config(configuration.path) as gateway:
        before = gateway.settings
        with pytest.raises(Conflict, match=message):
            gateway.reload(configuration.settings(aliases={"other": ["large"]}, **sections))
        assert gateway.settings is before
        assert "other" not in [model.id for model in gateway.openai_client(key=gateway.create_key()).models.list()]


@pytest.mark.parametrize(
    "sections",
    [
        {"aliases": {"fast": ["nobody"]}},
        {"targets": {"small": {"provider": "upstream", "model": "unpriced-1", "trust": "on_prem"}}, "routing": {}},
        {"providers": {"upstream": {"format": "openai", "base_url": "http://127.0.0.1:9/v1", "keys": ["env:TF_NONE"]}}},
    ],
    ids=["reference", "price", "key"],
)
def test_a_wrong_file_changes_nothing_and_says_why(configuration: Configuration, sections: dict[str, Any]) -> None:
    with TokenFactory.from_config(configuration.path) as gateway:
        before, budgets = gateway.settings, gateway.budgets.definitions()
        budget = {"name": "new", "unit": "requests", "window": LIFETIME, "hard": 2}
        configuration.write(budgets=[budget], **sections)
        with pytest.raises(ConfigError) as caught:
            gateway.reload()
        assert caught.value.path
        assert gateway.settings is before
        assert gateway.budgets.definitions() == budgets


def test_a_budget_of_a_key_keeps_its_name(configuration: Configuration) -> None:
    with TokenFactory.from_config(configuration.path) as gateway:
        budget = {"unit": "requests", "window": LIFETIME, "hard": 2}
        gateway.create_key(budgets=[budget])
        (name,) = gateway.budgets.definitions()
        with pytest.raises(Conflict, match="taken"):
            gateway.reload(configuration.settings(budgets=[{"name": name, **budget}]))
        assert gateway.budgets.source(name) == "key"
        assert not gateway.settings.budgets


def test_a_factory_made_in_code_has_nothing_to_read_again(configuration: Configuration) -> None:
    with TokenFactory(configuration.settings()) as gateway, pytest.raises(Conflict, match="in code"):
        gateway.reload()


async def test_calls_in_progress_end_as_they_began(configuration: Configuration, upstream: Upstream) -> None:
    """Their target, and with it their provider, is gone from the new file."""
    arrived, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(exchange: Exchange) -> None:
        loop.call_soon_threadsafe(arrived.set)
        if exchange.body.get("stream"):
            await exchange.start_stream()
            await exchange.event(chunk({"content": "Quat"}))
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go_on.wait(), loop))
        if not exchange.body.get("stream"):
            await exchange.answer(completion("Quattro.", usage=usage_of(9, 2)))
            return
        await exchange.event(chunk({"content": "tro."}))
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(9, 2)})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = wait
    with Upstream(answer_with("Altrove.")) as elsewhere, TokenFactory.from_config(configuration.path) as gateway:
        async with gateway.async_openai_client(key=gateway.create_key(), max_retries=0) as client:
            whole = asyncio.ensure_future(ask(client, "both"))
            await arrived.wait()
            arrived.clear()
            stream = await ask(client, "small", stream=True)
            await arrived.wait()
            moved = config(elsewhere.base_url, configuration.path.parent / "data", cache={"enabled": False})
            moved["targets"] = {"there": moved["targets"]["small"]}
            gateway.reload(Settings.from_dict({**moved, "aliases": {"fast": ["there"]}, "routing": {}}))
            assert (await ask(client)).choices[0].message.content == "Altrove."
            go_on.set()
            assert (await whole).choices[0].message.content == "Quattro."
            text = [piece.choices[0].delta.content or "" async for piece in stream if piece.choices]
            assert "".join(text) == "Quattro."
            assert gateway.ledger.holds() == []
        await gateway.aclose()


async def test_no_call_fails_while_the_settings_change_all_the_time(
    configuration: Configuration, upstream: Upstream
) -> None:
    with (
        Upstream(answer_with("Due.")) as second,
        TokenFactory.from_config(configuration.path) as gateway,
        served(gateway.app()) as url,
    ):
        ports = [upstream.base_url, second.base_url]
        done = asyncio.Event()

        async def reload_all_the_time() -> int:
            rounds = 0
            while not done.is_set():
                rounds += 1
                providers = {"upstream": {"format": "openai", "base_url": ports[rounds % 2]}}
                budget = {"name": f"b{rounds}", "unit": "tokens", "window": LIFETIME, "hard": 10**9}
                settings = configuration.settings(providers=providers, budgets=[budget])
                await asyncio.to_thread(gateway.reload, settings)
            return rounds

        async def call(client: openai.AsyncOpenAI, number: int) -> str:
            if number % 2:
                stream = await ask(client, stream=True)
                return "".join([piece.choices[0].delta.content or "" async for piece in stream if piece.choices])
            reply = await ask(client)
            return str(reply.choices[0].message.content)

        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=gateway.create_key(), max_retries=0) as client:
            reloading = asyncio.ensure_future(reload_all_the_time())
            answers = []
            for batch in range(8):
                answers += await asyncio.gather(*(call(client, batch * 8 + number) for number in range(8)))
            done.set()
            assert await reloading > 3
        assert set(answers) <= {"Ricevuto.", "Due."}
        assert len(set(answers)) == 2
        assert gateway.ledger.holds() == []
        entries = [entry for entry in gateway.ledger.entries() if entry.kind == "settled"]
        assert len(entries) == len(answers)


async def test_the_connections_of_providers_that_are_gone_are_closed(configuration: Configuration) -> None:
    import gc

    with Upstream() as second, TokenFactory.from_config(configuration.path) as gateway:
        async with gateway.async_openai_client(key=gateway.create_key(), max_retries=0) as client:
            await ask(client)
            providers = {"upstream": {"format": "openai", "base_url": second.base_url}}
            gateway.reload(configuration.settings(providers=providers))
            await ask(client)
            gc.collect()
            assert len(gateway._clients) == 1
        await gateway.aclose()


async def test_a_key_that_was_exchanged_in_its_file_is_read_again(
    configuration: Configuration, upstream: Upstream, tmp_path: Path
) -> None:
    secret = tmp_path / "provider-key"
    secret.write_text("one", encoding="utf-8")
    providers = {"upstream": {"format": "openai", "base_url": upstream.base_url, "keys": [f"file:{secret}"]}}
    with TokenFactory(configuration.settings(providers=providers)) as gateway:
        async with gateway.async_openai_client(key=gateway.create_key(), max_retries=0) as client:
            await ask(client)
            secret.write_text("two", encoding="utf-8")
            gateway.reload(configuration.settings(providers=providers))
            await ask(client)
            secret.unlink()
            with pytest.raises(ConfigError, match="key"):
                gateway.reload(configuration.settings(providers=providers))
            await ask(client)
        sent = [exchange.headers["authorization"] for exchange in upstream.received]
        assert sent == ["Bearer one", "Bearer two", "Bearer two"]
        await gateway.aclose()


async def test_what_is_known_of_a_provider_outlives_a_change_of_a_target(
    configuration: Configuration, upstream: Upstream
) -> None:
    async def deny(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no"}}, status=503)

    upstream.behave = deny
    configuration.write(resilience={"retries": {"most": 0}, "breaker": {"failures": 1}})
    with TokenFactory.from_config(configuration.path) as gateway:
        async with gateway.async_openai_client(key=gateway.create_key(), max_retries=0) as client:
            with pytest.raises(openai.APIStatusError):
                await ask(client)
            targets = yaml.safe_load(configuration.path.read_text())["targets"]
            targets["small"]["price"] = {"input": "100", "output": "100", "currency": "EUR"}
            configuration.write(resilience={"retries": {"most": 0}, "breaker": {"failures": 1}}, targets=targets)
            gateway.reload()
            assert not gateway.engine.guards.admits("small")
            assert gateway.engine.guards.admits("large")
        await gateway.aclose()
