"""Reports, bills, events and replays of an endpoint that is paid by the hour: what was in use of it, to the nano."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from support.clocked import NOON_MS
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger, open_views
from tokenfoundry.analytics.saved import find_report, run_report
from tokenfoundry.analytics.whatif import replay
from tokenfoundry.cli import app
from tokenfoundry.exporters import FOCUS_VERSIONS, export_cloudevents, export_focus, validate_focus
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Ledger, Sums
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.records import CallRecord
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

HOUR_MS = 3_600_000
PRICE = {"input": "1", "output": "2", "currency": "EUR"}
RENTED: dict[str, Any] = {
    "target": "qwen",
    "from": "2026-02-16T12:30Z",
    "to": "2026-02-16T17:00Z",
    "gpus": 4,
    "rate": "1.00",
    "currency": "USD",
}
CONFIGURATION: dict[str, Any] = {
    "fx": {"USD": [{"from": "2026-01-01", "rate": "0.90"}]},
    "providers": {"node": {"format": "openai_compatible", "base_url": "http://127.0.0.1:9/v1"}},
    "targets": {"qwen": {"provider": "node", "model": "qwen-1", "price": PRICE}},
    "aliases": {"fast": ["qwen"]},
    "reservations": [RENTED],
}
LONG_AGO = {**RENTED, "from": "2024-02-16T12:30Z", "to": "2024-02-16T17:00Z", "currency": "EUR"}
# In minutes after noon: before it is rented, in its half hour, twice in its third hour, and after it.
CALLS = (10, 50, 130, 170, 301)


def changed(**sections: Any) -> Settings:
    return Settings.from_dict({**CONFIGURATION, **sections})


@pytest.fixture
def rows(tmp_path: Path) -> ExportDirectory:
    settings, now_ms = changed(), NOON_MS
    book = PriceBook.from_settings(settings, prices(), at=NOON_MS)
    with Ledger.open(tmp_path / "data" / "books", clock=lambda: now_ms) as ledger:
        hours = RentedHours(ledger, clock=lambda: now_ms)
        hours.use(book.reservations, book.fx)
        for number, minutes in enumerate(CALLS):
            now_ms = NOON_MS + minutes * 60_000
            hours.post_due()
            posted = book.posted("qwen", Usage(input_tokens=1000, output_tokens=500), at=now_ms)
            told = CallRecord(
                request_id=f"call-{number}",
                at_ms=now_ms,
                endpoint="chat",
                outcome="answered",
                status=200,
                alias="fast",
                target="qwen",
                provider="node",
                model="qwen-1",
                input_tokens=1000,
                output_tokens=500,
                cost_nano=posted.amount_nano,
                counterfactual_nano=posted.amount_nano,
                cost_source="rented" if posted.source == "rented" else "computed",
                price=posted.price,
                currency="EUR",
            )
            ledger.reserve(
                told.request_id, amounts=Amounts(requests=1), axes=Axes(alias="fast", model="qwen-1", key="k")
            )
            amounts = Amounts(money_nano=posted.amount_nano, tokens=1500, requests=1)
            ledger.settle(told.request_id, amounts, tallies=tallies_of(told), detail=told.to_bytes())
        [first, *_] = (entry for entry in ledger.entries() if entry.kind == "rented")
        ledger.adjust("credit", first.seq, Sums(money_nano=-300_000_000), actor="anna", reason="an outage")
        return export_ledger(ledger, tmp_path / "rows", currency="EUR")


HOURS_NANO = 4 * 900_000_000 * 9 // 2 - 300_000_000
CALLS_NANO = 2 * 2_000_000


@pytest.mark.parametrize("reads", ["rollups", "rows"])
def test_the_report_says_what_was_paid_in_use_and_what_a_million_tokens_came_to(
    rows: ExportDirectory, reads: Any
) -> None:
    report = find_report("reservations")
    found = run_report(report, rows, reads=reads)
    (row,) = (dict(zip(found.columns, values, strict=True)) for values in found.rows)
    assert row == {
        "month": "2026-02",
        "provider": "node",
        "target": "qwen",
        "model": "qwen-1",
        "hours": 5,
        "gpu_hours": 18,
        "gpu_hours_in_use": 6,  # The half hour and the third one.
        "percent_in_use": 33.33,
        "calls": 3,
        "tokens": 4500,
        "spent_nano": HOURS_NANO,
        "spent_unused_nano": 3 * 4 * 900_000_000,
        "spent_per_million_tokens_nano": HOURS_NANO * 1_000_000 // 4500,
    }


def test_hours_are_no_calls_in_any_other_report_and_their_money_is_in_all(rows: ExportDirectory) -> None:
    for name in ("models", "showback", "intents", "outcomes", "savings_by_axis"):
        found = run_report(find_report(name), rows)
        axes = max(1, len(set(found.column("axis")))) if "axis" in found.columns else 1
        assert sum(found.column("calls")) == len(CALLS) * axes, name
        assert sum(found.column("spent_nano")) == (HOURS_NANO + CALLS_NANO) * axes, name


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_the_bill_tells_used_from_unused_hours_and_sums_to_the_ledger(
    rows: ExportDirectory, tmp_path: Path, version: str
) -> None:
    files = export_focus(rows, tmp_path / "bill", version=version)
    assert validate_focus(files, version=version) == []
    bill = f"'{files[0]}'"
    ((total,),) = duckdb.sql(f"select sum(BilledCost) from {bill}").fetchall()
    assert total == Decimal(HOURS_NANO + CALLS_NANO).scaleb(-9)
    if version == "1.0":
        return  # It knows no reservations of capacity.
    found = duckdb.sql(f"""
        select CapacityReservationId, CapacityReservationStatus, x_TokenClass = 'gpu_hours', count(*),
            sum(BilledCost), sum(PricingQuantity)
        from {bill} group by all order by 1 nulls first, 2, 3
    """).fetchall()
    id = "reservation/qwen"
    assert found == [
        (None, None, False, 4, Decimal("0.004"), 3000),
        (id, "Unused", True, 3, Decimal("10.8"), 12),
        (id, "Used", False, 4, 0, 4500),
        (id, "Used", True, 2, Decimal("5.1"), 6),
    ]


def test_what_was_called_before_is_divided_by_what_it_cost_then(rows: ExportDirectory, tmp_path: Path) -> None:
    still_rented = PriceBook.from_settings(
        changed(reservations=[{**RENTED, "to": "2030-01-01T00:00Z"}]), prices(), at=0
    )
    files = export_focus(rows, tmp_path / "bill", prices=still_rented)
    asked = f"select distinct x_TokenClass, BilledCost from '{files[0]}' where CapacityReservationId is null order by 1"
    assert duckdb.sql(asked).fetchall() == [("input", Decimal("0.001")), ("output", Decimal("0.001"))]


def test_an_hour_is_an_event_of_its_own(rows: ExportDirectory, tmp_path: Path) -> None:
    (file,) = export_cloudevents(rows, tmp_path / "events")
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    hours = [event for event in events if event["type"] == "tokenfoundry.reservation.hour"]
    assert [event["id"] for event in hours] == [f"reservation/qwen/2026-02-16T{hour}:00:00Z" for hour in range(12, 17)]
    assert hours[1]["data"]["money"] == "3.600000000"
    assert len({event["id"] for event in events}) == len(events) == len(CALLS) + 5 + 1


def test_a_replay_pays_the_hours_of_its_configuration_and_those_of_the_day_to_the_nano(rows: ExportDirectory) -> None:
    def spent(settings: Settings) -> tuple[int, int]:
        total = replay(rows, settings).total
        assert total.calls == len(CALLS)
        return total.spent_before_nano, total.spent_after_nano

    before_nano = HOURS_NANO + CALLS_NANO
    assert spent(changed()) == (before_nano, before_nano)
    # The credit note is money that nothing replays.
    assert spent(changed(reservations=[])) == (before_nano, len(CALLS) * 2_000_000 - 300_000_000)
    twice = changed(reservations=[{**RENTED, "gpus": 8}])
    assert spent(twice) == (before_nano, before_nano + 4 * 900_000_000 * 9 // 2)
    budget = {"name": "all", "unit": "money", "window": {"kind": "daily"}, "hard": "16.2"}
    with_budget = replay(rows, changed(budgets=[budget])).total
    assert (with_budget.refused, with_budget.spent_after_nano) == (1, before_nano - 2_000_000)


def test_a_report_of_books_that_nobody_holds_posts_what_is_due_first(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "data" / "books").close()
    made = tmp_path / "tokenfoundry.yaml"
    made.write_text(
        yaml.safe_dump({**CONFIGURATION, "reservations": [LONG_AGO], "data_dir": str(tmp_path / "data")}),
        encoding="utf-8",
    )
    for _ in range(2):
        ran = CliRunner().invoke(app, ["report", "--by", "model", "--config", str(made), "--json"])
        assert ran.exit_code == 0, ran.output
        (row,) = json.loads(ran.stdout)["rows"]
        assert (row["value"], row["calls"], row["cost_nano"]) == ("qwen-1", 0, 18 * 10**9)


def test_a_report_of_books_that_a_host_holds_says_that_hours_are_not_in_it(tmp_path: Path) -> None:
    made = tmp_path / "tokenfoundry.yaml"
    made.write_text(
        yaml.safe_dump({**CONFIGURATION, "reservations": [LONG_AGO], "data_dir": str(tmp_path / "data")}),
        encoding="utf-8",
    )
    with Ledger.open(tmp_path / "data" / "books"):
        ran = CliRunner().invoke(app, ["report", "--by", "model", "--config", str(made), "--json"])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["rows"] == []
    assert "are due, and not in this" in " ".join(ran.stderr.split())


def test_exported_rows_sum_to_the_ledger(rows: ExportDirectory) -> None:
    with open_views(rows) as connection:
        found = connection.execute(
            "select sum(spent_nano)::BIGINT, sum(gpu_ms)::BIGINT, sum(saved_nano)::BIGINT from sums"
        )
        # A correction saves what it gives back, as that of a call does.
        assert found.fetchall() == [(HOURS_NANO + CALLS_NANO, 18 * HOUR_MS, 300_000_000)]
