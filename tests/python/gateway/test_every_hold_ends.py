"""However a call ends, its hold is resolved once, for what the provider can have billed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from support.factories import config, factory
from support.upstream import Exchange, Upstream, answer_with, chunk, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

QUESTION: list[Any] = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]


def records(gateway: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]


def ask(gateway: TokenFactory, key: str, **options: Any) -> Any:
    client = gateway.openai_client(key=key, max_retries=0)
    return client.chat.completions.create(**{"model": "fast", "messages": QUESTION, "max_tokens": 50, **options})


def scope(key: str) -> dict[str, Any]:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    path = "/v1/chat/completions"
    return {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": "", "headers": headers}


BODY = b'{"model": "fast", "stream": true, "max_tokens": 50, "messages": [{"role": "user", "content": "ciao"}]}'


async def test_a_stream_whose_start_cannot_be_sent_is_settled(gateway: TokenFactory, key: str) -> None:
    messages = [{"type": "http.request", "body": BODY, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        raise OSError("the client is gone")

    with pytest.raises(OSError, match="the client is gone"):
        await gateway.app()(scope(key), receive, send)
    assert gateway.ledger.holds() == []
    assert [record.outcome for record in records(gateway)] == ["cut"]
    await gateway.aclose()


async def test_a_client_gone_before_the_first_byte_is_settled(gateway: TokenFactory, key: str) -> None:
    messages = [{"type": "http.request", "body": BODY, "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        await asyncio.Event().wait()

    await gateway.app()(scope(key), receive, send)
    assert gateway.ledger.holds() == []
    assert [record.status for record in records(gateway)] == [499]
    await gateway.aclose()


def test_an_answer_whose_usage_no_amount_of_money_pays_is_given_and_booked_as_counted_here(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("ok", usage=usage_of(5 * 10**11 - 1, 5 * 10**11 - 1)))

    upstream.behave = behave
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["small"]["price"] = {"input": "1000", "output": "1000"}
    with TokenFactory.from_config(made) as gateway:
        ask(gateway, gateway.create_key())
        assert gateway.ledger.holds() == []
        (told,) = records(gateway)
        assert (told.outcome, told.cost_source, told.output_tokens) == ("answered", "estimated", 1)
        assert told.usage_fault
        assert "usage_unreadable" in told.flags


@pytest.mark.parametrize(
    "usage", [usage_of(2**62, 2**62), {"prompt_tokens": "mario.rossi@example.it"}], ids=["no count", "a text"]
)
def test_what_is_no_count_is_counted_here_and_not_written_down(
    gateway: TokenFactory, key: str, upstream: Upstream, usage: dict[str, Any]
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("ok", usage=usage))

    upstream.behave = behave
    ask(gateway, key)
    assert gateway.ledger.holds() == []
    (told,) = records(gateway)
    assert (told.outcome, told.cost_source) == ("answered", "estimated")
    assert "usage_unreadable" in told.flags
    assert "mario" not in str(gateway.ledger.entries())


@pytest.mark.parametrize(
    "options", [{"max_tokens": 5000}, {"max_tokens": None}, {"max_completion_tokens": 7000}], ids=str
)
def test_what_was_held_is_the_bound_that_is_sent(upstream: Upstream, tmp_path: Path, options: dict[str, Any]) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["small"]["max_output_tokens"] = 10
    with TokenFactory.from_config(made) as gateway:
        ask(gateway, gateway.create_key(), **options)
    sent = upstream.received[0].body
    assert {sent[field] for field in ("max_tokens", "max_completion_tokens") if field in sent} == {10}


def test_an_unknown_tokenizer_holds_a_token_for_each_byte(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    del made["targets"]["small"]["tokenizer"]
    window = {"kind": "monthly", "tz": "UTC"}
    made["budgets"] = [{"name": "bytes", "unit": "tokens", "window": window, "hard": 300}]
    with TokenFactory.from_config(made) as gateway:
        key = gateway.create_key()
        ask(gateway, key)
        with pytest.raises(openai.RateLimitError, match="more than budget"):
            ask(gateway, key, messages=[{"role": "user", "content": "parola " * 40}])
        assert "tokenizer_estimated" in records(gateway)[0].flags


def test_a_picture_is_held_at_its_models_most(upstream: Upstream, tmp_path: Path) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    made["targets"]["small"]["model"] = "gpt-4o-mini"
    window = {"kind": "monthly", "tz": "UTC"}
    made["budgets"] = [{"name": "tokens", "unit": "tokens", "window": window, "hard": 48_000}]
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with TokenFactory.from_config(made) as gateway, pytest.raises(openai.RateLimitError, match="more than budget"):
        ask(gateway, gateway.create_key(), messages=[{"role": "user", "content": [image]}])


@pytest.mark.parametrize(
    "extra", [{"best_of": 5}, {"models": ["other"]}, {"web_search_options": {}}, {"service_tier": "priority"}], ids=str
)
def test_what_would_cost_more_than_is_held_is_not_passed_on(
    gateway: TokenFactory, key: str, upstream: Upstream, extra: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError, match="metered"):
        ask(gateway, key, extra_body=extra)
    assert not upstream.received


def test_a_failed_call_that_reports_usage_is_billed(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "down"}, "usage": usage_of(20, 5)}, status=500)

    upstream.behave = behave
    with pytest.raises(openai.InternalServerError):
        ask(gateway, key)
    (record,) = records(gateway)
    assert (record.outcome, record.input_tokens, record.cost_nano) == ("failed", 20, 30_000)


def test_any_success_status_is_a_reply(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("ok", usage=usage_of(20, 5)), status=201)

    upstream.behave = behave
    assert ask(gateway, key).choices[0].message.content == "ok"
    assert records(gateway)[0].cost_nano == 30_000


def test_an_error_reply_that_is_cut_short_may_have_cost(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 500 X\r\ncontent-length: 500\r\n\r\n{")
        exchange.reset()

    upstream.behave = behave
    with pytest.raises(openai.InternalServerError):
        ask(gateway, key)
    assert [record.outcome for record in records(gateway)] == ["cut"]


def test_a_timeout_of_the_in_process_client_is_kept_and_hangs_up(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for _ in range(300):
            await exchange.event(chunk({"content": "parola "}))
            await asyncio.sleep(0.01)

    upstream.behave = behave
    stream = ask(gateway, key, stream=True, max_tokens=5000)
    next(iter(stream))
    stream.close()
    (record,) = records(gateway)
    assert (record.outcome, record.status) == ("cut", 499)
    assert record.output_tokens < 500

    async def hang(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    upstream.behave = hang
    client = gateway.openai_client(key=key, max_retries=0, timeout=httpx2.Timeout(0.2))
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
    assert gateway.ledger.holds() == []


async def test_giving_up_on_the_in_process_client_hangs_up(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def hang(exchange: Exchange) -> None:
        await exchange.start_stream()
        await asyncio.sleep(30)

    upstream.behave = hang
    async with gateway.async_openai_client(key=key, max_retries=0) as client:

        async def read_all() -> None:
            stream = await client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
            async for _ in stream:
                pass

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read_all(), 0.3)
    assert gateway.ledger.holds() == []
    assert [record.outcome for record in records(gateway)] == ["cut"]
    await gateway.aclose()


def test_closing_the_factory_ends_its_calls(upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    upstream.behave = hang
    made = config(upstream.base_url, tmp_path / "data")
    made["providers"]["upstream"]["timeout_s"] = {"connect": 2, "first_byte": 30, "read": 30, "total": 60}
    gateway = TokenFactory.from_config(made)
    key = gateway.create_key()
    ended: list[Exception] = []

    def call() -> None:
        try:
            ask(gateway, key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test looks at
            ended.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    while not upstream.received:
        caller.join(0.01)
    gateway.close()
    caller.join(10)
    assert not caller.is_alive()
    assert len(ended) == 1
    with TokenFactory.from_config(made) as reopened:
        assert [record.outcome for record in records(reopened)] == ["cut"]


def test_streams_reuse_their_connection(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = answer_with("ok")
    for seed in range(5):
        list(ask(gateway, key, stream=True, seed=seed))
    assert len({id(exchange.writer) for exchange in upstream.received}) == 1


def test_odd_deltas_lose_nothing(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.piece(b"data:\n\n")  # an event without data is none
        await exchange.event(chunk({"content": "vedi [EMAIL_ADDRESS"}))
        await exchange.event(
            chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"arguments": '{"a": "[EMAIL'}}]})
        )
        last = chunk({}, finish="stop")
        last["choices"][0]["delta"] = None
        await exchange.event(last)
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = behave
    deltas = [piece.choices[0].delta for piece in ask(gateway, key, stream=True)]
    assert "".join(delta.content or "" for delta in deltas) == "vedi [EMAIL_ADDRESS"
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert "".join(call.function.arguments for call in calls) == '{"a": "[EMAIL'
    assert {call.index for call in calls} == {0}


def test_trouble_with_the_cache_fails_no_call(gateway: TokenFactory, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenfoundry.cache import Cache
    from tokenfoundry.errors import StoreError

    def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Cache, "put", broken)
    assert ask(gateway, key).choices[0].message.content == "Ricevuto."
    monkeypatch.setattr(Cache, "get", lambda *_: b"no JSON")
    assert ask(gateway, key).choices[0].message.content == "Ricevuto."


def test_books_that_cannot_be_written_serve_nothing(
    gateway: TokenFactory, key: str, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tokenfoundry.errors import StoreError
    from tokenfoundry.ledger import AsyncLedger

    async def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(AsyncLedger, "reserve", broken)
    with pytest.raises(openai.InternalServerError) as raised:
        ask(gateway, key)
    assert (raised.value.status_code, raised.value.code) == (503, "store_unavailable")
    assert raised.value.response.headers["x-request-id"]
    assert not upstream.received


def test_loops_that_ended_leave_nothing_behind(gateway: TokenFactory, key: str) -> None:
    async def once() -> None:
        async with gateway.async_openai_client(key=key, max_retries=0) as client:
            await client.models.list()
            await client.chat.completions.create(model="fast", messages=QUESTION)
        await gateway.aclose()

    for _ in range(3):
        asyncio.run(once())
    assert gateway.engine.client.open_loops == 0
    assert gateway._faces.loops == ()


def test_another_model_behind_a_target_makes_other_entries(upstream: Upstream, tmp_path: Path) -> None:
    for model in ("small-1", "small-2"):
        made = config(upstream.base_url, tmp_path / "data")
        made["targets"]["small"]["model"] = model
        with TokenFactory.from_config(made) as gateway:
            assert ask(gateway, gateway.create_key()).tokenfoundry["cache"] == "miss"


def test_factories_close_twice_without_harm(upstream: Upstream, tmp_path: Path) -> None:
    gateway = factory(upstream.base_url, tmp_path / "data")
    gateway.close()
    gateway.close()


@pytest.mark.parametrize("transport", ["auto", "aiohttp"])
async def test_a_call_that_is_cancelled_at_any_step_leaves_no_hold_and_pays_for_nothing_unsent(
    upstream: Upstream, tmp_path: Path, transport: str
) -> None:
    made = config(upstream.base_url, tmp_path / "data")
    for provider in made["providers"].values():
        provider["client"] = transport
    with TokenFactory.from_config(made) as gateway:
        client = gateway.async_openai_client(key=gateway.create_key(), max_retries=0)

        async def ask_of(number: int) -> None:
            question: list[Any] = [{"role": "user", "content": f"Domanda {number}"}]
            await client.chat.completions.create(model="fast", messages=question, max_tokens=50)

        await ask_of(0)  # Connects.
        for steps in range(1, 80):  # The last are long in the provider's hands.
            booked, sent = len(records(gateway)), len(upstream.received)
            asking = asyncio.ensure_future(ask_of(steps))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            while gateway.ledger.holds():
                await asyncio.sleep(0.01)
            made = records(gateway)[booked:]
            assert len(made) <= 1
            if made and made[0].cost_nano:
                while len(upstream.received) == sent:
                    await asyncio.sleep(0.01)
        assert len(upstream.received) > 1, "some were sent"
        assert len(upstream.received) < 80, "and some were not"
        await gateway.aclose()
