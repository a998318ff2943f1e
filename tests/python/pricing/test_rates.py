from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing import Rates, Tier, worst_case
from tokenfoundry.usage import Usage

MINI = Rates(input=Decimal("0.15"), output=Decimal("0.60"), cache_read=Decimal("0.075"))
TIERED = Rates(
    input=Decimal(3),
    output=Decimal(15),
    cache_read=Decimal("0.3"),
    tiers=(Tier(above=200_000, input=Decimal(6), output=Decimal("22.5"), cache_read=Decimal("0.6")),),
)

rate = st.decimals(min_value=0, max_value=10**9, places=12, allow_nan=False, allow_infinity=False)
count = st.integers(min_value=0, max_value=10**11)


@st.composite
def some_rates(draw: st.DrawFn) -> Rates:
    thresholds = sorted(draw(st.sets(st.integers(0, 10**11), max_size=3)))
    optional = st.none() | rate
    tiers = tuple(
        Tier(above=above, input=draw(rate), output=draw(rate), cache_read=draw(optional), cache_write=draw(optional))
        for above in thresholds
    )
    return Rates(
        input=draw(rate), output=draw(rate), cache_read=draw(optional), cache_write=draw(optional), tiers=tiers
    )


@st.composite
def some_usage(draw: st.DrawFn) -> Usage:
    plain, read, write, output = (draw(count) for _ in range(4))
    return Usage(
        input_tokens=plain + read + write, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write
    )


def test_a_cost_is_the_sum_of_its_lines() -> None:
    cost = MINI.cost(Usage(input_tokens=3000, output_tokens=500, cache_read_tokens=1000))
    assert [(line.item, line.tokens, line.rate, line.amount) for line in cost.lines] == [
        ("input", 2000, Decimal("0.15"), Decimal("0.0003")),
        ("cache_read", 1000, Decimal("0.075"), Decimal("0.000075")),
        ("output", 500, Decimal("0.60"), Decimal("0.0003")),
    ]
    assert (cost.input, cost.output, cost.total) == (Decimal("0.000375"), Decimal("0.0003"), Decimal("0.000675"))
    assert (cost.currency, cost.flags) == ("USD", ())


@pytest.mark.parametrize(
    ("input_tokens", "total"), [(199_999, "0.599997"), (200_000, "0.6"), (200_001, "1.200006"), (400_000, "2.4")]
)
def test_a_tier_prices_the_whole_request_and_begins_strictly_above_its_threshold(input_tokens: int, total: str) -> None:
    assert TIERED.cost(Usage(input_tokens=input_tokens)).total == Decimal(total)


def test_the_tier_of_the_input_prices_the_output_and_the_cached_part_too() -> None:
    cost = TIERED.cost(Usage(input_tokens=300_000, output_tokens=1000, cache_read_tokens=100_000))
    assert [line.rate for line in cost.lines] == [Decimal(6), Decimal("0.6"), Decimal("22.5")]


@pytest.mark.parametrize(
    ("usage", "flags", "total"),
    [
        (Usage(input_tokens=10, cache_read_tokens=10), ("cache_read_at_input_rate",), "0.00001"),
        (Usage(input_tokens=10, cache_write_tokens=4), ("cache_write_at_input_rate",), "0.00001"),
        (Usage(input_tokens=10, output_tokens=1), ("output_not_priced",), "0.00001"),
        (Usage(input_tokens=10, input_audio_tokens=2), ("audio_at_text_rate",), "0.00001"),
        (Usage(input_tokens=10, estimated=True), ("estimated",), "0.00001"),
        (Usage(input_tokens=10), (), "0.00001"),
    ],
)
def test_what_is_not_certain_about_a_cost_is_flagged(usage: Usage, flags: tuple[str, ...], total: str) -> None:
    cost = Rates(input=Decimal(1)).cost(usage)
    assert (cost.flags, cost.total) == (flags, Decimal(total))


@pytest.mark.parametrize(
    ("usage", "flags"),
    [
        (Usage(input_tokens=101, cache_read_tokens=1), ("cache_read_at_input_rate",)),
        (Usage(input_tokens=101, cache_write_tokens=1), ("cache_write_at_input_rate",)),
        (Usage(input_tokens=100, cache_read_tokens=1, cache_write_tokens=1), ()),
    ],
)
def test_a_tier_that_lacks_a_rate_which_the_base_has_charges_its_input_rate_and_is_flagged(
    usage: Usage, flags: tuple[str, ...]
) -> None:
    rates = Rates(
        input=Decimal(1),
        output=Decimal(2),
        cache_read=Decimal("0.1"),
        cache_write=Decimal("1.25"),
        tiers=(Tier(above=100, input=Decimal(2), output=Decimal(4)),),
    )
    cost, quick = rates.cost(usage), rates.scaled_cost(usage)
    assert quick is not None
    assert (cost.flags, quick[1]) == (flags, flags)
    assert cost.total.scaleb(24) == quick[0]
    if flags:
        assert cost.total == Decimal("0.000202")


