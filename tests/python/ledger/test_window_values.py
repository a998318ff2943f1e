"""`Window`: what each kind takes, refuses and answers. That its windows are right is shown in tests/equivalence."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput

HOUR_MS = 3_600_000
OWN_FIELDS: dict[str, Any] = {
    "anchor_day": 5,
    "anchor_month": 4,
    "iso_weekday": 3,
    "at_time": "06:00",
    "starts": ["06:00", "14:00", "22:00"],
    "length": 3600,
}
FIELDS_OF = {
    "daily": {"at_time"},
    "weekly": {"iso_weekday", "at_time"},
    "monthly": {"anchor_day", "at_time"},
    "quarterly": {"anchor_day", "anchor_month", "at_time"},
    "yearly": {"anchor_day", "anchor_month", "at_time"},
    "shift": {"starts"},
    "rolling": {"length"},
    "session": set(),
    "lifetime": set(),
}


def ms(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp()) * 1000


@pytest.mark.parametrize("kind", FIELDS_OF)
@pytest.mark.parametrize("field", OWN_FIELDS)
def test_a_field_is_taken_by_its_kinds_and_refused_by_the_others(kind: str, field: str) -> None:
    required = {name: OWN_FIELDS[name] for name in ("starts", "length") if name in FIELDS_OF[kind]}
    fields = {**required, field: OWN_FIELDS[field]}
    if field in FIELDS_OF[kind]:
        assert getattr(tf.Window(kind, **fields), field) is not None
    else:
        with pytest.raises(InvalidInput, match=rf"^{field}: belongs to a .* window, not to a {kind} one$"):
            tf.Window(kind, **fields)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("hourly", {}, "kind: 'hourly' is not one of daily, weekly,"),
        ("monthly", {"anchor_day": 32}, "anchor_day: 32 is not a whole number from 1 to 31"),
        ("monthly", {"anchor_day": 0}, "anchor_day: 0 is not"),
        ("monthly", {"anchor_day": True}, "anchor_day: True is not"),
        ("monthly", {"anchor_day": 1.0}, "anchor_day: 1.0 is not"),
        ("yearly", {"anchor_month": 13}, "anchor_month: 13 is not a whole number from 1 to 12"),
        ("weekly", {"iso_weekday": 0}, "iso_weekday: 0 is not a whole number from 1 to 7"),
        ("weekly", {"iso_weekday": "monday"}, "iso_weekday: 'monday' is not"),
        ("daily", {"at_time": "24:00"}, "at_time: should be a time of day"),
        ("daily", {"at_time": "6:60"}, "at_time: should be a time of day"),
        ("daily", {"at_time": "٠٦:٠٠"}, "at_time: should be a time of day"),
        ("daily", {"at_time": 360}, "at_time: should be a time of day"),
        ("shift", {}, "starts: is required of a shift window"),
        ("shift", {"starts": []}, "starts: should be 1 to 48 times of day"),
        ("shift", {"starts": "06:00"}, "starts: should be a list of times of day"),
        ("shift", {"starts": 6}, "starts: should be a list of times of day"),
        ("shift", {"starts": ["06:00", "14"]}, "starts: should be a time of day"),
        ("shift", {"starts": ["06:00", "14:00", "6:00:00"]}, "starts: two shifts begin at 06:00, so they overlap"),
        ("shift", {"starts": [f"00:00:{second}" for second in range(10, 59)]}, "starts: should be 1 to 48"),
        ("rolling", {}, "length: is required of a rolling window"),
        ("rolling", {"length": -3600}, "length: should be from one minute to 366 days"),
        ("rolling", {"length": 59}, "length: should be from one minute"),
        ("rolling", {"length": 10**30}, "length: should be from one minute"),
        ("rolling", {"length": datetime.timedelta(days=366, milliseconds=60)}, "length: should be from one minute"),
        ("rolling", {"length": 61}, "length: should be a multiple of 60 ms"),
        ("rolling", {"length": datetime.timedelta(hours=1, microseconds=1)}, "length: should be a multiple of 60 ms"),
        ("rolling", {"length": 3600.0}, "length: 3600.0 is neither whole seconds nor a timedelta"),
        ("rolling", {"length": True}, "length: True is neither"),
        ("daily", {"tz": "Europe/Rom"}, "tz: 'Europe/Rom' is no IANA time zone"),
        ("lifetime", {"tz": ""}, "tz: '' is no IANA time zone"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(kind: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{message}"):
        tf.Window(kind, **fields)  # type: ignore[arg-type]


def test_windows_that_mean_the_same_are_equal() -> None:
    assert tf.Window("monthly") == tf.Window("monthly", anchor_day=1, at_time="0:00")
    assert tf.Window("shift", starts=["22:00", "6:00"]) == tf.Window("shift", starts=("06:00", "22:00:00"))
    assert tf.Window("rolling", length=7200) == tf.Window("rolling", length=datetime.timedelta(hours=2))
    assert len({tf.Window("yearly"), tf.Window("yearly", anchor_month=1), tf.Window("quarterly")}) == 2


def test_a_window_shows_the_fields_of_its_kind() -> None:
    window = tf.Window("weekly", iso_weekday=5, at_time="18:30", tz="Europe/Rome")
    assert repr(window) == "Window('weekly', iso_weekday=5, at_time='18:30', tz='Europe/Rome')"
    assert eval(repr(window), {"Window": tf.Window}) == window


@pytest.mark.parametrize(
    ("window", "at", "start", "end"),
    [
        (tf.Window("weekly", tz="Europe/Rome"), "2026-10-25T12:00Z", "2026-10-18T22:00Z", "2026-10-25T23:00Z"),
        (tf.Window("quarterly", anchor_month=4), "2026-05-02T00:00Z", "2026-04-01T00:00Z", "2026-07-01T00:00Z"),
        (tf.Window("yearly", anchor_month=10), "2026-05-02T00:00Z", "2025-10-01T00:00Z", "2026-10-01T00:00Z"),
        (
            tf.Window("shift", starts=["06:00", "14:00", "22:00"], tz="Asia/Tokyo"),
            "2026-05-02T20:00Z",
            "2026-05-02T13:00Z",
            "2026-05-02T21:00Z",
        ),
        (
            tf.Window("daily", at_time="06:30:15"),
            "2026-05-02T06:30:14Z",
            "2026-05-01T06:30:15Z",
            "2026-05-02T06:30:15Z",
        ),
    ],
)
def test_each_kind_reaches_the_core(window: tf.Window, at: str, start: str, end: str) -> None:
    assert window.bounds(ms(at)) == (ms(start), ms(end))


def test_a_rolling_window_counts_its_length_and_the_rest_of_the_oldest_slot() -> None:
    window = tf.Window("rolling", length=3600)
    at = ms("2026-05-02T12:00:30Z")
    start, end = window.bounds(at)
    assert (start, end) == (ms("2026-05-02T11:00Z"), ms("2026-05-02T12:01Z"))
    assert end is not None
    assert end - start == 61 * 60_000


def test_a_zone_does_not_move_what_has_no_local_time() -> None:
    for kind, fields in (("rolling", {"length": 86_400}), ("lifetime", {})):
        here, there = tf.Window(kind, tz="Asia/Kathmandu", **fields), tf.Window(kind, **fields)  # type: ignore[arg-type]
        assert here.bounds(ms("2026-05-02T12:34Z")) == there.bounds(ms("2026-05-02T12:34Z"))


def test_the_window_of_a_session_is_no_function_of_time() -> None:
    with pytest.raises(InvalidInput, match="made by its calls"):
        tf.Window("session").bounds(0)


ZONES = ["UTC", "Europe/Rome", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
TIMES = st.times().map(lambda time: f"{time.hour:02}:{time.minute:02}:{time.second:02}")
ANCHORS = {"anchor_day": st.integers(1, 31), "anchor_month": st.integers(1, 12)}
WINDOWS = st.one_of(
    st.builds(tf.Window, st.just("daily"), at_time=TIMES, tz=st.sampled_from(ZONES)),
    st.builds(tf.Window, st.just("weekly"), iso_weekday=st.integers(1, 7), at_time=TIMES, tz=st.sampled_from(ZONES)),
    st.builds(tf.Window, st.just("monthly"), anchor_day=st.integers(1, 31), at_time=TIMES, tz=st.sampled_from(ZONES)),
    st.builds(tf.Window, st.sampled_from(["quarterly", "yearly"]), **ANCHORS, at_time=TIMES, tz=st.sampled_from(ZONES)),
    st.builds(
        tf.Window,
        st.just("shift"),
        starts=st.lists(TIMES, min_size=1, max_size=48, unique=True),
        tz=st.sampled_from(ZONES),
    ),
)
INSTANTS = st.integers(0, ms("2100-01-01T00:00Z"))


@given(WINDOWS, INSTANTS)
@settings(max_examples=400, deadline=None)
def test_every_instant_lies_in_exactly_one_window(window: tf.Window, at: int) -> None:
    start, end = window.bounds(at)
    assert end is not None
    assert start <= at < end
    assert start < 0 or window.bounds(start) == (start, end)
    assert window.bounds(end - 1) == (start, end)
    assert window.bounds(end)[0] == end


@given(WINDOWS, INSTANTS, INSTANTS)
@settings(max_examples=200, deadline=None)
def test_a_later_instant_lies_in_no_earlier_window(window: tf.Window, one: int, other: int) -> None:
    earlier, later = sorted((one, other))
    assert window.bounds(earlier)[0] <= window.bounds(later)[0]
