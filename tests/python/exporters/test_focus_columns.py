"""The columns that are written are those of each version of FOCUS, as its specification has them (tests/data/focus)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from support.booked import export_of
from support.clocked import NOON_MS
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.exporters import FOCUS_VERSIONS, export_focus, validate_focus
from tokenfoundry.exporters.focus.columns import OWN_COLUMNS, columns_of_version
from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings

COLUMNS_CSV = Path(__file__).parents[2] / "data" / "focus" / "columns.csv"
TYPES = {"decimal": "decimal", "string": "string", "datetime": "date/time", "json": "json"}
CONFIGURATION = """
currency: EUR
providers: {one: {format: openai, base_url: "http://127.0.0.1:9/v1"}}
targets:
  voice:
    provider: one
    model: voice-1
    price: {input: "2", output: "8", input_audio: "32", output_audio: "64", cache_write: "2.5", cache_write_1h: "4"}
  painter: {provider: one, model: painter-1, endpoints: [images], price: {image: "0.04"}}
  speaker: {provider: one, model: speaker-1, endpoints: [speech], price: {characters: "15"}}
"""
BOOK = PriceBook.from_settings(Settings.from_yaml(CONFIGURATION), prices(), at=NOON_MS)


def specified(version: str) -> dict[str, dict[str, str]]:
    place = FOCUS_VERSIONS.index
    with COLUMNS_CSV.open(newline="") as file:
        return {
            row["column"]: row
            for row in csv.DictReader(file)
            if place(row["since"]) <= place(version) <= place(row["until"] or FOCUS_VERSIONS[-1])
        }


@pytest.mark.parametrize(("version", "number"), [("1.0", 43), ("1.1", 50), ("1.2", 57), ("1.3", 65), ("1.4", 65)])
def test_what_is_written_is_specified_and_what_must_be_there_is(version: str, number: int) -> None:
    known = specified(version)
    assert len(known) == number
    written = columns_of_version(version)
    focus = [name for name in written if name not in OWN_COLUMNS]
    assert focus == sorted(focus)
    assert set(focus) <= set(known)
    assert {name for name, row in known.items() if row["level"] == "mandatory"} <= set(focus)
    for name in focus:
        column, row = written[name], known[name]
        assert TYPES[column.type] == row["type"], name
        assert column.nullable == (row["nulls"] == "yes"), name
        assert (column.level == "mandatory") == (row["level"] == "mandatory"), name


def test_the_providers_names_of_before_are_gone_in_the_current_version() -> None:
    assert FOCUS_VERSIONS[-1] == "1.4"
    assert {"ProviderName", "PublisherName"} <= set(columns_of_version("1.3"))
    assert not {"ProviderName", "PublisherName"} & set(columns_of_version("1.4"))


def classes(rows: ExportDirectory, folder: Path) -> dict[str, tuple[float, str, float]]:
    files = export_focus(rows, folder, prices=BOOK)
    assert validate_focus(files, version="1.4") == []
    found = duckdb.sql(
        f"select x_TokenClass, ConsumedQuantity, ConsumedUnit, BilledCost from '{folder}/*.parquet'"
    ).fetchall()
    assert len({name for name, *_ in found}) == len(found)
    return {name: (float(quantity), unit, float(cost)) for name, quantity, unit, cost in found}


def test_sound_costs_what_sound_costs(tmp_path: Path) -> None:
    call = {"target": "voice", "input_tokens": 1000, "output_tokens": 300, "cache_write_tokens": 400}
    fine = {"input_audio_tokens": 200, "output_audio_tokens": 100, "cache_write_1h_tokens": 100}
    # 400 text, 300 + 100 written, 200 of sound; 200 and 100 of sound out.
    cost_nano = 400 * 2_000 + 300 * 2_500 + 100 * 4_000 + 200 * 32_000 + 200 * 8_000 + 100 * 64_000
    rows = export_of(tmp_path, [{**call, **fine, "cost_nano": cost_nano}])
    assert classes(rows, tmp_path / "bill") == {
        "input": (400, "Tokens", 0.0008),
        "cache_write": (300, "Tokens", 0.00075),
        "cache_write_1h": (100, "Tokens", 0.0004),
        "input_audio": (200, "Tokens", 0.0064),
        "output": (200, "Tokens", 0.0016),
        "output_audio": (100, "Tokens", 0.0064),
    }


def test_pictures_and_spoken_text_are_billed_by_their_own_units(tmp_path: Path) -> None:
    painted = {"target": "painter", "images": 3, "cost_nano": 120_000_000}
    assert classes(export_of(tmp_path / "a", [painted]), tmp_path / "a" / "bill") == {"image": (3, "Images", 0.12)}
    spoken = {"target": "speaker", "characters": 2000, "cost_nano": 30_000_000}
    assert classes(export_of(tmp_path / "b", [spoken]), tmp_path / "b" / "bill") == {
        "characters": (2000, "Characters", 0.03)
    }


def test_the_bill_tells_calls_apart_by_their_tags(tmp_path: Path) -> None:
    red = {"team": "red", "unit": "x"}
    calls = [
        {"target": "voice", "input_tokens": 10, "cost_nano": 10 * (number + 1), "tags": tags}
        for number, tags in enumerate([red, {"team": "blue"}, {}, red])
    ]
    rows = export_of(tmp_path, calls)
    files = export_focus(rows, tmp_path / "bill", prices=BOOK)
    assert validate_focus(files, version="1.4") == []
    found = duckdb.sql(
        f"select Tags, (BilledCost * 1000000000)::BIGINT from '{tmp_path}/bill/*.parquet' order by 2"
    ).fetchall()
    assert [(tags and json.loads(tags), int(cost)) for tags, cost in found] == [
        ({"team": "blue"}, 20),
        (None, 30),
        ({"team": "red", "unit": "x"}, 50),
    ]
    for reads in ("rollups", "rows"):
        report = run_report(built_in_reports()["tags"], rows, reads=reads)
        columns = (report.column(name) for name in ("tag", "value", "calls", "spent_nano"))
        assert list(zip(*columns, strict=True)) == [
            ("team", "red", 2, 50),
            ("team", None, 1, 30),
            ("team", "blue", 1, 20),
            ("unit", "x", 2, 50),
            ("unit", None, 2, 50),
        ]


def test_sums_of_an_older_export_are_read_as_sums_without_tags(tmp_path: Path) -> None:
    rows = export_of(tmp_path, [{"target": "voice", "input_tokens": 10, "cost_nano": 10, "tags": {"team": "red"}}])
    (sums,) = rows.files("sums")
    older = sums.with_suffix(".older")
    duckdb.sql(f"copy (select * exclude (tags, input_audio_tokens) from '{sums}') to '{older}' (format parquet)")
    older.replace(sums)
    export_focus(rows, tmp_path / "bill", prices=BOOK)
    found = duckdb.sql(f"select Tags, (BilledCost * 1000000000)::BIGINT from '{tmp_path}/bill/*.parquet'").fetchall()
    assert found == [(None, 10)]
    with Ledger.open(tmp_path / "books", read_only=True) as ledger:
        anew = export_ledger(ledger, tmp_path / "rows", currency="EUR")
    assert run_report(built_in_reports()["tags"], anew).column("value") == ["red"]
