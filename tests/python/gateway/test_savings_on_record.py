"""Every row says what it cost at which rates, and what the factory saved on it; the sums are the ledger's."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.factories import factory
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger.values import AXES
from tokenfoundry.pricing.applied import recomputed_nano
from tokenfoundry.records import CallRecord

ALIASES = {
    "fast": ["small"],
    "both": ["large", "small"],
    "auto": {"policy": "default", "baseline": "large"},
    "plain": {"policy": "default"},
}


@pytest.fixture
def gateway(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    with factory(upstream.base_url, tmp_path / "data", aliases=ALIASES, cache={}) as made:
        yield made


def ask(gateway: TokenFactory, key: str, model: str, text: str = "Ciao") -> None:
    client = gateway.openai_client(key=key, max_retries=0)
    client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], max_tokens=50)


def records(gateway: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]


def test_a_row_keeps_the_price_it_was_computed_with(gateway: TokenFactory, key: str, upstream: Upstream) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=20, completion_tokens=5)
    ask(gateway, key, "fast")
    (told,) = records(gateway)
    assert told.price is not None
    assert (told.price.id, told.price.currency, told.price.fx_rate) == ("target/small", "EUR", "1")
    assert told.price.rates == {"input": "1", "output": "2"}
    assert len(told.price.catalogue) == 16
    assert told.cost_nano == recomputed_nano(told) == 20 * 1000 + 5 * 2000


def test_routing_saves_against_the_stated_baseline_and_claims_nothing_without_one(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=20, completion_tokens=5)
    ask(gateway, key, "auto")
    ask(gateway, key, "plain", "Salve")
    routed, plain = records(gateway)
    assert (routed.target, routed.saved_nano) == ("small", 9 * 30_000)
    assert routed.savings is not None
    assert routed.savings.routing == 9 * 30_000
    assert routed.baseline is not None
    assert (routed.baseline.target, routed.baseline.model, routed.baseline.why) == ("large", "large-1", "stated")
    assert routed.baseline.price.rates == {"input": "10", "output": "20"}
    assert (plain.saved_nano, plain.savings, plain.baseline) == (0, None, None)


def test_a_fallback_is_told_against_the_first_target_of_the_alias(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def behave(exchange: Exchange) -> None:
        if exchange.body["model"] == "large-1":
            await exchange.answer({"error": {"message": "down"}}, status=503)
        else:
            await answer_with("ok", prompt_tokens=20, completion_tokens=5)(exchange)

    upstream.behave = behave
    ask(gateway, key, "both")
    answered = next(each for each in records(gateway) if each.outcome == "answered")
    assert answered.target == "small"
    assert answered.baseline is not None
    assert answered.baseline.why == "first of the alias"
    assert answered.saved_nano == 9 * 30_000


def test_a_kept_answer_saves_what_the_baseline_would_have_cost(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=20, completion_tokens=5)
    ask(gateway, key, "auto")
    ask(gateway, key, "auto")
    hit = next(each for each in records(gateway) if each.outcome == "hit")
    assert hit.cost_nano == recomputed_nano(hit) == 0
    assert hit.savings is not None
    assert hit.savings.response_cache == hit.counterfactual_nano == 300_000


def test_sums_over_any_axis_are_the_ledger_s_total_to_the_nano(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    other = gateway.create_key(project="care", consumer="desk")
    for number in range(24):
        upstream.behave = answer_with("ok", prompt_tokens=7 + 13 * number, completion_tokens=1 + number)
        model = ("fast", "both", "auto", "plain")[number % 4]
        ask(gateway, key if number % 3 else other, model, f"Domanda {number % 17}")
    entries = gateway.ledger.entries()
    rows = records(gateway)
    total = sum(entry.amounts.money_nano for entry in entries)
    assert total == sum(row.cost_nano for row in rows) > 0
    for axis in AXES:
        by_value: Counter[str] = Counter()
        for entry in entries:
            by_value[getattr(entry.axes, axis)] += entry.amounts.money_nano
        assert sum(by_value.values()) == total
        if axis != "session":
            sums = {value: sums.money_nano for value, sums in gateway.ledger.totals(axis).items()}
            assert sums == dict(by_value)
    saved: Any = sum(sum(msgspec.structs.astuple(row.savings)) for row in rows if row.savings is not None)
    assert total + saved == sum(row.counterfactual_nano for row in rows)
    assert sum(entry.tallies.counterfactual_nano for entry in entries) == total + saved
    for row in rows:
        if row.price is not None:
            assert recomputed_nano(row) == row.cost_nano
