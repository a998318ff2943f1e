"""What a refused caller is told: why, what helps, and when to come back, to the millisecond."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support.clocked import NOON_MS, PROMPT_TOKENS, ClockedGateway, Reply, budget, clocked_gateway
from support.upstream import Upstream, answer_with
from tokenfoundry.gateway.attempts.refusals import refused_by_budget
from tokenfoundry.ledger import Burst, Change, Refusal
from tokenfoundry.settings import WindowSettings

WORST_TOKENS = PROMPT_TOKENS + 50
DAILY = WindowSettings(kind="daily", tz="Europe/Rome")


@pytest.fixture(autouse=True)
def _every_call_uses_100_tokens(upstream: Upstream) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=60, completion_tokens=40)


def spend(gateway: ClockedGateway, **fields: Any) -> Reply:
    """Asks until a budget refuses."""
    for _ in range(30):
        reply = gateway.ask(**fields)
        if reply.status != 200:
            return reply
    raise AssertionError("no budget refused")


def test_an_exhausted_budget_tells_its_reset_in_local_time(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=250)]) as gateway:
        refused = spend(gateway)
        assert (refused.status, refused.code) == (429, "budget_exceeded")
        assert refused.body["error"]["type"] == "insufficient_quota"
        assert "it resets at 2026-02-17T00:00+01:00" in refused.message
        assert refused.headers["x-should-retry"] == "false"
        assert refused.headers["retry-after"] == str(11 * 3600)
        gateway.clock.now_ms += 11 * 3_600_000
        assert gateway.ask().status == 200


def test_a_throttled_caller_is_told_the_first_instant_at_which_the_call_passes(
    upstream: Upstream, tmp_path: Path
) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=100_000)]) as gateway:
        gateway.change_budgets(at_cap="throttle", throttle_from=300)
        refused = spend(gateway)
        assert (refused.status, refused.code) == (429, "budget_throttled")
        assert refused.body["error"]["type"] == "rate_limit_exceeded"
        wait_ms = int(refused.headers["retry-after-ms"])
        assert refused.headers["retry-after"] == str(-(-wait_ms // 1000))
        assert 0 < wait_ms < 60_000
        assert refused.headers["x-should-retry"] == "true"
        gateway.clock.now_ms += wait_ms - 1
        assert gateway.ask().code == "budget_throttled"
        gateway.clock.now_ms += 1
        assert gateway.ask().status == 200


def test_a_client_is_not_left_waiting_for_more_than_a_minute(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=2000)]) as gateway:
        gateway.change_budgets(at_cap="throttle", throttle_from=300)
        refused = spend(gateway)
    assert refused.code == "budget_throttled"
    assert int(refused.headers["retry-after"]) > 60
    assert refused.headers["x-should-retry"] == "false"


def test_a_frozen_budget_is_forbidden_until_it_is_thawed(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget()]) as gateway:
        stop = Change(kind="freeze", budget="claims", actor="anna", reason="a runaway agent")
        gateway.factory.ledger.apply("stop", stop)
        refused = gateway.ask()
        assert (refused.status, refused.code) == (403, "budget_frozen")
        assert refused.body["error"]["type"] == "permission_error"
        assert "anna" not in refused.message
        # Not a shorter answer either.
        assert gateway.ask(max_tokens=None).code == "budget_frozen"
        gateway.factory.ledger.apply("go", Change(kind="unfreeze", budget="claims", actor="anna"))
        assert gateway.ask().status == 200
    assert len(upstream.received) == 1


def test_a_rolling_budget_has_no_reset_but_an_instant_from_which_the_call_fits(
    upstream: Upstream, tmp_path: Path
) -> None:
    rolling = budget(hard=250, window={"kind": "rolling", "length": "1h", "tz": "Europe/Rome"})
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[rolling]) as gateway:
        refused = spend(gateway)
        assert refused.code == "budget_exceeded"
        assert "reset" not in refused.message
        assert "this call fits from 2026-02-16T14:0" in refused.message
        gateway.clock.now_ms += int(refused.headers["retry-after-ms"])
        assert gateway.ask().status == 200


def test_a_refilling_burst_admits_the_call_when_it_was_told(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=200)]) as gateway:
        gateway.change_budgets(burst=Burst(size=150, refill=100, every=timedelta(minutes=10)))
        refused = spend(gateway)
        assert refused.code == "budget_exceeded"
        assert "it resets at 2026-02-17T00:00+01:00; this call fits from 2026-02-16T13:" in refused.message
        wait_ms = int(refused.headers["retry-after-ms"])
        assert wait_ms < 600_000
        gateway.clock.now_ms += wait_ms
        assert gateway.ask().status == 200


def test_a_session_that_is_idle_for_long_enough_starts_anew(upstream: Upstream, tmp_path: Path) -> None:
    session = budget(hard=250, window={"kind": "session"}, each=["session"])
    limits = {"session_idle": "10m"}
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[session], limits=limits) as gateway:
        headers = {"x-tf-session": "s-1"}
        refused = spend(gateway, headers=headers)
        assert refused.message.startswith("the session's budget 'claims' of 250 tokens is exhausted")
        assert "reset" not in refused.message
        assert "retry-after" not in refused.headers
        assert gateway.ask(headers={"x-tf-session": "s-2"}).status == 200
        gateway.clock.now_ms += 10 * 60_000 + 1
        assert gateway.ask(headers=headers).status == 200


def test_hits_and_refusals_belong_to_their_session(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=250)]) as gateway:
        headers = {"x-tf-session": "s-1", "cache-control": "max-age=60"}
        gateway.ask(headers=headers)
        gateway.ask(headers=headers)
        gateway.ask(headers=headers, max_tokens=240)
        kinds = [(entry.kind, entry.axes.session) for entry in gateway.factory.ledger.entries()]
    assert kinds == [("settled", "s-1"), ("hit", "s-1"), ("refused", "s-1")]


def test_a_refused_call_leaves_one_record(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=WORST_TOKENS - 1)]) as gateway:
        assert "lower max_tokens" in gateway.ask().message
        (record,) = gateway.records
    assert (record.outcome, record.refused_by, record.status, record.cost_nano) == ("refused", "claims", 429, 0)


def test_a_tracking_budget_is_only_flagged(upstream: Upstream, tmp_path: Path) -> None:
    tracking = budget(hard=150, mode="track")
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[tracking]) as gateway:
        assert [gateway.ask().status for _ in range(3)] == [200, 200, 200]
        assert [record.flags for record in gateway.records] == [(), ("over_tracked_budget",), ("over_tracked_budget",)]


@pytest.mark.parametrize(
    ("admits_after_ms", "retry_after"), [(0, "0"), (1, "1"), (1000, "1"), (1001, "2"), (-5000, "0")]
)
def test_whole_seconds_are_rounded_up_and_never_negative(admits_after_ms: int, retry_after: str) -> None:
    refusal = Refusal(
        budget="claims",
        unit="money_nano",
        cause="throttled",
        at_cap="throttle",
        cap=10**9,
        used=0,
        held=0,
        requested=10**8,
        left=0,
        resets_at=NOON_MS + 10**8,
        admits_at=NOON_MS + admits_after_ms,
    )
    refused = refused_by_budget(refusal, currency="EUR", window=DAILY, now_ms=NOON_MS)
    assert refused.headers["retry-after"] == retry_after
    assert "this call may take 0.1 EUR" in str(refused)
