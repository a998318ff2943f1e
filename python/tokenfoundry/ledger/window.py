"""Windows of time, and the time zone tables that the core needs for them."""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.window_fields import (
    KINDS_WITH,
    WINDOW_FIELDS,
    WINDOW_KINDS,
    WindowField,
    WindowKind,
    check_belongs,
    check_rolling_length,
    shift_starts,
    time_of_day,
    time_of_day_s,
)

Instant = int | datetime.datetime  # Unix milliseconds, or a datetime that knows its zone.

# The core's numbers, which are on disk.
_KIND_NUMBERS: Mapping[WindowKind, int] = MappingProxyType(
    {
        "daily": 1,
        "monthly": 2,
        "lifetime": 3,
        "weekly": 4,
        "quarterly": 5,
        "yearly": 6,
        "shift": 7,
        "rolling": 8,
        "session": 9,
    }
)
_TABLE_END_S = 4_102_444_800  # 2100-01-01. Later times keep the last offset.
TABLE_STEP_S = 4 * 86_400  # No zone keeps an offset for less: Recife in 2000 and Gaza come to a week less an hour.
_MAX_TIME_MS = 253_402_300_800_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def to_ms(at: Instant, *, field: str = "at") -> int:
    """`at` as Unix milliseconds. Raises `InvalidInput` naming `field`.

    >>> to_ms(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    1767225600000
    """
    if isinstance(at, datetime.datetime):
        if at.tzinfo is None:
            raise InvalidInput(f"{field}: the datetime has no time zone")
        at = (at - _EPOCH) // datetime.timedelta(milliseconds=1)
    if isinstance(at, bool) or not isinstance(at, int):
        raise InvalidInput(f"{field}: neither Unix milliseconds nor an aware datetime")
    if not 0 <= at < _MAX_TIME_MS:
        raise InvalidInput(f"{field}: {at} is not between 1970 and the year 10000, in Unix milliseconds")
    return at


@functools.lru_cache(maxsize=64)
def zone_table(tz: str) -> tuple[tuple[int, int], ...]:
    """The offsets of an IANA zone from 1970 to 2100: (Unix seconds, offset in seconds from then on), ascending.

    `zoneinfo` does not show its transitions, so they are found by bisection, once per zone and process (about 20 ms).

    >>> zone_table("Asia/Tokyo")
    ((0, 32400),)
    """
    zone = find_zone(tz)

    def offset(at_s: int) -> int:
        delta = datetime.datetime.fromtimestamp(at_s, zone).utcoffset()
        assert delta is not None  # ZoneInfo always knows.
        return delta // datetime.timedelta(seconds=1)

    table = [(0, offset(0))]
    for step_end in range(TABLE_STEP_S, _TABLE_END_S + 1, TABLE_STEP_S):
        after = offset(step_end)
        if after == table[-1][1]:
            continue
        low, high = step_end - TABLE_STEP_S, step_end
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == table[-1][1]:
                low = middle
            else:
                high = middle
        table.append((high, after))
    return tuple(table)


def find_zone(tz: str) -> zoneinfo.ZoneInfo:
    """The zone of that IANA name; raises `InvalidInput` when there is none."""
    try:
        return zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise InvalidInput(f"tz: {tz!r} is no IANA time zone") from error


@functools.lru_cache(maxsize=64)
def _core_zone(tz: str) -> _core.Zone:
    return _core.Zone(tz, list(zone_table(tz)))


@functools.lru_cache(maxsize=256)
def core_window(window: Window) -> _core.Window:
    """The core's form of `window`."""
    # A zone that decides nothing must not make a budget count anew when its table changes.
    has_local_time = window.kind not in ("rolling", "session", "lifetime")
    return _core.Window(
        _KIND_NUMBERS[window.kind],
        anchor_day=window.anchor_day or 1,
        anchor_month=window.anchor_month or 1,
        iso_weekday=window.iso_weekday or 1,
        at_s=time_of_day_s(window.at_time or "00:00"),
        starts_s=[time_of_day_s(start) for start in window.starts or ()],
        length_ms=_length_ms(window),
        zone=_core_zone(window.tz if has_local_time else "UTC"),
    )


def _length_ms(window: Window) -> int:
    length = window.length
    return length // datetime.timedelta(milliseconds=1) if isinstance(length, datetime.timedelta) else 0


