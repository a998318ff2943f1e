"""A call that does not say how long its answer may be gets a bound: never more than the budgets allow."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.clocked import PROMPT_TOKENS, budget, clocked_gateway
from support.factories import config
from support.upstream import (
    Exchange,
    Upstream,
    answer_with,
    completion,
    parse_sse,
    usage_of,
    use_exactly_what_was_held,
)
from tokenfoundry.gateway.attempts.output_bound import affordable_tokens


async def cut_at_the_bound(exchange: Exchange) -> None:
    usage = usage_of(PROMPT_TOKENS, exchange.body["max_tokens"])
    await exchange.answer(completion("una risposta trop", usage=usage, finish="length"))


def test_within_its_budgets_a_call_gets_the_default(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=100_000)]) as gateway:
        reply = gateway.ask(max_tokens=None)
        assert reply.headers["x-tf-max-tokens-from"] == "default"
        assert gateway.records[0].max_tokens_from == "default"
        bounded = gateway.ask()
        assert "x-tf-max-tokens-from" not in bounded.headers
        assert "max_tokens_from" not in bounded.body["tokenfoundry"]
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [4096, 50]


def test_the_bound_is_what_the_tokens_left_allow(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = use_exactly_what_was_held
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=1000)]) as gateway:
        gateway.ask(max_tokens=600)
        reply = gateway.ask(max_tokens=None)
        assert reply.status == 200
        assert reply.headers["x-tf-max-tokens-from"] == "budget"
        assert reply.body["tokenfoundry"]["max_tokens_from"] == "budget"
        assert upstream.received[1].body["max_tokens"] == 1000 - 600 - 2 * PROMPT_TOKENS
        (balance,) = gateway.factory.ledger.balances()
        assert balance.used == 1000
        assert gateway.records[1].max_tokens_from == "budget"
        # Now there is not a token left.
        refused = gateway.ask(max_tokens=None)
        assert (refused.status, refused.code) == (429, "budget_exceeded")
        assert "of 1000 tokens is exhausted: 0 tokens left" in refused.message


def test_the_bound_is_what_the_money_left_buys_of_all_choices(upstream: Upstream, tmp_path: Path) -> None:
    hard_nano = PROMPT_TOKENS * 1000 + 2 * 77 * 2000 + 3999  # 77 tokens for each of two choices, and a little
    money = budget(unit="money", hard=f"{hard_nano}e-9")
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[money]) as gateway:
        assert gateway.ask(max_tokens=None, n=2).status == 200
    assert upstream.received[0].body["max_tokens"] == 77


def test_the_tightest_budget_counts(upstream: Upstream, tmp_path: Path) -> None:
    budgets = [budget(hard=1000), budget(name="all", match={}, unit="money", hard="0.0001"), budget(name="b", hard=900)]
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=budgets) as gateway:
        assert gateway.ask(max_tokens=None).status == 200
    assert upstream.received[0].body["max_tokens"] == (100_000 - PROMPT_TOKENS * 1000) // 2000


def test_a_budget_that_length_does_not_touch_refuses(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(unit="requests", hard=1)]) as gateway:
        assert [gateway.ask(max_tokens=None).status for _ in range(2)] == [200, 429]
        assert len(gateway.records) == 2


def test_a_throttled_budget_gives_no_fragments_but_says_when_the_whole_answer_is_due(
    upstream: Upstream, tmp_path: Path
) -> None:
    slow = budget(hard=100_000, at_cap="throttle", throttle_from=300)
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[slow]) as gateway:
        refused = gateway.ask(max_tokens=None)
        assert (refused.status, refused.code) == (429, "budget_throttled")
        assert f"this call may take {PROMPT_TOKENS + 4096} tokens" in refused.message
        wait_ms = int(refused.headers["retry-after-ms"])
        gateway.clock.now_ms += wait_ms - 1
        assert gateway.ask(max_tokens=None).code == "budget_throttled"
        gateway.clock.now_ms += 1
        assert gateway.ask(max_tokens=None).status == 200
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [4096]


def test_what_another_budget_leaves_is_not_cut_further_by_a_throttled_one(upstream: Upstream, tmp_path: Path) -> None:
    slow = budget(name="slow", hard=100_000, at_cap="throttle", throttle_from=300)
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=1000), slow]) as gateway:
        refused = gateway.ask(max_tokens=None)
        assert refused.code == "budget_throttled"
        assert "budget 'slow' of 100000 tokens is spent slowly" in refused.message
        assert "this call may take 1000 tokens" in refused.message
        gateway.clock.now_ms += int(refused.headers["retry-after-ms"])
        assert gateway.ask(max_tokens=None).headers["x-tf-max-tokens-from"] == "budget"
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [1000 - PROMPT_TOKENS]


def test_the_end_of_a_throttled_cap_is_not_given_in_fragments_either(upstream: Upstream, tmp_path: Path) -> None:
    slow = budget(hard=5000, at_cap="throttle", throttle_from=2000)
    upstream.behave = use_exactly_what_was_held
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[slow]) as gateway:
        assert gateway.ask(max_tokens=1500).status == 200
        refused = gateway.ask(max_tokens=None)
        assert (refused.status, refused.code) == (429, "budget_throttled")
        rest = 5000 - 1500 - PROMPT_TOKENS
        assert f"this call may take {rest} tokens" in refused.message
        # Who says how much is enough is served at once.
        assert gateway.ask(max_tokens=400).status == 200
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [1500, 400]


def test_an_answer_that_our_bound_cut_is_not_stored(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = cut_at_the_bound
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=1000)]) as gateway:
        reply = gateway.ask(max_tokens=None, headers={"cache-control": "max-age=60"})
        assert reply.headers["x-tf-max-tokens-from"] == "budget"
        again = gateway.ask(max_tokens=None, headers={"cache-control": "max-age=60"})
        assert again.status == 429


def test_a_stream_says_whose_bound_it_has(upstream: Upstream, tmp_path: Path) -> None:
    with clocked_gateway(upstream.base_url, tmp_path / "data", budgets=[budget(hard=1000)]) as gateway:
        reply = gateway.ask(max_tokens=None, stream=True, stream_options={"include_usage": True})
    assert reply.headers["x-tf-max-tokens-from"] == "budget"
    assert parse_sse(reply.body)[-2]["tokenfoundry"]["max_tokens_from"] == "budget"


@pytest.mark.parametrize(
    ("limits", "most", "sent", "source"),
    [
        ({"missing_max_tokens": "model"}, 5000, 5000, "model"),
        ({"missing_max_tokens": "model"}, None, 4096, "default"),
        ({"missing_max_tokens": 300}, 5000, 300, "default"),
        ({"missing_max_tokens": 300}, 200, 200, "model"),
        ({"missing_max_tokens": "budget"}, 200, 200, "model"),
        ({"default_max_output_tokens": 70}, 5000, 70, "default"),
    ],
)
def test_the_setting_says_what_a_missing_bound_is(
    upstream: Upstream, tmp_path: Path, limits: dict[str, Any], most: int | None, sent: int, source: str
) -> None:
    targets = config(upstream.base_url, tmp_path)["targets"]
    if most is not None:
        targets["small"]["max_output_tokens"] = most
    with clocked_gateway(upstream.base_url, tmp_path / "data", targets=targets, limits=limits) as gateway:
        assert gateway.ask(max_tokens=None).headers["x-tf-max-tokens-from"] == source
    assert upstream.received[0].body["max_tokens"] == sent


def test_a_stated_bound_that_no_target_reaches_is_lowered_and_said_to_be(upstream: Upstream, tmp_path: Path) -> None:
    targets = config(upstream.base_url, tmp_path)["targets"]
    targets["small"]["max_output_tokens"] = 200
    made = {"targets": targets, "budgets": [budget(hard=1000)]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert gateway.ask(max_tokens=201).headers["x-tf-max-tokens-from"] == "model"
        assert "x-tf-max-tokens-from" not in gateway.ask(max_tokens=200).headers
        assert gateway.ask(model="both", max_tokens=201).headers["x-tf-target"] == "large"
    assert [exchange.body["max_tokens"] for exchange in upstream.received] == [200, 200, 201]


def test_no_budget_lowers_a_stated_bound_further(upstream: Upstream, tmp_path: Path) -> None:
    targets = config(upstream.base_url, tmp_path)["targets"]
    targets["small"]["max_output_tokens"] = 200
    made = {"targets": targets, "budgets": [budget(hard=PROMPT_TOKENS + 199)]}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert gateway.ask(max_tokens=201).code == "budget_exceeded"
        assert gateway.ask(max_tokens=None).status == 200


@pytest.mark.parametrize("missing", ["model", 4096])
def test_only_the_setting_budget_makes_answers_shorter(upstream: Upstream, tmp_path: Path, missing: str | int) -> None:
    made = {"budgets": [budget(hard=1000)], "limits": {"missing_max_tokens": missing}}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        assert "lower max_tokens" in gateway.ask(max_tokens=None).message


def test_unbounded_calls_at_once_share_a_budget_to_its_last_token(upstream: Upstream, tmp_path: Path) -> None:
    async def behave(exchange: Exchange) -> None:
        """Uses up to 40 tokens of output, or the bound when that is less."""
        used = min(40, exchange.body["max_tokens"])
        await answer_with("ok", prompt_tokens=PROMPT_TOKENS, completion_tokens=used)(exchange)

    upstream.behave = behave
    made = {"budgets": [budget(hard=1000)], "limits": {"hold_wait": "20s"}}
    with clocked_gateway(upstream.base_url, tmp_path / "data", **made) as gateway:
        replies = gateway.ask_at_once(32, max_tokens=None)
        statuses = Counter(reply.status for reply in replies)
        # Each holds all that is left and gives most of it back.
        assert statuses == {200: 1000 // (PROMPT_TOKENS + 40), 429: 12}
        assert {reply.code for reply in replies if reply.status != 200} == {"budget_exceeded"}
        (balance,) = gateway.factory.ledger.balances()
        assert (balance.used, balance.over_by) == (1000, 0)


@settings(deadline=None)
@given(
    left_nano=st.integers(0, 10**12),
    input_nano=st.integers(0, 10**11),
    rate=st.fractions(0, 10**6, max_denominator=10**9),
    choices=st.integers(1, 128),
    most=st.integers(1, 10**8),
)
def test_what_money_buys_is_exact(left_nano: int, input_nano: int, rate: Any, choices: int, most: int) -> None:
    def worst_nano(outputs: int) -> int:
        return input_nano + round(rate * outputs)

    tokens = affordable_tokens(
        {"money_nano": left_nano}, most=most, input_tokens=0, choices=choices, worst_nano=worst_nano
    )
    assert tokens <= most
    if tokens < 0:
        assert input_nano > left_nano
    else:
        assert worst_nano(tokens * choices) <= left_nano
    if 0 <= tokens < most:
        assert worst_nano((tokens + 1) * choices) > left_nano
