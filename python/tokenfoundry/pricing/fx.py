"""Exchange rates into the ledger's currency: dated, stated by the user, exact."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from tokenfoundry.errors import ConfigError
from tokenfoundry.pricing.instant import midnight_ms, to_ms
from tokenfoundry.pricing.money import EXACT, exact_rate, scaled_fx

_ONE = Decimal(1)
scaled_of = lru_cache(maxsize=1024)(scaled_fx)


class FxTable:
    """What one unit of each currency is in units of `currency`, from midnight UTC of each stated day on. Immutable.

    >>> fx = FxTable("EUR", {"USD": [(date(2026, 1, 1), Decimal("0.90"))]})
    >>> fx.convert(Decimal("2.00"), "USD", at=midnight_ms(date(2026, 5, 1)))
    Decimal('1.8000')
    """

    def __init__(self, currency: str, rates: Mapping[str, Iterable[tuple[date, Decimal]]] | None = None) -> None:
        self.currency = currency
        self._rates: dict[str, tuple[tuple[int, ...], tuple[Decimal, ...]]] = {}
        for name, dated in (rates or {}).items():
            by_day = sorted(dated)
            values = tuple(exact_rate(rate, f"fx.{name}") for _, rate in by_day)
            if not all(values):
                raise ConfigError("an exchange rate must be above 0", path=f"fx.{name}")
            self._rates[name] = (tuple(midnight_ms(day) for day, _ in by_day), values)

    def rate(self, currency: str, *, at: datetime | int) -> Decimal:
        """Units of the table's currency for one unit of `currency` at `at`; 1 for its own.

        Raises `ConfigError` when no rate is in force then.
        """
        if currency == self.currency:
            return _ONE
        starts, values = self._rates.get(currency, ((), ()))
        index = bisect_right(starts, to_ms(at)) - 1
        if index < 0:
            known = "its first rate begins later" if starts else "none is stated"
            raise ConfigError(
                f"a price is in {currency} and the ledger in {self.currency}, "
                f"but no exchange rate is in force ({known}); "
                f'state one, such as fx: {{{currency}: [{{from: 2026-01-01, rate: "0.90"}}]}}',
                path=f"fx.{currency}",
            )
        return values[index]

    def scaled_rate(self, currency: str, *, at: datetime | int) -> int:
        """`rate` as `money.nano_of_scaled` takes it. Raises as `rate` does."""
        return scaled_of(self.rate(currency, at=at))

    def convert(self, amount: Decimal, currency: str, *, at: datetime | int) -> Decimal:
        """`amount` of `currency` in the table's currency at the rate in force at `at`. Raises as `rate` does."""
        return amount if currency == self.currency else EXACT.multiply(amount, self.rate(currency, at=at))