@dataclass(frozen=True, slots=True)
class Window:
    """The span over which a budget counts, as a pure function of this value and an instant.

    | kind | begins | fields |
    |---|---|---|
    | `daily` | every day | `at_time` |
    | `weekly` | every `iso_weekday` (1, Monday, to 7) | `iso_weekday`, `at_time` |
    | `monthly` | every month on `anchor_day` | `anchor_day`, `at_time` |
    | `quarterly`, `yearly` | on `anchor_day` of `anchor_month` and every three or twelve months on | these three |
    | `shift` | at each of `starts`, and lasts until the next | `starts` |
    | `rolling` | is the last `length`: seconds or a timedelta, a minute to 366 days | `length` |
    | `session` | with a session's first call | |
    | `lifetime` | never ends | |

    `anchor_day` is clamped to each month's length, without drift; missing anchors are 1, a missing `at_time` is
    midnight. Times of day are local to `tz`, as `HH:MM` or `HH:MM:SS`: one that a clock change skips is the moment of
    the change, one that occurs twice is its first occurrence. A field that the kind does not have is None. Raises
    `InvalidInput` naming the field for a wrong value, one that does not belong to the kind, and a missing one.

    >>> Window("monthly", anchor_day=31, tz="Europe/Rome").bounds(1772150400000)  # 2026-02-27T00:00Z
    (1769814000000, 1772233200000)
    >>> Window("shift", starts=["06:00", "14:00", "22:00"])
    Window('shift', starts=('06:00', '14:00', '22:00'), tz='UTC')
    """

    kind: WindowKind
    anchor_day: int | None = field(default=None, kw_only=True)
    anchor_month: int | None = field(default=None, kw_only=True)
    iso_weekday: int | None = field(default=None, kw_only=True)
    at_time: str | None = field(default=None, kw_only=True)
    starts: Sequence[str] | None = field(default=None, kw_only=True)
    length: int | datetime.timedelta | None = field(default=None, kw_only=True)  # Kept as a timedelta.
    tz: str = field(default="UTC", kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in WINDOW_KINDS:
            raise InvalidInput(f"kind: {self.kind!r} is not one of {', '.join(WINDOW_KINDS)}")
        for name in WINDOW_FIELDS:
            value = getattr(self, name)
            try:
                check_belongs(name, self.kind, stated=value is not None)
                if self.kind in KINDS_WITH[name]:
                    object.__setattr__(self, name, _PARSERS[name](_DEFAULTS.get(name) if value is None else value))
            except ValueError as error:
                raise InvalidInput(f"{name}: {error}") from None
        find_zone(self.tz)

    def __repr__(self) -> str:
        stated = [f"{name}={getattr(self, name)!r}" for name in WINDOW_FIELDS if getattr(self, name) is not None]
        return f"Window({', '.join([repr(self.kind), *stated, f'tz={self.tz!r}'])})"

    def bounds(self, at: Instant) -> tuple[int, int | None]:
        """`(start, end)` in Unix milliseconds of the window that contains `at`: `start <= at < end`.

        `end` is None for `lifetime`. For `rolling` it is the span that counts at `at`: time is cut into slots of a
        sixtieth of the length, and what counts is the current slot, to its end, and the 60 before it, each whole. So
        `start` is between one length and one length and a sixtieth before `at`. Raises `InvalidInput` for a datetime
        without a zone, and for `session`.

        >>> Window("daily").bounds(90_000_000)
        (86400000, 172800000)
        >>> Window("rolling", length=3600).bounds(90_000_000)
        (86400000, 90060000)
        """
        if self.kind == "session":
            raise InvalidInput("kind: the window of a session is made by its calls, not by the time")
        start, end = core_window(self).bounds(to_ms(at))
        return start - _length_ms(self), end


def _whole_number(least: int, most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{value!r} is not a whole number from {least} to {most}")
        return value

    return parse


def _starts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError('should be a list of times of day, such as ["06:00", "14:00", "22:00"]')
    return shift_starts(value)


def _length(value: Any) -> datetime.timedelta:
    if isinstance(value, bool) or not isinstance(value, int | datetime.timedelta):
        raise ValueError(f"{value!r} is neither whole seconds nor a timedelta")
    try:
        length = value if isinstance(value, datetime.timedelta) else datetime.timedelta(seconds=value)
    except OverflowError:
        length = datetime.timedelta.max
    check_rolling_length(length)
    return length


_PARSERS: Mapping[WindowField, Callable[[Any], object]] = MappingProxyType(
    {
        "anchor_day": _whole_number(1, 31),
        "anchor_month": _whole_number(1, 12),
        "iso_weekday": _whole_number(1, 7),
        "at_time": time_of_day,
        "starts": _starts,
        "length": _length,
    }
)
_DEFAULTS: Mapping[WindowField, object] = MappingProxyType(
    {"anchor_day": 1, "anchor_month": 1, "iso_weekday": 1, "at_time": "00:00"}
)
