"""The kinds of window, which fields each has, and how times of day and lengths are written.

One place for the configuration and for the ledger's own `Window`, which imports no settings, so that both refuse the
same things in the same words. What is wrong is a `ValueError` without the field's name, which the caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, get_args

WindowKind = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "shift", "rolling", "session", "lifetime"]
WindowField = Literal["anchor_day", "anchor_month", "iso_weekday", "at_time", "starts", "length"]

WINDOW_KINDS: tuple[WindowKind, ...] = get_args(WindowKind)
WINDOW_FIELDS: tuple[WindowField, ...] = get_args(WindowField)
KINDS_WITH: Mapping[WindowField, tuple[WindowKind, ...]] = MappingProxyType(
    {
        "anchor_day": ("monthly", "quarterly", "yearly"),
        "anchor_month": ("quarterly", "yearly"),
        "iso_weekday": ("weekly",),
        "at_time": ("daily", "weekly", "monthly", "quarterly", "yearly"),
        "starts": ("shift",),
        "length": ("rolling",),
    }
)
_REQUIRED: tuple[WindowField, ...] = ("starts", "length")

MAX_SHIFTS = 48
ROLLING_SLOTS = 60  # A rolling window moves on in steps of a sixtieth of its length.
_MILLISECOND = timedelta(milliseconds=1)


def check_belongs(field: WindowField, kind: WindowKind, *, stated: bool) -> None:
    """Raises `ValueError` when a window of `kind` has no such field and it is stated, or needs it and it is not.

    >>> check_belongs("starts", "daily", stated=True)
    Traceback (most recent call last):
    ValueError: belongs to a shift window, not to a daily one
    """
    kinds = KINDS_WITH[field]
    if stated and kind not in kinds:
        listed = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
        raise ValueError(f"belongs to a {listed} window, not to a {kind} one")
    if not stated and kind in kinds and field in _REQUIRED:
        raise ValueError(f"is required of a {kind} window")


def time_of_day_s(text: Any) -> int:
    """Seconds after midnight of `HH:MM` or `HH:MM:SS`. Raises `ValueError`.

    >>> time_of_day_s("06:30")
    23400
    """
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text, re.ASCII) if isinstance(text, str) else None
    if found is None or int(found[1]) > 23:
        raise ValueError('should be a time of day, such as "06:00" or "23:59:30"')
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)


def time_of_day(text: Any) -> str:
    """A time of day as it is kept: `HH:MM`, with seconds only if there are any. Raises `ValueError`.

    >>> time_of_day("6:00:00")
    '06:00'
    """
    minutes, seconds = divmod(time_of_day_s(text), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def shift_starts(times: Iterable[Any]) -> tuple[str, ...]:
    """The times of day at which shifts begin, in the order of the day. Raises `ValueError` for shifts that overlap
    entirely (a time that stands twice), and for none or more than 48.

    >>> shift_starts(["22:00", "06:00", "14:00"])
    ('06:00', '14:00', '22:00')
    """
    starts = sorted(time_of_day(each) for each in times)
    if not 1 <= len(starts) <= MAX_SHIFTS:
        raise ValueError(f"should be 1 to {MAX_SHIFTS} times of day")
    for earlier, later in pairwise(starts):
        if earlier == later:
            raise ValueError(f"two shifts begin at {earlier}, so they overlap")
    return tuple(starts)


def check_rolling_length(length: timedelta) -> None:
    """Raises `ValueError` for a length that a rolling window cannot have."""
    if not timedelta(minutes=1) <= length <= timedelta(days=366):
        raise ValueError("should be from one minute to 366 days")
    if length % (ROLLING_SLOTS * _MILLISECOND):
        raise ValueError(
            "should be a multiple of 60 ms, as it is counted in 60 slots; every whole minute, hour or day is"
        )


def length_text(length: timedelta) -> str:
    """A length as a configuration states it, in the largest unit that divides it.

    >>> length_text(timedelta(hours=36))
    '36h'
    """
    units = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
    for unit, size in units.items():
        if not length % size:
            return f"{length // size}{unit}"
    return f"{length // _MILLISECOND}ms"
