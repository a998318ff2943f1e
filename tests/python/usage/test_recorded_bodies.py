"""Real replies give exactly the usage and the cost that were worked out without this package (tests/data/usage)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tokenfoundry.pricing import prices
from tokenfoundry.usage import Usage, UsageMeter

ROWS = json.loads((Path(__file__).parents[2] / "data" / "usage" / "recorded.json").read_text(encoding="utf-8"))
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(row: dict[str, Any]) -> Usage | None:
    if "events" not in row:
        return Usage.reported(row["format"], row["body"])
    meter = UsageMeter(row["format"])
    for event in row["events"]:
        meter.see(event)
    return meter.usage


def wanted(row: dict[str, Any]) -> Usage | None:
    return None if row["usage"] is None else msgspec.convert(row["usage"], Usage)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['host']} {row['model']} {n}" for n, row in enumerate(ROWS)])
def test_a_recorded_reply_gives_the_usage_worked_out_by_hand(row: dict[str, Any]) -> None:
    assert read(row) == wanted(row)


PRICED = [row for row in ROWS if "cost" in row]


@pytest.mark.parametrize("row", PRICED, ids=[f"{row['host']} {row['model']} {n}" for n, row in enumerate(PRICED)])
def test_a_recorded_reply_costs_exactly_what_was_worked_out(row: dict[str, Any]) -> None:
    usage = read(row)
    assert usage is not None
    cost = prices().cost(row["model"], usage, at=AT, provider=row["cost"]["provider"])
    assert cost.total == Decimal(row["cost"]["usd"])
    assert sum(line.amount for line in cost.lines) == cost.total


def test_the_recordings_are_of_every_kind_of_provider() -> None:
    assert len(ROWS) >= 60
    assert len(PRICED) >= 60
    assert {row["format"] for row in ROWS} >= {
        "openai",
        "responses",
        "images",
        "transcriptions",
        "anthropic",
        "gemini",
        "mistral",
        "cohere",
        "bedrock",
        "ollama",
    }
