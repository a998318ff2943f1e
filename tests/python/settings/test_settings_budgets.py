"""What a budget, a quota, a package and the budget of every consumer may say, and where each wrong one is refused."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tokenfoundry.budgets import budgets_of_file, ledger_budget
from tokenfoundry.errors import ConfigError
from tokenfoundry.ledger import Burst, Level
from tokenfoundry.settings import BudgetSettings, Settings, checked
from tokenfoundry.settings.load import yaml_text


def loaded(fields: str) -> BudgetSettings:
    """A daily budget of tokens with these fields more, or instead."""
    values = {"name": "b", "unit": "tokens", "window": {"kind": "daily"}, **yaml_text("{" + fields + "}")}
    return Settings.from_dict({"budgets": [values]}, environ={}).budgets[0]


SHIFTS = "window: {kind: shift, starts: [06:00, 14:00, 06:00]}"
WRONG_BUDGETS = [
    # amounts
    ("hard: -1", "hard", "greater than or equal to 0"),
    ("hard: 1.5", "hard", "whole number of tokens"),
    ("hard: many", "hard", "should be a decimal"),
    ("unit: money, hard: 0.0000000001", "hard", "at most 9 decimals"),
    ("unit: money, hard: 9300000000", "hard", "under 9.2 billion"),
    ("unit: gpu_seconds, hard: 0.0001", "hard", "GPU-seconds with at most 3 decimals"),
    ("unit: video, hard: 5", "unit", "video is reserved"),
    ("unit: euros, hard: 5", "unit", "'money'"),
    # caps and alerts
    ("each: []", "hard", "is required: a budget without a cap needs soft"),
    ("hard: 100, soft: 101", "soft", "is above hard"),
    ("hard: 100, soft: 0", "soft", "above 0"),
    ("soft: 1.5", "soft", "whole number of tokens"),
    ("soft: 5, alert_at: [80]", "alert_at", "percents of hard, which is missing"),
    ("hard: 100, alert_at: [0]", "alert_at[0]", "greater than or equal to 1"),
    ("hard: 100, alert_at: [50, 1001]", "alert_at[1]", "less than or equal to 1000"),
    ("hard: 100, alert_at: [50, 80, 50]", "alert_at[2]", "stands there twice"),
    ("hard: 100, alert_at: 80", "alert_at", "should be a list"),
    # bursts
    ("soft: 5, burst: {size: 5}", "burst", "a credit beside hard, which is missing"),
    ("hard: 100, burst: {size: 0}", "burst.size", "above 0"),
    ("hard: 100, burst: {size: 1.5}", "burst.size", "whole number of tokens"),
    ("hard: 100, burst: {}", "burst.size", "is required"),
    ("hard: 100, burst: {size: 5, refill: 5 an hour}", "burst.refill", "such as 5/h or 100/15m"),
    ("hard: 100, burst: {size: 5, refill: 5/0h}", "burst.refill.every", "a duration above 0"),
    ("hard: 100, burst: {size: 5, refill: 0/h}", "burst.refill.amount", "above 0"),
    ("hard: 100, burst: {size: 5, refill: 0.5/h}", "burst.refill.amount", "whole number of tokens"),
    ("hard: 100, burst: {size: 5, refill: {amount: 5}}", "burst.refill.every", "is required"),
    ("hard: 100, burst: {size: 5, max_per_window: 0}", "burst.max_per_window", "above 0"),
    ("hard: 100, burst: {size: 5, refil: 5/h}", "burst.refil", "did you mean refill?"),
    # at the cap
    ("hard: 100, at_cap: slow", "at_cap", "'throttle'"),
    ("soft: 5, at_cap: downgrade", "at_cap", "what happens at hard, which is missing"),
    ("hard: 100, throttle_from: 80", "throttle_from", "needs at_cap: throttle"),
    ("hard: 100, at_cap: throttle, throttle_from: 101", "throttle_from", "is above hard"),
    ("hard: 100, at_cap: throttle, window: {kind: lifetime}", "at_cap", "a lifetime one has no end"),
    ("hard: 100, at_cap: throttle, each: [session], window: {kind: session}", "at_cap", "a session one has no end"),
    # windows
    ("hard: 100, window: {kind: monthly, anchor_day: 32}", "window.anchor_day", "less than or equal to 31"),
    ("hard: 100, window: {kind: monthly, tz: Europe/Milano}", "window.tz", "Europe/Rome"),
    ("hard: 100, " + SHIFTS, "window.starts", "two shifts begin at 06:00, so they overlap"),
    ("hard: 100, window: {kind: session}", "each", "needs session"),
    ("hard: 100, each: [key, key]", "each", "names an axis twice"),
    # prepaid
    ("prepaid: true, hard: 100, window: {kind: lifetime}", "hard", "has no place in a prepaid budget"),
    ("prepaid: true, soft: 100, window: {kind: lifetime}", "soft", "has no place in a prepaid budget"),
    ("prepaid: true, alert_at: [80], window: {kind: lifetime}", "alert_at", "has no place in a prepaid budget"),
    ("prepaid: true, at_cap: downgrade, window: {kind: lifetime}", "at_cap", "has no place in a prepaid budget"),
    ("prepaid: true", "window.kind", "of a prepaid budget is lifetime"),
    # names
    ("hard: 1, name: 'quota:acme:tokens'", "name", "begins with quota:"),
    ("hard: 1, name: 'consumer:default'", "name", "begins with consumer:"),
]


@pytest.mark.parametrize(("fields", "path", "said"), WRONG_BUDGETS, ids=[each[0] for each in WRONG_BUDGETS])
def test_a_wrong_budget_is_refused_at_its_field(fields: str, path: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(fields)
    assert caught.value.path == f"budgets[0].{path}"
    assert said in str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("quotas: {acme: {}}", "quotas.acme", "limits nothing: state tokens, images or audio"),
        ("quotas: {acme: {tokens: -1}}", "quotas.acme.tokens", "greater than or equal to 0"),
        ("quotas: {acme: {tokens: '5'}}", "quotas.acme.tokens", "valid integer"),
        ("quotas: {acme: {tokens: 5, video: 5}}", "quotas.acme.video", "video is reserved"),
        ("quotas: {acme: {tokens: 5, anchor_day: 32}}", "quotas.acme.anchor_day", "less than or equal to 31"),
        ("quotas: {acme: {tokens: 5, tz: Rome}}", "quotas.acme.tz", "Europe/Rome"),
        ("quotas: {acme: {tokns: 5}}", "quotas.acme.tokns", "did you mean tokens?"),
        ("quotas: {'a b': {tokens: 5}}", "quotas.a b", "is not a name"),
        ("packages: [{name: p, unit: video}]", "packages[0].unit", "video is reserved"),
        ("packages: [{name: p, unit: tokens, hard: 5}]", "packages[0].hard", "unknown field"),
        ("packages: [{name: p, unit: tokens}, {name: p, unit: money}]", "packages[1].name", "the name of packages[0]"),
        (
            "budgets: [{name: p, unit: tokens, hard: 1, window: {kind: daily}}]\npackages: [{name: p, unit: tokens}]",
            "packages[0].name",
            "p is already the name of budgets[0]",
        ),
        ("packages: [{name: 'quota:x', unit: tokens}]", "packages[0].name", "begins with quota:"),
        (
            "consumers: {default_budget: {unit: tokens, window: {kind: daily}}}",
            "consumers.default_budget.hard",
            "is required",
        ),
        (
            "consumers: {default_budget: {unit: tokens, hard: 5, window: {kind: session}}}",
            "consumers.default_budget",
            "counts a consumer, not its sessions",
        ),
        (
            "consumers: {default_budget: {name: x, unit: tokens, hard: 5, window: {kind: daily}}}",
            "consumers.default_budget.name",
            "unknown field",
        ),
    ],
)
def test_a_wrong_quota_package_or_default_is_refused_at_its_field(text: str, path: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_yaml(text, environ={})
    assert caught.value.path == path
    assert said in str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("fields", "of_ledger"),
    [
        ("hard: 1000", {"hard": 1000, "levels": (Level("80%", 800), Level("100%", 1000)), "at_cap": "reject"}),
        ("hard: 7, soft: 5", {"levels": (Level("soft", 5), Level("80%", 6), Level("100%", 7))}),
        ("hard: 7, alert_at: []", {"levels": ()}),
        ("hard: 0", {"hard": 0, "levels": ()}),
        ("hard: 200, alert_at: [50, 150]", {"levels": (Level("50%", 100), Level("150%", 300))}),
        ("soft: 5", {"hard": None, "levels": (Level("soft", 5),)}),
        ("unit: money, hard: 0.5", {"unit": "money_nano", "hard": 500_000_000}),
        ("unit: gpu_seconds, hard: 1.25", {"unit": "gpu_ms", "hard": 1250}),
        ("unit: images, hard: 3", {"unit": "images", "hard": 3}),
        ("hard: 9, burst: {size: 5}", {"burst": Burst(size=5)}),
        (
            "hard: 9, burst: {size: 5, refill: 3/30m, max_per_window: 7}",
            {"burst": Burst(size=5, refill=3, every=timedelta(minutes=30), max_per_window=7)},
        ),
        (
            "unit: money, hard: 9, burst: {size: 0.5, refill: {amount: 0.1, every: 1h}}",
            {"burst": Burst(size=500_000_000, refill=100_000_000, every=timedelta(hours=1))},
        ),
        ("hard: 101, at_cap: throttle", {"at_cap": "throttle", "throttle_from": 80}),
        ("hard: 100, soft: 60, at_cap: throttle", {"throttle_from": 60}),
        ("hard: 100, soft: 60, at_cap: throttle, throttle_from: 0", {"throttle_from": 0}),
        ("hard: 100, at_cap: downgrade, mode: track", {"at_cap": "downgrade", "mode": "track", "throttle_from": 0}),
    ],
)
def test_a_budget_becomes_the_ledger_s(fields: str, of_ledger: dict[str, Any]) -> None:
    made = ledger_budget(loaded(fields))
    assert {name: getattr(made, name) for name in of_ledger} == of_ledger


def test_a_prepaid_budget_needs_no_window() -> None:
    fields = {"name": "p", "unit": "tokens", "prepaid": True}
    made = ledger_budget(checked(BudgetSettings, fields))
    assert (made.prepaid, made.window.kind, made.hard, made.levels) == (True, "lifetime", None, ())


@pytest.mark.parametrize(
    "fields",
    [
        "unit: money, hard: 500, soft: 400, alert_at: [50], burst: {size: 5, refill: 5/h, max_per_window: 9}",
        "hard: 100, at_cap: throttle, throttle_from: 80, each: [key]",
        "soft: 100",
        "prepaid: true, window: {kind: lifetime, tz: Europe/Rome}",
    ],
)
def test_a_budget_that_is_stored_as_json_reads_back_the_same(fields: str) -> None:
    budget = loaded(fields)
    assert checked(BudgetSettings, json.loads(json.dumps(budget.model_dump(mode="json")))) == budget


def test_the_shorter_forms_become_budgets() -> None:
    settings = Settings.from_yaml(
        """
        quotas: {acme: {tokens: 50, audio: 5, anchor_day: 15, tz: Europe/Rome, enforce: false}}
        packages: [{name: bought, match: {workspace: acme}, each: [project], unit: money, tz: Europe/Rome}]
        consumers: {default_budget: {unit: requests, hard: 10, window: {kind: daily}, at_cap: throttle}}
        """,
        environ={},
    )
    bought, default, tokens, audio = map(ledger_budget, budgets_of_file(settings))
    assert (bought.name, bought.prepaid, bought.each, bought.window.tz) == ("bought", True, ("project",), "Europe/Rome")
    assert (default.name, default.match, default.each) == ("consumer:default", {"consumer": ("*",)}, ("consumer",))
    assert (default.hard, default.at_cap, default.throttle_from) == (10, "throttle", 8)
    assert (tokens.name, tokens.hard, tokens.mode) == ("quota:acme:tokens", 50, "track")
    assert (audio.name, audio.unit, audio.window.anchor_day) == ("quota:acme:audio", "audio", 15)
