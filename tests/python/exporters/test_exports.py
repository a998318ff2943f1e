"""What is exported sums to the ledger to the nano, keeps to its specification, and is the same however often it ran."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from support.booked import random_traffic
from tokenfoundry.analytics.demo_data import CONFIGURATION, write_demo_data
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger, open_views
from tokenfoundry.cli import app
from tokenfoundry.errors import InvalidInput
from tokenfoundry.exporters import (
    FOCUS_VERSIONS,
    export_cloudevents,
    export_focus,
    export_rows,
    months,
    validate_focus,
)
from tokenfoundry.exporters.focus.columns import columns_of_version
from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings

PRICES = PriceBook.from_settings(Settings.from_yaml(CONFIGURATION), prices(), at=0)
EXPORTS: dict[str, Callable[[ExportDirectory, Path], list[Path]]] = {
    "rows": lambda rows, folder: export_rows(rows, folder),
    "rows csv": lambda rows, folder: export_rows(rows, folder, form="csv"),
    "focus": lambda rows, folder: export_focus(rows, folder, prices=PRICES),
    "focus csv": lambda rows, folder: export_focus(rows, folder, form="csv", version="1.0"),
    "cloudevents": lambda rows, folder: export_cloudevents(rows, folder),
}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> ExportDirectory:
    return write_demo_data(tmp_path_factory.mktemp("demo") / "year", calls=6000, seed=5)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def sums_of(rows: ExportDirectory) -> dict[str, Decimal]:
    names = {
        "BilledCost": "spent_nano",
        "x_SavedByBatches": "saved_batch_nano",
        "x_SavedByPromptCache": "saved_prompt_cache_nano",
        "x_SavedByResponseCache": "saved_response_cache_nano",
        "x_SavedByRouting": "saved_routing_nano",
    }
    with open_views(rows) as connection:
        found = connection.execute(
            f"select {', '.join(f'sum({name})::BIGINT' for name in names.values())} from sums"
        ).fetchall()
    return {name: Decimal(nano).scaleb(-9) for name, nano in zip(names, found[0], strict=True)}


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_the_bill_follows_the_specification_and_sums_to_the_ledger(
    year: ExportDirectory, tmp_path: Path, version: str
) -> None:
    files = export_focus(year, tmp_path / "bill", version=version, prices=PRICES)
    assert len(files) == 12
    assert validate_focus(files, version=version) == []
    for name, total in sums_of(year).items():
        (found,) = duckdb.sql(f"select sum({name}) from '{tmp_path}/bill/*.parquet'").fetchall()[0]
        assert found == total, name
    assert pq.read_schema(files[0]).names == list(columns_of_version(version))


@pytest.mark.parametrize("seed", range(3))
def test_the_bill_of_any_ledger_sums_to_it(tmp_path: Path, seed: int) -> None:
    random_traffic(tmp_path / "books", seed)
    with Ledger.open(tmp_path / "books") as ledger:
        rows = export_ledger(ledger, tmp_path / "rows", currency="EUR")
    files = export_focus(rows, tmp_path / "bill")
    assert validate_focus(files, version=FOCUS_VERSIONS[-1]) == []
    for name, total in sums_of(rows).items():
        found = duckdb.sql(f"select sum({name}) from '{tmp_path}/bill/*.parquet'").fetchall()[0][0]
        assert found == total, name


def test_token_classes_cost_what_their_rates_say(year: ExportDirectory, tmp_path: Path) -> None:
    export_focus(year, tmp_path / "bill", prices=PRICES)
    found = duckdb.sql(
        "select x_TokenClass, sum(BilledCost), sum(ConsumedQuantity), bool_and(ConsumedQuantity >= 0)"
        f" from '{tmp_path}/bill/*.parquet' where ServiceName = 'gpt-4o' group by 1"
    ).fetchall()
    rates = {"input": Decimal("2.25"), "cache_read": Decimal("1.125"), "output": Decimal(9)}
    assert {name for name, *_ in found} == set(rates)
    for name, cost, tokens, is_positive in found:
        assert is_positive
        assert abs(cost - tokens * rates[name] / 10**6) < Decimal("0.00001")


def test_the_csv_of_the_bill_says_what_the_parquet_says(year: ExportDirectory, tmp_path: Path) -> None:
    one = export_focus(year, tmp_path / "parquet", version="1.2")
    other = export_focus(year, tmp_path / "csv", version="1.2", form="csv")
    assert validate_focus(other, version="1.2") == []
    table = pq.read_table(one[3]).to_pylist()
    with other[3].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table)
    for row, wanted in zip(rows, table, strict=True):
        assert Decimal(row["BilledCost"]) == wanted["BilledCost"]
        assert row["ChargePeriodStart"] == wanted["ChargePeriodStart"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert row["SkuMeter"] == wanted["SkuMeter"]


@pytest.mark.parametrize("name", EXPORTS)
def test_a_run_that_is_killed_is_completed_to_the_same_bytes(
    year: ExportDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    EXPORTS[name](year, tmp_path / "whole")
    write, save = months._write, months._save
    for moment, dies_at in (("write", 1), ("write", 4), ("save", 1), ("save", 2), ("save", 7)):
        folder, calls = tmp_path / f"{moment} {dies_at}", 0

        def dies(*arguments: Any, moment: str = moment, dies_at: int = dies_at) -> Any:
            nonlocal calls
            calls += 1
            if calls == dies_at:
                raise KeyboardInterrupt
            return (write if moment == "write" else save)(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(months, f"_{moment}", dies)
            with pytest.raises(KeyboardInterrupt):
                EXPORTS[name](year, folder)
        EXPORTS[name](year, folder)
        assert digests(folder) == digests(tmp_path / "whole")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "whole").iterdir()}
    EXPORTS[name](year, tmp_path / "whole")
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_events_have_what_cloudevents_require_and_each_entry_one(year: ExportDirectory, tmp_path: Path) -> None:
    files = export_cloudevents(year, tmp_path / "events", source="/factory/milan")
    events = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    with open_views(year) as connection:
        rows = connection.execute("select id, money_nano from calls order by seq").fetchall()
    # CloudEvents 1.0.2, "REQUIRED Attributes": id, source, specversion and type are strings that are not empty.
    for event in events:
        assert event["specversion"] == "1.0"
        assert event["source"] == "/factory/milan"
        assert event["type"].startswith("tokenfoundry.call.")
        assert event["datacontenttype"] == "application/json"
        assert event["time"].endswith("Z")
    assert [(event["id"], Decimal(event["data"]["money"]).scaleb(9)) for event in events] == rows
    assert len({event["id"] for event in events}) == len(events)


def test_rows_come_out_whole_in_parquet_and_csv(year: ExportDirectory, tmp_path: Path) -> None:
    parquet = pq.read_table(export_rows(year, tmp_path / "parquet")).to_pylist()
    rows: list[dict[str, str]] = []
    for path in export_rows(year, tmp_path / "csv", form="csv"):
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    assert [row["id"] for row in rows] == [row["id"] for row in parquet]
    assert [Decimal(row["money"]) for row in rows] == [row["money"] for row in parquet]
    assert sum(row["money"] for row in parquet) == sums_of(year)["BilledCost"]


def test_what_breaks_the_specification_is_told(year: ExportDirectory, tmp_path: Path) -> None:
    file = export_focus(year, tmp_path / "bill", version="1.2")[0]
    broken = tmp_path / "broken.parquet"
    duckdb.sql(
        f"copy (select * exclude (ListCost, ServiceName) replace ('euro' as BillingCurrency, 'Gift' as ChargeCategory,"
        f" null as ConsumedUnit), ServiceName as Service from '{file}') to '{broken}' (format parquet)"
    )
    said = " ".join(validate_focus([broken], version="1.2"))
    for problem in (
        "Service is no column of FOCUS",
        "ListCost is missing, which FOCUS 1.2 requires",
        "ServiceName is missing",
        "ChargeCategory is one of Usage, Purchase, Tax, Credit, Adjustment: not so in",
        "BillingCurrency is a code of three letters",
        "ConsumedUnit is null where ConsumedQuantity is, and else not",
    ):
        assert problem in said
    assert any("of a later version" in each for each in validate_focus([file], version="1.0"))


def test_a_folder_of_something_else_and_unknown_versions_are_refused(year: ExportDirectory, tmp_path: Path) -> None:
    export_focus(year, tmp_path / "bill", version="1.0")
    with pytest.raises(InvalidInput, match=r"holds FOCUS 1\.0 of the account default parquet, not FOCUS 1\.2"):
        export_focus(year, tmp_path / "bill", version="1.2")
    with pytest.raises(InvalidInput, match=r"focus-version: '0\.9' is not one of 1\.0"):
        export_focus(year, tmp_path / "new", version="0.9")
    with pytest.raises(InvalidInput, match="account: a bill needs the id"):
        export_focus(year, tmp_path / "new", account=" ")
    with pytest.raises(InvalidInput, match="format: 'xml' is not one of parquet, csv"):
        export_rows(year, tmp_path / "new", form="xml")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("")
    with pytest.raises(InvalidInput, match="is not empty, and holds no export"):
        export_rows(year, tmp_path / "mine")


@pytest.mark.parametrize("arguments", [["rows"], ["focus", "--focus-version", "1.2"], ["cloudevents"]])
def test_the_commands_write_and_say_where(year: ExportDirectory, tmp_path: Path, arguments: list[str]) -> None:
    kind, *options = arguments
    command = ["export", kind, str(tmp_path / "out"), *options, "--exports", str(year.path), "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, f"{done.output} {done.exception!r}"
    assert len(json.loads(done.stdout)) == 12
