"""Days of the calendar, some months away, in the form in which they were written."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tokenfoundry.privacy.surrogates.draw import Draw

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_LEAST_DAYS, _MOST_DAYS = 30, 1000


def day(value: str, draw: Draw) -> str | None:
    """Another day, at most 1,000 days earlier or later; None for a form with words, a time, or a year of two digits.

    Of a day that may be read in two ways, the first number is the day of the month where it can be.

    >>> day("12/03/1980", Draw(bytes(32)))
    '11/02/1980'
    """
    shift = timedelta(days=(_LEAST_DAYS + draw.below(_MOST_DAYS - _LEAST_DAYS)) * draw.one_of((-1, 1)))
    if found := _YEAR_FIRST.fullmatch(value):
        made = _shifted(int(found[1]), int(found[3]), int(found[4]), shift)
        parts = (f"{made.year:04}", _like(found[3], made.month), _like(found[4], made.day)) if made else None
        return found[2].join(parts) if parts else None
    if found := _YEAR_LAST.fullmatch(value):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if made := _shifted(year, second, first, shift):
            return found[2].join((_like(found[1], made.day), _like(found[3], made.month), f"{made.year:04}"))
        if made := _shifted(year, first, second, shift):
            return found[2].join((_like(found[1], made.month), _like(found[3], made.day), f"{made.year:04}"))
    return None


def _shifted(year: int, month: int, day_of_month: int, shift: timedelta) -> date | None:
    try:
        return date(year, month, day_of_month) + shift
    except (ValueError, OverflowError):
        return None


def _like(written: str, number: int) -> str:
    return f"{number:02}" if len(written) == 2 else str(number)
