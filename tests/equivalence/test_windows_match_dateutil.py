"""The core's windows against a second opinion: local starts from python-dateutil, their instants from zoneinfo.

The reference lists the local starts around an instant with dateutil's recurrences and relative dates, turns each into
the instant it means, and takes the last one not after the instant and the first one after it. It shares nothing with
the core: not the zone's table, not the arithmetic of days and months, not the rule of the first occurrence.
"""

from __future__ import annotations

import datetime
import functools
import random
import zoneinfo
from collections.abc import Iterator

import pytest
from dateutil import rrule, tz
from dateutil.relativedelta import relativedelta

import tokenfoundry as tf

DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
UTC = datetime.UTC
FIRST = datetime.datetime(1972, 1, 1, tzinfo=UTC)
LAST = datetime.datetime(2099, 1, 1, tzinfo=UTC)
FULL_DAYS = rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU


# The reference.


@functools.cache
def instant(zone: zoneinfo.ZoneInfo, local: datetime.datetime) -> datetime.datetime:
    """The instant at which the local clock shows `local`: the first of two; the end of the gap that skips it."""
    if tz.datetime_exists(local, zone):
        return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # PEP 495: in a gap, fold 0 has the offset before it and fold 1 the offset after it.
    offset_before = local.replace(tzinfo=zone, fold=0).utcoffset()
    offset_after = local.replace(tzinfo=zone, fold=1).utcoffset()
    assert offset_before is not None
    assert offset_after is not None
    return first_instant_without(
        zone, offset_before, (local - offset_after).replace(tzinfo=UTC), (local - offset_before).replace(tzinfo=UTC)
    )


def first_instant_without(
    zone: zoneinfo.ZoneInfo, offset: datetime.timedelta, low: datetime.datetime, high: datetime.datetime
) -> datetime.datetime:
    """The second in (low, high] in which the zone leaves `offset`, which it has at `low` and not at `high`."""
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def midnight(local: datetime.datetime) -> datetime.datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None)


def clock(text: str) -> relativedelta:
    time = datetime.time.fromisoformat(text)
    return relativedelta(hour=time.hour, minute=time.minute, second=time.second)


def local_starts(window: tf.Window, local: datetime.datetime) -> list[datetime.datetime]:
    """The local starts around `local`, some before it and some after."""
    around = midnight(local)
    if window.kind == "shift":
        days = rrule.rrule(rrule.DAILY, dtstart=around - 3 * DAY, count=7)
        return [day + clock(start) for day in days for start in window.starts or ()]
    assert window.at_time is not None
    at_time = clock(window.at_time)
    if window.kind == "daily":
        return [day + at_time for day in rrule.rrule(rrule.DAILY, dtstart=around - 3 * DAY, count=7)]
    if window.kind == "weekly":
        assert window.iso_weekday is not None
        weekday = FULL_DAYS[window.iso_weekday - 1]
        weeks = rrule.rrule(rrule.WEEKLY, byweekday=weekday, dtstart=around - 20 * DAY, count=6)
        return [day + at_time for day in weeks]
    assert window.anchor_day is not None
    if window.kind == "monthly":
        # The last of the days up to the anchor that the month has.
        clamped = [day for day in (28, 29, 30, 31) if day <= window.anchor_day] or [window.anchor_day]
        begin = around - relativedelta(months=2, day=1)
        months = rrule.rrule(rrule.MONTHLY, bymonthday=clamped, bysetpos=-1, dtstart=begin, count=6)
        return [day + at_time for day in months]
    assert window.anchor_month is not None
    year = around - relativedelta(years=2, month=window.anchor_month, day=1)
    step, count = (3, 16) if window.kind == "quarterly" else (12, 5)
    return [year + relativedelta(months=step * n, day=window.anchor_day) + at_time for n in range(count)]


def expected(window: tf.Window, at: datetime.datetime) -> tuple[int, int]:
    zone = zoneinfo.ZoneInfo(window.tz)
    starts = {instant(zone, local) for local in local_starts(window, at.astimezone(zone))}
    start = max(start for start in starts if start <= at)
    end = min(start for start in starts if start > at)
    return int(start.timestamp()) * 1000, int(end.timestamp()) * 1000


# The cases.


@functools.cache
def changes(tz_name: str) -> list[datetime.datetime]:
    """Every instant from 1972 to 2037 at which the zone changes its offset."""
    zone = zoneinfo.ZoneInfo(tz_name)
    found = []
    day = FIRST
    while day.year < 2037:
        offset = day.astimezone(zone).utcoffset()
        if offset != (day + DAY).astimezone(zone).utcoffset():
            assert offset is not None
            found.append(first_instant_without(zone, offset, day, day + DAY))
        day += DAY
    return found


def text(local: datetime.datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}:{local.second:02}"


def windows_at(tz_name: str, local: datetime.datetime, rng: random.Random) -> Iterator[tf.Window]:
    """A window of each kind that begins at that local time, and one with random anchors."""
    at_time = text(local)
    day, month, weekday = local.day, local.month, local.isoweekday()
    starts = {text(local + datetime.timedelta(minutes=minutes)) for minutes in (-40, -20, 0, 20, 55, 240)}
    yield tf.Window("daily", at_time=at_time, tz=tz_name)
    yield tf.Window("weekly", iso_weekday=weekday, at_time=at_time, tz=tz_name)
    yield tf.Window("monthly", anchor_day=rng.choice((day, 31)), at_time=at_time, tz=tz_name)
    yield tf.Window("quarterly", anchor_month=month, anchor_day=day, at_time=at_time, tz=tz_name)
    yield tf.Window("yearly", anchor_month=month, anchor_day=day, at_time=at_time, tz=tz_name)
    yield tf.Window("shift", starts=sorted(starts), tz=tz_name)
    yield any_window(tz_name, rng)


