from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.errors import ConfigError, InvalidInput, NotFound
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

AT = datetime(2026, 11, 1, tzinfo=UTC)
FX = {"USD": [{"from": "2026-01-01", "rate": "0.90"}]}
PRICE = {"input": "0.15", "output": "0.45"}


def book_of(target: dict[str, Any], *, base_url: str = "http://127.0.0.1:8000/v1", fx: Any = FX) -> PriceBook:
    settings = Settings.from_dict(
        {
            "currency": "EUR",
            "fx": fx,
            "providers": {"somebody": {"format": "openai", "base_url": base_url}},
            "targets": {"t": {"provider": "somebody", **target}},
        }
    )
    return PriceBook.from_settings(settings, prices(), at=AT)


def test_a_charge_is_converted_exactly_and_rounded_once() -> None:
    book = book_of({"model": "gpt-4o-mini"})
    charge = book.charge("t", Usage(input_tokens=7, output_tokens=3), at=AT)
    assert charge.cost.total == Decimal("0.00000285")
    assert (charge.cost.currency, charge.fx_rate) == ("USD", Decimal("0.90"))
    assert charge.amount_nano == 2565


def test_a_price_without_a_currency_is_in_the_ledger_s() -> None:
    charge = book_of({"model": "qwen3-32b", "price": PRICE}, fx={}).charge("t", Usage(input_tokens=10**6), at=AT)
    assert (charge.cost.currency, charge.amount_nano) == ("EUR", 150_000_000)


def test_a_stated_price_goes_before_the_catalogue_s() -> None:
    book = book_of({"model": "gpt-4o-mini", "price": {**PRICE, "currency": "USD"}})
    assert book.targets["t"].source == "configuration"
    assert book.charge("t", Usage(output_tokens=10**6), at=AT).amount_nano == 405_000_000


@pytest.mark.parametrize(
    ("base_url", "source"),
    [
        ("https://api.groq.com/openai/v1", "groq/openai/gpt-oss-120b"),
        ("https://api.together.xyz/v1", "together/openai/gpt-oss-120b"),
    ],
)
def test_the_address_of_the_provider_decides_whose_price_it_is(base_url: str, source: str) -> None:
    assert book_of({"model": "openai/gpt-oss-120b"}, base_url=base_url).targets["t"].source.endswith(source)


def test_a_target_without_any_price_is_refused_by_its_path() -> None:
    with pytest.raises(ConfigError, match="no price is known") as caught:
        book_of({"model": "my-own-model"})
    assert caught.value.path == "targets.t.price"


def test_an_on_prem_target_is_never_priced_by_a_provider_s_list() -> None:
    with pytest.raises(ConfigError, match="states its own price") as caught:
        book_of({"model": "gpt-4o-mini", "trust": "on_prem"})
    assert caught.value.path == "targets.t.price"


@pytest.mark.parametrize("fx", [{}, {"USD": [{"from": "2027-01-01", "rate": "0.90"}]}])
def test_a_price_in_a_currency_without_a_rate_in_force_is_refused_at_load(fx: Any) -> None:
    with pytest.raises(ConfigError, match="no exchange rate is in force") as caught:
        book_of({"model": "gpt-4o-mini"}, fx=fx)
    assert caught.value.path == "targets.t"


def test_an_unknown_target_is_not_found() -> None:
    with pytest.raises(NotFound, match="'other'"):
        book_of({"model": "gpt-4o-mini"}).charge("other", Usage(), at=AT)


def test_the_example_configuration_has_a_price_for_every_target() -> None:
    settings = Settings.from_yaml(Settings.example(), environ={})
    book = PriceBook.from_settings(settings, prices(), at=AT)
    assert set(book.targets) == set(settings.targets)


@given(
    input_tokens=st.integers(0, 10**6),
    output_tokens=st.integers(0, 10**5),
    n=st.integers(1, 4),
    cached=st.integers(0, 10**6),
)
def test_the_ledger_is_never_charged_more_than_the_worst_case(
    input_tokens: int, output_tokens: int, n: int, cached: int
) -> None:
    usage = Usage(
        input_tokens=input_tokens, output_tokens=output_tokens * n, cache_read_tokens=min(cached, input_tokens)
    )
    for book in BOOKS:
        worst_nano = book.worst_case_nano("t", input_tokens=input_tokens, max_output_tokens=output_tokens, n=n, at=AT)
        assert book.charge("t", usage, at=AT).amount_nano <= worst_nano


@given(
    input_tokens=st.integers(0, 10**7),
    output_tokens=st.integers(0, 10**6),
    read=st.integers(0, 10**7),
    written=st.integers(0, 10**7),
    estimated=st.booleans(),
    rates=st.tuples(*[st.decimals(0, 10**4, places=18)] * 4),
    fx=st.decimals("0.000000000000000001", 10**4, places=18),
)
def test_what_is_posted_in_whole_numbers_is_what_the_decimals_say(
    input_tokens: int,
    output_tokens: int,
    read: int,
    written: int,
    estimated: bool,
    rates: tuple[Decimal, ...],
    fx: Decimal,
) -> None:
    read = min(read, input_tokens)
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=read,
        cache_write_tokens=min(written, input_tokens - read),
        estimated=estimated,
    )
    names = ("input", "output", "cache_read", "cache_write")
    price = {name: str(rate) for name, rate in zip(names, rates, strict=True)} | {"currency": "USD"}
    stated = book_of({"model": "m", "price": price}, fx={"USD": [{"from": "2026-01-01", "rate": str(fx)}]})
    for book in (*BOOKS, stated):
        charge = book.charge("t", usage, at=AT)
        assert book.cost_nano("t", usage, at=AT) == (charge.amount_nano, charge.cost.flags)


def test_an_amount_beyond_the_ledger_is_refused_in_whole_numbers_too() -> None:
    book = book_of({"model": "m", "price": {"input": "1000000000", "output": "0"}})
    with pytest.raises(InvalidInput, match=r"under 9\.2 billion"):
        book.cost_nano("t", Usage(input_tokens=10**11), at=AT)


BOOKS = [
    book_of({"model": "gpt-4o-mini"}),
    book_of({"model": "claude-sonnet-4-5"}),
    book_of({"model": "text-embedding-3-small"}),
]
