"""A replay under the configuration of the day costs what was paid; under another, what that one says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.booked import export_of
from support.clocked import NOON_MS
from tokenfoundry.analytics.demo_data import CONFIGURATION
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.analytics.whatif import WhatIf, replay
from tokenfoundry.analytics.whatif.result import AXES
from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

EVERY_PART = """
currency: EUR
fx: {USD: [{from: 2020-01-01, rate: "0.9"}]}
providers: {one: {format: openai, base_url: "http://127.0.0.1:9/v1"}}
targets:
  voice:
    provider: one
    model: voice-1
    price:
      {input: "2", output: "8", input_audio: "32", output_audio: "64", cache_read: "0.5", cache_read_audio: "3",
       cache_write: "2.5", cache_write_1h: "4", search: "0.01", service_tiers: {priority: {input: "4", output: "16"}}}
  speaker: {provider: one, model: speaker-1, endpoints: [speech], price: {characters: "15"}}
  reseller: {provider: one, model: reseller-1, price: {input: "1", output: "2"}, reported_cost: bill}
aliases: {voice: [voice], speaker: [speaker], reseller: [reseller]}
"""
JANUARY = {"until": 1_738_368_000_000}


def changed(**sections: Any) -> Settings:
    """The demo's configuration without budgets, with these sections changed."""
    return Settings.from_dict({**yaml.safe_load(CONFIGURATION), "budgets": [], **sections})


def total(demo: ExportDirectory, where: str = "true", what: str = "sum(money_nano)::BIGINT") -> int:
    with open_views(demo, **JANUARY) as connection:
        ((found,),) = connection.execute(f"select {what} from calls where {where}").fetchall()
    return int(found or 0)


def of(found: WhatIf, axis: str, value: str) -> Any:
    return next(row for row in found.by(axis) if row.value == value)


def test_under_its_own_configuration_it_costs_what_it_did_to_the_nano(demo: ExportDirectory) -> None:
    found = replay(demo, Settings.from_yaml(CONFIGURATION), **JANUARY)
    assert found.total.spent_before_nano == found.total.spent_after_nano == total(demo) > 0
    assert found.total.refused == found.total.unserved == 0
    assert found.total.hits_before == found.total.hits_after == total(demo, "kind = 'hit'", "count(*)") > 0
    for axis in AXES:
        rows = found.by(axis)
        assert all(row.saved_nano == 0 for row in rows)
        assert sum(row.spent_after_nano for row in rows) == total(demo)


def test_every_part_of_the_usage_is_priced_as_it_was(tmp_path: Path) -> None:
    configured = Settings.from_yaml(EVERY_PART)
    book = PriceBook.from_settings(configured, prices(), at=NOON_MS)
    heard = {"input_tokens": 1000, "output_tokens": 300, "input_audio_tokens": 200, "output_audio_tokens": 100}
    kept = {"input_tokens": 900, "output_tokens": 9, "cache_write_tokens": 400, "cache_write_1h_tokens": 300}
    used: list[tuple[str, dict[str, Any]]] = [
        ("voice", heard),
        ("voice", {**heard, "cache_read_tokens": 500, "cache_read_audio_tokens": 150}),
        ("voice", kept),
        ("voice", {**kept, "searches": 3}),
        ("voice", {"input_tokens": 500, "output_tokens": 50, "service_tier": "priority"}),
        ("voice", {"input_tokens": 10, "cache_read_tokens": 12, "fault": "usage: 12 cached tokens are more than 10"}),
        ("speaker", {"characters": 12345}),
        ("reseller", {"input_tokens": 100, "output_tokens": 10, "reported_cost": Decimal("0.0123")}),
    ]
    calls = []
    for target, counts in used:
        cost_nano = book.cost_nano(target, Usage(**counts), at=NOON_MS)[0]
        stated = {"usage_fault" if name == "fault" else name: count for name, count in counts.items()}
        endpoint = "speech" if target == "speaker" else "chat"
        calls.append({"target": target, "endpoint": endpoint, **stated, "cost_nano": cost_nano})
    found = replay(export_of(tmp_path, calls), configured)
    assert found.total.calls == len(calls)
    assert found.total.spent_after_nano == found.total.spent_before_nano == sum(call["cost_nano"] for call in calls)
    dearer = Settings.from_yaml(EVERY_PART.replace('input_audio: "32"', 'input_audio: "64"'))
    fresh_sound = 200 + 50
    assert replay(export_of(tmp_path / "anew", calls), dearer).total.saved_nano == -fresh_sound * 32_000


