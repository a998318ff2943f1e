"""Windows of time, and the time zone tables that the core needs for them."""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from dataclasses import dataclass, field
from typing import Literal, get_args

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput

WindowKind = Literal["daily", "monthly", "lifetime"]
Instant = int | datetime.datetime  # Unix milliseconds, or a datetime that knows its zone.

_KIND_NUMBERS: dict[str, int] = {"daily": 1, "monthly": 2, "lifetime": 3}
_TABLE_END_S = 4_102_444_800  # 2100-01-01. Later times keep the last offset.
_TABLE_STEP_S = 86_400  # No zone has kept an offset for less than a day.
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

    `zoneinfo` does not show its transitions, so they are found by bisection, once per zone and process (about 50 ms).

    >>> zone_table("Asia/Tokyo")
    ((0, 32400),)
    """
    zone = find_zone(tz)

    def offset(at_s: int) -> int:
        delta = datetime.datetime.fromtimestamp(at_s, zone).utcoffset()
        assert delta is not None  # ZoneInfo always knows.
        return delta // datetime.timedelta(seconds=1)

    table = [(0, offset(0))]
    for step_end in range(_TABLE_STEP_S, _TABLE_END_S + 1, _TABLE_STEP_S):
        after = offset(step_end)
        if after == table[-1][1]:
            continue
        low, high = step_end - _TABLE_STEP_S, step_end
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
    return _core.Window(_KIND_NUMBERS[window.kind], window.anchor_day, _core_zone(window.tz))


@dataclass(frozen=True, slots=True)
class Window:
    """The span over which a budget counts, as a pure function of this value and an instant.

    `daily` begins at local midnight, `monthly` at local midnight of `anchor_day` (clamped to each month's length,
    without drift), `lifetime` never ends. A local midnight that a clock change skips is the moment of the change; one
    that occurs twice is its first occurrence. Raises `InvalidInput` for an unknown kind, day or zone.

    >>> Window("monthly", anchor_day=31, tz="Europe/Rome").bounds(1772150400000)  # 2026-02-27T00:00Z
    (1769814000000, 1772233200000)
    """

    kind: WindowKind
    anchor_day: int = field(default=1, kw_only=True)
    tz: str = field(default="UTC", kw_only=True)

    def __post_init__(self) -> None:
        if self.kind not in get_args(WindowKind):
            raise InvalidInput(f"kind: {self.kind!r} is not one of {', '.join(get_args(WindowKind))}")
        if isinstance(self.anchor_day, bool) or not isinstance(self.anchor_day, int) or not 1 <= self.anchor_day <= 31:
            raise InvalidInput(f"anchor_day: {self.anchor_day!r} is not a day from 1 to 31")
        find_zone(self.tz)

    def bounds(self, at: Instant) -> tuple[int, int | None]:
        """`(start, end)` in Unix milliseconds of the window that contains `at`: `start <= at < end`.

        `end` is None for `lifetime`. Raises `InvalidInput` for a datetime without a zone.

        >>> Window("daily").bounds(90_000_000)
        (86400000, 172800000)
        """
        return core_window(self).bounds(to_ms(at))
