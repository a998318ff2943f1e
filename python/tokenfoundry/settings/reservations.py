"""Reservations of endpoints that are paid by the GPU-hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from tokenfoundry.settings.fields import CurrencyCode, FieldProblem, Name, Rate, Section, refuse_fields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_MS = 3_600_000
_LONGEST_MS = 5 * 366 * 24 * _HOUR_MS  # A year that is mistyped would be posted, and what is posted stays.


def _parse_instant(value: Any) -> int:
    """An instant in Unix milliseconds: the hours that are paid must not depend on where the file is read.

    >>> _parse_instant("2026-11-01T00:00+01:00")
    1793487600000
    """
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        at = None
    if not isinstance(at, datetime) or at.tzinfo is None or at < _EPOCH:
        raise ValueError("should be an instant with its offset, such as 2026-11-01T00:00+01:00 or 2026-11-01T00:00Z")
    return (at - _EPOCH) // timedelta(milliseconds=1)


InstantMs = Annotated[int, BeforeValidator(_parse_instant)]


class ReservationSettings(Section):
    """A target whose endpoint is rented for a time: each hour costs the same, whatever is called.

    An hour is one of UTC, so that no change of clocks makes a day of another length; the first and the last cost what
    they last.
    """

    target: Name = Field(description="The target that is served there.")
    from_ms: InstantMs = Field(alias="from", description="From when on: 2026-11-01T00:00+01:00.")
    to_ms: InstantMs = Field(alias="to", description="The first moment that is no longer paid.")
    gpus: int = Field(ge=1, le=100_000, description="How many GPUs.")
    rate: Rate = Field(description="What one of them costs an hour.")
    currency: CurrencyCode | None = Field(None, description="Of the rate; else the ledger's.")
    axes: dict[Literal["workspace", "project", "consumer", "intent", "env"], Name] = Field(
        {}, description="Whom its hours are booked on, as {project: claims}; the model and region are the target's."
    )


def _check_times(reservations: tuple[ReservationSettings, ...]) -> tuple[ReservationSettings, ...]:
    refuse_fields("reservations", [*_time_problems(reservations)])
    return reservations


def _time_problems(reservations: Sequence[ReservationSettings]) -> list[FieldProblem]:
    """Those that end before they begin, and hours of a target that would be paid twice."""
    problems: list[FieldProblem] = []
    before: dict[str, tuple[int, ReservationSettings]] = {}
    for index, each in sorted(enumerate(reservations), key=lambda each: each[1].from_ms):
        if each.to_ms <= each.from_ms:
            problems.append(((index, "to"), "should be after from"))
            continue
        if each.to_ms - each.from_ms > _LONGEST_MS:
            problems.append(((index, "to"), "should be at most five years after from: state one after the other"))
        number, earlier = before.get(each.target, (-1, None))
        if earlier is not None and each.from_ms < earlier.to_ms:
            problems.append(((index, "from"), f"overlaps with reservations[{number}], of the same target"))
        elif earlier is not None and each.from_ms // _HOUR_MS * _HOUR_MS < earlier.to_ms:
            what = f"shares an hour with reservations[{number}]: one follows another at a whole hour of UTC"
            problems.append(((index, "from"), what))
        if earlier is None or each.to_ms > earlier.to_ms:
            before[each.target] = index, each
    return problems


Reservations = Annotated[tuple[ReservationSettings, ...], AfterValidator(_check_times)]
