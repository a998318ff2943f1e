"""Hours tile what is rented, each costs what it lasts, and calls cost nothing for exactly as long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.pricing import FxTable, PriceBook, RateHistory, Rates, prices, to_nano
from tokenfoundry.pricing.history import Period
from tokenfoundry.pricing.reservations import HOUR_MS, Reservation, with_reservations
from tokenfoundry.pricing.savings import Doing
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

START = "2026-11-01T00:20Z"
START_MS = 1_793_492_400_000
CALL = Usage(input_tokens=1_000_000, output_tokens=1_000_000, cache_read_tokens=1000)


def rented(from_ms: int, to_ms: int, rate: str = "2.50", gpus: int = 8) -> Reservation:
    serves: Any = None  # Nothing here asks who serves.
    return Reservation("qwen", serves, from_ms, to_ms, gpus, Decimal(rate), "EUR", {})


def book(**fields: Any) -> PriceBook:
    price = {"input": "1", "output": "2", "currency": "EUR"}
    target = {"provider": "node", "model": "qwen-1", "price": {**price, "batch": {"input": "0.5", "output": "1"}}}
    reservation = {"target": "qwen", "from": START, "to": "2026-11-01T02:30Z", "gpus": 8, "rate": "2.50"}
    settings = Settings.from_dict(
        {
            "fx": {"USD": [{"from": "2026-01-01", "rate": "0.90"}]},
            "providers": {"node": {"format": "openai_compatible", "base_url": "http://127.0.0.1:9/v1"}},
            "targets": {"qwen": {**target, **fields}, "large": {**target, "price": {**price, "input": "10"}}},
            "reservations": [reservation],
        }
    )
    return PriceBook.from_settings(settings, prices(), at=START_MS)


times = st.integers(0, 40 * HOUR_MS)


@given(times, times, st.lists(times), st.integers(1, 9))
def test_hours_tile_what_is_rented_wherever_one_stops_to_post(
    one: int, other: int, stops: list[int], gpus: int
) -> None:
    start_ms, end_ms = min(one, other), max(one, other) + 1
    reservation = rented(start_ms, end_ms, gpus=gpus)
    hours = list(reservation.hours(0, 50 * HOUR_MS))
    assert (hours[0].start_ms, hours[-1].end_ms) == (start_ms, end_ms)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(hours))
    assert len({hour.start_ms // HOUR_MS for hour in hours}) == len(hours)
    assert sum(hour.gpu_ms for hour in hours) == gpus * (end_ms - start_ms)
    begun, through_ms = [], 0
    for stop_ms in [*sorted(stops), 50 * HOUR_MS]:
        page = list(reservation.hours(through_ms, stop_ms + 1))
        begun += page
        through_ms = page[-1].end_ms if page else through_ms
    assert begun == hours


def test_a_day_whose_clocks_go_back_has_twenty_five_hours_of_utc() -> None:
    rome = ZoneInfo("Europe/Rome")
    midnights = [datetime(2026, 10, day, tzinfo=rome) for day in (25, 26)]
    first_ms, last_ms = ((each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) for each in midnights)
    assert len(list(rented(first_ms, last_ms).hours(0, last_ms))) == 25


@given(
    st.decimals("0", "1000", places=6), st.decimals("0.1", "10", places=4), st.integers(1, 64), st.integers(1, HOUR_MS)
)
def test_an_hour_costs_its_part_of_the_rate_rounded_once(
    rate: Decimal, fx_rate: Decimal, gpus: int, paid_ms: int
) -> None:
    (hour,) = Reservation("qwen", None, 0, paid_ms, gpus, rate, "USD", {}).hours(0, 1)  # type: ignore[arg-type]
    fx = FxTable("EUR", {"USD": [(datetime(1970, 1, 1).date(), fx_rate)]})
    exact = rate * fx_rate * gpus * paid_ms * 10**9
    assert abs(hour.cost_nano(fx) * HOUR_MS - exact) * 2 <= HOUR_MS
    if paid_ms == HOUR_MS:
        assert hour.cost_nano(fx) == to_nano(rate * fx_rate * gpus)


def test_calls_cost_nothing_from_the_first_to_the_last_millisecond_and_the_ordinary_price_else() -> None:
    made, end_ms = book(), START_MS + 130 * 60_000
    ordinary = 3_000_000_000
    for at_ms, cost_nano, source, id in (
        (START_MS - 1, ordinary, "computed", "target/qwen"),
        (START_MS, 0, "rented", "reservation/qwen@2026-11-01T00:20:00Z"),
        (end_ms - 1, 0, "rented", "reservation/qwen@2026-11-01T00:20:00Z"),
        (end_ms, ordinary, "computed", "target/qwen"),
    ):
        posted = made.posted("qwen", CALL, at=at_ms)
        assert (posted.amount_nano, posted.source, posted.price.id) == (cost_nano, source, id)
        assert posted.flags == ("cache_read_at_input_rate",)
    assert made.worst_case_nano("qwen", input_tokens=10, max_output_tokens=10, at=START_MS) == 0
    assert made.posted("qwen", Usage(input_tokens=9, service_tier="batch"), at=START_MS).source == "rented"


def test_the_providers_own_figure_is_not_billed_on_top_of_the_hours() -> None:
    made = book(reported_cost="bill")
    told = Usage(input_tokens=10, output_tokens=10, reported_cost=Decimal(3))
    before, within = (made.posted("qwen", told, at=at_ms) for at_ms in (START_MS - 1, START_MS))
    assert (before.amount_nano, before.source) == (2_700_000_000, "provider")
    assert (within.amount_nano, within.source) == (0, "rented")
    saved = made.saved("qwen", told, 0, Doing(baseline="large"), at=START_MS)
    assert saved.savings.routing == saved.counterfactual_nano == 10 * 10_000 + 10 * 2000


@pytest.mark.parametrize(
    "doing", [Doing(in_batch=True), Doing(baseline="large"), Doing(in_batch=True, baseline="large")]
)
def test_what_was_spent_and_saved_is_the_counterfactual_while_it_is_rented(doing: Doing) -> None:
    made = book()
    for at_ms in (START_MS - 1, START_MS):
        used = Usage(input_tokens=1234, output_tokens=77, service_tier="batch" if doing.in_batch else "")
        cost_nano = made.posted("qwen", used, at=at_ms).amount_nano
        savings, counterfactual_nano = made.saved("qwen", used, cost_nano, doing, at=at_ms)
        parts = savings.batch + savings.provider_cache + savings.routing + savings.response_cache
        assert cost_nano + parts == counterfactual_nano
        assert counterfactual_nano == (12_494_000 if doing.baseline else (1_388_000 if at_ms < START_MS else 0))


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8, unique=True), st.lists(st.integers(1, 30), max_size=4))
def test_any_history_is_as_it_was_outside_what_is_rented(bounds: list[int], changes: list[int]) -> None:
    starts = sorted(bounds)
    reservations = [rented(*pair) for pair in zip(starts[::2], starts[1::2], strict=False)]
    periods = (Period(from_ms, Rates(input=Decimal(from_ms + 1))) for from_ms in {3, *changes})
    history = RateHistory(tuple(periods))
    made = with_reservations(history, reservations, currency="EUR")
    for at_ms in range(32):
        is_rented = any(each.from_ms <= at_ms < each.to_ms for each in reservations)
        assert made.at(at_ms).rented == is_rented
        assert made.at(at_ms).input == (0 if is_rented else history.at(at_ms).input)