def any_window(tz_name: str, rng: random.Random) -> tf.Window:
    at_time = rng.choice(("00:00", "06:00", f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"))
    anchor_day = rng.choice((1, 28, 29, 30, 31, rng.randint(1, 31)))
    anchor_month = rng.randint(1, 12)
    minutes = rng.sample(range(24 * 60), rng.randint(1, 12))
    return rng.choice(
        (
            tf.Window("daily", at_time=at_time, tz=tz_name),
            tf.Window("weekly", iso_weekday=rng.randint(1, 7), at_time=at_time, tz=tz_name),
            tf.Window("monthly", anchor_day=anchor_day, at_time=at_time, tz=tz_name),
            tf.Window("quarterly", anchor_month=anchor_month, anchor_day=anchor_day, at_time=at_time, tz=tz_name),
            tf.Window("yearly", anchor_month=anchor_month, anchor_day=anchor_day, at_time=at_time, tz=tz_name),
            tf.Window("shift", starts=[f"{minute // 60:02}:{minute % 60:02}" for minute in minutes], tz=tz_name),
        )
    )


def around(at: datetime.datetime, rng: random.Random) -> list[datetime.datetime]:
    """The instant, its neighbours, and some of the days about it."""
    hours = [-26, -1, 1, 23, *(rng.uniform(-40, 40) for _ in range(3))]
    return [at, at - SECOND, at + SECOND, *(at + int(each * 3600) * SECOND for each in hours)]


def assert_same(window: tf.Window, at: datetime.datetime) -> None:
    assert window.bounds(at) == expected(window, at), (window, at)


# Both days on which clocks change, days that never were, offsets of seconds and of quarters, changes at midnight and
# one minute after it, changes of half an hour, months without daylight saving in the middle of it.
ZONES = [
    "Europe/Rome",
    "Asia/Tokyo",
    "America/New_York",
    "Pacific/Apia",
    "Africa/Monrovia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Asia/Gaza",
    "Pacific/Kwajalein",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
    "America/Caracas",
    "Asia/Pyongyang",
    "Europe/Lisbon",
    "America/Nuuk",
]


@pytest.mark.parametrize("tz_name", ZONES)
def test_windows_that_begin_inside_a_change_of_clocks_are_those_of_dateutil(tz_name: str) -> None:
    rng = random.Random(tz_name)
    zone = zoneinfo.ZoneInfo(tz_name)
    known = changes(tz_name)
    chosen = known if len(known) <= 6 else [*rng.sample(known, 4), *known[-2:]]
    for change in chosen:
        before = (change - SECOND).astimezone(zone).replace(tzinfo=None, fold=0) + SECOND
        after = change.astimezone(zone).replace(tzinfo=None, fold=0)
        # Local times from the lower to the upper edge are skipped, or are shown twice.
        for part in (0.0, rng.random(), 1.0):
            local = min(before, after) + abs(after - before) // SECOND * part // 1 * SECOND
            for window in windows_at(tz_name, local, rng):
                for at in around(change, rng):
                    assert_same(window, at)


@pytest.mark.parametrize("tz_name", ZONES)
def test_any_window_at_any_time_is_that_of_dateutil(tz_name: str) -> None:
    rng = random.Random(f"any {tz_name}")
    for _ in range(150):
        at = FIRST + rng.randrange((LAST - FIRST) // SECOND) * SECOND
        assert_same(any_window(tz_name, rng), at)


@pytest.mark.parametrize(
    ("tz_name", "day"),
    [
        ("Europe/Rome", "2026-03-29"),
        ("Europe/Rome", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Asia/Tokyo", "2026-03-29"),
        ("Asia/Tokyo", "2026-10-25"),
        ("Pacific/Apia", "2011-12-29"),
        ("Pacific/Apia", "2011-12-31"),
        ("Pacific/Apia", "2020-09-27"),
        ("Pacific/Apia", "2021-04-04"),
        ("Europe/Rome", "2028-02-28"),
        ("Europe/Rome", "2028-02-29"),
        ("UTC", "2000-02-29"),
        ("America/New_York", "2026-02-28"),
        ("America/New_York", "2026-12-31"),
    ],
)
def test_every_half_hour_of_a_day_that_matters_lies_in_the_window_of_dateutil(tz_name: str, day: str) -> None:
    zone = zoneinfo.ZoneInfo(tz_name)
    noon = (datetime.datetime.fromisoformat(day) + DAY / 2).replace(tzinfo=zone).astimezone(UTC)
    windows = [
        tf.Window("daily", tz=tz_name),
        tf.Window("daily", at_time="02:30", tz=tz_name),
        tf.Window("weekly", iso_weekday=7, tz=tz_name),
        tf.Window("monthly", anchor_day=31, tz=tz_name),
        tf.Window("monthly", anchor_day=29, at_time="02:30", tz=tz_name),
        tf.Window("quarterly", anchor_month=2, anchor_day=30, tz=tz_name),
        tf.Window("yearly", anchor_month=4, anchor_day=6, tz=tz_name),
        tf.Window("yearly", anchor_month=2, anchor_day=29, tz=tz_name),
        tf.Window("shift", starts=["06:00", "14:00", "22:00"], tz=tz_name),
        tf.Window("shift", starts=["00:00", "02:00", "02:15", "02:30", "03:00"], tz=tz_name),
    ]
    for half_hours in range(-28, 29):
        for window in windows:
            assert_same(window, noon + half_hours * datetime.timedelta(minutes=30))
