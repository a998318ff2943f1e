"""The rate limiter's Python face: values in, values out, and what it refuses."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest

from tokenfoundry import Axes, Limited, RateLimit, RateLimiter
from tokenfoundry.errors import InvalidInput
from tokenfoundry.keys import Key
from tokenfoundry.limits import CellState, Lease, RateLevel, limits_in_force


class FakeClock:
    now_ms = 1_771_200_000_000

    def __call__(self) -> int:
        return self.now_ms


def lease_of(outcome: Lease | Limited) -> Lease:
    assert isinstance(outcome, int), outcome
    return outcome


def test_a_refusal_says_which_limit_what_and_when() -> None:
    clock = FakeClock()
    limiter = RateLimiter([RateLimit(name="a", match={"project": ["p"]}, tokens=600, burst_tokens=100)], clock=clock)
    axes = Axes(project="p")
    limiter.admit(axes, tokens=90)
    assert limiter.admit(axes, tokens=20) == Limited(
        limit="a",
        what="tokens",
        never_fits=False,
        retry_at=clock.now_ms + 1000,
        amount=600,
        period_ms=60_000,
        left=10,
        asked=20,
    )
    never = limiter.admit(axes, tokens=101)
    assert isinstance(never, Limited)
    assert (never.never_fits, never.amount) == (True, 100)
    assert limiter.refused() == {"a": 2}
    assert limiter.admit(Axes(project="q"), tokens=10**9) == 0


def test_what_is_left_is_told_without_taking_any() -> None:
    limiter = RateLimiter([RateLimit(name="a", each=["key"], requests=60, concurrent=2)], clock=FakeClock())
    lease = lease_of(limiter.admit(Axes(key="k1")))
    levels = (RateLevel("a", "requests", 60, 60_000, 59, 1000, 1000), RateLevel("a", "concurrent", 2, 0, 1, 0, 0))
    assert limiter.status(Axes(key="k1")) == levels
    assert limiter.status(Axes(key="k1")) == levels
    assert limiter.status(Axes(key="k2"))[0] == RateLevel("a", "requests", 60, 60_000, 60, 0, 0)
    assert limiter.cells() == [CellState("a", {"key": "k1"}, levels)]
    assert limiter.release(lease)
    assert not limiter.release(lease)
    assert limiter.open_leases == 0


def test_a_correction_is_taken_once() -> None:
    limiter = RateLimiter([RateLimit(name="a", tokens=1000)], clock=FakeClock())
    lease = lease_of(limiter.admit(Axes(), tokens=800))
    assert limiter.correct(lease, 100)
    assert not limiter.correct(lease, 1000)
    assert limiter.status(Axes())[0].left == 900


def test_limits_that_are_refused_leave_the_old_ones_in_force() -> None:
    limiter = RateLimiter([RateLimit(name="a", requests=1)])
    with pytest.raises(InvalidInput, match="two limits are called b"):
        limiter.set_limits([RateLimit(name="b", requests=1), RateLimit(name="b", tokens=1)])
    assert [limit.name for limit in limiter.limits] == ["a"]
    assert isinstance(limiter.admit(Axes()), int)
    assert isinstance(limiter.admit(Axes()), Limited)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "name"),
        ({"requests": 0}, "requests"),
        ({"requests": True}, "requests"),
        ({"tokens": 1.0}, "tokens"),
        ({"concurrent": 2**53 + 1}, "concurrent"),
        ({"requests": 1, "period_ms": 0}, "period_ms"),
        ({"requests": 1, "each": "key"}, "each"),
        ({"requests": 1, "each": ["kee"]}, "each"),
        ({"requests": 1, "match": {"kee": "a"}}, "match.kee"),
        ({"requests": 1, "match": {"key": []}}, "match.key"),
        ({}, "limits nothing"),
        ({"requests": 1, "burst_tokens": 1}, "burst_tokens: needs tokens"),
        ({"requests": 1, "each": ["key"], "match": {"key": "\ud800"}}, "surrogate"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        RateLimiter([RateLimit(**{"name": "a", **fields})])


def test_threads_together_get_exactly_what_there_is() -> None:
    limiter = RateLimiter([RateLimit(name="a", requests=500)], clock=FakeClock())
    counts: Counter[type] = Counter()
    counting = threading.Lock()

    def work() -> None:
        mine = Counter(type(limiter.admit(Axes())) for _ in range(100))
        with counting:
            counts.update(mine)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {int: 500, Limited: 1100}


def test_keys_without_limits_add_none() -> None:
    assert limits_in_force((), [Key(id="k1")]) == []
