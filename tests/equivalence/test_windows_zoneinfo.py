"""The core's windows against the definition, asked of zoneinfo minute by minute."""

import datetime
import functools
import random
import zoneinfo

import pytest

import tokenfoundry as tf

MINUTE_S = 60
DAY_S = 86_400


@functools.cache
def first_instant(tz: str, day: datetime.date) -> int:
    """The first Unix second at which the local clock shows midnight of ``day`` or later. Clocks change on whole
    minutes in all that is tested here, and are at most 14 hours ahead of UTC."""
    zone = zoneinfo.ZoneInfo(tz)
    midnight = datetime.datetime(day.year, day.month, day.day)
    begin_s = int(midnight.replace(tzinfo=datetime.UTC).timestamp()) - 15 * 3600
    minutes = range(begin_s, begin_s + 2 * DAY_S, MINUTE_S)
    return next(
        at_s for at_s in minutes if datetime.datetime.fromtimestamp(at_s, zone).replace(tzinfo=None) >= midnight
    )


def clamped(year: int, month: int, anchor_day: int) -> datetime.date:
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    last = (following - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(anchor_day, last))


def days_that_begin_windows(window: tf.Window, around: datetime.date) -> list[datetime.date]:
    if window.kind == "daily":
        return [around + datetime.timedelta(days=n) for n in range(-3, 4)]
    months = range(around.year * 12 + around.month - 3, around.year * 12 + around.month + 2)
    return [clamped(month // 12, month % 12 + 1, window.anchor_day) for month in months]


def expected(window: tf.Window, at_s: int) -> tuple[int, int]:
    zone = zoneinfo.ZoneInfo(window.tz)
    around = datetime.datetime.fromtimestamp(at_s, zone).date()
    starts = sorted({first_instant(window.tz, day) for day in days_that_begin_windows(window, around)})
    start = max(start for start in starts if start <= at_s)
    end = min(start for start in starts if start > at_s)
    return start * 1000, end * 1000


def instants(tz: str, rng: random.Random) -> list[int]:
    zone = zoneinfo.ZoneInfo(tz)
    found = [rng.randrange(0, 4_000_000_000) // MINUTE_S * MINUTE_S for _ in range(6)]
    for year in (2011, 2026):  # Around every change of these years.
        begin_s = int(datetime.datetime(year, 1, 1, tzinfo=datetime.UTC).timestamp())
        for at_s in range(begin_s, begin_s + 366 * DAY_S, 3600):
            before = datetime.datetime.fromtimestamp(at_s - 3600, zone).utcoffset()
            if before != datetime.datetime.fromtimestamp(at_s, zone).utcoffset():
                found += [
                    at_s + hours * 3600 + rng.randrange(60) * MINUTE_S for hours in (-30, -24, -2, -1, 0, 1, 2, 23)
                ]
    return found


ZONES = [
    "Europe/Rome",
    "America/New_York",
    "Asia/Tokyo",
    "Pacific/Apia",  # 2011-12-30 never was.
    "America/St_Johns",  # In 2011 the clocks changed at 00:01.
    "America/Havana",  # Changes at midnight.
    "America/Sao_Paulo",  # In 2011 the gap was at midnight.
    "Africa/Cairo",
]


@pytest.mark.parametrize("tz", ZONES)
def test_the_windows_are_those_of_zoneinfo(tz: str) -> None:
    rng = random.Random(tz)
    windows = [tf.Window("daily", tz=tz)]
    windows += [tf.Window("monthly", anchor_day=day, tz=tz) for day in (1, 29, 30, 31)]
    for at_s in instants(tz, rng):
        for window in windows:
            assert window.bounds(at_s * 1000) == expected(window, at_s), (window, at_s)
