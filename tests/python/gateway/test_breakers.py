"""A target that keeps failing is left alone, a key that is refused rests, and callers are told when to come again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from support.resilient import Resilient, resilient, wait_until
from support.still_time import StillTime
from support.upstream import Exchange, Upstream, answer_with

OK = answer_with("Fatto.")
ONCE = {"retries": {"most": 0}, "breaker": {"failures": 3, "open": "5s"}}


async def fail(exchange: Exchange) -> None:
    await exchange.answer({"error": {"message": "no"}}, status=500)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def breaks_in_the_middle(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event({"choices": [{"index": 0, "delta": {"content": "Ecco"}, "finish_reason": None}]})
    await asyncio.sleep(0.02)
    exchange.reset()


def states(gateway: Resilient) -> dict[str, str]:
    return {target.target: target.state for target in gateway.factory.health().targets}


@pytest.mark.parametrize(
    ("behave", "stream"), [(fail, False), (reset, False), (fail, True), (breaks_in_the_middle, True)]
)
def test_a_target_that_keeps_failing_is_left_alone(
    upstream: Upstream, tmp_path: Path, behave: object, stream: bool
) -> None:
    upstream.behave = behave  # type: ignore[assignment]
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(3):
            gateway.ask(stream=stream)
        assert states(gateway)["small"] == "open"
        gateway.time.advance(1)
        told = gateway.ask(stream=stream)
        assert (told.status, told.code) == (503, "upstream_unavailable")
        assert (told.headers["retry-after"], told.headers["retry-after-ms"]) == ("4", "4000")
        assert told.headers["x-request-id"]
        assert len(gateway.records) == 3, "what was not sent is no attempt"
    assert len(upstream.received) == 3


def test_the_next_target_answers_at_once_while_the_first_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        await (fail if exchange.body["model"] == "small-1" else OK)(exchange)

    upstream.behave = behave
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(6):
            assert gateway.ask(model="both").headers["x-tf-target"] == "large"
        models = Counter(exchange.body["model"] for exchange in upstream.received)
        assert models == {"small-1": 3, "large-1": 6}
        assert gateway.attempts[-1] == (0, "large", "answered")


def test_when_all_are_left_alone_the_one_that_is_back_first_is_told(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = fail
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(3):
            gateway.ask(model="small")
        gateway.time.advance(2)
        for _ in range(3):
            gateway.ask(model="large")
        told = gateway.ask(model="both")
        assert (told.status, told.headers["retry-after"]) == (503, "3")
        assert told.body["error"]["message"].startswith("small: ")
        assert gateway.factory.health().status == "degraded"


def test_one_call_tries_a_target_again_and_its_answer_brings_it_back(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = fail
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(3):
            gateway.ask()
        gateway.time.advance(5)
        assert states(gateway)["small"] == "half_open"
        released = asyncio.Event()

        async def wait_and_answer(exchange: Exchange) -> None:
            await released.wait()
            await OK(exchange)

        upstream.behave = wait_and_answer
        with gateway.asking():
            wait_until(lambda: len(upstream.received) == 4)
            assert gateway.ask().status == 503  # One is trying it.
            upstream.call_soon(released.set)
            wait_until(lambda: states(gateway)["small"] == "closed")
        assert gateway.ask().status == 200


def test_a_trial_whose_client_leaves_lets_the_next_one_try(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = fail
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(3):
            gateway.ask()
        gateway.time.advance(5)

        async def stall(exchange: Exchange) -> None:
            await exchange.start_stream()
            await asyncio.sleep(30)

        upstream.behave = stall
        with gateway.asking(stream=True):
            wait_until(lambda: len(upstream.received) == 4)
        wait_until(lambda: gateway.factory.health().in_progress == 0)
        upstream.behave = OK
        assert gateway.ask().status == 200


def test_a_callers_mistakes_do_not_open_it(upstream: Upstream, tmp_path: Path) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no such field"}}, status=400)

    upstream.behave = refuse
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:
        for _ in range(10):
            assert gateway.ask().status == 400
        assert states(gateway)["small"] == "closed"


def test_two_factories_in_one_process_know_their_own(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = fail
    with (
        resilient(upstream.base_url, tmp_path / "one", StillTime(), rules=ONCE) as one,
        resilient(upstream.base_url, tmp_path / "two", StillTime(), rules=ONCE) as two,
    ):
        for _ in range(3):
            one.ask()
        assert (states(one)["small"], states(two)["small"]) == ("open", "closed")


def test_health_tells_strangers_how_it_is_and_not_who_it_is(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = fail
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=ONCE) as gateway:

        async def health() -> dict[str, str]:
            async with aiohttp.ClientSession() as session, session.get(f"{gateway.url}/health") as reply:
                told: dict[str, str] = await reply.json()
                return told

        assert asyncio.run(health())["targets"] == "ok"
        for _ in range(3):
            gateway.ask()
        told = asyncio.run(health())
        assert (told["status"], told["targets"]) == ("ok", "degraded")
        assert "small" not in str(told)


# -- keys --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    monkeypatch.setenv("FIRST_KEY", "first-secret")
    monkeypatch.setenv("SECOND_KEY", "second-secret")
    return {"keys": ["env:FIRST_KEY", "env:SECOND_KEY"]}


def key_of(exchange: Exchange) -> str:
    return exchange.headers["authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_denied_key_is_alarmed_and_the_call_answered_with_another(
    upstream: Upstream, tmp_path: Path, two_keys: dict[str, list[str]], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def behave(exchange: Exchange) -> None:
        if key_of(exchange) == "first-secret":
            await exchange.answer({"error": {"message": "bad key first-secret"}}, status=status)
        else:
            await OK(exchange)

    upstream.behave = behave
    with (
        caplog.at_level(logging.ERROR, logger="tokenfoundry"),
        resilient(upstream.base_url, tmp_path / "data", StillTime(), provider=two_keys) as gateway,
    ):
        for _ in range(5):
            assert gateway.ask().status == 200
        assert Counter(map(key_of, upstream.received)) == {"first-secret": 1, "second-secret": 5}
        assert f"denies its key env:FIRST_KEY ({status})" in caplog.text
        assert "secret" not in caplog.text
        assert "secret" not in str(gateway.records)
        gateway.time.advance(600)
        gateway.ask()
        assert Counter(map(key_of, upstream.received))["first-secret"] == 2, "after ten minutes it is tried again"


def test_a_limited_key_rests_and_the_call_is_answered_with_another(
    upstream: Upstream, tmp_path: Path, two_keys: dict[str, list[str]]
) -> None:
    async def behave(exchange: Exchange) -> None:
        if key_of(exchange) == "first-secret":
            await exchange.answer({"error": {}}, status=429, headers="retry-after: 30\r\n")
        else:
            await OK(exchange)

    upstream.behave = behave
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), provider=two_keys) as gateway:
        for _ in range(4):
            assert gateway.ask().status == 200
        assert Counter(map(key_of, upstream.received))["first-secret"] == 1
        gateway.time.advance(29.9)
        gateway.ask()
        assert Counter(map(key_of, upstream.received))["first-secret"] == 1
        gateway.time.advance(0.1)
        gateway.ask()
        assert Counter(map(key_of, upstream.received))["first-secret"] == 2


def test_when_all_keys_rest_callers_are_told_until_when_without_asking_the_provider(
    upstream: Upstream, tmp_path: Path
) -> None:
    async def limit(exchange: Exchange) -> None:
        await exchange.answer({"error": {}}, status=429, headers="retry-after: 30\r\n")

    upstream.behave = limit
    with resilient(upstream.base_url, tmp_path / "data", StillTime()) as gateway:
        assert gateway.ask().status == 429
        gateway.time.advance(10)
        told = gateway.ask()
        assert (told.status, told.code, told.headers["retry-after"]) == (429, "rate_limit_exceeded", "20")
        assert len(upstream.received) == 1
        upstream.behave = OK
        gateway.time.advance(20)
        assert gateway.ask().status == 200


def test_a_rest_that_would_be_long_is_cut_and_one_call_tries_the_provider(upstream: Upstream, tmp_path: Path) -> None:
    async def limit(exchange: Exchange) -> None:
        await exchange.answer({"error": {}}, status=429, headers="retry-after: 604800\r\n")

    upstream.behave = limit
    rules = {"keys": {"longest_rest": "5m"}, "retries": {"most": 0}}
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=rules) as gateway:
        assert gateway.ask().headers["retry-after"] == "604800", "the caller is told what the provider says"
        gateway.time.advance(299)
        assert gateway.ask().headers["retry-after"] == "1"
        assert len(upstream.received) == 1
        gateway.time.advance(1)
        assert [told.status for told in gateway.ask_at_once(5)] == [429] * 5
        assert len(upstream.received) == 2, "one call tries it, and it rests again"
        upstream.behave = OK
        gateway.time.advance(300)
        assert gateway.ask().status == 200
        assert gateway.ask_at_once(3)[2].status == 200


def test_an_answer_says_which_targets_were_skipped_but_not_that_its_own_was_tried_again(
    upstream: Upstream, tmp_path: Path
) -> None:
    failing = ["small-1", "large-1"]

    async def behave(exchange: Exchange) -> None:
        await (fail if exchange.body["model"] in failing else OK)(exchange)

    upstream.behave = behave
    rules = {"retries": {"most": 1}, "breaker": {"failures": 2}}
    with resilient(upstream.base_url, tmp_path / "data", rules=rules) as gateway:
        told = "alias all; after small: upstream_error and 1 other"
        assert gateway.ask(model="all").headers["x-tf-route"] == told
        failing.clear()
        skipped = "alias all; after small: upstream_unavailable and 1 other"
        assert gateway.ask(model="all").headers["x-tf-route"] == skipped
        gateway.time.advance(600)
        flawed = [fail, OK]
        upstream.behave = lambda exchange: flawed.pop(0)(exchange)
        assert gateway.ask(model="node").headers["x-tf-route"] == "alias node"
        assert flawed == [], "it was tried again"


def test_calls_go_to_the_key_with_the_most_room(
    upstream: Upstream, tmp_path: Path, two_keys: dict[str, list[str]]
) -> None:
    left = {"first-secret": 3, "second-secret": 9}

    async def behave(exchange: Exchange) -> None:
        key = key_of(exchange)
        left[key] -= 1
        if left[key] < 0:
            await exchange.answer({"error": {}}, status=429, headers="retry-after: 60\r\n")
            return
        said = f"x-ratelimit-remaining-requests: {left[key]}\r\nx-ratelimit-reset-requests: 60s\r\n"
        await exchange.answer(COMPLETION, headers=said)

    upstream.behave = behave
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), provider=two_keys) as gateway:
        assert [gateway.ask().status for _ in range(12)] == [200] * 12
        assert left == {"first-secret": 0, "second-secret": 0}
        keys = gateway.factory.health().providers[0].keys
        assert [(key.key, key.used, key.requests_left) for key in keys] == [
            ("env:FIRST_KEY", 3, 0),
            ("env:SECOND_KEY", 9, 0),
        ]


COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "scripted",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
}


# -- places ------------------------------------------------------------------------------------------------------------


class Counted:
    """A provider that counts how many calls it has at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def behave(self, exchange: Exchange) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        await OK(exchange)


