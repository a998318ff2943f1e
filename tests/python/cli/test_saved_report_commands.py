"""`tokenfoundry report NAME` and `demo-data`: over a live data directory and over exported rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from support.booked import random_traffic
from support.clocked import NOON_MS
from tokenfoundry.analytics.report import report
from tokenfoundry.analytics.saved import built_in_reports
from tokenfoundry.cli import app
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.ledger import Change, Ledger
from tokenfoundry.money import decimal_text


def run(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "220"}).invoke(app, [*arguments])
    assert result.exit_code == 0, f"{result.output} {result.exception!r}"
    return result.stdout


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("demo") / "year"
    assert "report intents --exports" in run("demo-data", str(folder), "--calls", "3000", "--seed", "3")
    return str(folder)


def test_a_live_data_directory_is_exported_first_and_then_reported(tmp_path: Path) -> None:
    random_traffic(tmp_path / "data" / "books", 1)
    config = tmp_path / "tokenfoundry.yaml"
    config.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "currency": "EUR"}))
    with Ledger.open(tmp_path / "data" / "books"):
        found = json.loads(run("report", "models", "--config", str(config), "--json"))
    with Ledger.open(tmp_path / "data" / "books", read_only=True) as ledger:
        spent = {row.value or None: decimal_text(row.cost_nano) for row in report(ledger, by="model")}
    assert {row["model"]: row["spent"] for row in found["rows"]} == spent
    assert (tmp_path / "data" / "exports" / "sums" / "000000.parquet").exists()


def test_budgets_stand_as_the_books_say_with_what_was_raised_and_reset(tmp_path: Path) -> None:
    random_traffic(tmp_path / "data" / "books", 1)
    config = tmp_path / "tokenfoundry.yaml"
    window = {"kind": "daily", "tz": "UTC"}
    each = [{"name": "all", "unit": "tokens", "hard": 10**9, "window": window}]
    config.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "currency": "EUR", "budgets": each}))

    def stands(*arguments: str) -> dict[str, int]:
        (row,) = json.loads(run("report", "budgets", "--config", str(config), "--json", *arguments))["rows"]
        return {name: row[name] for name in ("cap", "used", "burst_left")}

    exported = str(tmp_path / "data" / "exports")
    raised = stands()
    assert raised["cap"] == 10**9 + 5
    of_rows = stands("--exports", exported)
    assert of_rows == {"cap": 10**9, "used": raised["used"], "burst_left": None}
    assert raised["used"] > 0
    with Ledger.open(tmp_path / "data" / "books", clock=lambda: NOON_MS + 41_400_000) as ledger:
        ledger.apply("forgiven", Change(kind="reset", budget="all", actor="anna"))
    assert stands() == {**raised, "used": 0}
    assert stands("--exports", exported)["used"] >= of_rows["used"]  # Of rows alone nobody knows of the reset.


def test_books_that_nothing_was_booked_in_yet_are_reported_and_exported_as_they_are(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "data" / "books"):
        pass
    config = tmp_path / "tokenfoundry.yaml"
    config.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "currency": "EUR"}))
    place = ("--config", str(config))
    for name in built_in_reports():
        assert json.loads(run("report", name, *place, "--json"))["rows"] == [], name
    for kind in ("rows", "focus", "cloudevents"):
        assert "nothing was booked yet" in run("export", kind, str(tmp_path / kind), *place)
    assert json.loads(run("advise", *place, "--json")) == {"currency": "EUR", "findings": []}
    assert json.loads(run("whatif", str(config), *place, "--json"))["total"]["calls"] == 0


def test_an_axis_is_reported_with_what_saved_it(tmp_path: Path) -> None:
    random_traffic(tmp_path / "data" / "books", 1)
    place = ("--data-dir", str(tmp_path / "data"), "--by", "model")
    rows = json.loads(run("report", *place, "--savings", "--json"))["rows"]
    assert sum(row["savings"]["response_cache"] for row in rows) > 0
    assert all(list(row["savings"]) == ["batch", "provider_cache", "routing", "response_cache"] for row in rows)
    assert all(sum(row["savings"].values()) == row["saved_nano"] for row in rows)
    shown = run("report", *place, "--savings")
    assert all(name in shown for name in ("batch", "provider cache", "routing", "response cache"))
    assert "provider cache" not in run("report", *place)


def test_reports_are_listed_with_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "data" / "reports"
    own.mkdir(parents=True)
    (own / "mine.sql").write_text("-- title: Of my own\nselect count(*) as calls from calls")
    listed = run("report", "--saved", "--data-dir", str(tmp_path / "data"))
    assert "showback" in listed
    assert "Of my own" in listed
    names = {each["name"]: each["whose"] for each in json.loads(run("report", "--saved", "--json"))}
    assert names["drift"] == "built in"


def test_a_report_is_shown_as_a_table_a_heat_map_csv_and_parquet(year: str, tmp_path: Path) -> None:
    assert "spent per call EUR" in run("report", "intents", "--exports", year)
    assert "Dearest: " in run("report", "hours", "--exports", year, "--tz", "Europe/Rome")
    rows = list(csv.DictReader(io.StringIO(run("report", "callers", "--exports", year, "--format", "csv"))))
    assert len(rows) == 20
    run(
        "report",
        "callers",
        "--exports",
        year,
        "--set",
        "limit=7",
        "--format",
        "parquet",
        "--out",
        f"{tmp_path}/c.parquet",
    )
    assert pq.read_metadata(tmp_path / "c.parquet").num_rows == 7
    assert "each-team-daily" in run("report", "budgets", "--exports", year)


def test_a_table_says_of_times_in_utc_alone_that_they_are(year: str, tmp_path: Path) -> None:
    (tmp_path / "times.sql").write_text(
        "select began, began at time zone $tz as there from (select timestamptz '2026-03-01 10:04:00+00' as began)"
    )
    shown = run("report", str(tmp_path / "times.sql"), "--exports", year, "--tz", "Asia/Tokyo")
    assert "2026-03-01 10:04Z" in shown
    assert "2026-03-01 19:04 " in shown


def test_a_table_shows_money_of_more_than_64_bits_exactly(year: str, tmp_path: Path) -> None:
    (tmp_path / "huge.sql").write_text(f"select {10**37 + 1_000_500}::hugeint as much_nano")
    assert f"{10**28}.001000" in run("report", str(tmp_path / "huge.sql"), "--exports", year)


def heatmap_of(year: str, folder: Path, query: str) -> Result:
    (folder / "mine.sql").write_text(f"-- show: heatmap\n{query}")
    return CliRunner(env={"COLUMNS": "220"}).invoke(app, ["report", str(folder / "mine.sql"), "--exports", year])


def test_a_heat_map_sums_the_rows_of_an_hour_and_takes_nothing_spent_for_nothing(year: str, tmp_path: Path) -> None:
    rows = "(1, 9, 2000000000), (1, 9.0, 3000000000), (2, 8, null), (3, 7, -1000000000)"
    shown = heatmap_of(year, tmp_path, f"select * from (values {rows}) as t(weekday, hour_of_day, spent_nano)").output
    assert "Dearest: Mon 09:00, 5.000000 EUR in all." in shown
    tuesday, wednesday = (next(line for line in shown.splitlines() if day in line) for day in ("Tue", "Wed"))
    assert "0.000000" in tuesday
    assert "-1.000000" in wednesday
    assert "█" not in wednesday


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select 1 as weekday, 2 as spent_nano", "a heatmap needs weekday, hour_of_day, spent_nano, and hour_of_day"),
        ("select 8 as weekday, 2 as hour_of_day, 1 as spent_nano", "weekdays 1 to 7 and hours 0 to 23, not 8, 2"),
        ("select 1 as weekday, null as hour_of_day, 1 as spent_nano", "hours 0 to 23, not 1, None"),
    ],
)
def test_a_heat_map_of_something_else_is_refused(year: str, tmp_path: Path, query: str, said: str) -> None:
    error = heatmap_of(year, tmp_path, query).exception
    assert isinstance(error, InvalidInput)
    assert said in str(error)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "no report is called 'nothing'"),
        (["models", "--format", "xml"], "--format: 'xml' is not one of table, json, csv, parquet"),
        (["models", "--format", "parquet"], "needs --out"),
        (["models", "--reads", "tea"], "--reads: 'tea' is not one of rollups, rows"),
        (["callers", "--set", "limit=x"], "--set limit=x: needs name=number"),
        (["--format", "csv"], "name a report"),
    ],
)
def test_what_is_wrong_is_said(year: str, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["report", *arguments, "--exports", year])
    assert isinstance(result.exception, InvalidInput | NotFound)
    assert said in str(result.exception)
