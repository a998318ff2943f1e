"""The rates of one model through time: dated periods, and hours of the day with a price of their own."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.instant import DAY_MS, to_ms
from tokenfoundry.pricing.rates import Rates


@dataclass(frozen=True, slots=True)
class DailyRates:
    """Rates from `start_ms` to `end_ms` after midnight UTC of every day, the end excluded; it may be the next day's."""

    start_ms: int
    end_ms: int
    rates: Rates

    def holds(self, of_day_ms: int) -> bool:
        """Whether these rates hold that long after midnight UTC."""
        if self.end_ms < self.start_ms:
            return of_day_ms >= self.start_ms or of_day_ms < self.end_ms
        return self.start_ms <= of_day_ms < self.end_ms


@dataclass(frozen=True, slots=True)
class Period:
    """Rates in force from `from_ms` until the next period begins. The last of `daily` that holds goes first."""

    from_ms: int
    rates: Rates
    daily: tuple[DailyRates, ...] = ()
    source: str = ""
    """Where these rates come from, when not from where the others do."""

    def has(self, rates: Rates) -> bool:
        """Whether `rates` are this very object, of some hours or of a service tier."""
        return any(
            each is rates or any(tier is rates for tier in each.service_tiers.values())
            for each in (self.rates, *(daily.rates for daily in self.daily))
        )


class RateHistory:
    """Which rates are in force when. Immutable. Before the first period, the first one's rates hold.

    >>> from decimal import Decimal
    >>> history = RateHistory((Period(0, Rates(input=Decimal(2))), Period(1000, Rates(input=Decimal(1)))))
    >>> history.at(999).input, history.at(1000).input
    (Decimal('2'), Decimal('1'))
    """

    __slots__ = ("_starts", "periods")

    def __init__(self, periods: tuple[Period, ...]) -> None:
        if not periods:
            raise InvalidInput("a price needs at least one period")
        self.periods = tuple(sorted(periods, key=lambda period: period.from_ms))
        self._starts = tuple(period.from_ms for period in self.periods)

    @classmethod
    def constant(cls, rates: Rates) -> RateHistory:
        """The same rates at every instant."""
        return cls((Period(0, rates),))

    def period_at(self, at_ms: int) -> Period:
        """The period that holds at that instant; before the first, that one."""
        return self.periods[max(bisect_right(self._starts, at_ms) - 1, 0)]

    def at(self, at: datetime | int) -> Rates:
        """The rates in force at `at` (Unix ms, or an aware datetime). Raises `InvalidInput` for a naive datetime."""
        at_ms = to_ms(at)
        period = self.period_at(at_ms)
        if period.daily:
            of_day_ms = at_ms % DAY_MS
            for daily in reversed(period.daily):
                if daily.holds(of_day_ms):
                    return daily.rates
        return period.rates