def test_another_route_costs_what_its_target_asks(demo: ExportDirectory) -> None:
    aliases = {**yaml.safe_load(CONFIGURATION)["aliases"], "large": ["gpt-mini"]}
    found = replay(demo, changed(aliases=aliases), **JANUARY)
    row = of(found, "intent", "mail-triage")
    asked = "kind = 'settled' and intent = 'mail-triage'"
    at_mini = total(demo, asked, "sum(input_tokens * 135 + output_tokens * 540)::BIGINT")
    assert row.spent_before_nano == total(demo, asked)
    assert row.spent_after_nano == at_mini < row.spent_before_nano
    assert of(found, "intent", "helpdesk-chat").saved_nano == 0
    assert {each.value for each in found.by("target") if each.calls} >= {"gpt-mini", "claude"}


def test_another_price_costs_in_proportion(demo: ExportDirectory) -> None:
    targets = yaml.safe_load(CONFIGURATION)["targets"]
    targets["qwen"]["price"] = {"input": "0.30", "output": "0.90"}
    found = replay(demo, changed(targets=targets), **JANUARY)
    row = of(found, "target", "qwen")
    assert row.spent_after_nano == 2 * row.spent_before_nano > 0
    assert found.total.saved_nano == -row.spent_before_nano


def test_without_the_cache_hits_are_paid_and_with_it_repeats_are_not(demo: ExportDirectory) -> None:
    without = replay(demo, changed(cache={"enabled": False}), **JANUARY)
    row = of(without, "intent", "translation")
    assert (row.hits_before > 0, row.hits_after) == (True, 0)
    assert -row.saved_nano == total(demo, "kind = 'hit'", "sum(counterfactual_nano)::BIGINT")

    replayed = replay(demo, changed(cache={"enabled": True, "ttl": "30d"}), caching="replayed", **JANUARY)
    search = of(replayed, "intent", "policy-search")
    assert search.hits_after > 0 == search.hits_before
    assert search.spent_after_nano < search.spent_before_nano
    again = of(replayed, "intent", "translation")
    assert again.hits_after >= again.hits_before
    brief = replay(demo, changed(cache={"enabled": True, "ttl": "1s"}), caching="replayed", **JANUARY)
    assert of(brief, "intent", "policy-search").hits_after < search.hits_after


def test_a_budget_refuses_what_does_not_fit_and_its_cap_is_never_crossed(demo: ExportDirectory) -> None:
    cap = Decimal("0.05")
    budget = {
        "name": "support",
        "match": {"project": "support"},
        "unit": "money",
        "window": {"kind": "monthly"},
        "hard": str(cap),
    }
    found = replay(demo, changed(budgets=[budget]), **JANUARY)
    row = of(found, "project", "support")
    assert row.refused > 0
    assert row.spent_after_nano <= cap.scaleb(9) < row.spent_before_nano
    assert of(found, "project", "legal").refused == 0


def test_a_call_that_no_target_may_serve_is_counted(demo: ExportDirectory) -> None:
    residency = {"workspaces": {"demo": ["it"]}}
    found = replay(demo, changed(residency=residency), **JANUARY)
    assert of(found, "intent", "contract-chat").unserved > 0
    assert of(found, "intent", "contract-chat").spent_after_nano == 0
    assert of(found, "intent", "helpdesk-chat").unserved == 0


def test_a_price_in_another_currency_is_converted_at_the_rate_of_the_day(demo: ExportDirectory) -> None:
    targets = yaml.safe_load(CONFIGURATION)["targets"]
    targets["qwen"]["price"] = {"input": "0.30", "output": "0.90", "currency": "USD"}
    fx = {"USD": [{"from": "2024-12-01", "rate": "0.5"}]}
    assert replay(demo, changed(targets=targets, fx=fx), **JANUARY).total.saved_nano == 0


def test_what_rows_cannot_say_is_noted(demo: ExportDirectory) -> None:
    routing = {"default": [{"when": {"complexity": ">= 0.5"}, "use": ["claude"]}, {"use": ["qwen"]}]}
    found = replay(demo, changed(routing=routing), until=1_735_776_000_000)
    assert found.notes == ["rules about complexity saw calls without words: rows hold no text"]
    with pytest.raises(InvalidInput, match="the rows are in EUR, and the configuration in USD"):
        replay(demo, Settings.from_dict({"currency": "USD"}))
    with pytest.raises(InvalidInput, match="by: 'colour' is not one of project, intent"):
        found.by("colour")
