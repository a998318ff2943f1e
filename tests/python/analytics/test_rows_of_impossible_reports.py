"""Entries are for ever: whatever a provider once said of a call, the rows and their sums can be made and read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.clocked import NOON_MS
from tokenfoundry.analytics.advice import advise
from tokenfoundry.analytics.rows import export_ledger, open_views
from tokenfoundry.analytics.whatif import replay
from tokenfoundry.exporters import export_focus
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Ledger
from tokenfoundry.records import AppliedPrice, CallRecord, Savings
from tokenfoundry.settings import Settings

HUGE = 2**62 + 5
PRICE = AppliedPrice(id="p", catalogue="c", currency="USD", fx_rate="0.9", rates={"input": "1", "output": "1"})

AXES = Axes(project="claims", session="s", alias="fast", model="m")
CONFIGURATION = """
currency: EUR
fx: {USD: [{from: 2020-01-01, rate: "0.9"}]}
providers: {one: {format: openai, base_url: "http://127.0.0.1:9/v1"}}
targets: {small: {provider: one, model: m, price: {input: "1", output: "2", search: "0.01"}, reported_cost: bill}}
aliases: {fast: [small]}
"""


def book(path: Path, *calls: dict[str, Any], cost_nano: int = 5) -> None:
    with Ledger.open(path, clock=lambda: NOON_MS) as ledger:
        for number, said in enumerate(calls):
            fields = {"price": PRICE, "currency": "EUR", **said}
            record = CallRecord(
                request_id=f"r{number}",
                at_ms=NOON_MS,
                endpoint="chat",
                outcome="answered",
                status=200,
                alias="fast",
                input_tokens=5,
                output_tokens=5,
                cost_nano=cost_nano,
                counterfactual_nano=cost_nano,
                **fields,
            )
            amounts = Amounts(money_nano=cost_nano, requests=1)
            ledger.reserve(f"c{number}", amounts=amounts, axes=AXES)
            ledger.settle(f"c{number}", amounts, tallies=tallies_of(record), detail=record.to_bytes())


def summed(path: Path, query: str, currency: str = "EUR") -> Any:
    """What the query says of the sums; it says the same of the rows."""
    with Ledger.open(path / "books") as ledger:
        directory = export_ledger(ledger, path / "rows", currency=currency)
    with open_views(directory) as rollups, open_views(directory, reads="rows") as rows:
        found = rollups.execute(query).fetchall()
        assert rows.execute(query).fetchall() == found
    (row,) = found
    return row


@pytest.mark.parametrize(
    ("cost", "fx_rate", "nano"),
    [
        ("0.001", "0.9", 900_000),
        ("0.001", "25400", 25_400_000_000),
        ("0.0000000005", "25400.123456789", 12_700),
        ("999999", "0.000039", 38_999_961_000),
        ("1000000", "0.9", 900_000_000_000_000),
        ("1E+3", "0.9", 900_000_000_000),
        ("0." + "1" * 300, "1", 111_111_111),
        ("1E+9", "25400", None),
        ("1E+9", "999999999.5", None),
        ("1E-400000000", "0.9", None),
        ("9" * 60, "0.9", None),
    ],
)
def test_a_cost_that_a_provider_told_is_compared_at_any_rate_unless_it_is_none(
    tmp_path: Path, cost: str, fx_rate: str, nano: int | None
) -> None:
    price = AppliedPrice(id="p", catalogue="c", currency="USD", fx_rate=fx_rate, rates={"input": "1"})
    book(tmp_path / "books", {"reported_cost": Decimal(cost), "price": price}, {"price": price})
    assert summed(tmp_path, "select sum(calls), sum(reported_calls), sum(reported_nano) from sums") == (
        2,
        nano is not None,
        nano or 0,
    )


def test_counts_whose_sum_has_more_than_64_bits_are_summed_exactly(tmp_path: Path) -> None:
    faulty = {"searches": HUGE, "input_audio_tokens": HUGE}
    book(tmp_path / "books", faulty, {"searches": 1}, faulty, {"searches": 2}, faulty)
    wanted = (5, 3 * HUGE + 3, 3 * HUGE)
    assert summed(tmp_path, "select sum(calls), sum(searches), sum(input_audio_tokens) from sums") == wanted


def test_money_of_an_hour_and_a_session_beyond_64_bits_is_summed_exactly(tmp_path: Path) -> None:
    book(tmp_path / "books", *[{}] * 1100, cost_nano=2**53)
    assert summed(tmp_path, "select sum(calls), sum(spent_nano) from sums") == (1100, 1100 * 2**53)
    assert summed(tmp_path, "select sum(calls), sum(spent_nano) from sessions") == (1100, 1100 * 2**53)


def test_savings_of_any_size_leave_the_rest_to_routing(tmp_path: Path) -> None:
    savings = Savings(batch=-(2**62), provider_cache=-(2**62), routing=7, response_cache=2**63 - 1)
    book(tmp_path / "books", {"savings": savings})
    assert summed(tmp_path, "select sum(saved_nano), sum(saved_routing_nano) from sums") == (0, 1)


@pytest.mark.parametrize(
    ("said", "times", "cost_nano"),
    [
        ({"searches": HUGE, "input_audio_tokens": HUGE, "usage_fault": "usage: no call uses so much"}, 3, 5),
        ({"reported_cost": Decimal("1E-400000000")}, 1, 5),
        ({"reported_cost": Decimal("1E+9")}, 1, 5),
        ({"reported_cost": Decimal("0." + "1" * 130)}, 1, 5),
        ({"reported_cost": Decimal("9" * 60)}, 1, 5),
        ({}, 1100, 2**53),
    ],
)
def test_what_is_impossible_is_exported_replayed_and_advised_on(
    tmp_path: Path, said: dict[str, Any], times: int, cost_nano: int
) -> None:
    book(tmp_path / "books", *[{"target": "small", **said}] * times, cost_nano=cost_nano)
    with Ledger.open(tmp_path / "books") as ledger:
        directory = export_ledger(ledger, tmp_path / "rows", currency="EUR")
    configured = Settings.from_yaml(CONFIGURATION)
    found = replay(directory, configured).total
    assert (found.calls, found.unserved, found.spent_before_nano) == (times, 0, times * cost_nano)
    if said:
        assert found.spent_after_nano == found.spent_before_nano  # What has no price stays as it was.
    advise(directory, configured)
    (file,) = export_focus(directory, tmp_path / "focus")
    costs = pq.read_table(file)["BilledCost"].to_pylist()
    assert sum(costs) == Decimal(times * cost_nano).scaleb(-9)
