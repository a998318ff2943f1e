"""The orders among a rule's targets: shares that are kept, canaries that stick, the cheapest and the fastest first."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from support.routes import facts, names, router_of, target
from tokenfoundry.routing.observed import FORGOTTEN_AFTER_MS, Observed
from tokenfoundry.routing.policy import NoRoute, Router

CALLS = 4000


def router(use: Any, **sources: Any) -> Router:
    cheap, dear = {"input": "1", "output": "1"}, {"input": "3", "output": "1"}
    targets = {
        "a": target(price=dear, weight=1, tags=["fresh"]),
        "b": target(price=cheap, weight=3, tier="large"),
        "c": target(price={"input": "0.1", "output": "90"}, weight=6, region="it", tier="large"),
    }
    return router_of({"targets": targets, "aliases": {"x": use}}, **sources)


def firsts(found: Router, **fields: Any) -> Counter[str]:
    calls = (facts(request_id=f"r-{number}", **fields) for number in range(CALLS))
    return Counter(names(found, "x", call)[0] for call in calls)


def test_a_split_gives_each_target_its_share_of_the_calls() -> None:
    counted = firsts(router({"split": {"a": 70, "b": 20, "c": 10}}))
    # Four standard deviations of a share of 70 % in 4000 calls are 2.9 %.
    assert abs(counted["a"] / CALLS - 0.7) < 0.03
    assert abs(counted["b"] / CALLS - 0.2) < 0.03
    assert abs(counted["c"] / CALLS - 0.1) < 0.02


def test_weights_of_targets_are_shares() -> None:
    counted = firsts(router({"order": "weight", "among": ["a", "b", "c"]}))
    assert abs(counted["c"] / CALLS - 0.6) < 0.035
    assert abs(counted["a"] / CALLS - 0.1) < 0.02


def test_the_others_of_a_split_follow_as_fallbacks() -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}})
    assert sorted(names(found, "x", facts())) == ["a", "b", "c"]


def test_a_target_that_may_not_serve_leaves_its_share_to_the_others() -> None:
    found = router({"split": {"a": 50, "b": 25, "c": 25}})
    counted = firsts(found, regions=("us",))
    assert set(counted) == {"a", "b"}
    assert abs(counted["a"] / CALLS - 2 / 3) < 0.035


def test_the_same_call_is_always_ordered_alike() -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}})
    assert all(names(found, "x", facts(request_id="r-7")) == names(found, "x", facts(request_id="r-7")) for _ in "123")


@pytest.mark.parametrize("sticky", ["session", "consumer"])
def test_who_is_sticky_stays_on_one_target(sticky: str) -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}, "sticky": sticky})
    for number in range(30):
        who = {sticky: f"who-{number}"}
        places = {names(found, "x", facts(request_id=f"r-{each}", **who))[0] for each in range(10)}
        assert len(places) == 1


def test_sessions_are_spread_over_the_targets() -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}, "sticky": "session"})
    counted = Counter(names(found, "x", facts(session=f"s-{number}"))[0] for number in range(300))
    assert min(counted.values()) > 60


def test_sessions_of_two_keys_are_two_sessions() -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}, "sticky": "session"})
    places = {names(found, "x", facts(key=f"k-{number}", session="same"))[0] for number in range(50)}
    assert places == {"a", "b", "c"}


def test_calls_without_a_session_are_placed_one_by_one() -> None:
    found = router({"split": {"a": 1, "b": 1, "c": 1}, "sticky": "session"})
    assert set(firsts(found)) == {"a", "b", "c"}


def test_a_canary_gets_its_share_and_the_others_never_see_it() -> None:
    found = router({"canary": {"target": "b", "percent": 5, "sticky": "none"}, "otherwise": ["a"]})
    counted = firsts(found)
    assert abs(counted["b"] / CALLS - 0.05) < 0.015
    orders = {tuple(names(found, "x", facts(request_id=f"r-{number}"))) for number in range(500)}
    assert orders == {("b", "a"), ("a",)}


def test_a_session_on_the_canary_stays_there_when_its_share_grows() -> None:
    def sessions(percent: int) -> set[int]:
        found = router({"canary": {"target": "b", "percent": percent}, "otherwise": ["a"]})
        return {number for number in range(400) if names(found, "x", facts(session=f"s-{number}"))[0] == "b"}

    shares = [sessions(percent) for percent in (0, 5, 20, 50, 100)]
    assert all(fewer <= more for fewer, more in pairwise(shares))
    assert [len(shares[0]), len(shares[-1])] == [0, 400]


def test_a_canary_is_no_fallback() -> None:
    found = router({"canary": {"target": "b", "percent": 0}, "otherwise": ["c"]})
    with pytest.raises(NoRoute, match="c is in it"):
        found.route("x", facts(regions=("us",)))


def test_the_cheapest_is_that_of_the_call_and_not_of_a_list() -> None:
    found = router({"order": "price", "among": ["a", "b", "c"]})
    assert names(found, "x", facts(input_tokens=1000, max_output_tokens=1)) == ["c", "b", "a"]
    assert names(found, "x", facts(input_tokens=1, max_output_tokens=1000)) == ["b", "a", "c"]


def test_a_target_that_would_cut_the_answer_short_comes_last_and_only_then() -> None:
    targets = {"a": target(max_output_tokens=40), "b": target(), "c": target(max_output_tokens=50)}
    found = router_of({"targets": targets, "aliases": {"x": ["a", "b", "c"]}})
    assert names(found, "x", facts(max_output_tokens=41)) == ["b", "c", "a"]
    assert names(found, "x", facts(max_output_tokens=51)) == ["b", "a", "c"]
    assert names(found, "x", facts(max_output_tokens=40)) == ["a", "b", "c"]
    assert names(found, "x", facts()) == ["a", "b", "c"]
    assert found.explain("x", facts(max_output_tokens=51)).order == ["b", "a", "c"]


def test_targets_can_be_chosen_by_their_tags() -> None:
    assert names(router({"order": "price", "among": {"tier": "large"}}), "x", facts(max_output_tokens=9)) == ["b", "c"]
    assert names(router({"order": "price", "among": {"tags": ["fresh"]}}), "x", facts()) == ["a"]
    assert names(router({"order": "weight", "among": {"residency": "eu"}}), "x", facts()) == ["c"]


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def test_the_fastest_goes_first() -> None:
    observed = Observed(Clock())
    found = router({"order": "latency", "among": ["a", "b", "c"]}, observed=observed)
    for name, latency_ms in (("a", 300), ("b", 100), ("c", 200)):
        observed.note(name, latency_ms, ok=True)
    assert names(found, "x", facts()) == ["b", "c", "a"]


def test_one_that_fails_every_other_time_counts_as_twice_as_slow() -> None:
    observed = Observed(Clock())
    found = router({"order": "latency", "among": ["a", "b"]}, observed=observed)
    for number in range(40):
        observed.note("a", 100, ok=number % 2 == 0)
        observed.note("b", 130, ok=True)
    assert names(found, "x", facts()) == ["b", "a"]


def test_one_that_nobody_knows_is_tried_by_one_call_at_a_time() -> None:
    observed = Observed(Clock())
    found = router({"order": "latency", "among": ["a", "b"]}, observed=observed)
    observed.note("a", 100, ok=True)
    assert names(found, "x", facts()) == ["b", "a"]
    observed.started("b")
    assert names(found, "x", facts()) == ["a", "b"]
    observed.ended("b")
    observed.note("b", 50, ok=True)
    assert names(found, "x", facts()) == ["b", "a"]


def test_what_was_slow_a_while_ago_is_tried_again() -> None:
    clock = Clock()
    observed = Observed(clock)
    found = router({"order": "latency", "among": ["a", "b"]}, observed=observed)
    observed.note("b", 9000, ok=True)
    clock.now_ms += FORGOTTEN_AFTER_MS + 1
    observed.note("a", 100, ok=True)
    assert names(found, "x", facts()) == ["b", "a"]
