"""What a file may say of resilience, and how it is told what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import ConfigError
from tokenfoundry.resilience.breaker import BreakerRules
from tokenfoundry.resilience.build import rules_of
from tokenfoundry.resilience.guards import GuardRules
from tokenfoundry.resilience.provider_keys import KeyRules
from tokenfoundry.settings import Settings


def test_what_is_not_said_is_what_the_rules_have() -> None:
    assert rules_of(Settings.from_dict({}).resilience) == GuardRules()


def test_what_is_said_is_kept() -> None:
    said: dict[str, Any] = {
        "retries": {"most": 1, "base": "100ms", "longest": "2s", "longest_asked": "20s", "share": "0.1", "burst": 5},
        "breaker": {
            "failures": 9,
            "failure_rate": "0.25",
            "calls": 40,
            "window": "1m",
            "open": "3s",
            "longest_open": "1m",
        },
        "keys": {"denied": "1h", "limited": "2s", "longest_rest": "30m"},
        "queue": {"most_waiting": 0, "wait": 0},
    }
    rules = rules_of(Settings.from_dict({"resilience": said}).resilience)
    assert (rules.retries.most, rules.retries.base_s, rules.retries.longest_s) == (1, 0.1, 2.0)
    assert rules.retries.longest_asked_s == 20.0
    assert (rules.retry_budget.share, rules.retry_budget.floor_per_s, rules.retry_budget.burst) == (0.1, 1.0, 5.0)
    assert rules.breaker == BreakerRules(
        failures=9, failure_rate=0.25, least_calls=40, window_s=60.0, open_s=3.0, longest_open_s=60.0
    )
    assert rules.keys == KeyRules(denied_s=3600.0, limited_s=2.0, longest_rest_s=1800.0)
    assert (rules.most_waiting, rules.longest_wait_s) == (0, 0.0)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"retry": {}}, "resilience.retry"),
        ({"retries": {"most": -1}}, "resilience.retries.most"),
        ({"retries": {"share": 0.2}}, "resilience.retries.share"),
        ({"retries": {"share": "1.5"}}, "resilience.retries.share"),
        ({"retries": {"base": 250}}, "resilience.retries.base"),
        ({"breaker": {"failure_rate": "0"}}, "resilience.breaker.failure_rate"),
        ({"breaker": {"open": "3m"}}, "resilience.breaker.longest_open"),
        ({"queue": {"wait": "soon"}}, "resilience.queue.wait"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_place(said: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_dict({"resilience": said})
    assert raised.value.path == path


@pytest.mark.parametrize(
    ("target", "path"),
    [({"hedge_after": 800}, "targets.small.hedge_after"), ({"max_in_flight": 0}, "targets.small.max_in_flight")],
    ids=str,
)
def test_what_is_wrong_with_a_target_is_told(target: dict[str, Any], path: str) -> None:
    providers = {"one": {"format": "openai", "base_url": "http://127.0.0.1:1"}}
    with pytest.raises(ConfigError) as raised:
        Settings.from_dict({"providers": providers, "targets": {"small": {"provider": "one", "model": "m", **target}}})
    assert raised.value.path == path