def test_a_tier_that_alone_has_a_rate_is_not_flagged_for_the_base() -> None:
    rates = Rates(input=Decimal(1), tiers=(Tier(above=100, input=Decimal(2), output=Decimal(4)),))
    assert rates.cost(Usage(input_tokens=100, output_tokens=1)).flags == ("output_not_priced",)
    assert rates.cost(Usage(input_tokens=101, output_tokens=1)).flags == ()


def test_a_tier_without_output_of_a_model_with_output_is_refused() -> None:
    price = {"input": "1", "output": "2", "tiers": [{"above": 100, "input": "2"}]}
    with pytest.raises(InvalidInput, match="the tier above 100 must state output, '0' if it is free"):
        Rates.from_price(price)


@given(rates=some_rates(), usage=some_usage())
def test_a_cost_is_exact_against_fractions(rates: Rates, usage: Usage) -> None:
    tier: Rates | Tier = rates
    for each in rates.tiers:
        if usage.input_tokens > each.above:
            tier = each
    read_rate = tier.input if tier.cache_read is None else tier.cache_read
    write_rate = tier.input if tier.cache_write is None else tier.cache_write
    assert tier.output is not None
    plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    expected_input = (
        Fraction(tier.input) * plain
        + Fraction(read_rate) * usage.cache_read_tokens
        + Fraction(write_rate) * usage.cache_write_tokens
    ) / 10**6
    expected_output = Fraction(tier.output) * usage.output_tokens / 10**6
    cost = rates.cost(usage)
    assert Fraction(cost.input) == expected_input
    assert Fraction(cost.output) == expected_output
    assert Fraction(cost.total) == expected_input + expected_output
    assert sum(Fraction(line.amount) for line in cost.lines) == Fraction(cost.total)


@given(a=some_usage(), b=some_usage(), one_rate=rate, another=rate)
def test_without_tiers_two_calls_cost_what_both_together_cost(
    a: Usage, b: Usage, one_rate: Decimal, another: Decimal
) -> None:
    rates = Rates(input=one_rate, output=another, cache_read=another, cache_write=one_rate)
    both = Usage(
        input_tokens=a.input_tokens + b.input_tokens,
        output_tokens=a.output_tokens + b.output_tokens,
        cache_read_tokens=a.cache_read_tokens + b.cache_read_tokens,
        cache_write_tokens=a.cache_write_tokens + b.cache_write_tokens,
    )
    assert Fraction(rates.cost(both).total) == Fraction(rates.cost(a).total) + Fraction(rates.cost(b).total)


@given(rates=some_rates(), usage=some_usage(), spare=count, n=st.integers(1, 5))
def test_no_usage_within_the_bounds_costs_more_than_the_worst_case(
    rates: Rates, usage: Usage, spare: int, n: int
) -> None:
    max_output_tokens = -(-usage.output_tokens // n)
    worst = worst_case(rates, input_tokens=usage.input_tokens + spare, max_output_tokens=max_output_tokens, n=n)
    assert rates.cost(usage).total <= worst


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.1")), "0.003"),
        (Rates(input=Decimal(1), output=Decimal(2), cache_write=Decimal("1.25")), "0.00325"),
        (Rates(input=Decimal(1)), "0.001"),
    ],
)
def test_the_worst_case_takes_no_cache_discount_and_any_cache_surcharge(rates: Rates, expected: str) -> None:
    assert worst_case(rates, input_tokens=1000, max_output_tokens=1000) == Decimal(expected)


def test_the_worst_case_counts_every_choice() -> None:
    assert worst_case(MINI, input_tokens=0, max_output_tokens=100, n=4) == Decimal("0.00024")


@pytest.mark.parametrize("bounds", [{"input_tokens": -1}, {"max_output_tokens": -1}, {"n": 0}])
def test_a_worst_case_of_negative_counts_is_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        worst_case(MINI, **{"input_tokens": 1, "max_output_tokens": 1, **bounds})


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ({"input": 0.15, "output": "1"}, "input must be a decimal in quotes"),
        ({"input": "0.15"}, "output must be stated"),
        ({}, "input and output must be stated"),
        ({"input": "1", "output": "1", "inptu": "2"}, "inptu is unknown"),
        ({"input": "1", "output": "1", "currency": "euro"}, "ISO 4217"),
        ({"input": "-1", "output": "1"}, "from 0 to a billion"),
        ({"input": "NaN", "output": "1"}, "from 0 to a billion"),
        ({"input": "a lot", "output": "1"}, "must be a decimal"),
        ({"input": "0.0000000000000000001", "output": "1"}, "decimals"),
    ],
)
def test_a_price_that_is_not_exact_or_complete_is_refused(price: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Rates.from_price(price)


def test_tiers_that_do_not_rise_are_refused() -> None:
    one = Decimal(1)
    with pytest.raises(InvalidInput, match="tiers must rise"):
        Rates(input=one, tiers=(Tier(above=5, input=one), Tier(above=5, input=one)))
