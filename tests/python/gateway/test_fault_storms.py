"""Storms: many calls at once at a provider that does everything wrong. The books balance, the storm is not amplified,
and every caller is told something clear.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.resilient import Resilient, Told, resilient
from support.still_time import StillTime
from support.upstream import Behaviour, Exchange, Upstream, answer_with, chunk, parse_sse, usage_of

OK = answer_with("Fatto.", prompt_tokens=20, completion_tokens=5)
CALLS = 120
TIMEOUTS = {"timeout_s": {"connect": 2, "first_byte": 0.3, "read": 0.3, "total": 2}}
NO_BREAKER = {"failures": 1_000_000, "calls": 1_000_000}


def status(code: int, headers: str = "") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no"}}, status=code, headers=headers)

    return behave


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(30)


async def hang_in_the_head(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-")
    await asyncio.sleep(30)


async def hang_in_the_body(exchange: Exchange) -> None:
    await exchange.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"choi')
    await asyncio.sleep(30)


async def reset_in_the_body(exchange: Exchange) -> None:
    await exchange.send(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"choi')
    exchange.reset()


async def begin_and_reset(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Ecco"}))
    await asyncio.sleep(0.01)
    exchange.reset()


async def begin_and_hang(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "Ecco"}))
    await asyncio.sleep(30)


async def fail_and_bill(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "no"}, "usage": usage_of(20, 1)}, status=500)


def check_told(told: list[Told]) -> Counter[str]:
    """Every caller has an answer, or an error with a code; a stream that failed says so in its last event."""
    seen = Counter[str]()
    for reply in told:
        if reply.status == 200 and isinstance(reply.body, bytes):
            last = parse_sse(reply.body)[-1]
            seen["answered" if last == b"[DONE]" else last["error"]["code"]] += 1
        elif reply.status == 200:
            assert reply.body["choices"][0]["message"]["content"] == "Fatto."
            seen["answered"] += 1
        else:
            assert reply.status in (429, 502, 503, 504)
            assert reply.headers["x-request-id"]
            assert reply.body["error"]["message"]
            if reply.status in (429, 503):
                assert "retry-after" in reply.headers
            seen[reply.code] += 1
    return seen


def check_booked(gateway: Resilient, upstream: Upstream) -> None:
    """Each request at the provider is one attempt with its own number, hold and entry, and bills what it consumed."""
    records = gateway.records
    numbers = Counter((record.request_id, record.attempt) for record in records)
    assert set(numbers.values()) <= {1}
    assert len(records) >= len(upstream.received)
    for request_id in {record.request_id for record in records}:
        mine = sorted(record.attempt for record in records if record.request_id == request_id)
        assert mine == list(range(len(mine)))
    entries = gateway.factory.ledger.entries()
    assert sum(entry.amounts.money_nano for entry in entries) == sum(record.cost_nano for record in records)
    for record in records:
        assert (record.cost_nano == 0) == (record.input_tokens == 0)
        assert record.outcome in ("answered", "failed", "cut")


@pytest.mark.parametrize("code", [429, 500, 529])
def test_a_storm_of_errors_is_not_answered_with_a_multiple_of_itself(
    upstream: Upstream, tmp_path: Path, code: int
) -> None:
    """Without its breaker, which would end it at once: the retry budget alone bounds it."""
    upstream.behave = status(code)
    retries = {"most": 2, "share": "0.2", "per_second": 0, "burst": 10}
    time = StillTime(flies=True)
    with resilient(
        upstream.base_url, tmp_path / "data", time, rules={"retries": retries, "breaker": NO_BREAKER}
    ) as gateway:
        told = [reply for _ in range(4) for reply in gateway.ask_at_once(CALLS // 4)]
        seen = check_told(told)
        check_booked(gateway, upstream)
        assert set(seen) == {"rate_limit_exceeded" if code == 429 else "upstream_error"}
        assert sum(record.cost_nano for record in gateway.records) == 0
        (provider,) = gateway.factory.health().providers
        # A storm of 429 ends sooner: the key rests.
        assert (provider.retries_refused > 0) == (code != 429)
        assert len(upstream.received) == len(gateway.records)
    assert len(upstream.received) <= CALLS + 10 + 0.2 * CALLS


def test_an_open_breaker_ends_a_storm(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = status(500)
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules={"retries": {"most": 0}}) as gateway:
        seen = check_told([reply for _ in range(CALLS) for reply in gateway.ask_at_once(1)])
        assert seen == {"upstream_error": 5, "upstream_unavailable": CALLS - 5}
        check_booked(gateway, upstream)
    assert len(upstream.received) == 5


def test_a_flapping_provider_is_used_while_it_answers(upstream: Upstream, tmp_path: Path) -> None:
    """It works for ten seconds and fails for ten, over and over; a call comes every second."""
    time = StillTime()

    async def flap(exchange: Exchange) -> None:
        await (OK if int(time.now_s) // 10 % 2 == 0 else status(503))(exchange)

    upstream.behave = flap
    rules = {"retries": {"most": 0}, "breaker": {"failures": 2, "open": "2s", "longest_open": "4s"}}
    with resilient(upstream.base_url, tmp_path / "data", time, rules=rules) as gateway:
        told = []
        for _ in range(80):
            told.extend(gateway.ask_at_once(1))
            time.advance(1)
        seen = check_told(told)
        check_booked(gateway, upstream)
        # Of 40 seconds in which it works, at most its longest rest after each of the 4 failing times is missed.
        assert seen["answered"] >= 40 - 4 * 4
        assert seen["upstream_error"] <= 4 * 5
        assert seen["upstream_unavailable"] > 0


FAULTS: list[Callable[[Exchange], Awaitable[None]]] = [
    OK,
    OK,
    OK,
    status(429, "retry-after-ms: 20\r\n"),
    status(500),
    status(529),
    fail_and_bill,
    reset,
    hang,
    hang_in_the_head,
    hang_in_the_body,
    reset_in_the_body,
]
STREAM_FAULTS = [*FAULTS, begin_and_reset, begin_and_hang]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_everything_leaves_the_books_balanced(
    upstream: Upstream, tmp_path: Path, seed: int, stream: bool
) -> None:
    draw = random.Random(seed)

    async def behave(exchange: Exchange) -> None:
        await draw.choice(STREAM_FAULTS if stream else FAULTS)(exchange)

    upstream.behave = behave
    rules: dict[str, Any] = {"retries": {"base": "10ms", "longest": "40ms", "burst": 20}}
    targets = {"small": {"max_in_flight": 20, "hedge_after": "100ms"}, "large": {"max_in_flight": 20}}
    limits = [{"name": "all", "tpm": 10_000_000, "concurrent": 1000}]
    budgets = [
        {"name": "day", "unit": "tokens", "window": {"kind": "daily", "tz": "UTC"}, "hard": 10_000_000},
    ]
    time = StillTime(flies=True)
    with resilient(
        upstream.base_url,
        tmp_path / "data",
        time,
        rules=rules,
        targets=targets,
        provider=TIMEOUTS,
        rate_limits=limits,
        budgets=budgets,
    ) as gateway:
        check_told(gateway.ask_at_once(60, model="both", stream=stream))
        records = gateway.records
        assert set(Counter((record.request_id, record.attempt) for record in records).values()) == {1}
        entries = gateway.factory.ledger.entries()
        assert sum(entry.amounts.money_nano for entry in entries) == sum(record.cost_nano for record in records)
        (balance,) = gateway.factory.ledger.balances()
        used = sum(record.input_tokens + record.output_tokens for record in records)
        assert (balance.held, balance.posted) == (0, used)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_clients_that_leave_a_storm_at_random_leave_nothing(upstream: Upstream, tmp_path: Path, stream: bool) -> None:
    import aiohttp

    draw = random.Random(7)

    async def behave(exchange: Exchange) -> None:
        await draw.choice(STREAM_FAULTS if stream else FAULTS)(exchange)

    upstream.behave = behave
    targets = {"small": {"max_in_flight": 5, "hedge_after": "100ms"}}
    with resilient(
        upstream.base_url, tmp_path / "data", StillTime(flies=True), targets=targets, provider=TIMEOUTS
    ) as gateway:

        async def leave_at_random() -> None:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                tasks = [asyncio.ensure_future(gateway.post(session, model="both", stream=stream)) for _ in range(40)]
                for task in tasks:
                    await asyncio.wait([task], timeout=draw.random() * 0.05)
                    task.cancel()
                await asyncio.wait(tasks)

        asyncio.run(leave_at_random())
