"""Prices from the user's files, laid over those of the shipped table: dated, by hour, region and provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.pricing.history import DailyRates, Period, RateHistory
from tokenfoundry.pricing.instant import instant_text, midnight_ms
from tokenfoundry.pricing.rates import Rates

if TYPE_CHECKING:
    from tokenfoundry.settings.lines import Lines
    from tokenfoundry.settings.prices import PriceRowSettings

_MINUTE_MS = 60_000
_FOR_EVER_MS = 2**62


@dataclass(frozen=True, slots=True)
class FilePrice:
    """A row of a file. `hours` are the minutes of the day at which it holds; None for all day."""

    place: tuple[str, str, str]
    from_ms: int
    until_ms: int
    hours: tuple[int, int] | None
    rates: Rates
    where: str
    """The file and line."""

    def holds(self, at_ms: int) -> bool:
        """Whether that instant's day is one of its days."""
        return self.from_ms <= at_ms < self.until_ms

    def fits(self, *, model: str, provider: str, region: str) -> bool:
        """Whether it is a price of such a target."""
        named, of_provider, of_region = self.place
        if of_provider not in ("", provider) or of_region not in ("", region):
            return False
        return model.startswith(named[:-1]) if named.endswith("*") else model == named


def read_files(paths: Iterable[PathLike[str]], *, currency: str, providers: Iterable[str]) -> tuple[FilePrice, ...]:
    """The rows of all files. `currency` is that of prices that name none, `providers` are the names there are.

    Raises `ConfigError` naming the file and line of what is wrong: unknown and misspelt fields, rates that are none,
    and rows of one place that hold at the same time.
    """
    # Settings know nothing of prices, and the package is imported without them.
    from tokenfoundry.settings.lines import read_with_lines
    from tokenfoundry.settings.prices import PriceFileSettings

    known, rows = frozenset(providers), list[FilePrice]()
    for path in paths:
        settings, lines = read_with_lines(PriceFileSettings, path)
        for index, stated in enumerate(settings.prices):
            if stated.provider is not None and stated.provider not in known:
                said = f"unknown provider {stated.provider!r}; known: {', '.join(sorted(known))}"
                raise lines.error(("prices", index, "provider"), said)
            row = _row(stated, lines, index, currency=settings.currency or currency)
            for other in rows:
                if other.place == row.place and _overlap(other, row):
                    what = f"the price of {stated.model} holds at the same time as that of {other.where}"
                    raise lines.error(("prices", index), what)
            rows.append(row)
    return tuple(rows)


def _row(stated: PriceRowSettings, lines: Lines, index: int, *, currency: str) -> FilePrice:
    try:
        rates = Rates.from_price(stated.price.stated(), currency=currency)
    except InvalidInput as error:
        raise lines.error(("prices", index, "price"), str(error)) from None
    return FilePrice(
        place=stated.place,
        from_ms=0 if stated.from_date is None else midnight_ms(stated.from_date),
        until_ms=_FOR_EVER_MS if stated.until_date is None else midnight_ms(stated.until_date),
        hours=None if stated.hours is None else (stated.hours.from_minute, stated.hours.until_minute),
        rates=rates,
        where=f"{lines.name}, line {lines.at(('prices', index))}",
    )


def _overlap(one: FilePrice, other: FilePrice) -> bool:
    if (one.hours is None) != (other.hours is None):
        return False  # Hours go before the rest of the day.
    if one.from_ms >= other.until_ms or other.from_ms >= one.until_ms:
        return False
    if one.hours is None or other.hours is None:
        return True
    return any(_in_hours(one.hours, minute) and _in_hours(other.hours, minute) for minute in (*one.hours, *other.hours))


def _in_hours(hours: tuple[int, int], minute: int) -> bool:
    start, end = hours
    return start <= minute < end if start < end else minute >= start or minute < end


def laid_over(
    history: RateHistory | None, rows: Sequence[FilePrice], *, model: str, provider: str, region: str
) -> RateHistory | None:
    """The history of a target with the rows that are of it: of the most telling place alone, the whole name before the
    beginning of one, then provider and region. None where there is neither a history nor a row.

    Raises `ConfigError` where a time has no price, naming the row after which.
    """
    fitting = [row for row in rows if row.fits(model=model, provider=provider, region=region)]
    if not fitting:
        return history
    place = max((row.place for row in fitting), key=_how_telling)
    mine = [row for row in fitting if row.place == place]
    starts = {0, *(row.from_ms for row in mine), *(row.until_ms for row in mine if row.until_ms < _FOR_EVER_MS)}
    if history is not None:
        starts |= {period.from_ms for period in history.periods}
    periods: list[Period] = []
    for start_ms in sorted(starts):
        period = _period(history, mine, start_ms, is_first=not periods)
        if period is not None:
            periods.append(period)
    return RateHistory(tuple(periods))


def _period(history: RateHistory | None, rows: Sequence[FilePrice], at_ms: int, *, is_first: bool) -> Period | None:
    """What is in force from that instant on; None before the first row, when nothing else is known."""
    in_force = [row for row in rows if row.holds(at_ms)]
    whole = next((row for row in in_force if row.hours is None), None)
    daily = tuple(
        DailyRates(row.hours[0] * _MINUTE_MS, row.hours[1] * _MINUTE_MS, row.rates) for row in in_force if row.hours
    )
    if whole is not None:
        return Period(at_ms, whole.rates, daily, source="file")
    below = None if history is None else history.period_at(at_ms)
    if below is not None:
        return Period(at_ms, below.rates, (*below.daily, *daily), source=below.source if not daily else "file")
    if in_force or not is_first:
        last = in_force[0] if in_force else max(rows, key=lambda row: row.until_ms if row.until_ms <= at_ms else -1)
        what = "states some hours alone" if in_force else f"ends on {instant_text(at_ms)}"
        raise ConfigError(f"{last.where}: the price of {last.place[0]} {what}, and the shipped table has none besides")
    return None


def _how_telling(place: tuple[str, str, str]) -> tuple[bool, int, int]:
    model, provider, region = place
    return not model.endswith("*"), len(model), bool(provider) + bool(region)
