"""What is exported of a ledger is the ledger: every amount on every axis, whatever happened, however often it ran."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from support.booked import axes_of, random_traffic, record_of
from support.clocked import NOON_MS
from tokenfoundry.analytics.report import AXES, report
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger, open_views
from tokenfoundry.analytics.rows import directory as writing
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Ledger, Sums, Tallies

COLUMNS = ("calls", "hits", "refused", "failed", "input_tokens", "output_tokens", "spent_nano", "saved_nano")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PART_ROWS", 64)


def digests(path: Path) -> dict[str, str]:
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("reads", ["rollups", "rows"])
def test_the_sums_over_any_axis_are_those_of_the_ledger(tmp_path: Path, seed: int, reads: Any) -> None:
    random_traffic(tmp_path / "books", seed)
    with Ledger.open(tmp_path / "books") as ledger:
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
        total = sum(entry.amounts.money_nano for entry in ledger.entries())
        wanted = {axis: report(ledger, by=axis) for axis in AXES}
    assert len(directory.files("entries")) > 2
    summed = ", ".join(f"sum({name})::BIGINT" for name in COLUMNS)
    with open_views(directory, reads=reads) as connection:
        for axis in AXES:
            rows = connection.execute(f"select coalesce({axis}, ''), {summed} from sums group by 1").fetchall()
            expected = {
                tuple(getattr(row, name) for name in ("value", *COLUMNS[:6], "cost_nano", "saved_nano"))
                for row in wanted[axis]
            }
            assert set(rows) == expected, axis
            assert sum(row[7] for row in rows) == total
        parts = connection.execute(
            "select sum(saved_batch_nano + saved_prompt_cache_nano + saved_routing_nano + saved_response_cache_nano)"
            " - sum(saved_nano) from sums"
        ).fetchone()
        assert parts == (0,)
        sessions = connection.execute("select sum(spent_nano) from sessions").fetchone()
        assert sessions == connection.execute("select sum(spent_nano) from calls where session is not null").fetchone()


def test_a_run_that_is_killed_at_any_write_is_completed_by_the_next_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_traffic(tmp_path / "books", 3)
    write_part: Callable[..., None] = writing.write_part
    with Ledger.open(tmp_path / "books") as ledger:
        export_ledger(ledger, tmp_path / "whole", currency="EUR")
        writes, allowed = 0, 0

        def dies(connection: Any, query: str, file: Path, *, rows: int, by: str = "") -> None:
            nonlocal writes
            writes += 1
            if writes > allowed:
                file.with_name(f"{file.name}.part").write_bytes(b"half of it")
                raise KeyboardInterrupt
            write_part(connection, query, file, rows=rows, by=by)

        monkeypatch.setattr(writing, "write_part", dies)
        while True:
            writes, allowed = 0, 3
            try:
                export_ledger(ledger, tmp_path / "cut", currency="EUR")
            except KeyboardInterrupt:
                continue
            break
    left = {name for name in digests(tmp_path / "cut") if name.endswith(".part")}
    assert not left
    assert digests(tmp_path / "cut") == digests(tmp_path / "whole")


def test_what_is_full_is_not_written_again_and_what_is_new_is_added(tmp_path: Path) -> None:
    draw = random.Random(1)
    with Ledger.open(tmp_path / "books", clock=lambda: NOON_MS) as ledger:

        def call(number: int) -> None:
            record = record_of(draw, axes_of(draw), "hit", NOON_MS)
            ledger.record(f"call-{number}", kind="hit", axes=Axes(project="p"), detail=record.to_bytes())

        for number in range(100):
            call(number)
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
        before = {file: file.stat().st_mtime_ns for file in directory.files("entries")}
        for number in range(100, 170):
            call(number)
        export_ledger(ledger, tmp_path / "out", currency="EUR")
        after = {file: file.stat().st_mtime_ns for file in directory.files("entries")}
        full, tail = sorted(before)
        assert after[full] == before[full]
        assert after[tail] > before[tail]
        unchanged = digests(tmp_path / "out")
        export_ledger(ledger, tmp_path / "out", currency="EUR")
        assert digests(tmp_path / "out") == unchanged
    with open_views(directory) as connection:
        assert connection.execute("select sum(calls) from sums").fetchone() == (170,)
        assert connection.execute("select count(distinct seq) from calls").fetchone() == (170,)


def test_a_correction_belongs_to_the_call_that_it_corrects_also_from_another_part(tmp_path: Path) -> None:
    draw = random.Random(1)
    axes = Axes(project="claims", model="small-1")
    record = record_of(draw, axes, "answered", NOON_MS, 100)
    with Ledger.open(tmp_path / "books", clock=lambda: NOON_MS) as ledger:
        ledger.reserve("a", amounts=Amounts(money_nano=100), axes=axes)
        entry = ledger.settle("a", Amounts(money_nano=100), tallies=tallies_of(record), detail=record.to_bytes())
        for number in range(80):
            ledger.record(f"hit-{number}", kind="hit", axes=axes, detail=record.to_bytes())
        ledger.adjust("refund", entry.seq, Sums(money_nano=-40), actor="anna")
        ledger.note("reload", actor="anna", detail=b"\xff no record, and no text")
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
    with open_views(directory) as connection:
        found = connection.execute(
            "select kind, target, outcome, money_nano from calls where kind <> 'hit' order by seq"
        ).fetchall()
    assert found == [("settled", "small", "answered", 100), ("adjusted", "small", "answered", -40)]


def test_what_a_record_says_of_savings_and_of_the_providers_own_figure_is_told_apart(tmp_path: Path) -> None:
    savings = {"batch": 5, "provider_cache": 7, "response_cache": 11}
    price = {"id": "openai/gpt-4o@2026-01-01", "catalogue": "0123", "currency": "USD", "fx_rate": "0.90"}
    record = {
        "outcome": "answered",
        "target": "small",
        "currency": "EUR",
        "savings": savings,
        "price": price,
        "baseline": {"model": "large-1"},
        "reported_cost": "0.0000002",
        "findings": {"PERSON": 2, "IBAN_CODE": 1},
        "flags": ["batch", "hedged"],
    }
    with Ledger.open(tmp_path / "books", clock=lambda: NOON_MS) as ledger:
        for name, more in (("a", {}), ("billed", {"cost_source": "provider"}), ("euro", {"price": None})):
            ledger.reserve(name, amounts=Amounts(money_nano=100), axes=Axes(project="claims"))
            detail = msgspec.json.encode({**record, **more})
            tallies = Tallies(counterfactual_nano=130)
            entry = ledger.settle(name, Amounts(money_nano=100), tallies=tallies, detail=detail)
        ledger.adjust("refund", entry.seq, Sums(money_nano=-40), actor="anna")
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
    with open_views(directory) as connection:
        columns = "saved_batch_nano, saved_prompt_cache_nano, saved_response_cache_nano, saved_routing_nano"
        found = connection.execute(f"select {columns}, provider_cost_nano from calls order by seq").fetchall()
        words = connection.execute("select distinct price_id, baseline_model, entities, flags from calls").fetchall()
    # 30 saved in all: what the components leave is routing's. The refund saves what it gives back.
    assert found == [(5, 7, 11, 7, 180), (5, 7, 11, 7, None), (5, 7, 11, 7, None), (0, 0, 0, 40, None)]
    assert ("openai/gpt-4o@2026-01-01", "large-1", "PERSON IBAN_CODE", "batch hedged") in words


def test_rows_that_were_exported_without_a_column_are_read_with_what_stands_for_it(
    tmp_path: Path, demo: ExportDirectory
) -> None:
    older = ExportDirectory(tmp_path / "older")
    older.claim("EUR", "demo")
    lacking = ["provider_cost_nano", "saved_routing_nano", "saved_response_cache_nano", "flags", "cost_source"]
    rows = pq.read_table(demo.file("entries", 0)).drop_columns(lacking).replace_schema_metadata({"entries": "30000"})
    pq.write_table(rows, older.file("entries", 0))
    query = "select sum(spent_nano), sum(saved_nano), min(cost_source) from sums"
    with open_views(older, reads="rows") as connection:
        found = connection.execute(query).fetchone()
        hits = connection.execute("select sum(saved_response_cache_nano) from calls where kind = 'hit'").fetchone()
    with open_views(demo, reads="rows") as connection:
        assert found == connection.execute(query).fetchone()
        assert hits == connection.execute("select sum(saved_response_cache_nano) from calls").fetchone()


def test_a_folder_of_another_ledger_or_of_none_is_refused(tmp_path: Path) -> None:
    for seed, name in ((1, "a"), (2, "b")):
        random_traffic(tmp_path / name, seed)
    with Ledger.open(tmp_path / "a") as ledger:
        ledger.note("other", actor="anna")
        export_ledger(ledger, tmp_path / "out", currency="EUR")
        with pytest.raises(InvalidInput, match="holds the rows of another ledger"):
            export_ledger(ledger, tmp_path / "out", currency="USD")
    with pytest.raises(NotFound, match="holds no exported rows"), open_views(ExportDirectory(tmp_path)):
        pass
    (tmp_path / "out" / "export.json").write_text("{}")
    with pytest.raises(InvalidInput, match="is damaged"):
        ExportDirectory(tmp_path / "out").whose  # noqa: B018


@pytest.mark.parametrize("folder", ["entries", "sums"])
def test_a_part_that_was_cut_off_is_told_and_the_next_export_writes_it_anew(tmp_path: Path, folder: str) -> None:
    random_traffic(tmp_path / "books", 3)
    with Ledger.open(tmp_path / "books") as ledger:
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
        whole = digests(tmp_path / "out")
        file = directory.file(folder, 0)
        file.write_bytes(file.read_bytes()[:1000])
        with pytest.raises(InvalidInput, match=rf"holds a damaged file, to be exported anew: .*{folder}/000000"):
            open_views(directory).__enter__()
        export_ledger(ledger, tmp_path / "out", currency="EUR")
        assert digests(tmp_path / "out") == whole


def test_a_page_that_is_damaged_is_told_when_it_is_read(tmp_path: Path) -> None:
    random_traffic(tmp_path / "books", 3)
    with Ledger.open(tmp_path / "books") as ledger:
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
    file = directory.file("entries", 0)
    content = bytearray(file.read_bytes())
    content[4:2000] = bytes(1996)
    file.write_bytes(content)
    with (
        pytest.raises(InvalidInput, match="holds a damaged file"),
        open_views(directory, reads="rows") as connection,
    ):
        connection.execute("select * from calls").fetchall()


def test_two_processes_that_export_at_once_wait_for_each_other(tmp_path: Path) -> None:
    random_traffic(tmp_path / "books", 1)
    with Ledger.open(tmp_path / "books") as ledger:  # Which settles what its crash left open.
        total = sum(entry.amounts.money_nano for entry in ledger.entries())
    export = (
        "import sys; from pathlib import Path; from tokenfoundry.analytics.rows import export_ledger;"
        "from tokenfoundry.ledger import Ledger; folder = Path(sys.argv[1]);"
        "export_ledger(Ledger.open(folder / 'books', read_only=True), folder / 'out', currency='EUR')"
    )
    started = [subprocess.Popen([sys.executable, "-c", export, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    with open_views(ExportDirectory(tmp_path / "out")) as connection:
        assert connection.execute("select sum(spent_nano) from sums").fetchone() == (total,)


def test_an_empty_ledger_has_no_rows_to_report(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "books") as ledger:
        directory = export_ledger(ledger, tmp_path / "out", currency="EUR")
    with open_views(directory) as connection:
        found = [
            connection.execute(f"select count(*) from {name}").fetchone() for name in ("calls", "sums", "sessions")
        ]
    assert found == [(0,)] * 3
    with pytest.raises(InvalidInput, match="start is not before until"), open_views(directory, start=2, until=2):
        pass