@pytest.mark.parametrize("place", ["target", "provider"])
@pytest.mark.parametrize("stream", [False, True])
def test_no_more_calls_are_under_way_than_may_be(upstream: Upstream, tmp_path: Path, place: str, stream: bool) -> None:
    counted = Counted()
    upstream.behave = counted.behave
    fields = {"max_in_flight": 3}
    changes = {"provider": fields} if place == "provider" else {"targets": {"small": fields}}
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), **changes) as gateway:  # type: ignore[arg-type]
        told = gateway.ask_at_once(30, stream=stream)
        assert {reply.status for reply in told} == {200}
    assert counted.most == 3


def test_a_queue_that_is_full_refuses_at_once(upstream: Upstream, tmp_path: Path) -> None:
    released = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await released.wait()
        await OK(exchange)

    upstream.behave = wait
    rules = {"queue": {"most_waiting": 1, "wait": "5s"}}
    targets = {"small": {"max_in_flight": 1}}
    with resilient(upstream.base_url, tmp_path / "data", StillTime(), rules=rules, targets=targets) as gateway:
        small = gateway.factory.health
        with gateway.asking():
            wait_until(lambda: upstream.received)
            with gateway.asking():
                wait_until(lambda: small().targets[0].waiting == 1)
                told = gateway.ask()
                assert (told.status, told.code, told.headers["retry-after"]) == (503, "overloaded", "1")
                assert small().targets[0].refused == 1
            # The client that waited has hung up.
            wait_until(lambda: small().targets[0].waiting == 0)
            assert len(gateway.records) == 0
            upstream.call_soon(released.set)
            wait_until(lambda: len(gateway.records) == 1)
        assert len(upstream.received) == 1


def test_a_wait_for_a_place_ends_in_time_and_the_next_target_answers(upstream: Upstream, tmp_path: Path) -> None:
    released = asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "small-1":
            await released.wait()
        await OK(exchange)

    upstream.behave = behave
    time = StillTime()
    targets = {"small": {"max_in_flight": 1}}
    provider = {"timeout_s": {"connect": 20, "first_byte": 20, "read": 20, "total": 20}}
    with resilient(upstream.base_url, tmp_path / "data", time, targets=targets, provider=provider) as gateway:
        with gateway.asking():
            wait_until(lambda: upstream.received)
            with gateway.asking(model="both"):
                wait_until(lambda: time.sleepers == 1)
                time.advance(5)
                (record,) = gateway.wait_for_records(1)
                assert (record.target, record.outcome, record.attempt) == ("large", "answered", 0)
            upstream.call_soon(released.set)
            gateway.wait_for_records(2)
        wait_until(lambda: gateway.factory.health().in_progress == 0)
