"""A report from the hourly sums has the rows of one from the entries, whatever happened."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from support.booked import random_traffic, record_of
from support.clocked import NOON_MS, budget, clocked_gateway
from support.upstream import Upstream, answer_with
from tokenfoundry.analytics.report import AXES, Row, report, rows_of_entries, rows_of_rollups
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Ledger, Sums

HOUR_MS = 3_600_000
OF_LEDGER = [axis for axis in AXES if axis not in ("target", "outcome")]


@pytest.mark.parametrize("seed", range(6))
def test_sums_and_entries_give_equal_rows(tmp_path: Path, seed: int) -> None:
    random_traffic(tmp_path / "books", seed)
    draw = random.Random(seed)
    with Ledger.open(tmp_path / "books") as ledger:
        assert ledger.recovered > 0
        whole_hours = [(None, None), *((NOON_MS + a * HOUR_MS, NOON_MS + b * HOUR_MS) for a, b in [(0, 1), (2, 7)])]
        for start, until in whole_hours:
            for axis in OF_LEDGER:
                of_sums = rows_of_rollups(ledger, by=axis, start=start, until=until)
                assert of_sums == rows_of_entries(ledger, by=axis, start=start, until=until), axis
                assert sum(row.calls for row in of_sums) > 0
            assert report(ledger, by="project", start=start, until=until) == rows_of_rollups(
                ledger, by="project", start=start, until=until
            )
        # Every axis tells of the same calls, also those that only records have.
        sums = {axis: totals(report(ledger, by=axis)) for axis in AXES}
        assert len(set(sums.values())) == 1, sums
        # Bounds within an hour are read from the entries.
        at_ms = NOON_MS + draw.randrange(1, 10 * HOUR_MS)
        before, after = report(ledger, by="key", until=at_ms), report(ledger, by="key", start=at_ms)
        together = tuple(map(sum, zip(totals(before), totals(after), strict=True)))
        assert together == sums["key"]


def totals(rows: list[Row]) -> tuple[int, ...]:
    fields = ("calls", "hits", "refused", "failed", "input_tokens", "output_tokens", "cost_nano", "saved_nano")
    return tuple(sum(getattr(row, field) for row in rows) for field in fields)


def test_a_tag_of_ones_own_is_summed_with_its_corrections_and_what_has_none_beside_it(tmp_path: Path) -> None:
    draw, axes = random.Random(1), Axes(project="claims")
    with Ledger.open(tmp_path / "books", clock=lambda: NOON_MS) as ledger:
        for number, tags in enumerate([{"team": "red"}, {"team": "blue", "unit": "x"}, {}]):
            record = record_of(draw, axes, "answered", NOON_MS, 100 * (number + 1))
            ledger.reserve(f"c{number}", amounts=Amounts(money_nano=1000), axes=axes)
            detail = msgspec.structs.replace(record, tags=tags).to_bytes()
            entry = ledger.settle(f"c{number}", Amounts(money_nano=record.cost_nano), detail=detail)
            ledger.adjust(f"refund {number}", entry.seq, Sums(money_nano=-1), actor="anna")
        rows = report(ledger, by="tag:team")
        assert [(row.value, row.calls, row.cost_nano) for row in rows] == [
            ("", 1, 299),
            ("blue", 1, 199),
            ("red", 1, 99),
        ]
        with pytest.raises(InvalidInput, match=r"cannot report by 'tag:'; there is workspace, .* and tag:NAME"):
            report(ledger, by="tag:")
        with pytest.raises(InvalidInput, match="none of these calls has the tag 'tea'"):
            report(ledger, by="tag:tea")
        assert report(ledger, by="tag:tea", start=NOON_MS + HOUR_MS) == []


def test_a_correction_belongs_to_the_target_and_outcome_of_its_call(tmp_path: Path) -> None:
    draw = random.Random(1)
    axes = Axes(project="claims", model="small-1")
    record = record_of(draw, axes, "answered", NOON_MS, 100)
    with Ledger.open(tmp_path / "books", clock=lambda: NOON_MS) as ledger:
        ledger.reserve("a", amounts=Amounts(money_nano=100), axes=axes)
        entry = ledger.settle("a", Amounts(money_nano=100), tallies=tallies_of(record), detail=record.to_bytes())
        ledger.adjust("refund", entry.seq, Sums(money_nano=-40), actor="anna")
        (by_target,), (by_outcome,) = report(ledger, by="target"), report(ledger, by="outcome")
    assert (by_target.value, by_target.calls, by_target.cost_nano, by_target.saved_nano) == ("small", 1, 60, 40)
    assert (by_outcome.value, by_outcome.calls, by_outcome.cost_nano) == ("answered", 1, 60)


def test_traffic_of_the_gateway_reports_alike_both_ways(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("Scrivi a mario.rossi@example.it", prompt_tokens=30, completion_tokens=10)
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=300)]) as gateway:
        cached = {"headers": {"cache-control": "max-age=86400"}}
        upstream.behave = answer_with("ok", prompt_tokens=30, completion_tokens=10)
        for fields in ({}, cached, cached, {"stream": True}, {"max_tokens": 1000}, {"model": "large"}):
            gateway.ask(**fields)
            gateway.clock.now_ms += 25 * 60_000
        ledger = gateway.factory.ledger
        for axis in OF_LEDGER:
            of_sums = rows_of_rollups(ledger, by=axis, start=None, until=None)
            assert of_sums == rows_of_entries(ledger, by=axis, start=None, until=None), axis
        (row,) = report(ledger, by="project")
        (rollup, *_) = ledger.rollups()
        assert rollup.tallies.input_tokens == 60
    assert (row.calls, row.hits, row.refused, row.input_tokens, row.output_tokens) == (6, 1, 1, 120, 40)
    assert row.saved_nano == 30 * 1000 + 10 * 2000


def test_an_administrator_asks_for_a_stretch_of_time(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data") as gateway:
        for _ in range(3):
            gateway.ask()
            gateway.clock.now_ms += HOUR_MS

        def calls(**bounds: str) -> int:
            told = gateway.factory.admin.handle("GET", "/admin/report", {"by": "project", **bounds})
            return sum(row["calls"] for row in told["rows"])

        assert calls() == 3
        assert calls(start="2026-02-16T13:00Z") == 2
        assert calls(start="2026-02-16T13:00", until="2026-02-16T15:00+01:00") == 1
        assert calls(until="2026-02-16T12:30") == 1
        with pytest.raises(InvalidInput, match="start: 'yesterday' is no date or time"):
            calls(start="yesterday")


def test_an_unknown_axis_is_refused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "books") as ledger, pytest.raises(InvalidInput, match="cannot report by 'nobody'"):
        report(ledger, by="nobody")
