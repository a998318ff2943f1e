from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.pricing import FxTable

TABLE = FxTable("EUR", {"USD": [(date(2026, 6, 1), Decimal("0.80")), (date(2026, 1, 1), Decimal("0.90"))]})


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "0.90"),
        (datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC), "0.90"),
        (datetime(2026, 6, 1, tzinfo=UTC), "0.80"),
        (datetime(2030, 1, 1, tzinfo=UTC), "0.80"),
    ],
)
def test_the_rate_in_force_is_the_last_that_began(at: datetime, rate: str) -> None:
    assert TABLE.rate("USD", at=at) == Decimal(rate)


def test_the_ledger_s_own_currency_needs_no_rate() -> None:
    assert TABLE.rate("EUR", at=0) == 1
    assert TABLE.convert(Decimal("1.23"), "EUR", at=0) == Decimal("1.23")


@pytest.mark.parametrize(("currency", "why"), [("USD", "begins later"), ("GBP", "none is stated")])
def test_a_currency_without_a_rate_in_force_is_refused(currency: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        TABLE.rate(currency, at=datetime(2025, 12, 31, tzinfo=UTC))
    assert caught.value.path == f"fx.{currency}"


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-1), Decimal("NaN")])
def test_a_rate_that_is_no_positive_number_is_refused(rate: Decimal) -> None:
    with pytest.raises(InvalidInput):
        FxTable("EUR", {"USD": [(date(2026, 1, 1), rate)]})


amounts = st.decimals(min_value=0, max_value=10**9, places=18, allow_nan=False, allow_infinity=False)


@given(amounts, st.decimals(min_value="0.000000000001", max_value=10**6, places=12))
def test_a_conversion_is_exact(amount: Decimal, rate: Decimal) -> None:
    fx = FxTable("EUR", {"USD": [(date(2026, 1, 1), rate)]})
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert Fraction(fx.convert(amount, "USD", at=at)) == Fraction(amount) * Fraction(rate)
