"""A target that is rented: its hours are in the books, its calls cost nothing meanwhile, and the sums stay exact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.clocked import NOON_MS, ClockedGateway, budget, clocked_gateway
from support.factories import config
from support.upstream import Upstream, answer_with
from tokenfoundry.analytics.report import report
from tokenfoundry.cli import app
from tokenfoundry.errors import StoreError
from tokenfoundry.pricing.applied import recomputed_nano
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

HOUR_MS = 3_600_000
CALL_NANO = 20 * 10_000 + 5 * 20_000  # 20 tokens in and 5 out at `large`.
ALIASES = {"fast": ["small"], "rented": ["large"], "saved": {"policy": "default", "baseline": "small"}}


def instant(hours: float) -> str:
    return datetime.fromtimestamp(NOON_MS / 1000 + hours * 3600, UTC).isoformat()


def reservation(first: float, last: float, **fields: Any) -> dict[str, Any]:
    """Of `large`, from so many hours after noon to so many."""
    stated = {"target": "large", "from": instant(first), "to": instant(last), "gpus": 8, "rate": "2.50"}
    return {**stated, "axes": {"project": "claims"}, **fields}


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[ClockedGateway]:
    """Rented from half past 12 to 15 o'clock."""
    upstream.behave = answer_with("ok", prompt_tokens=20, completion_tokens=5)
    sections: dict[str, Any] = {"aliases": ALIASES, "routing": {"default": [{"use": ["large"]}]}}
    budgets = [
        budget(name="gpus", unit="gpu_seconds", hard=None, soft=10**6),
        budget(name="money", unit="money", hard="20.001"),
    ]
    reservations = [reservation(0.5, 3)]
    with clocked_gateway(
        upstream.base_url, tmp_path / "data", reservations=reservations, budgets=budgets, **sections
    ) as made:
        yield made


def move(gateway: ClockedGateway, hours: float) -> None:
    gateway.clock.now_ms = NOON_MS + round(hours * HOUR_MS)


def test_calls_cost_nothing_while_the_endpoint_is_paid_and_the_ordinary_price_else(gateway: ClockedGateway) -> None:
    for hours in (0, 0.5, 3):
        move(gateway, hours)
        assert gateway.ask(model="rented").status == (200 if hours < 3 else 429)  # By then the money is spent.
    before, hour, during, *later, refused = gateway.records
    assert (before.cost_nano, before.cost_source, before.outcome) == (CALL_NANO, "computed", "answered")
    assert (hour.outcome, hour.cost_nano, hour.gpu_ms, hour.at_ms) == (
        "rented",
        10 * 10**9,
        8 * HOUR_MS // 2,
        NOON_MS + HOUR_MS // 2,
    )
    assert (during.cost_nano, during.cost_source, during.saved_nano) == (0, "rented", 0)
    assert [(each.outcome, each.cost_nano) for each in later] == [("rented", 20 * 10**9)] * 2
    assert refused.refused_by == "money"
    for record in (before, hour, during, *later):
        assert recomputed_nano(record) == record.cost_nano


