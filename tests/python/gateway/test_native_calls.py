"""Calls within the process: objects in, objects out, and a typed error for each refusal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic
import pytest

from support.factories import config, factory
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, echo
from tokenfoundry.errors import (
    BudgetExceeded,
    InvalidCall,
    InvalidInput,
    NotAllowed,
    RateLimited,
    Unavailable,
    UpstreamFailed,
)
from tokenfoundry.factory import TokenFactory

EMAIL = "anna.verdi@example.it"
QUESTION = [{"role": "user", "content": f"Scrivi a {EMAIL}!"}]
LIFETIME = {"kind": "lifetime", "tz": "Europe/Rome"}


async def test_a_reply_is_an_object_with_what_it_cost(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = echo
    before = [dict(message) for message in QUESTION]
    reply = await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, intent="help")
    assert reply.text == f"Scrivi a {EMAIL}!"
    assert Decimal(reply.summary["cost"]) == Decimal("0.00003")
    assert reply.usage["completion_tokens"] == 5
    assert before == QUESTION
    assert EMAIL.encode() not in upstream.received[0].raw
    again = await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, intent="help")
    assert (again.text, again.headers["x-tf-cache"]) == (reply.text, "hit")
    fresh = await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, cache_control="no-cache")
    assert fresh.headers["x-tf-cache"] == "bypass"
    await gateway.aclose()


async def test_a_stream_is_an_iterator_of_chunks(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = echo
    stream = await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, stream=True)
    text = [piece["choices"][0]["delta"].get("content") or "" async for piece in stream if piece["choices"]]
    assert "".join(text) == f"Scrivi a {EMAIL}!"
    assert stream.summary["cost"] == "0.00003"
    assert gateway.ledger.holds() == []
    await gateway.aclose()


async def test_leaving_a_stream_settles_it(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def hang(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"content": "Quattro"}))
        await asyncio.Event().wait()

    upstream.behave = hang
    async with await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, stream=True) as stream:
        async for piece in stream:
            assert piece["choices"][0]["delta"]["content"] == "Quattro"
            break
    assert gateway.ledger.holds() == []
    (entry,) = gateway.ledger.entries()
    assert entry.kind == "settled"
    await gateway.aclose()


async def test_a_stream_that_is_left_twice_lets_the_next_call_have_its_connection(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    go = asyncio.Event()
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()

    async def wait_for_the_second(exchange: Exchange) -> None:
        if len(upstream.received) > 1:
            loop.call_soon_threadsafe(arrived.set)
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go.wait(), loop))
        await answer_with("Ecco.")(exchange)

    upstream.behave = wait_for_the_second
    first = await gateway.chat(key=key, model="fast", messages=[{"role": "user", "content": "uno"}], stream=True)
    taken = [chunk async for chunk in first]
    assert taken
    second = asyncio.ensure_future(
        gateway.chat(key=key, model="fast", messages=[{"role": "user", "content": "due"}], stream=True)
    )
    await arrived.wait()
    await first.aclose()  # Its end has closed it already.
    go.set()
    assert [chunk async for chunk in await second]
    assert gateway.ledger.holds() == []
    await gateway.aclose()


async def test_embeddings_come_as_vectors(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def embed(exchange: Exchange) -> None:
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
        await exchange.answer(
            {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
        )

    upstream.behave = embed
    assert (await gateway.embed(key=key, model="fast", input=["ciao"])).vectors == [[0.5, 1.0]]
    await gateway.aclose()


async def test_a_refusal_of_a_budget_names_it(gateway: TokenFactory, key: str) -> None:
    gateway.budgets.set("none", {"unit": "tokens", "window": LIFETIME, "hard": 1})
    with pytest.raises(BudgetExceeded) as caught:
        await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50)
    error = caught.value
    assert (error.budget, error.status, error.code, error.refusal.cause) == (
        "none",
        429,
        "budget_exceeded",
        "never_fits",
    )
    assert error.request_id
    await gateway.aclose()


async def test_every_other_refusal_has_its_type(upstream: Upstream, tmp_path: Path) -> None:
    limit = {"name": "slow", "each": ["key"], "rpm": 1, "burst": 1}
    closed = {
        **config(upstream.base_url, tmp_path)["providers"],
        "closed": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"},
    }
    targets = config(upstream.base_url, tmp_path)["targets"]
    targets["closed"] = {**targets["small"], "provider": "closed"}
    sections: Any = {"rate_limits": [limit], "providers": closed, "targets": targets}
    with factory(upstream.base_url, tmp_path / "data", **sections) as gateway:

        async def chat(**fields: Any) -> None:
            stated = {"key": gateway.create_key(), "model": "fast", "messages": QUESTION, "max_tokens": 5, **fields}
            await gateway.chat(**stated)

        with pytest.raises(NotAllowed, match="unknown"):
            await chat(key="nonsense")
        with pytest.raises(NotAllowed, match="embeddings"):
            await chat(key=gateway.create_key(endpoints=["embeddings"]))
        with pytest.raises(InvalidCall) as wrong:
            await chat(max_tokens=-1)
        assert isinstance(wrong.value, InvalidInput)
        assert wrong.value.param == "max_tokens"
        with pytest.raises(InvalidCall, match="cache_control: needs a text"):
            await chat(cache_control=5)
        with pytest.raises(InvalidCall, match="nobody"):
            await chat(model="nobody")
        with pytest.raises(UpstreamFailed) as failed:
            await chat(model="closed")
        assert failed.value.status == 502
        key = gateway.create_key()
        await chat(key=key)
        with pytest.raises(RateLimited) as limited:
            await chat(key=key)
        assert limited.value.retry_after_s is not None
        assert limited.value.retry_after_s > 30
        assert gateway.ledger.holds() == []
        await gateway.aclose()


async def test_a_full_gateway_says_so(upstream: Upstream, tmp_path: Path) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait(exchange: Exchange) -> None:
        loop.call_soon_threadsafe(arrived.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go_on.wait(), loop))
        await exchange.answer(completion("ok"))

    upstream.behave = wait
    with factory(upstream.base_url, tmp_path / "data", server={"max_concurrent": 1}) as gateway:
        key = gateway.create_key()
        first = asyncio.ensure_future(gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=5))
        await arrived.wait()
        with pytest.raises(Unavailable) as full:
            await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=5)
        assert full.value.retry_after_s == 1
        go_on.set()
        assert (await first).text == "ok"
        await gateway.aclose()


async def test_a_stream_that_breaks_raises(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def die(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"content": "Quattro"}))
        exchange.reset()

    upstream.behave = die
    stream = await gateway.chat(key=key, model="fast", messages=QUESTION, max_tokens=50, stream=True)
    with pytest.raises(UpstreamFailed) as broken:
        async for _ in stream:
            pass
    assert broken.value.request_id in str(broken.value)
    assert gateway.ledger.holds() == []
    await gateway.aclose()


def test_the_real_anthropic_client_talks_to_the_factory(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = answer_with("Ricevuto.")
    with gateway.anthropic_client(key=key, max_retries=0) as client:
        message = client.messages.create(model="fast", max_tokens=20, messages=[{"role": "user", "content": "ciao"}])
        (block,) = message.content
        assert isinstance(block, anthropic.types.TextBlock)
        assert block.text == "Ricevuto."
        with client.messages.stream(
            model="small", max_tokens=20, messages=[{"role": "user", "content": "ciao!"}]
        ) as stream:
            assert "".join(stream.text_stream) == "Ricevuto."
