"""A workflow costs what its calls and the sub-calls under them cost, each counted once, however they hang together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.clocked import NOON_MS
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger, open_views
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.ledger import Amounts, Axes, Ledger

Call = dict[str, Any]


def booked(path: Path, calls: list[Call]) -> ExportDirectory:
    """The exported rows of these calls, each with an id, what it cost, and what else it states."""
    with Ledger.open(path / "books", clock=lambda: NOON_MS) as ledger:
        for number, call in enumerate(calls):
            stated = {name: call[name] for name in ("parent", "tags") if name in call}
            detail = msgspec.json.encode({"request_id": call["id"], "outcome": "answered", "currency": "EUR", **stated})
            axes = Axes(
                workspace="w",
                project=call.get("project", "p"),
                key=call.get("key", "k"),
                session=call.get("session", ""),
            )
            ledger.reserve(f"call-{number}", amounts=Amounts(money_nano=call["cost"]), axes=axes)
            ledger.settle(f"call-{number}", Amounts(money_nano=call["cost"]), detail=detail)
        return export_ledger(ledger, path / "out", currency="EUR")


def workflows(path: Path, calls: list[Call]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Calls, sub-calls and cost by workflow and project."""
    result = run_report(built_in_reports()["workflows"], booked(path, calls), params={"limit": 1000})
    columns = (result.column(name) for name in ("workflow", "project", "calls", "sub_calls", "spent_nano"))
    return {(workflow, project): rest for workflow, project, *rest in zip(*columns, strict=True)}  # type: ignore[misc]


def test_sub_calls_are_summed_under_the_session_of_their_parent_and_else_under_its_id(tmp_path: Path) -> None:
    assert workflows(
        tmp_path,
        [
            {"id": "a", "cost": 100, "session": "ticket"},
            {"id": "guard", "cost": 7, "parent": "a", "key": "guard-key"},
            {"id": "b", "cost": 50},
            {"id": "embed", "cost": 3, "parent": "b"},
            {"id": "deeper", "cost": 2, "parent": "embed"},
            {"id": "alone", "cost": 1000},
            {"id": "own", "cost": 5, "session": "ticket", "parent": "a"},
        ],
    ) == {("ticket", "p"): [3, 2, 112], ("b", "p"): [3, 2, 55]}


def test_another_project_hangs_nothing_on_a_workflow(tmp_path: Path) -> None:
    assert workflows(
        tmp_path,
        [
            {"id": "a", "cost": 100, "session": "ticket"},
            {"id": "x", "cost": 7, "parent": "a", "project": "other", "key": "other"},
        ],
    ) == {("ticket", "p"): [1, 0, 100], ("a", "other"): [1, 1, 7]}


@pytest.mark.parametrize("parent", ["b", "a", "nobody"], ids=["circle", "itself", "unknown"])
def test_a_parent_that_cannot_be_counts_each_call_once(tmp_path: Path, parent: str) -> None:
    calls = [{"id": "a", "cost": 10, "parent": parent}, {"id": "b", "cost": 3, "parent": "a"}]
    found = workflows(tmp_path, calls)
    assert sum(spent for _, _, spent in found.values()) == 13
    assert sum(number for number, _, _ in found.values()) == 2


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_every_call_of_a_workflow_is_counted_once_whatever_hangs_on_what(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    ids = [f"c{number}" for number in range(data.draw(st.integers(1, 12)))]
    calls: list[Call] = []
    for id in ids:
        call: Call = {"id": id, "cost": data.draw(st.integers(0, 1000))}
        if data.draw(st.booleans()):
            call["parent"] = data.draw(st.sampled_from(ids))
        if data.draw(st.booleans()):
            call["session"] = data.draw(st.sampled_from(["s", "t"]))
        calls.append(call)
    found = workflows(tmp_path_factory.mktemp("books"), calls)
    parents = {call["parent"] for call in calls if "parent" in call}
    least = sum(call["cost"] for call in calls if "parent" in call or "session" in call)
    most = sum(call["cost"] for call in calls if "parent" in call or "session" in call or call["id"] in parents)
    assert least <= sum(spent for _, _, spent in found.values()) == most


def test_tags_of_a_row_are_json_that_a_query_reads(tmp_path: Path) -> None:
    calls = [{"id": "a", "cost": 1, "tags": {"team": "red"}}, {"id": "b", "cost": 2}]
    with open_views(booked(tmp_path, calls)) as connection:
        found = connection.execute("select tags->>'team', money_nano from calls order by seq").fetchall()
    assert found == [("red", 1), (None, 2)]
