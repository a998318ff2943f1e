"""Money as the ledger keeps it: an int64 count of nano units (10**-9) of one currency. No float ever touches it."""

from __future__ import annotations

from functools import lru_cache

NANO = 10**9


@lru_cache(maxsize=1024)
def decimal_text(nano: int) -> str:
    """Nano units as decimal text without an exponent or trailing zeros.

    >>> decimal_text(1_250_000_000), decimal_text(-5), decimal_text(0)
    ('1.25', '-0.000000005', '0')
    """
    sign, units = ("-" if nano < 0 else ""), abs(nano)
    return f"{sign}{units // NANO}.{units % NANO:09d}".rstrip("0").rstrip(".")
