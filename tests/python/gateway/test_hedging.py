"""A slow target is helped by the next one: the first answer is taken, both attempts are booked, nothing is left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from support.resilient import resilient, wait_until
from support.still_time import StillTime
from support.upstream import Exchange, Upstream, answer_with, parse_sse

OK = answer_with("Fatto.", prompt_tokens=20, completion_tokens=5)
HEDGED: dict[str, Any] = {"small": {"hedge_after": "800ms"}, "node": {"hedge_after": "800ms"}}
PATIENT = {"timeout_s": {"connect": 20, "first_byte": 20, "read": 20, "total": 20}}


class Slow:
    """The small model answers when it is released, the large one at once or not at all."""

    def __init__(self, *, large_answers: bool = True) -> None:
        self.released = asyncio.Event()
        self.large_answers = large_answers

    async def behave(self, exchange: Exchange) -> None:
        if exchange.body["model"] == "large-1":
            await (OK if self.large_answers else fail)(exchange)
            return
        await self.released.wait()
        await OK(exchange)


async def fail(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=500)


@pytest.mark.parametrize("stream", [False, True])
def test_the_next_target_answers_for_a_slow_one_and_both_are_booked(
    upstream: Upstream, tmp_path: Path, stream: bool
) -> None:
    upstream.behave = Slow().behave
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT) as gateway:
        with gateway.asking(model="both", stream=stream):
            wait_until(lambda: len(upstream.received) == 1 and time.sleepers == 1)
            time.advance(0.7)
            assert len(upstream.received) == 1
            time.advance(0.1)
            records = gateway.wait_for_records(2)
        slow, quick = sorted(records, key=lambda record: record.attempt)
        assert (slow.target, slow.outcome, slow.attempt) == ("small", "cut", 0)
        assert "uncertain" in slow.flags
        assert slow.cost_nano > 0
        assert (quick.target, quick.outcome, quick.attempt) == ("large", "answered", 1)
        assert "hedged" in quick.flags
        assert quick.cost_nano == 300_000


@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_target_that_answers_first_after_all_is_taken(upstream: Upstream, tmp_path: Path, stream: bool) -> None:
    slow = Slow()

    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "large-1":
            await asyncio.sleep(30)
        await slow.behave(exchange)

    upstream.behave = behave
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT) as gateway:
        with gateway.asking(model="both", stream=stream):
            wait_until(lambda: len(upstream.received) == 1 and time.sleepers == 1)
            time.advance(0.8)
            wait_until(lambda: len(upstream.received) == 2)
            upstream.call_soon(slow.released.set)
            records = gateway.wait_for_records(2)
        outcomes = {record.target: record.outcome for record in records}
        assert outcomes == {"small": "answered", "large": "cut"}


def test_a_quick_target_is_alone(upstream: Upstream, tmp_path: Path) -> None:
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), targets=HEDGED) as gateway:
        assert gateway.ask(model="both").headers["x-tf-target"] == "small"
        assert gateway.attempts == [(0, "small", "answered")]
    assert len(upstream.received) == 1


def test_hedging_is_off_unless_a_target_states_it(upstream: Upstream, tmp_path: Path) -> None:
    slow = Slow()
    upstream.behave = slow.behave
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, provider=PATIENT) as gateway:
        with gateway.asking(model="both"):
            wait_until(lambda: upstream.received)
            assert time.sleepers == 0
            upstream.call_soon(slow.released.set)
            gateway.wait_for_records(1)
        assert gateway.attempts == [(0, "small", "answered")]


def test_what_was_for_an_on_prem_target_is_not_sent_to_an_external_one_beside_it(
    upstream: Upstream, tmp_path: Path
) -> None:
    slow = Slow()
    upstream.behave = slow.behave
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT) as gateway:
        with gateway.asking(model="home"):
            wait_until(lambda: upstream.received)
            assert time.sleepers == 0
            time.advance(60)
            upstream.call_soon(slow.released.set)
            gateway.wait_for_records(1)
        assert gateway.attempts == [(0, "node", "answered")]
    assert [exchange.body["model"] for exchange in upstream.received] == ["node-1"]


def test_a_second_attempt_that_fails_leaves_the_first_to_answer(upstream: Upstream, tmp_path: Path) -> None:
    slow = Slow(large_answers=False)
    upstream.behave = slow.behave
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT) as gateway:
        with gateway.asking(model="both"):
            wait_until(lambda: len(upstream.received) == 1 and time.sleepers == 1)
            time.advance(0.8)
            gateway.wait_for_records(1)
            upstream.call_soon(slow.released.set)
            gateway.wait_for_records(2)
        assert gateway.attempts == [(1, "large", "failed"), (0, "small", "answered")]


def test_when_both_fail_the_error_of_the_first_is_told(upstream: Upstream, tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await asyncio.sleep(0.2)
        await fail(exchange)

    upstream.behave = behave
    rules = {"retries": {"most": 0}}
    time = StillTime(flies=True)
    with resilient(upstream.base_url, tmp_path / "data", time, rules=rules, targets=HEDGED) as gateway:
        told = gateway.ask(model="both")
        assert told.status == 502
        assert told.body["error"]["message"].startswith("small: ")
        assert sorted(gateway.attempts) == [(0, "small", "failed"), (1, "large", "failed")]


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_ends_both(upstream: Upstream, tmp_path: Path, stream: bool) -> None:
    async def stall(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    upstream.behave = stall
    time = StillTime()
    with resilient(upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT) as gateway:
        with gateway.asking(model="both", stream=stream):
            wait_until(lambda: len(upstream.received) == 1 and time.sleepers == 1)
            time.advance(0.8)
            wait_until(lambda: len(upstream.received) == 2)
        wait_until(lambda: gateway.factory.health().in_progress == 0)
        assert sorted(gateway.attempts) == [(0, "small", "cut"), (1, "large", "cut")]


def test_a_budget_without_room_for_both_refuses_nobody(upstream: Upstream, tmp_path: Path) -> None:
    slow = Slow()
    upstream.behave = slow.behave
    time = StillTime()
    window = {"kind": "daily", "tz": "UTC"}
    budgets = [{"name": "tight", "unit": "requests", "window": window, "hard": 1}]
    limits = {"hold_wait": 0}
    with resilient(
        upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT, budgets=budgets, limits=limits
    ) as gateway:
        with gateway.asking(model="both"):
            wait_until(lambda: len(upstream.received) == 1 and time.sleepers == 1)
            time.advance(0.8)
            upstream.call_soon(slow.released.set)
            gateway.wait_for_records(1)
        assert gateway.attempts == [(0, "small", "answered")]
    assert len(upstream.received) == 1


def test_both_take_their_tokens_of_a_rate_limit_and_give_them_back(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = Slow().behave
    limits = [{"name": "all", "tpm": 100_000, "concurrent": 4}]
    time = StillTime(flies=True)
    with resilient(
        upstream.base_url, tmp_path / "data", time, targets=HEDGED, provider=PATIENT, rate_limits=limits
    ) as gateway:
        for stream in (False, True):
            told = gateway.ask(model="both", stream=stream)
            assert told.headers["x-tf-target"] == "large"
        assert told.status == 200
        assert parse_sse(told.body)[-1] == b"[DONE]"


def test_second_attempts_come_out_of_the_retry_budget(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = OK
    rules = {"retries": {"burst": 2, "share": "0.01", "per_second": 0}, "breaker": {"failures": 100}}

    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await asyncio.sleep(0.1)
        await OK(exchange)

    upstream.behave = behave
    time = StillTime(flies=True)
    with resilient(upstream.base_url, tmp_path / "data", time, rules=rules, targets=HEDGED) as gateway:
        for _ in range(5):
            assert gateway.ask(model="both").status == 200
    models = [exchange.body["model"] for exchange in upstream.received]
    assert models.count("large-1") == 2
