"""What is observed of targets: an average that follows, forgets, and counts what is under way."""

from __future__ import annotations

import pytest

from tokenfoundry.routing.observed import FORGOTTEN_AFTER_MS, Observed


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def test_nothing_is_known_before_it_is_noted() -> None:
    observed = Observed(Clock())
    assert observed.latency_ms("a") is None
    assert (observed.error_rate("a"), observed.in_flight("a")) == (0.0, 0)


def test_the_average_follows_a_change() -> None:
    observed = Observed(Clock())
    for latency_ms in [100.0] * 20 + [500.0] * 20:
        observed.note("a", latency_ms, ok=True)
    assert observed.latency_ms("a") == pytest.approx(500, rel=0.02)


def test_one_slow_answer_is_no_change() -> None:
    observed = Observed(Clock())
    for latency_ms in [100.0] * 20 + [1000.0]:
        observed.note("a", latency_ms, ok=True)
    assert observed.latency_ms("a") == pytest.approx(280)


def test_a_failure_says_nothing_of_the_latency() -> None:
    observed = Observed(Clock())
    observed.note("a", 100, ok=True)
    observed.note("a", 1, ok=False)
    assert observed.latency_ms("a") == 100
    assert observed.error_rate("a") == pytest.approx(0.2)


def test_what_is_old_is_forgotten() -> None:
    clock = Clock()
    observed = Observed(clock)
    observed.note("a", 900, ok=False)
    observed.note("a", 900, ok=True)
    clock.now_ms += FORGOTTEN_AFTER_MS + 1
    assert (observed.latency_ms("a"), observed.error_rate("a")) == (None, 0.0)
    observed.note("a", 100, ok=True)
    assert (observed.latency_ms("a"), observed.error_rate("a")) == (100, 0.0)


def test_attempts_under_way_are_counted() -> None:
    observed = Observed(Clock())
    observed.started("a")
    observed.started("a")
    observed.ended("a")
    assert observed.in_flight("a") == 1
    observed.ended("a")
    observed.ended("a")
    assert observed.in_flight("a") == 0
