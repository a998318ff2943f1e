"""Exact decimal arithmetic, and the one place where money is rounded.

A rate, a cost and an exchange rate are `Decimal`s and every product and sum of them is exact: `EXACT` raises instead of
rounding. Only `to_nano` rounds, once, half to even, to whole nano units of a currency.
"""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

from tokenfoundry.errors import InvalidInput

# A rate has at most 27 digits, a count 19, an exchange rate 27: their product, and sums of such products, fit in 120
# with room.
EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])

ZERO = Decimal(0)
MAX_NANO = 2**63 - 1

_MAX_RATE = Decimal(10) ** 9
_MAX_RATE_DECIMALS = 18


def to_nano(amount: Decimal) -> int:
    """`amount` in whole nano units, rounded half to even.

    Raises `InvalidInput` when it is not finite, or does not fit a signed 64-bit integer (about 9.2 billion units).

    >>> to_nano(Decimal("1.5"))
    1500000000
    >>> to_nano(Decimal("0.0000000025"))
    2
    """
    if not amount.is_finite() or amount.adjusted() > 10:
        raise InvalidInput(f"{amount} does not fit an amount of money: it must be under 9.2 billion units")
    nano = int(EXACT.to_integral_value(EXACT.scaleb(amount, 9)))
    if not -MAX_NANO <= nano <= MAX_NANO:
        raise InvalidInput(f"{amount} does not fit an amount of money: it must be under 9.2 billion units")
    return nano


# The same arithmetic in whole numbers, for what every call does: a rate has at most 18 decimals, so a token's price is
# whole in units of 10**-24, and what it is in another currency in units of 10**-42.
TOKEN_SCALE = 24
_FX_SCALE = 18
_NANO_OF_SCALED: int = 10 ** (TOKEN_SCALE + _FX_SCALE - 9)


def scaled(value: Decimal, scale: int) -> int:
    """`value` in whole units of 10**-scale, exactly. Raises `decimal.Inexact` when it is not whole in them.

    >>> scaled(Decimal("0.15"), 18)
    150000000000000000
    """
    whole = EXACT.scaleb(value, scale)
    return int(EXACT.to_integral_exact(whole))


def scaled_fx(rate: Decimal) -> int:
    """An exchange rate as `nano_of_scaled` takes it."""
    return scaled(rate, _FX_SCALE)


def nano_of_scaled(amount: int, fx: int) -> int:
    """`to_nano` of an amount in units of 10**-24, at an exchange rate of `scaled_fx`.

    >>> nano_of_scaled(25 * 10**14, scaled_fx(Decimal(1)))
    2
    """
    nano, rest = divmod(amount * fx, _NANO_OF_SCALED)
    rest *= 2
    if rest > _NANO_OF_SCALED or (rest == _NANO_OF_SCALED and nano & 1):
        nano += 1
    if nano > MAX_NANO:
        raise InvalidInput(f"{nano} nano units do not fit an amount of money: it must be under 9.2 billion units")
    return nano


def exact_rate(value: Decimal | str | int, name: str) -> Decimal:
    """`value` as a rate: a finite decimal of 0 to a billion with at most 18 decimals. `name` is told in the error.

    Raises `InvalidInput`, also for a float: it has already lost the price it was written as.

    >>> exact_rate("0.15", "input")
    Decimal('0.15')
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | str | int):
        raise InvalidInput(f"{name} must be a decimal in quotes, such as '0.15', not {value!r}")
    try:
        rate = Decimal(value)
    except InvalidOperation:
        raise InvalidInput(f"{name} must be a decimal, such as '0.15', not {value!r}") from None
    if not rate.is_finite() or not 0 <= rate <= _MAX_RATE:
        raise InvalidInput(f"{name} must be from 0 to a billion, not {value}")
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MAX_RATE_DECIMALS:
        raise InvalidInput(f"{name} has more than {_MAX_RATE_DECIMALS} decimals: {value}")
    return rate