def test_an_hour_counts_on_the_budgets_of_its_axes_before_the_call_that_finds_it_due(gateway: ClockedGateway) -> None:
    move(gateway, 0.6)
    assert gateway.ask(model="fast").status == 200
    move(gateway, 1)
    # Which is the first one of the hour: what it costs fits only without the hour.
    assert gateway.ask(model="fast").code == "budget_exceeded"
    gpus, money = gateway.factory.ledger.balances()
    assert (gpus.posted, money.posted) == (8 * HOUR_MS * 3 // 2, 30 * 10**9 + 20 * 1000 + 5 * 2000)


def test_calls_at_once_at_the_turn_of_the_hour_post_it_once(gateway: ClockedGateway) -> None:
    for hours in (0.5, 1, 2):
        move(gateway, hours)
        gateway.ask_at_once(20, model="fast")
    outcomes = [record.outcome for record in gateway.records]
    assert outcomes.count("rented") == 3
    assert outcomes[0] == "rented"


def test_routing_to_what_is_paid_saves_what_the_baseline_would_have_cost_and_the_sums_are_exact(
    gateway: ClockedGateway,
) -> None:
    move(gateway, 0.75)
    assert gateway.ask(model="saved").status == 200
    hour, call = gateway.records
    assert (call.cost_nano, call.counterfactual_nano) == (0, 20 * 1000 + 5 * 2000)
    assert call.savings is not None
    assert call.savings.routing == call.counterfactual_nano
    assert (hour.saved_nano, hour.savings) == (0, None)
    (row,) = report(gateway.factory.ledger, by="project", savings=True)
    assert (row.value, row.calls, row.cost_nano, row.saved_nano) == ("claims", 1, 10 * 10**9, 30_000)
    (rolled,) = report(gateway.factory.ledger, by="project")
    assert (rolled.calls, rolled.cost_nano, rolled.saved_nano) == (row.calls, row.cost_nano, row.saved_nano)
    by_outcome = {row.value: row.calls for row in report(gateway.factory.ledger, by="outcome")}
    assert by_outcome == {"rented": 0, "answered": 1}


def test_what_an_administrator_reads_has_the_hours_that_are_due(gateway: ClockedGateway) -> None:
    told = SimpleQueue[CallRecord]()
    gateway.factory.on_record(told.put)
    move(gateway, 10)
    handle = gateway.factory.admin.handle
    assert handle("GET", "/admin/report", {"by": "model"})["rows"][0]["cost_nano"] == 50 * 10**9
    (row,) = handle("GET", "/admin/reservations", {})["reservations"]
    assert (row["target"], row["state"], row["gpus"], row["rate"]) == ("large", "over", 8, "2.50")
    entry = gateway.factory.ledger.entries()[0]
    shown = handle("GET", f"/admin/entries/{entry.id}", {})
    assert (shown["kind"], shown["cost"], shown["amounts"]["gpu_seconds"]) == ("rented", "10", "14400")
    corrected = handle(
        "POST", f"/admin/entries/{entry.seq}/adjust", {"money": "-1", "reason": "credit", "actor": "anna"}
    )
    assert corrected["of"] == entry.seq
    assert [told.get(timeout=10).cost_nano // 10**9 for _ in range(3)] == [10, 20, 20]


def test_the_catalogue_says_what_is_paid_by_the_hour_and_until_when(gateway: ClockedGateway) -> None:
    def prices() -> list[dict[str, Any]]:
        listed = gateway.factory.admin.handle("GET", "/admin/models", {})["data"]
        (target,) = next(row["targets"] for row in listed if row["id"] == "rented")
        found: list[dict[str, Any]] = target["prices"]
        return found

    now, rented, after = prices()
    assert (now["in_force"], now["input"], after["input"]) == (True, "10", "10")
    assert (rented["from"], rented["input"]) == ("2026-02-16T12:30:00Z", "0")
    terms = {"until": "2026-02-16T15:00:00Z", "gpus": 8, "gpu_hour": "2.50", "currency": "EUR"}
    assert rented["reservation"] == terms
    move(gateway, 1)
    assert prices()[0]["reservation"] == terms
    (listed,) = [
        row for row in gateway.factory.admin.handle("GET", "/admin/prices", {})["prices"] if row["target"] == "large"
    ]
    assert listed["source"] == "reservation"


def test_other_terms_hold_from_the_reload_on_and_what_was_due_before_is_posted_under_the_old_ones(
    gateway: ClockedGateway, upstream: Upstream, tmp_path: Path
) -> None:
    move(gateway, 1.5)  # Nobody called since noon.
    sections = {"aliases": ALIASES, "routing": {"default": [{"use": ["large"]}]}}

    def reload(*reservations: dict[str, Any]) -> None:
        made = config(upstream.base_url, tmp_path / "data", reservations=list(reservations), **sections)
        gateway.factory.reload(Settings.from_dict(made))

    reload(reservation(0.5, 4, rate="5", gpus=1))
    move(gateway, 2.5)
    assert gateway.ask(model="rented").status == 200
    reload()
    move(gateway, 3.5)
    assert gateway.ask(model="rented").status == 200
    entries = gateway.factory.ledger.entries()
    assert [entry.amounts.money_nano // 10**9 for entry in entries if entry.kind == "rented"] == [10, 20, 5]
    assert [entry.amounts.money_nano for entry in entries if entry.kind == "settled"] == [0, CALL_NANO]


def test_a_restart_posts_what_fell_due_meanwhile(upstream: Upstream, tmp_path: Path) -> None:
    for _ in range(2):
        with clocked_gateway(upstream.base_url, tmp_path / "data", reservations=[reservation(-720, 3)]) as gateway:
            assert [entry.kind for entry in gateway.factory.ledger.entries()] == ["rented"] * 721


def test_no_call_is_served_while_an_hour_cannot_be_written(
    gateway: ClockedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise StoreError("the disk is full")

    move(gateway, 1)
    with monkeypatch.context() as patched:
        patched.setattr(gateway.factory.ledger, "record", broken)
        assert gateway.ask(model="fast").code == "store_unavailable"
    assert gateway.ask(model="rented").status == 200
    assert [record.outcome for record in gateway.records] == ["rented", "rented", "answered"]


def test_the_command_line_shows_the_terms(upstream: Upstream, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    bounds = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(days=1)).isoformat()}
    rented = reservation(0, 1, **bounds)
    made = config(upstream.base_url, tmp_path / "data", reservations=[rented])
    (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["models", "large", "--config", str(tmp_path / "tokenfoundry.yaml")]
    )
    assert ran.exit_code == 0, ran.output
    assert "8 GPUs at 2.50 EUR/h" in ran.output
