"""Spend and savings are the counterfactual to the nano, whatever the history; every cost can be computed again from its
record alone.
"""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.applied import recomputed_nano
from tokenfoundry.pricing.savings import NOTHING_DONE, Doing
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

AT = 1_790_000_000_000
FX = Decimal("0.923456789")
EXACT = {"max_examples": 300, "deadline": None}

rates = st.decimals(min_value=0, max_value=1000, places=6).map(str)


@st.composite
def price(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {
        "input": draw(rates),
        "output": draw(rates),
        "currency": draw(st.sampled_from(["EUR", "USD"])),
    }
    for name in ("cache_read", "cache_write", "cache_write_1h", "input_audio", "output_image", "search", "request"):
        if draw(st.booleans()):
            made[name] = draw(rates)
    if draw(st.booleans()):
        made["batch"] = {"input": draw(rates), "output": draw(rates)}
    if draw(st.booleans()):
        made["tiers"] = [{"above": draw(st.integers(1, 5000)), "input": draw(rates), "output": draw(rates)}]
    return made


@st.composite
def book(draw: st.DrawFn) -> PriceBook:
    targets = {name: {"provider": "p", "model": f"m-{name}", "price": draw(price())} for name in ("served", "baseline")}
    if draw(st.booleans()):
        targets["served"]["reported_cost"] = "bill"
    values = {
        "fx": {"USD": [{"from": "2026-01-01", "rate": str(FX)}]},
        "providers": {"p": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"}},
        "targets": targets,
    }
    return PriceBook.from_settings(Settings.from_dict(values), prices(), at=AT)


@st.composite
def usage(draw: st.DrawFn) -> Usage:
    read, write, plain = (draw(st.integers(0, 10_000)) for _ in range(3))
    reasoning, answer = draw(st.integers(0, 3000)), draw(st.integers(0, 3000))
    return Usage(
        input_tokens=read + write + plain,
        output_tokens=reasoning + answer,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=draw(st.integers(0, write)),
        reasoning_tokens=reasoning,
        input_audio_tokens=draw(st.integers(0, plain)),
        output_image_tokens=draw(st.integers(0, answer)),
        searches=draw(st.integers(0, 3)),
        service_tier=draw(st.sampled_from(["", "batch", "priority"])),
        reported_cost=draw(st.none() | st.decimals(min_value=0, max_value=3, places=9)),
    )


doings = st.builds(
    Doing,
    in_batch=st.booleans(),
    marked_prompt=st.booleans(),
    baseline=st.sampled_from(["", "baseline"]),
    recalled=st.none() | st.builds(Usage, input_tokens=st.integers(0, 9000)),
)


def record(posted: Any, used: Usage, **fields: Any) -> CallRecord:
    counts = {name: getattr(used, name) for name in Usage.__struct_fields__ if name in CallRecord.__struct_fields__}
    source = posted.source
    made = CallRecord(
        request_id="r",
        at_ms=AT,
        endpoint="chat",
        outcome="answered",
        status=200,
        alias="a",
        currency="EUR",
        cost_nano=posted.amount_nano,
        price=posted.price,
        cost_source=source,
        **counts,
        **fields,
    )
    return CallRecord.from_bytes(made.to_bytes())


@settings(**EXACT)
@given(book(), st.lists(st.tuples(usage(), doings), min_size=1, max_size=5))
def test_spend_and_savings_are_the_counterfactual_of_every_row_and_of_their_sum(
    made: PriceBook, history: list[tuple[Usage, Doing]]
) -> None:
    spent = saved = otherwise = 0
    for used, doing in history:
        posted = made.posted("served", used, at=AT)
        savings, counterfactual_nano = made.saved("served", used, posted.amount_nano, doing, at=AT)
        row = sum(msgspec.structs.astuple(savings))
        assert posted.amount_nano + row == counterfactual_nano
        if doing == NOTHING_DONE:
            assert (savings.batch, savings.provider_cache, savings.routing, savings.response_cache) == (0, 0, 0, 0)
        spent, saved, otherwise = spent + posted.amount_nano, saved + row, otherwise + counterfactual_nano
    assert spent + saved == otherwise


@settings(**EXACT)
@given(book(), usage())
def test_a_cost_is_computed_again_from_its_record_to_the_same_bytes(made: PriceBook, used: Usage) -> None:
    posted = made.posted("served", used, at=AT)
    kept = record(posted, used)
    assert recomputed_nano(kept) == posted.amount_nano
    again = msgspec.structs.replace(kept, cost_nano=recomputed_nano(kept))
    assert again.to_bytes() == kept.to_bytes()


@settings(**EXACT)
@given(book(), usage())
def test_the_fast_way_and_the_exact_way_cost_the_same(made: PriceBook, used: Usage) -> None:
    used = msgspec.structs.replace(used, reported_cost=None)
    posted, charge = made.posted("served", used, at=AT), made.charge("served", used, at=AT)
    assert posted.amount_nano == charge.amount_nano
    assert posted.flags == charge.cost.flags
    assert sum(line.amount for line in charge.cost.lines) == charge.cost.total


def one_book() -> PriceBook:
    targets = {
        "small": {
            "provider": "p",
            "model": "s",
            "price": {"input": "1", "output": "2", "cache_read": "0.1", "batch": {"input": "0.5", "output": "1"}},
        },
        "large": {"provider": "p", "model": "l", "price": {"input": "10", "output": "20", "cache_read": "1"}},
    }
    providers = {"p": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"}}
    return PriceBook.from_settings(Settings.from_dict({"providers": providers, "targets": targets}), prices(), at=AT)


def test_the_components_come_off_in_their_order() -> None:
    used = Usage(input_tokens=1000, output_tokens=100, cache_read_tokens=400, service_tier="batch")
    doing = Doing(in_batch=True, marked_prompt=True, baseline="large", recalled=Usage(input_tokens=50))
    cost_nano, _ = one_book().cost_nano("small", used, at=AT)
    savings, counterfactual_nano = one_book().saved("small", used, cost_nano, doing, at=AT)
    assert cost_nano == 1000 * 500 + 100 * 1000  # The batch has no rate for the cache.
    assert savings.batch == (600 * 1000 + 400 * 100 + 100 * 2000) - cost_nano
    assert savings.provider_cache == 400 * 900
    assert savings.routing == 9 * (1000 * 1000 + 100 * 2000)
    assert savings.response_cache == 50 * 10_000
    assert counterfactual_nano == 1050 * 10_000 + 100 * 20_000


def test_a_dearer_target_than_the_baseline_saves_less_than_nothing() -> None:
    used = Usage(input_tokens=1000)
    cost_nano, _ = one_book().cost_nano("large", used, at=AT)
    savings, counterfactual_nano = one_book().saved("large", used, cost_nano, Doing(baseline="small"), at=AT)
    assert savings.routing == -9_000_000
    assert counterfactual_nano == 1_000_000


def test_a_cache_that_the_provider_keeps_by_itself_is_not_our_saving() -> None:
    used = Usage(input_tokens=1000, cache_read_tokens=900)
    cost_nano, _ = one_book().cost_nano("small", used, at=AT)
    savings, counterfactual_nano = one_book().saved("small", used, cost_nano, Doing(), at=AT)
    assert (savings.provider_cache, counterfactual_nano) == (0, cost_nano)
