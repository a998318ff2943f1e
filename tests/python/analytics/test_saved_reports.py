"""Saved reports say the same from rollups and rows, keep money exact in every form, and say what is wrong in one."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tokenfoundry.analytics.demo_data import CONFIGURATION
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.analytics.saved import Result, built_in_reports, find_report, reports_in, run_report
from tokenfoundry.analytics.saved.library import parse_report
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.settings import Settings

BUDGETS = Settings.from_yaml(CONFIGURATION).budgets
DAY_MS = 86_400_000
JUNE_MS = 1_748_736_000_000  # 2025-06-01
NAMES = sorted(built_in_reports())


def run(name: str, demo: ExportDirectory, **options: Any) -> Result:
    return run_report(built_in_reports()[name], demo, budgets=BUDGETS, **options)


def asked(sql: str, demo: ExportDirectory, **options: Any) -> Result:
    return run_report(parse_report(sql, name="mine", place="mine.sql"), demo, **options)


def total_nano(demo: ExportDirectory, start: int | None = None, until: int | None = None) -> int:
    with open_views(demo, start=start, until=until) as connection:
        found = connection.execute("select sum(money_nano) from calls").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("bounds", [{}, {"start": JUNE_MS, "until": JUNE_MS + 30 * DAY_MS}], ids=["year", "june"])
@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_report_says_the_same_from_rollups_and_from_rows(
    demo: ExportDirectory, name: str, bounds: dict[str, int]
) -> None:
    of_rollups, of_rows = (run(name, demo, tz="Europe/Rome", reads=reads, **bounds) for reads in ("rollups", "rows"))
    # The calls of the demo have no tags, and nothing in it is paid by the hour.
    assert of_rollups.rows or name in ("reservations", "tags")
    assert (of_rollups.reads, of_rows.reads) == ("rollups", "rows")
    for column in of_rows.columns:
        one, other = of_rollups.column(column), of_rows.column(column)
        if column in ("p50_tokens", "p95_tokens"):
            assert all(abs(a - b) <= b / 64 + 1 for a, b in zip(one, other, strict=True) if b is not None)
        else:
            assert one == other, column


@pytest.mark.parametrize("name", ["showback", "intents", "models", "regions", "savings", "outcomes", "hours"])
def test_what_a_report_spends_in_all_is_what_the_ledger_posted(demo: ExportDirectory, name: str) -> None:
    bounds = {"start": JUNE_MS, "until": JUNE_MS + 7 * DAY_MS}
    assert sum(run(name, demo, tz="Asia/Tokyo").column("spent_nano")) == total_nano(demo)
    assert sum(run(name, demo, **bounds).column("spent_nano")) == total_nano(demo, **bounds)


def test_bounds_within_an_hour_and_percentiles_of_part_of_a_day_are_read_from_rows(demo: ExportDirectory) -> None:
    assert run("models", demo, start=JUNE_MS).reads == "rollups"
    assert run("models", demo, start=JUNE_MS + 1).reads == "rows"
    assert run("intents", demo, start=JUNE_MS + 3_600_000).reads == "rows"
    at_ms = JUNE_MS + 12_345_678
    halves = [run("models", demo, until=at_ms), run("models", demo, start=at_ms)]
    assert sum(sum(half.column("spent_nano")) for half in halves) == total_nano(demo)


def test_a_budget_burns_what_its_calls_spent_in_its_window_and_the_forecast_goes_on_alike(
    demo: ExportDirectory,
) -> None:
    until = JUNE_MS + 10 * DAY_MS - 2 * 3_600_000  # 2025-06-11T00:00 in Rome, a third of the month gone.
    found = run("budgets", demo, until=until)
    row = dict(zip(found.columns, next(row for row in found.rows if row[0] == "claims-monthly"), strict=True))
    with open_views(demo, start=JUNE_MS - 2 * 3_600_000, until=until) as connection:
        spent = connection.execute("select sum(money_nano) from calls where project = 'claims'").fetchone()
    assert spent is not None
    assert row["spent_nano"] == spent[0] > 0
    assert row["money_forecast_nano"] == spent[0] * 3
    assert row["money_cap_nano"] == 5000 * 10**9
    at_noon = run("budgets", demo, until=until + 12 * 3_600_000)
    teams = {account for budget, account, *_ in at_noon.rows if budget == "each-team-daily"}
    assert len(teams) > 1


def test_money_is_exact_in_json_csv_parquet_and_arrow(demo: ExportDirectory, tmp_path: Path) -> None:
    found = run("models", demo)
    spent = [Decimal(nano).scaleb(-9) for nano in found.column("spent_nano")]
    for form in ("json", "csv", "parquet"):
        found.write(tmp_path / f"report.{form}", form)  # type: ignore[arg-type]
    read = json.loads((tmp_path / "report.json").read_text())
    assert [Decimal(row["spent"]) for row in read["rows"]] == spent
    assert read["currency"] == "EUR"
    with (tmp_path / "report.csv").open(newline="") as file:
        assert [Decimal(row["spent"]) for row in csv.DictReader(file)] == spent
    table = pq.read_table(tmp_path / "report.parquet")
    assert table["spent"].to_pylist() == spent
    assert table.schema.metadata[b"currency"] == b"EUR"
    assert found.arrow()["spent"].to_pylist() == spent


def test_values_of_every_type_that_a_query_makes_have_a_form(demo: ExportDirectory, tmp_path: Path) -> None:
    found = asked(
        "select date '2026-01-01' as day, timestamp '2026-01-01 08:00:00' as local,"
        " timestamptz '2026-01-01 08:00:00+01' as at,"
        " 1.5::decimal(4, 2) as exact, 'nan'::double as undefined, true as yes, [1, 2] as several, null as absent",
        demo,
    )
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["rows"] == [
        {
            "day": "2026-01-01",
            "local": "2026-01-01T08:00:00",
            "at": "2026-01-01T07:00:00Z",
            "exact": "1.50",
            "undefined": None,
            "yes": True,
            "several": "[1, 2]",
            "absent": None,
        }
    ]
    assert found.to_csv().splitlines()[1].startswith("2026-01-01,2026-01-01T08:00:00,2026-01-01T07:00:00Z,1.50,,True")
    found.write(tmp_path / "all.parquet", "parquet")
    with pytest.raises(InvalidInput, match="the report mine cannot be written as Parquet"):
        asked("select interval 3 day as pause", demo).write(tmp_path / "none.parquet", "parquet")


def test_whole_numbers_of_more_than_64_bits_are_exact_in_parquet(demo: ExportDirectory, tmp_path: Path) -> None:
    found = asked(f"select {2**70}::hugeint as count, {2**70}::hugeint as much_nano", demo)
    found.write(tmp_path / "huge.parquet", "parquet")
    (row,) = pq.read_table(tmp_path / "huge.parquet").to_pylist()
    assert row == {"count": 2**70, "much": Decimal(f"{2**70}e-9")}
    with pytest.raises(InvalidInput, match="the report mine cannot be written as Parquet"):
        asked(f"select {2**127 - 1}::hugeint as count", demo).write(tmp_path / "more.parquet", "parquet")


def test_csv_has_no_text_that_a_spreadsheet_computes(demo: ExportDirectory) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a=1", "", "'=1", "a\r=1"]
    rows = ", ".join(f"('{text.replace(chr(39), chr(39) * 2)}', -5, -1::decimal(4, 2))" for text in texts)
    found = asked(f"select * from (values {rows}) as t(tag, much_nano, exact)", demo)
    read = list(csv.DictReader(io.StringIO(found.to_csv(), newline="")))
    assert [row["tag"] for row in read] == [f"'{text}" for text in texts[:6]] + texts[6:]
    assert {row["much"] for row in read} == {"-0.000000005"}
    assert [row["tag"] for row in found.to_json()["rows"]] == texts


def test_times_are_read_without_pandas(demo: ExportDirectory) -> None:
    asks = (
        "import sys; from pathlib import Path; from tokenfoundry.analytics.rows import ExportDirectory; "
        "from tokenfoundry.analytics.saved import built_in_reports, run_report; "
        f"found = run_report(built_in_reports()['workflows'], ExportDirectory(Path({str(demo.path)!r}))); "
        "print(found.column('first_at')[0].utcoffset(), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asks], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["0:00:00", "False"]


def test_a_users_file_is_a_saved_report_with_its_head_and_params(demo: ExportDirectory, tmp_path: Path) -> None:
    file = tmp_path / "dear.sql"
    file.write_text(
        "-- title: Dear intents\n-- about: One line.\n-- about: And another.\n-- param: least = 3\n"
        "select intent, sum(spent_nano) as spent_nano from sums group by intent order by 2 desc limit $least\n"
    )
    report = find_report(str(file))
    assert (report.title, report.about, report.params) == ("Dear intents", "One line. And another.", {"least": 3})
    assert len(run_report(report, demo).rows) == 3
    assert len(run_report(report, demo, params={"least": 5}).rows) == 5
    assert find_report("dear", tmp_path) == reports_in(tmp_path)["dear"]
    with pytest.raises(InvalidInput, match=r"has no limit; it has least"):
        run_report(report, demo, params={"limit": 5})
    with pytest.raises(NotFound, match="no report is called 'cheap'; there is budgets, callers"):
        find_report("cheap", tmp_path)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select spnt_nano from sums", r"mine\.sql: there is no column spnt_nano; sums has hour, workspace"),
        ("select * from invoices", r"mine\.sql: there is no invoices; a report reads calls, sums"),
        ("select sum(spent_nano) / 3.0 as mean_nano from sums", "mean_nano is no whole number of nano units"),
        ("select 'much' as mean_nano", "mean_nano is no whole number of nano units"),
        ("select true as mean_nano", "mean_nano is no whole number of nano units"),
        ("select 1 as a, 2 as a_nano", "two columns are shown as a"),
        ("select 1; select 2", "a report is one SELECT"),
        ("drop view sums", "a report is one SELECT"),
        ("select * from read_csv('/etc/hostname')", "Permission Error"),
        ("selec 1", "Parser Error"),
    ],
)
def test_a_query_that_is_wrong_is_refused_with_what_is_wrong(demo: ExportDirectory, sql: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        asked(sql, demo)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("-- grain: week", r"mine\.sql, line 1: grain is hour or day, not 'week'"),
        ("-- title: T\n-- param: limit", r"mine\.sql, line 2: a param is a name and a whole number"),
        ("select $most", r"mine\.sql: it says \$most, which no line of its head states"),
    ],
)
def test_a_head_that_is_wrong_is_refused_with_its_line(head: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_report(head, name="mine", place="mine.sql")


def test_a_zone_that_is_none_is_refused(demo: ExportDirectory) -> None:
    with pytest.raises(InvalidInput, match="'Europe/Roma' is no IANA time zone"):
        run("hours", demo, tz="Europe/Roma")


def test_every_built_in_report_says_what_it_says() -> None:
    reports = built_in_reports()
    assert {"showback", "intents", "models", "regions", "budgets", "savings", "workflows", "drift"} <= set(reports)
    for report in reports.values():
        assert report.title != report.name
        assert report.about.endswith(".")
