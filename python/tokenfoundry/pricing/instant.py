"""The instant at which a price is asked for: Unix milliseconds, or an aware datetime."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tokenfoundry.errors import InvalidInput

DAY_MS = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime | int) -> int:
    """`at` in Unix milliseconds, fractions dropped. Raises `InvalidInput` for a datetime without a time zone.

    >>> to_ms(datetime(2026, 1, 1, tzinfo=UTC))
    1767225600000
    """
    if type(at) is int:
        return at
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise InvalidInput(f"a price is asked at Unix milliseconds or a datetime with a time zone, not {at!r}")
    return (at - _EPOCH) // _MILLISECOND


def midnight_ms(day: date) -> int:
    """The Unix milliseconds at which `day` begins in UTC.

    >>> midnight_ms(date(1970, 1, 2))
    86400000
    """
    return (day - _EPOCH.date()).days * DAY_MS


def instant_text(at_ms: int) -> str:
    """An instant in UTC as people write it: a day when it is midnight.

    >>> instant_text(86_400_000), instant_text(3_600_000)
    ('1970-01-02', '1970-01-01T01:00:00Z')
    """
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return at.date().isoformat() if at_ms % DAY_MS == 0 else at.isoformat().replace("+00:00", "Z")
