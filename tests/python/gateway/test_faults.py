"""Whatever the provider or the client does, the caller gets a clear answer and the hold is settled or voided, never
leaked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from support.factories import config, factory
from support.serving import served
from support.upstream import Behaviour, Exchange, Upstream, answer_with, chunk, completion, parse_sse, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

QUESTION: list[Any] = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]


def records(gateway: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]


def ask(gateway: TokenFactory, key: str, *, model: str = "fast", **options: Any) -> Any:
    client = gateway.openai_client(key=key, max_retries=0)
    return client.chat.completions.create(model=model, messages=QUESTION, max_tokens=50, **options)


@contextmanager
def no_hold_is_left(gateway: TokenFactory) -> Iterator[None]:
    yield
    assert gateway.ledger.holds() == []
    assert gateway.ledger.verify().ok


async def refuse(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "we are down"}}, status=503)


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(30)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def garbage(exchange: Exchange) -> None:
    await exchange.answer(b"<html>not json</html>")


async def wrong_shape(exchange: Exchange) -> None:
    await exchange.answer({"choices": "none"})


async def not_http(exchange: Exchange) -> None:
    await exchange.send(b"\x00\x01\x02 hello\r\n\r\n")
    exchange.writer.close()


async def half_a_body(exchange: Exchange) -> None:
    await exchange.send(
        b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"choices": ['
    )
    exchange.reset()


async def redirect(exchange: Exchange) -> None:
    await exchange.answer({}, status=307, headers="location: http://127.0.0.1:1/\r\n")


async def deep(exchange: Exchange) -> None:
    await exchange.answer(b'{"choices":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@pytest.mark.parametrize(
    ("behave", "status", "outcome"),
    [
        (refuse, 502, "failed"),
        (redirect, 502, "failed"),
        (hang, 504, "cut"),
        (reset, 502, "cut"),
        (garbage, 502, "cut"),
        (wrong_shape, 502, "cut"),
        (not_http, 502, "cut"),
        (half_a_body, 502, "cut"),
        (deep, 502, "cut"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_provider_is_an_upstream_error(
    gateway: TokenFactory, key: str, upstream: Upstream, behave: Behaviour, status: int, outcome: str
) -> None:
    upstream.behave = behave
    with no_hold_is_left(gateway), pytest.raises(openai.APIStatusError) as raised:
        ask(gateway, key)
    assert raised.value.status_code == status
    assert raised.value.response.headers["x-request-id"]
    (record,) = records(gateway)
    assert record.outcome == outcome
    # What may have been consumed is booked at its worst, what cannot have been is not.
    assert (record.cost_nano > 0) == (outcome == "cut")
    assert ("uncertain" in record.flags) == (outcome == "cut")


def test_a_provider_that_is_not_there_costs_nothing(tmp_path: Path) -> None:
    with factory("http://127.0.0.1:9/v1", tmp_path / "data") as gateway:
        key = gateway.create_key()
        with no_hold_is_left(gateway), pytest.raises(openai.InternalServerError) as raised:
            ask(gateway, key)
        assert raised.value.status_code == 502
        assert records(gateway)[0].outcome == "failed"


def test_the_next_target_answers_when_the_first_does_not(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await (refuse if exchange.body["model"] == "small-1" else answer_with("ok"))(exchange)

    upstream.behave = behave
    with no_hold_is_left(gateway):
        reply = ask(gateway, key, model="both")
    assert reply.tokenfoundry["target"] == "large"
    assert [(record.target, record.outcome, record.attempt) for record in records(gateway)] == [
        ("small", "failed", 0),
        ("large", "answered", 1),
    ]


def test_a_callers_own_mistake_is_told_and_not_tried_elsewhere(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no such field as [EMAIL_ADDRESS_1]"}}, status=400)

    upstream.behave = behave
    with no_hold_is_left(gateway), pytest.raises(openai.BadRequestError) as raised:
        ask(gateway, key, model="both")
    assert "no such field as mario.rossi@example.it" in str(raised.value)
    assert len(upstream.received) == 1
    assert "mario" not in json.dumps([record.error for record in records(gateway)])


def test_an_answer_says_which_target_was_passed_over_and_why(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await (refuse if exchange.body["model"] == "small-1" else answer_with("ok"))(exchange)

    upstream.behave = behave
    with no_hold_is_left(gateway):
        fallen_back, plain = ask(gateway, key, model="both"), ask(gateway, key, model="node")
    assert fallen_back.tokenfoundry["route"] == "alias both; after small: upstream_error"
    assert plain.tokenfoundry["route"] == "alias node"
    assert [record.route for record in records(gateway)][:2] == ["alias both", fallen_back.tokenfoundry["route"]]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        # OpenAI's guide "Error codes", and what its API answers to a prompt that is too long.
        ({"code": "context_length_exceeded", "param": "messages"}, ("context_length_exceeded", "messages")),
        ({"code": "invalid_value", "param": "tools[0].function"}, ("invalid_value", "tools[0].function")),
        ({"code": 400, "param": None}, ("invalid_request_error", None)),
        ({"code": "mario rossi", "param": "é"}, ("invalid_request_error", None)),
        ({"code": "x" * 65, "param": "a\r\nb"}, ("invalid_request_error", None)),
    ],
    ids=str,
)
def test_what_a_provider_names_as_the_fault_reaches_the_caller_if_it_is_a_name(
    gateway: TokenFactory, key: str, upstream: Upstream, error: dict[str, Any], told: tuple[str, str | None]
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "too long", "type": "invalid_request_error", **error}}, status=400)

    upstream.behave = behave
    with no_hold_is_left(gateway), pytest.raises(openai.BadRequestError) as raised:
        ask(gateway, key)
    assert (raised.value.code, raised.value.param) == told
    assert raised.value.type == "invalid_request_error"


def test_a_provider_rate_limit_passes_its_retry_after_on(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "slow down"}}, status=429, headers="retry-after: 7\r\n")

    upstream.behave = behave
    with no_hold_is_left(gateway), pytest.raises(openai.RateLimitError) as raised:
        ask(gateway, key)
    assert raised.value.code == "rate_limit_exceeded"
    assert raised.value.response.headers["retry-after"] == "7"


def test_a_reply_without_usage_is_counted_and_flagged(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("una risposta breve"))

    upstream.behave = behave
    with no_hold_is_left(gateway):
        reply = ask(gateway, key)
    assert reply.tokenfoundry["estimated"] is True
    (record,) = records(gateway)
    assert record.cost_source == "estimated"
    assert record.output_tokens > 0


async def begins_a_stream_and_resets(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Scrivo a [EMAIL_"}))
    await exchange.event(chunk({"content": "ADDRESS_1]"}))
    await asyncio.sleep(0.05)
    exchange.reset()


async def begins_a_stream_and_hangs(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Scrivo a [EMAIL_ADDRESS_1]"}))
    await asyncio.sleep(30)


async def ends_a_stream_early(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Scrivo a [EMAIL_ADDRESS_1]"}))
    await exchange.end_stream()


async def streams_garbage(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Scrivo a [EMAIL_ADDRESS_1]"}))
    await exchange.event(b"{broken")
    await asyncio.sleep(30)


async def streams_an_error(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Scrivo a [EMAIL_ADDRESS_1]"}))
    await exchange.event({"error": {"message": "overloaded"}})
    await exchange.end_stream()


async def streams_wrong_types(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"content": "Scrivo a [EMAIL_ADDRESS_1]"}))
    await exchange.event({"choices": [3, {"index": "x", "delta": 7}]})
    await exchange.end_stream()


@pytest.mark.parametrize(
    "behave",
    [
        begins_a_stream_and_resets,
        begins_a_stream_and_hangs,
        ends_a_stream_early,
        streams_garbage,
        streams_an_error,
        streams_wrong_types,
    ],
    ids=lambda behave: behave.__name__,
)
def test_a_stream_that_dies_ends_with_an_error_and_is_settled_for_what_came(
    gateway: TokenFactory, key: str, upstream: Upstream, behave: Behaviour
) -> None:
    upstream.behave = behave
    with no_hold_is_left(gateway):
        stream = ask(gateway, key, stream=True)
        texts: list[str] = []
        with pytest.raises(openai.APIError) as raised:
            texts.extend(piece.choices[0].delta.content or "" for piece in stream)
    assert "".join(texts) == "Scrivo a mario.rossi@example.it"
    assert raised.value.code == "upstream_error"
    (record,) = records(gateway)
    assert record.outcome == "cut"
    assert 0 < record.output_tokens < 50
    assert "uncertain" in record.flags


def test_a_client_that_hangs_up_is_settled_for_what_was_produced(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for _ in range(200):
            await exchange.event(chunk({"content": "parola "}))
            await asyncio.sleep(0.01)

    upstream.behave = behave

    async def hang_up_after_the_first_chunk(url: str) -> None:
        body = {"model": "fast", "messages": QUESTION, "stream": True, "max_tokens": 5000}
        async with aiohttp.ClientSession() as session:
            reply = await session.post(
                f"{url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}
            )
            await reply.content.readany()
            reply.close()

    with no_hold_is_left(gateway), served(gateway.app()) as url:
        asyncio.run(hang_up_after_the_first_chunk(url))
        for _ in range(200):
            if records(gateway):
                break
            asyncio.run(asyncio.sleep(0.02))
    (record,) = records(gateway)
    assert record.outcome == "cut"
    assert 0 < record.output_tokens < 5000


def test_a_stream_answered_without_a_stream_is_an_upstream_error(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(completion("ok", usage=usage_of(1, 1)))

    upstream.behave = behave
    with no_hold_is_left(gateway), pytest.raises(openai.InternalServerError):
        ask(gateway, key, stream=True)


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_the_bytes_of_a_stream_may_be_cut_anywhere(
    gateway: TokenFactory, key: str, upstream: Upstream, cut: int
) -> None:
    text = "Perché no? [EMAIL_ADDRESS_1] è già qui 🙂"

    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        raw = b"".join(
            b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\r\n\r\n"
            for body in (chunk({"content": text[:12]}), chunk({"content": text[12:]}), chunk({}, finish="stop"))
        )
        for start in range(0, len(raw), cut):
            await exchange.piece(raw[start : start + cut])
            await asyncio.sleep(0)
        await exchange.end_stream()

    upstream.behave = behave
    texts = [piece.choices[0].delta.content or "" for piece in ask(gateway, key, stream=True)]
    assert "".join(texts) == text.replace("[EMAIL_ADDRESS_1]", "mario.rossi@example.it")


def test_two_choices_that_interleave_are_restored_apart(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for first, second in zip("[EMAIL_ADDRESS_1]", "x[EMAIL_ADDRESS_", strict=False):
            await exchange.event(chunk({"content": first}, index=0))
            await exchange.event(chunk({"content": second}, index=1))
        await exchange.event(chunk({"content": "]"}, index=0))
        await exchange.event(chunk({"content": "1]"}, index=1))
        await exchange.event(chunk({}, finish="stop", index=0))
        await exchange.event(chunk({}, finish="stop", index=1))
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = behave
    texts = ["", ""]
    for piece in ask(gateway, key, stream=True, n=2):
        for choice in piece.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == ["mario.rossi@example.it", "xmario.rossi@example.it"]


def test_settlement_comes_before_done(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = answer_with("ok")

    async def read(url: str) -> tuple[bytes, int]:
        body = {"model": "fast", "messages": QUESTION, "stream": True}
        async with aiohttp.ClientSession() as session:
            headers = {"authorization": f"Bearer {key}"}
            async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
                raw = b""
                async for data in reply.content.iter_any():
                    raw += data
                    if b"[DONE]" in raw:
                        return raw, len(records(gateway))
        raise AssertionError("the stream had no end")

    with served(gateway.app()) as url:
        raw, settled = asyncio.run(read(url))
    assert settled == 1
    assert parse_sse(raw)[-1] == b"[DONE]"
    assert b": tokenfoundry {" in raw


def test_a_killed_process_leaves_its_hold_settled_as_uncertain(upstream: Upstream, tmp_path: Path) -> None:
    """What a crash between hold and settlement leaves: the books of a process that died, opened again."""
    import multiprocessing

    upstream.behave = hang
    made = config(upstream.base_url, tmp_path / "data")
    process = multiprocessing.get_context("spawn").Process(target=_ask_and_wait, args=(made,))
    process.start()
    try:
        for _ in range(1000):
            if upstream.received:
                break
            asyncio.run(asyncio.sleep(0.02))
        assert upstream.received, "the call never reached the provider"
    finally:
        process.kill()
        process.join()
    with TokenFactory.from_config(made) as gateway:
        (record,) = records(gateway)
        assert record.outcome == "recovered"
        assert record.cost_nano > 0
        assert gateway.ledger.holds() == []
        assert gateway.ledger.verify().ok


def _ask_and_wait(made: dict[str, Any]) -> None:
    with TokenFactory.from_config(made) as gateway:
        ask(gateway, gateway.create_key())
