from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing import to_nano

HALF_NANO = Decimal("0.0000000005")


@pytest.mark.parametrize(
    ("amount", "nano"),
    [
        ("0", 0),
        ("1", 10**9),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
        ("0.00000000250000000000000000000000000001", 3),
        ("-0.0000000015", -2),
        ("9223372036.854775807", 2**63 - 1),
        ("1E-40", 0),
    ],
)
def test_an_amount_is_rounded_to_a_nano_half_to_even(amount: str, nano: int) -> None:
    assert to_nano(Decimal(amount)) == nano


@given(st.integers(-(10**18), 10**18), st.integers(0, 9))
def test_rounding_is_the_nearest_nano_and_the_even_one_of_two(tenths_of_nano: int, digit: int) -> None:
    exact = Fraction(tenths_of_nano, 10**10) + Fraction(digit, 10**13)
    with localcontext(prec=60, rounding=ROUND_HALF_EVEN):
        amount = Decimal(exact.numerator) / Decimal(exact.denominator)
    assert Fraction(amount) == exact
    assert to_nano(amount) == round(exact * 10**9)  # Fraction rounds half to even


@pytest.mark.parametrize("amount", ["9223372036.8547758075", "-9223372036.8547758085", "1E+400000", "NaN", "Infinity"])
def test_an_amount_that_does_not_fit_is_an_error(amount: str) -> None:
    with pytest.raises(InvalidInput, match="does not fit"):
        to_nano(Decimal(amount))


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    with localcontext(prec=2):
        assert to_nano(Decimal("1.234567891")) == 1_234_567_891
