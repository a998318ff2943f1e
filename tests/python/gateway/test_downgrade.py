"""A budget that says `downgrade` sends the call to a cheaper model of its route, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.clocked import PROMPT_TOKENS, ClockedGateway, budget, clocked_gateway
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.analytics.report import report
from tokenfoundry.ledger import Change

ALIASES = {"fast": ["small"], "best": ["large", "small"], "worse-first": ["small", "large"]}
WORST_SMALL_NANO = PROMPT_TOKENS * 1000 + 50 * 2000  # 1 EUR in and 2 EUR out per million tokens; large costs ten times


def downgrading(**fields: Any) -> dict[str, Any]:
    return budget(unit="money", hard=f"{3 * WORST_SMALL_NANO}e-9", **fields)


def models(gateway: ClockedGateway) -> list[tuple[str, str]]:
    return [(record.target, record.outcome) for record in gateway.records]


def test_the_call_goes_to_the_cheaper_target_that_fits(upstream: Upstream, tmp_path: Path) -> None:
    made = {"aliases": ALIASES, "budgets": [downgrading()]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        reply = gateway.ask(model="best")
        assert reply.status == 200
        assert reply.headers["x-tf-target"] == "small"
        assert reply.headers["x-tf-route"] == "downgraded from large by budget claims"
        assert [exchange.body["model"] for exchange in upstream.received] == ["small-1"]
        (answered,) = gateway.records
        (row,) = report(gateway.factory.ledger, by="project")
    assert (answered.target, answered.outcome, answered.flags) == ("small", "answered", ("downgraded",))
    assert answered.route == "downgraded from large by budget claims"
    assert (row.calls, row.refused) == (1, 0)


def test_a_stream_is_downgraded_too(upstream: Upstream, tmp_path: Path) -> None:
    made = {"aliases": ALIASES, "budgets": [downgrading()]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        reply = gateway.ask(model="best", stream=True)
    assert reply.headers["x-tf-target"] == "small"
    assert b"downgraded from large by budget claims" in reply.body


def test_a_downgraded_answer_is_not_stored(upstream: Upstream, tmp_path: Path) -> None:
    made = {"aliases": ALIASES, "budgets": [downgrading()]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        cached = {"headers": {"cache-control": "max-age=60"}, "model": "best"}
        assert [gateway.ask(**cached).headers["x-tf-cache"] for _ in range(2)] == ["miss", "miss"]
        raised = Change(kind="raise", budget="claims", amount=10**12, actor="anna")
        gateway.factory.ledger.apply("launch", raised)
        told = [gateway.ask(**cached).headers for _ in range(2)]
    assert [headers["x-tf-cache"] for headers in told] == ["miss", "hit"]
    assert told[1]["x-tf-target"] == "large"


@pytest.mark.parametrize("alias", ["large", "fast", "worse-first"])
def test_without_a_cheaper_target_the_refusal_is_told(upstream: Upstream, tmp_path: Path, alias: str) -> None:
    made = {"aliases": ALIASES, "budgets": [budget(unit="money", hard="0.000001")]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        reply = gateway.ask(model=alias)
        assert (reply.status, reply.code) == (429, "budget_exceeded")
        assert len(gateway.records) == 1
    assert not upstream.received


def test_a_cheaper_target_that_does_not_fit_either_is_refused_in_its_turn(upstream: Upstream, tmp_path: Path) -> None:
    made = {"aliases": ALIASES, "budgets": [budget(unit="money", hard="0.000001")]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        assert gateway.ask(model="best").code == "budget_exceeded"
        (refused,) = gateway.records
    assert (refused.target, refused.outcome, refused.refused_by) == ("small", "refused", "claims")
    assert (refused.route, refused.flags) == ("downgraded from large by budget claims", ("downgraded",))
    assert not upstream.received


def test_a_frozen_budget_downgrades_nothing(upstream: Upstream, tmp_path: Path) -> None:
    only_large = downgrading(match={"model": "large-1"})
    with clocked_gateway(upstream.base_url, tmp_path / "data", aliases=ALIASES, budgets=[only_large]) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        gateway.factory.ledger.apply("stop", Change(kind="freeze", budget="claims", actor="anna"))
        assert gateway.ask(model="best").code == "budget_frozen"


def test_a_budget_that_rejects_does_not_downgrade(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", aliases=ALIASES, budgets=[downgrading()]) as gateway:
        assert gateway.ask(model="best").code == "budget_exceeded"
        assert models(gateway) == [("large", "refused")]


def test_an_unbounded_call_is_downgraded_rather_than_cut_short(upstream: Upstream, tmp_path: Path) -> None:
    made = {"aliases": ALIASES, "budgets": [budget(unit="money", hard="0.01")]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        reply = gateway.ask(model="best", max_tokens=None)
        assert reply.headers["x-tf-target"] == "small"
    assert upstream.received[0].body["max_tokens"] == 4096


def test_the_error_of_the_cheaper_target_is_what_is_told(upstream: Upstream, tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer({}, status=500)

    upstream.behave = behave
    made = {"aliases": ALIASES, "budgets": [downgrading()]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        gateway.change_budgets(at_cap="downgrade")
        assert gateway.ask(model="best").status == 502
        assert models(gateway) == [("small", "failed")]
        upstream.behave = answer_with("ok")
        assert gateway.ask(model="best").status == 200
