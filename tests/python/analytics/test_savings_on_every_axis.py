"""Spend and savings are what calls would have cost, to the nano, on any axis, from entries, rows and rollups alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.clocked import NOON_MS
from tokenfoundry.analytics.report import AXES, Row, report
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger, open_views
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Ledger, Sums
from tokenfoundry.records import CallRecord, Savings

HOUR_MS: Final = 3_600_000
COMPONENTS: Final = ("saved_batch_nano", "saved_prompt_cache_nano", "saved_routing_nano", "saved_response_cache_nano")
OF_LEDGER: Final = [axis for axis in AXES if axis not in ("target", "outcome")]

nanos = st.integers(-(10**9), 10**9)
parts = st.builds(Savings, batch=nanos, provider_cache=nanos, routing=nanos, response_cache=nanos)


@st.composite
def call(draw: st.DrawFn) -> tuple[CallRecord, Axes, str]:
    """A record, where it is booked, and how it ends."""
    ending = draw(st.sampled_from(["settled", "settled", "hit", "void", "refund", "crash"]))
    model = draw(st.sampled_from(["small-1", "large-1"]))
    axes = Axes(
        workspace=draw(st.sampled_from(["w", "v"])),
        project=draw(st.sampled_from(["claims", "sales", ""])),
        key=draw(st.sampled_from(["k1", "k2"])),
        intent=draw(st.sampled_from(["", "faq", "unattributed"])),
        model=model,
    )
    cost_nano = 0 if ending in ("hit", "void") else draw(st.integers(0, 10**9))
    savings = None if ending == "void" else draw(st.none() | parts)
    told = CallRecord(
        request_id="r",
        at_ms=NOON_MS,
        endpoint="chat",
        outcome={"hit": "hit", "void": "failed"}.get(ending, "answered"),  # type: ignore[arg-type]
        status=200,
        alias="fast",
        target=model.removesuffix("-1"),
        cost_nano=cost_nano,
        counterfactual_nano=cost_nano + sum(msgspec.structs.astuple(savings) if savings else (0,)),
        savings=savings,
        currency="EUR",
    )
    return told, axes, ending


def book(ledger: Ledger, number: int, told: CallRecord, axes: Axes, ending: str) -> None:
    id, at_ms = f"call-{number}", NOON_MS + number * HOUR_MS // 3
    tallies, detail = tallies_of(told), told.to_bytes()
    if ending == "hit":
        ledger.record(id, kind="hit", amounts=Amounts(requests=1), axes=axes, tallies=tallies, at=at_ms, detail=detail)
        return
    amounts = Amounts(money_nano=told.cost_nano)
    orphan = msgspec.structs.replace(told, outcome="recovered", savings=None)
    ledger.reserve(id, amounts=amounts, axes=axes, at=at_ms, detail=orphan.to_bytes())
    if ending == "void":
        ledger.void(id, detail=detail)
    elif ending != "crash":
        entry = ledger.settle(id, amounts, tallies=tallies, detail=detail)
        if ending == "refund":
            ledger.adjust(f"refund-{number}", entry.seq, Sums(money_nano=-(told.cost_nano // 2)), actor="anna")


def shown(row: Row) -> tuple[Any, ...]:
    assert row.savings is not None
    return (row.value, row.cost_nano, *msgspec.structs.astuple(row.savings), row.saved_nano)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(history=st.lists(call(), min_size=1, max_size=30))
def test_spend_and_savings_are_the_counterfactual_on_any_axis(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[CallRecord, Axes, str]]
) -> None:
    path: Path = tmp_path_factory.mktemp("books")
    with Ledger.open(path / "books", clock=lambda: NOON_MS) as ledger:
        for number, (told, axes, ending) in enumerate(history):
            book(ledger, number, told, axes, ending)
    with Ledger.open(path / "books", clock=lambda: NOON_MS) as ledger:
        entries = ledger.entries()
        directory = export_ledger(ledger, path / "out", currency="EUR")
        by_axis = {axis: report(ledger, by=axis, savings=True) for axis in AXES}
        for axis, rows in by_axis.items():
            assert [msgspec.structs.replace(row, savings=None) for row in rows] == report(ledger, by=axis)
    crashed_nano = sum(entry.amounts.money_nano for entry in entries if entry.kind == "recovered")
    spent_nano = sum(entry.amounts.money_nano for entry in entries)
    counterfactual_nano = sum(entry.tallies.counterfactual_nano for entry in entries) + crashed_nano
    for rows in by_axis.values():
        for row in rows:
            assert row.savings is not None
            assert sum(msgspec.structs.astuple(row.savings)) == row.saved_nano
        assert sum(row.cost_nano for row in rows) == spent_nano
        assert sum(row.cost_nano + row.saved_nano for row in rows) == counterfactual_nano
    told_twice = {axis: sorted(map(shown, rows)) for axis, rows in by_axis.items()}
    assert rows_of(directory, "rollups") == rows_of(directory, "rows") == told_twice
    result = run_report(built_in_reports()["savings_by_axis"], directory, params={"limit": 1000})
    columns = [result.column(name) for name in ("axis", "value", "spent_nano", *COMPONENTS, "saved_nano")]
    found: dict[str, list[tuple[Any, ...]]] = {}
    for axis, value, *rest in zip(*columns, strict=True):
        found.setdefault(axis, []).append((value or "", *rest))
    assert {axis: sorted(rows) for axis, rows in found.items()} == {axis: told_twice[axis] for axis in OF_LEDGER}


def rows_of(directory: ExportDirectory, reads: Any) -> dict[str, list[tuple[Any, ...]]]:
    summed = ", ".join(f"sum({name})::BIGINT" for name in ("spent_nano", *COMPONENTS, "saved_nano"))
    with open_views(directory, reads=reads) as connection:
        return {
            axis: sorted(connection.execute(f"select coalesce({axis}, ''), {summed} from sums group by 1").fetchall())
            for axis in AXES
        }
