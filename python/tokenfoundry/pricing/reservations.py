"""Endpoints that are paid by the GPU-hour: which hours are paid, what each costs, and that calls there cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tokenfoundry.errors import ConfigError
from tokenfoundry.ledger.values import MAX_AMOUNT
from tokenfoundry.pricing.fx import FxTable
from tokenfoundry.pricing.history import Period, RateHistory
from tokenfoundry.pricing.money import ZERO
from tokenfoundry.pricing.rates import RATE_NAMES, Rates

if TYPE_CHECKING:
    from tokenfoundry.settings import Settings, TargetSettings

HOUR_MS: Final = 3_600_000
SOURCE: Final = "reservation"  # Of the periods in which calls cost nothing.

_NANO: Final = 10**9


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was rented for `[from_ms, to_ms)`, in Unix milliseconds, at `rate` of `currency` for a GPU and an hour."""

    target: str
    serves: TargetSettings
    from_ms: int
    to_ms: int
    gpus: int
    rate: Decimal
    currency: str
    axes: Mapping[str, str]

    def hours(self, since_ms: int, until_ms: int) -> Iterator[PaidHour]:
        """The hours of it that begin in `[since_ms, until_ms)`: at a whole hour of UTC, the first where it begins."""
        start_ms = self.from_ms
        if since_ms > start_ms:
            start_ms = -(-since_ms // HOUR_MS) * HOUR_MS
        while start_ms < min(self.to_ms, until_ms):
            end_ms = min(self.to_ms, (start_ms // HOUR_MS + 1) * HOUR_MS)
            yield PaidHour(self, start_ms, end_ms)
            start_ms = end_ms


@dataclass(frozen=True, slots=True)
class PaidHour:
    """An hour of a reservation, or as much of one as is paid."""

    of: Reservation
    start_ms: int
    end_ms: int

    @property
    def gpu_ms(self) -> int:
        """All its GPUs together."""
        return self.of.gpus * (self.end_ms - self.start_ms)

    def cost_nano(self, fx: FxTable) -> int:
        """What it costs in nano units of the ledger's currency, at the exchange rate when it begins."""
        return cost_nano(self.gpu_ms, self.of.rate, fx.rate(self.of.currency, at=self.start_ms))


def cost_nano(gpu_ms: int, rate: Decimal, fx_rate: Decimal) -> int:
    """What so much of GPUs costs, rounded once, half to even.

    >>> cost_nano(8 * 3_600_000, Decimal("2.50"), Decimal("0.90"))
    18000000000
    """
    return round(Fraction(rate) * Fraction(fx_rate) * gpu_ms * _NANO / HOUR_MS)


def fx_of(settings: Settings) -> FxTable:
    """The exchange rates of a configuration."""
    return FxTable(
        settings.currency,
        {currency: [(each.from_date, each.rate) for each in dated] for currency, dated in settings.fx.items()},
    )


def reservations_of(settings: Settings) -> tuple[Reservation, ...]:
    """The reservations of a configuration, by their beginning.

    Raises `ConfigError` for a rate in a currency without an exchange rate then, or an hour that is too dear to post.
    """
    fx, made = fx_of(settings), []
    for index, stated in enumerate(settings.reservations):
        reservation = Reservation(
            target=stated.target,
            serves=settings.targets[stated.target],
            from_ms=stated.from_ms,
            to_ms=stated.to_ms,
            gpus=stated.gpus,
            rate=stated.rate,
            currency=stated.currency or settings.currency,
            axes=MappingProxyType({str(axis): value for axis, value in stated.axes.items()}),
        )
        path = f"reservations[{index}]"
        try:
            fx_rate = fx.rate(reservation.currency, at=reservation.from_ms)
        except ConfigError as error:
            raise ConfigError(str(error), path=f"{path}.currency") from None
        if cost_nano(reservation.gpus * HOUR_MS, reservation.rate, fx_rate) > MAX_AMOUNT:
            most = f"{MAX_AMOUNT // _NANO} {settings.currency}"
            raise ConfigError(
                f"an hour of all GPUs costs more than {most}, which no entry can hold", path=f"{path}.rate"
            )
        made.append(reservation)
    return tuple(sorted(made, key=lambda each: each.from_ms))


def with_reservations(history: RateHistory, reservations: Sequence[Reservation], *, currency: str) -> RateHistory:
    """The history of a target in which its calls cost nothing (of `currency`) while it is rented.

    >>> from tokenfoundry.pricing.history import Period
    >>> rented = Reservation("t", None, 10, 20, 1, Decimal(1), "EUR", {})
    >>> history = with_reservations(RateHistory.constant(Rates(input=Decimal(2))), [rented], currency="EUR")
    >>> [history.at(at_ms).input for at_ms in (9, 10, 19, 20)]
    [Decimal('2'), Decimal('0'), Decimal('0'), Decimal('2')]
    """
    if not reservations:
        return history
    first, *_ = history.periods
    # Before its first period a history has the rates of that one.
    ordinary = RateHistory((replace(first, from_ms=min(0, first.from_ms)), *history.periods[1:]))
    periods = [each for each in ordinary.periods if not any(_covers(one, each.from_ms) for one in reservations)]
    for each in reservations:
        periods.append(Period(each.from_ms, _nothing_of(ordinary.at(each.from_ms), currency), source=SOURCE))
        if not any(_covers(one, each.to_ms) for one in reservations):
            periods.append(replace(ordinary.period_at(each.to_ms), from_ms=each.to_ms))
    latest = {period.from_ms: period for period in periods}  # One that begins as a reservation ends is the same twice.
    return RateHistory(tuple(latest.values()))


def ordinary_rates(history: RateHistory, at_ms: int) -> Rates:
    """What calls cost then, or where they cost nothing because the endpoint is rented, what they do afterwards."""
    rates = history.at(at_ms)
    while rates.rented:
        at_ms = next(period.from_ms for period in history.periods if period.from_ms > at_ms)
        rates = history.at(at_ms)
    return rates


def _covers(reservation: Reservation, at_ms: int) -> bool:
    return reservation.from_ms <= at_ms < reservation.to_ms


def _nothing_of(rates: Rates, currency: str) -> Rates:
    """Nothing for all that has a price otherwise, so that a call is flagged as little as it would be then."""
    free = {name: ZERO for name in RATE_NAMES if getattr(rates, name) is not None}
    plain = Rates(**free, currency=currency, rented=True)  # type: ignore[arg-type]
    return replace(plain, service_tiers=MappingProxyType(dict.fromkeys(rates.service_tiers, plain)))
