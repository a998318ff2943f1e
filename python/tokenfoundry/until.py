"""Until when something holds, as an administrator writes it: a last day, an instant, or a time from now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tokenfoundry.errors import InvalidInput
from tokenfoundry.settings.fields import parse_duration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def end_ms(text: str, *, tz: str, now_ms: int | None = None, field: str = "until") -> int:
    """The first moment that is over, in Unix milliseconds.

    A date is the last day that counts, to its end in `tz`. An instant says its offset. A duration (`90s`, `4h`, `30d`)
    counts from `now_ms`, where that is given. Raises `InvalidInput` naming the field.

    >>> datetime.fromtimestamp(end_ms("2027-01-31", tz="Europe/Rome") / 1000, ZoneInfo("Europe/Rome")).isoformat()
    '2027-02-01T00:00:00+01:00'
    >>> end_ms("1970-01-01T00:00:01Z", tz="UTC"), end_ms("4h", tz="UTC", now_ms=1000)
    (1000, 14401000)
    """
    if now_ms is not None:
        try:
            return now_ms + parse_duration(text)
        except ValueError:
            pass
    try:
        return _ms_of(_instant(text, tz))
    except (ValueError, OverflowError):
        ways = "a last day (2027-01-31) or an instant with its offset (2027-01-31T18:00:00+01:00)"
        from_now = ", or a time from now (4h, 30d)" if now_ms is not None else ""
        raise InvalidInput(f"{field}: should be {ways}{from_now}") from None


def iso_text(at_ms: int | None, tz: str = "UTC") -> str | None:
    """An instant of the ledger in ISO 8601, with the offset of `tz`; None stays None.

    >>> iso_text(0), iso_text(1500, "Europe/Rome")
    ('1970-01-01T00:00:00+00:00', '1970-01-01T01:00:01.500+01:00')
    """
    if at_ms is None:
        return None
    instant = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(tz))
    return instant.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")


def _instant(text: str, tz: str) -> datetime:
    if len(text) == len("2027-01-31"):
        next_day = date.fromisoformat(text) + timedelta(days=1)
        return datetime(next_day.year, next_day.month, next_day.day, tzinfo=ZoneInfo(tz))
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    return instant


def _ms_of(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)
