"""What stands before a target gives everything back, however an attempt ends."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from support.still_time import StillTime, settle
from tokenfoundry.resilience.breaker import BreakerRules
from tokenfoundry.resilience.guards import GuardedProvider, GuardedTarget, GuardRules, Guards, Passing, Unavailable
from tokenfoundry.routing.observed import Observed

RULES = GuardRules(breaker=BreakerRules(failures=3, open_s=5.0), most_waiting=1, longest_wait_s=2.0)


def guards_of(
    time: StillTime,
    *,
    max_in_flight: int | None = None,
    keys: tuple[str, ...] = ("env:A",),
    place: str = "https://example.it",
    model: str = "small-1",
    rules: GuardRules = RULES,
) -> Guards:
    targets = {
        "small": GuardedTarget(provider="upstream", model=model, max_in_flight=max_in_flight),
        "large": GuardedTarget(provider="upstream"),
    }
    provider = GuardedProvider(keys=[(label, f"secret of {label}") for label in keys], place=(place,))
    return Guards(targets, {"upstream": provider}, rules, timing=time.timing, observed=Observed())


async def enter(guards: Guards, target: str = "small") -> Passing:
    return await guards.enter(target, tokens=100, within_s=60.0)


def end(passing: Passing, how: str) -> None:
    match how:
        case "succeeded":
            passing.succeeded({})
        case "failed":
            passing.failed()
        case "limited":
            passing.limited({"retry-after": "3"})
        case "denied":
            passing.denied(401)
        case "leave":
            passing.leave()


class NothingIsKept(RuleBasedStateMachine):
    """Whatever is told, in whatever order and however often: what is under way is what has not ended."""

    def __init__(self) -> None:
        super().__init__()
        self.time = StillTime(flies=True)
        self.guards = guards_of(self.time, max_in_flight=3, keys=("env:A", "env:B"))
        self.out: list[Passing] = []
        self.ended: list[Passing] = []

    @rule(name=st.sampled_from(["small", "large"]))
    def come(self, name: str) -> None:
        refused: Unavailable | None = None
        try:
            self.out.append(asyncio.run(enter(self.guards, name)))
        except Unavailable as refusal:
            refused = refusal
        if refused is not None:
            assert refused.wait_s > 0
            assert self.guards.wait_s(name) > 0 or refused.cause == "overloaded"

    @precondition(lambda self: self.out)
    @rule(data=st.data(), how=st.sampled_from(["succeeded", "failed", "limited", "denied", "leave"]))
    def go(self, data: st.DataObject, how: str) -> None:
        passing = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        end(passing, how)
        self.ended.append(passing)

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), how=st.sampled_from(["succeeded", "failed", "limited", "denied", "leave"]))
    def tell_too_late(self, data: st.DataObject, how: str) -> None:
        end(data.draw(st.sampled_from(self.ended)), how)

    @rule(seconds=st.integers(0, 700))
    def time_passes(self, seconds: int) -> None:
        self.time.advance(seconds)

    @invariant()
    def counts(self) -> None:
        health = self.guards.health()
        assert sum(key.in_flight for key in health.providers[0].keys) == len(self.out)
        (small, _) = health.targets
        assert small.in_flight <= 3
        assert small.waiting == 0

    def teardown(self) -> None:
        for passing in self.out:
            passing.leave()
        self.time.advance(10_000)
        assert self.guards.health().status == "ok"
        asyncio.run(enter(self.guards)).leave()


TestNothingIsKept = NothingIsKept.TestCase
TestNothingIsKept.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


async def test_an_open_breaker_is_told_with_the_time_it_takes() -> None:
    time = StillTime()
    guards = guards_of(time)
    for _ in range(3):
        (await enter(guards)).failed()
    time.advance(1)
    with pytest.raises(Unavailable, match="failed too often") as raised:
        await enter(guards)
    assert (raised.value.cause, raised.value.wait_s) == ("circuit", 4.0)
    assert guards.admits("large")
    assert guards.health().status == "degraded"


async def test_a_rate_limited_key_rests_for_exactly_what_it_says() -> None:
    time = StillTime()
    guards = guards_of(time)
    assert (await enter(guards)).limited({"retry-after-ms": "2500"}) == 2.5
    with pytest.raises(Unavailable) as raised:
        await enter(guards, "large")  # The same key.
    assert (raised.value.cause, raised.value.wait_s) == ("rate_limited", 2.5)
    time.advance(2.5)
    (await enter(guards)).leave()


async def test_a_denied_key_is_told_in_the_log_and_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    time = StillTime()
    guards = guards_of(time, keys=("env:A", "env:B"))
    with caplog.at_level(logging.ERROR, logger="tokenfoundry"):
        (await enter(guards)).denied(401)
    assert "denies its key env:A (401)" in caplog.text
    assert "secret" not in caplog.text
    for _ in range(3):
        passing = await enter(guards)
        assert passing.key == "secret of env:B"
        passing.succeeded()
    (await enter(guards)).denied(403)
    with pytest.raises(Unavailable) as raised:
        await enter(guards)
    assert (raised.value.cause, raised.value.wait_s) == ("denied", 600.0)
    assert guards.health().status == "unavailable"


async def test_nobody_waits_for_a_place_at_what_is_not_served() -> None:
    time = StillTime()
    guards = guards_of(time, max_in_flight=1)
    busy = await enter(guards)
    busy.failed()
    for _ in range(2):
        (await enter(guards)).failed()
    with pytest.raises(Unavailable) as raised:
        await enter(guards)
    assert raised.value.cause == "circuit"
    assert time.slept == []


async def test_a_breaker_that_opens_while_a_call_waits_for_its_place_refuses_it() -> None:
    guards = guards_of(StillTime(), max_in_flight=3)
    inside = [await enter(guards) for _ in range(3)]
    waiting = asyncio.ensure_future(enter(guards))
    await settle()
    for passing in inside:
        passing.failed()
    with pytest.raises(Unavailable) as raised:
        await waiting
    assert raised.value.cause == "circuit"
    assert guards.health().targets[0].in_flight == 0


async def test_too_many_calls_are_refused_and_say_so() -> None:
    guards = guards_of(StillTime(), max_in_flight=1)
    inside = await enter(guards)
    waiting = asyncio.ensure_future(enter(guards))
    await settle()
    with pytest.raises(Unavailable) as raised:
        await enter(guards)
    assert raised.value.cause == "overloaded"
    assert str(raised.value).endswith("and 1 wait")
    inside.succeeded()
    (await waiting).succeeded()


async def test_a_stream_that_has_begun_ends_a_trial() -> None:
    time = StillTime()
    guards = guards_of(time)
    for _ in range(3):
        (await enter(guards)).failed()
    time.advance(5)
    trial = await enter(guards)
    with pytest.raises(Unavailable):
        await enter(guards)
    trial.began()
    (await enter(guards)).leave()
    trial.succeeded()


async def test_health_says_how_each_target_and_key_is() -> None:
    time = StillTime()
    guards = guards_of(time, keys=("env:A", "env:B"))
    passing = await enter(guards)
    passing.sent()
    time.advance(0.25)
    passing.began()
    passing.succeeded({"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "10s"})
    (await enter(guards)).limited({"retry-after": "9"})
    health = guards.health()
    small, large = health.targets
    assert (small.first_byte_ms, small.error_rate, small.in_flight) == (250.0, 0.2, 0)
    assert (large.first_byte_ms, large.error_rate) == (None, 0.0)
    (provider,) = health.providers
    keys = [(key.key, key.state, key.wait_ms, key.requests_left) for key in provider.keys]
    assert keys == [("env:A", "closed", 0, 7), ("env:B", "open", 9000, None)]
    assert "secret" not in repr(health)


def test_the_cost_of_a_healthy_attempt_is_microseconds() -> None:
    """Bounded loosely, as machines differ: it is about 3 us here."""
    from time import perf_counter

    guards = guards_of(StillTime())

    async def run(number: int) -> float:
        started = perf_counter()
        for _ in range(number):
            guards.called("small")
            passing = await guards.enter("small", tokens=100, within_s=60.0)
            passing.sent()
            passing.began()
            passing.succeeded({})
        return (perf_counter() - started) / number

    seconds: Any = min(asyncio.run(run(2000)) for _ in range(5))
    assert seconds < 50e-6


async def test_a_call_waits_for_its_place_no_longer_than_it_has() -> None:
    time = StillTime()
    guards = guards_of(time, max_in_flight=1)
    inside = await enter(guards)
    waiting = asyncio.ensure_future(guards.enter("small", tokens=100, within_s=0.5))
    await settle()
    time.advance(0.5)
    with pytest.raises(Unavailable) as raised:
        await waiting
    assert raised.value.cause == "overloaded"
    assert str(raised.value).endswith("and none ended in time")
    inside.leave()
    assert guards.health().targets[0].in_flight == 0


# -- another configuration ---------------------------------------------------------------------------------------------


async def fail_until_open(guards: Guards) -> None:
    for _ in range(RULES.breaker.failures):
        (await enter(guards)).failed()
    assert not guards.admits("small")


async def test_a_breaker_stays_open_while_its_target_stays_the_same() -> None:
    time = StillTime()
    before = guards_of(time)
    await fail_until_open(before)
    same = guards_of(time, keys=("env:A", "env:B"), max_in_flight=7)
    same.take_over(before)
    assert not same.admits("small")
    assert same.admits("large")
    for other in (guards_of(time, place="https://other.example.it"), guards_of(time, model="small-2")):
        other.take_over(same)
        assert other.admits("small")


async def test_a_key_rests_on_under_another_label_and_a_new_one_is_used() -> None:
    time = StillTime()
    before = guards_of(time, keys=("env:A", "env:B"))
    (await enter(before)).limited({"retry-after": "30"})
    after = guards_of(time, keys=("env:C", "env:A"))
    after.take_over(before)
    assert {(await enter(after)).key for _ in range(3)} == {"secret of env:C"}
    elsewhere = guards_of(time, keys=("env:A",), place="https://other.example.it")
    elsewhere.take_over(after)
    assert elsewhere.admits("small")


async def test_calls_under_way_keep_their_places_and_end_for_both() -> None:
    time = StillTime()
    before = guards_of(time, max_in_flight=2)
    under_way = [await enter(before) for _ in range(2)]
    after = guards_of(time, max_in_flight=1)
    after.take_over(before)
    with pytest.raises(Unavailable):
        await after.enter("small", tokens=1, within_s=0)
    assert after.health().providers[0].in_flight == 2
    waiting = asyncio.ensure_future(enter(after))
    await settle()
    under_way[0].succeeded({})
    await settle()
    assert not waiting.done(), "one of one place is still taken"
    wider = guards_of(time, max_in_flight=2)
    wider.take_over(after)
    (await waiting).leave()
    under_way[1].succeeded({})
    assert wider.health().providers[0].in_flight == 0
    for _ in range(2):
        await enter(wider)


async def test_other_rules_hold_for_a_breaker_that_goes_on() -> None:
    time = StillTime()
    before = guards_of(time)
    (await enter(before)).failed()
    after = guards_of(time, rules=GuardRules(breaker=BreakerRules(failures=2, open_s=60.0)))
    after.take_over(before)
    (await enter(after)).failed()
    assert after.circuit_wait_s("small") == 60.0
