"""A failure that a moment mends is tried again, within bounds, and every attempt is held and booked by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.resilient import Resilient, resilient, wait_until
from support.still_time import StillTime
from support.upstream import Behaviour, Exchange, Upstream, answer_with, chunk, parse_sse, usage_of
from tokenfoundry.ledger import EntryFlags

OK = answer_with("Fatto.", prompt_tokens=20, completion_tokens=5)
Fault = Callable[[Exchange], Awaitable[None]]


def status(code: int, headers: str = "") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no"}}, status=code, headers=headers)

    return behave


async def reset(exchange: Exchange) -> None:
    exchange.reset()


def first(number: int, fault: Behaviour, then: Behaviour = OK) -> Behaviour:
    """So many requests get the fault, the rest the answer."""
    seen = 0

    async def behave(exchange: Exchange) -> None:
        nonlocal seen
        seen += 1
        await (fault if seen <= number else then)(exchange)

    return behave


def text_of(body: bytes) -> str:
    events = [event for event in parse_sse(body) if isinstance(event, dict) and event.get("choices")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


@pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_a_moment_mends_is_tried_again(upstream: Upstream, tmp_path: Path, code: int) -> None:
    upstream.behave = first(2, status(code))
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.ask().status == 200
        assert gateway.attempts == [(0, "small", "failed"), (1, "small", "failed"), (2, "small", "answered")]
        assert [record.cost_nano for record in gateway.records] == [0, 0, 30_000]
        (request_id,) = {record.request_id for record in gateway.records}
        assert [entry.id for entry in gateway.factory.ledger.entries()] == [f"{request_id}/{n}" for n in range(3)]
    assert len(upstream.received) == 3


@pytest.mark.parametrize(("code", "told"), [(400, 400), (404, 502), (413, 413), (422, 422), (401, 502), (307, 502)])
def test_what_would_fail_again_is_not_tried_again(upstream: Upstream, tmp_path: Path, code: int, told: int) -> None:
    upstream.behave = status(code)
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.ask().status == told
    assert len(upstream.received) == 1


def test_there_are_no_more_attempts_than_allowed_and_then_the_next_target_answers(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def behave(exchange: Exchange) -> None:
        await (status(500) if exchange.body["model"] == "small-1" else OK)(exchange)

    upstream.behave = behave
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.ask(model="both").headers["x-tf-target"] == "large"
        assert gateway.attempts == [
            (0, "small", "failed"),
            (1, "small", "failed"),
            (2, "small", "failed"),
            (3, "large", "answered"),
        ]


def test_a_provider_that_cannot_be_reached_costs_nothing_however_often_it_is_tried(tmp_path: Path) -> None:
    with resilient("http://127.0.0.1:9/v1", tmp_path / "data") as gateway:
        told = gateway.ask()
        assert (told.status, told.code) == (502, "upstream_error")
        assert gateway.attempts == [(number, "small", "failed") for number in range(3)]
        assert [record.cost_nano for record in gateway.records] == [0, 0, 0]


def test_a_lost_reply_stays_billed_as_uncertain_and_its_retry_is_billed_too(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = first(1, reset)
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.ask().status == 200
        lost, answered = gateway.factory.ledger.entries()
        assert gateway.attempts == [(0, "small", "cut"), (1, "small", "answered")]
        assert lost.flags & EntryFlags.UNCERTAIN
        assert lost.amounts.money_nano > answered.amounts.money_nano == 30_000
        assert (lost.amounts.requests, answered.amounts.requests) == (1, 1)


def test_each_failed_attempt_that_reports_usage_is_billed_once(upstream: Upstream, tmp_path: Path) -> None:
    async def fail_with_usage(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no"}, "usage": usage_of(20, 1)}, status=500)

    upstream.behave = first(2, fail_with_usage)
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        assert gateway.ask().status == 200
        assert [record.cost_nano for record in gateway.records] == [22_000, 22_000, 30_000]


def test_a_reply_that_is_late_is_not_asked_for_again_at_the_same_target(upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    async def behave(exchange: Exchange) -> None:
        await (hang if exchange.body["model"] == "small-1" else OK)(exchange)

    upstream.behave = behave
    timeouts = {"connect": 0.1, "first_byte": 0.1, "read": 0.1, "total": 5}
    with resilient(upstream.base_url, tmp_path / "data", provider={"timeout_s": timeouts}) as gateway:
        assert gateway.ask(model="both").status == 200
        assert gateway.attempts == [(0, "small", "cut"), (1, "large", "answered")]


# -- how long is waited ------------------------------------------------------------------------------------------------


def test_the_wait_doubles_and_is_drawn(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = status(500)
    rules = {"retries": {"most": 5, "base": "1s", "longest": "4s"}, "breaker": {"failures": 100}}
    with resilient(upstream.base_url, tmp_path / "data", StillTime(flies=True, draw=0.5), rules=rules) as gateway:
        gateway.ask()
        assert gateway.time.slept == [0.5, 1.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("headers", ["retry-after: 7\r\n", "retry-after-ms: 7000\r\nretry-after: 60\r\n"])
@pytest.mark.parametrize("code", [429, 503])
def test_a_providers_retry_after_is_kept(upstream: Upstream, tmp_path: Path, code: int, headers: str) -> None:
    upstream.behave = first(1, status(code, headers))
    with resilient(upstream.base_url, tmp_path / "data", StillTime(flies=True, draw=0.5)) as gateway:
        assert gateway.ask().status == 200
        assert gateway.time.slept == [pytest.approx(7.125)]


@pytest.mark.parametrize(("code", "told"), [(429, 429), (503, 502)])
def test_a_provider_that_asks_for_longer_is_not_waited_for(
    upstream: Upstream, tmp_path: Path, code: int, told: int
) -> None:
    upstream.behave = status(code, "retry-after: 11\r\n")
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        reply = gateway.ask()
        assert reply.status == told
        assert gateway.time.slept == []
        if code == 429:
            assert reply.headers["retry-after"] == "11"
    assert len(upstream.received) == 1


def test_a_limited_target_is_not_waited_for_when_another_is_left(upstream: Upstream, tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        await (status(429, "retry-after: 2\r\n") if exchange.body["model"] == "small-1" else OK)(exchange)

    upstream.behave = behave
    others = {"other": {"format": "openai", "base_url": upstream.base_url}}
    large = {"large": {"provider": "other"}}
    with resilient(upstream.base_url, tmp_path / "data", others=others, targets=large) as gateway:
        assert gateway.ask(model="both").headers["x-tf-target"] == "large"
        assert gateway.time.slept == []


def test_the_time_of_the_whole_call_bounds_its_retries(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = status(503, "retry-after: 6\r\n")
    limits = {"call_timeout": "10s"}
    with resilient(upstream.base_url, tmp_path / "data", limits=limits) as gateway:
        assert gateway.ask(model="both").status == 502
        assert gateway.attempts == [(0, "small", "failed"), (1, "small", "failed"), (2, "large", "failed")]
        assert sum(gateway.time.slept) < 10


def test_a_provider_that_hangs_is_cut_when_the_time_of_the_call_is_over(upstream: Upstream, tmp_path: Path) -> None:
    async def hang(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    upstream.behave = hang
    provider = {"timeout_s": {"connect": 20, "first_byte": 20, "read": 20, "total": 20}}
    limits = {"call_timeout": "200ms"}
    with resilient(upstream.base_url, tmp_path / "data", provider=provider, limits=limits) as gateway:
        told = gateway.ask()
        assert (told.status, told.code) == (504, "upstream_timeout")
        assert gateway.attempts == [(0, "small", "cut")]


# -- streams -----------------------------------------------------------------------------------------------------------


async def nothing_and_reset(exchange: Exchange) -> None:
    await exchange.start_stream()
    await asyncio.sleep(0.02)  # A reset overtakes what was sent.
    exchange.reset()


async def nothing_and_end(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.end_stream()


async def an_error_at_once(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event({"error": {"message": "overloaded", "type": "server_error"}})
    await exchange.end_stream()


async def half_an_event(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.piece(b'data: {"choices": [{"ind')
    await exchange.end_stream()


async def garbage(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(b"{broken")
    await exchange.end_stream()


BEFORE_THE_FIRST_EVENT = [nothing_and_reset, nothing_and_end, an_error_at_once, half_an_event, garbage, reset]


@pytest.mark.parametrize("fault", BEFORE_THE_FIRST_EVENT, ids=lambda fault: fault.__name__)
def test_a_stream_that_fails_before_its_first_event_is_answered_by_another_attempt(
    upstream: Upstream, tmp_path: Path, fault: Fault
) -> None:
    upstream.behave = first(1, fault)
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        told = gateway.ask(stream=True)
        assert told.status == 200
        assert text_of(told.body) == "Fatto."
        assert b"error" not in told.body
        assert gateway.attempts == [(0, "small", "cut"), (1, "small", "answered")]


@pytest.mark.parametrize("fault", BEFORE_THE_FIRST_EVENT, ids=lambda fault: fault.__name__)
def test_a_stream_that_never_begins_is_an_ordinary_error(upstream: Upstream, tmp_path: Path, fault: Fault) -> None:
    upstream.behave = fault
    with resilient(upstream.base_url, tmp_path / "data", rules={"retries": {"most": 0}}) as gateway:
        told = gateway.ask(stream=True)
        assert (told.status, told.code) == (502, "upstream_error")
        (record,) = gateway.records
        assert (record.outcome, record.status) == ("cut", 502)
        assert "uncertain" in record.flags
        if fault is not reset:  # A stream that began is booked for what was seen of it.
            assert record.output_tokens == 0


def test_a_stream_that_stalls_before_its_first_event_goes_to_the_next_target(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def stall(exchange: Exchange) -> None:
        await exchange.start_stream()
        await asyncio.sleep(30)

    async def behave(exchange: Exchange) -> None:
        await (stall if exchange.body["model"] == "small-1" else OK)(exchange)

    upstream.behave = behave
    timeouts = {"connect": 2, "first_byte": 2, "read": 0.1, "total": 5}
    with resilient(upstream.base_url, tmp_path / "data", provider={"timeout_s": timeouts}) as gateway:
        told = gateway.ask(stream=True, model="both")
        assert text_of(told.body) == "Fatto."
        assert told.headers["x-tf-target"] == "large"
        assert gateway.attempts == [(0, "small", "cut"), (1, "large", "answered")]


def test_a_stream_that_has_reached_the_client_is_never_tried_again(upstream: Upstream, tmp_path: Path) -> None:
    async def one_and_reset(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": "Ecco"}))
        await asyncio.sleep(0.05)
        exchange.reset()

    upstream.behave = first(1, one_and_reset)
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        told = gateway.ask(stream=True, model="both")
        assert told.status == 200
        assert parse_sse(told.body)[-1]["error"]["code"] == "upstream_error"
        assert gateway.attempts == [(0, "small", "cut")]
    assert len(upstream.received) == 1


# -- clients that do not wait ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_between_attempts_ends_them(upstream: Upstream, tmp_path: Path, stream: bool) -> None:
    upstream.behave = status(503)
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time) as gateway:
        with gateway.asking(stream=stream):
            wait_until(lambda: time.sleepers == 1)
        wait_until(lambda: time.sleepers == 0 and gateway.factory.health().in_progress == 0)
        assert gateway.attempts == [(0, "small", "failed")]
    assert len(upstream.received) == 1


def settled(gateway: Resilient) -> bool:
    return gateway.factory.health().in_progress == 0


def test_a_client_that_hangs_up_before_a_stream_begins_is_settled_for_its_prompt(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def stall(exchange: Exchange) -> None:
        await exchange.start_stream()
        await asyncio.sleep(30)

    upstream.behave = stall
    provider = {"timeout_s": {"connect": 20, "first_byte": 20, "read": 20, "total": 20}}
    with resilient(upstream.base_url, tmp_path / "data", provider=provider) as gateway:
        with gateway.asking(stream=True):
            wait_until(lambda: upstream.received)
        wait_until(lambda: settled(gateway))
        (record,) = gateway.records
        assert (record.outcome, record.status, record.output_tokens) == ("cut", 499, 0)


def test_a_reply_that_is_not_streamed_is_booked_by_its_usage_though_the_client_hung_up(
    upstream: Upstream, tmp_path: Path
) -> None:
    released = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await released.wait()
        await OK(exchange)

    upstream.behave = wait
    with resilient(upstream.base_url, tmp_path / "data") as gateway:
        with gateway.asking():
            wait_until(lambda: upstream.received)
        upstream.call_soon(released.set)
        wait_until(lambda: settled(gateway))
        assert [(record.outcome, record.cost_nano) for record in gateway.records] == [("answered", 30_000)]
