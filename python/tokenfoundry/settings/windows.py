"""Windows: the stretch of time after which a budget starts anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, field_validator

from tokenfoundry.settings.fields import Section, ZoneName, parse_duration
from tokenfoundry.window_fields import (
    WINDOW_FIELDS,
    WindowField,
    WindowKind,
    check_belongs,
    check_rolling_length,
    length_text,
    shift_starts,
    time_of_day,
)


def _parse_length(value: Any) -> timedelta:
    """What a file states, or a length that was parsed before."""
    length = value if isinstance(value, timedelta) else timedelta(milliseconds=parse_duration(value))
    check_rolling_length(length)
    return length


TimeOfDay = Annotated[str, BeforeValidator(time_of_day)]
ShiftStarts = Annotated[tuple[TimeOfDay, ...], AfterValidator(shift_starts)]
RollingLength = Annotated[timedelta, BeforeValidator(_parse_length), PlainSerializer(length_text, when_used="json")]


class WindowSettings(Section):
    """The stretch of time after which a budget starts anew."""

    kind: WindowKind = Field(
        description="How long it is: a day, week, month, quarter, year or shift of the local calendar; rolling: the "
        "time just gone; session: what one session spends; lifetime never ends."
    )
    anchor_day: int | None = Field(
        None,
        ge=1,
        le=31,
        description="Monthly, quarterly, yearly: the day it begins on, the last day of a shorter month; else 1.",
    )
    anchor_month: int | None = Field(
        None, ge=1, le=12, description="Quarterly, yearly: the first month of the fiscal year; else 1."
    )
    iso_weekday: int | None = Field(
        None, ge=1, le=7, description="Weekly: the day it begins on, 1 is Monday and 7 Sunday; else 1."
    )
    at_time: TimeOfDay | None = Field(
        None, description='Daily to yearly: the local time it begins at, such as "06:00"; else midnight.'
    )
    starts: ShiftStarts | None = Field(
        None,
        validate_default=True,
        description='Shift: the local times shifts begin at, such as ["06:00", "14:00", "22:00"]; each lasts until the '
        "next one.",
    )
    length: RollingLength | None = Field(
        None, validate_default=True, description="Rolling: how far back it counts, such as 1h; a minute to 366 days."
    )
    tz: ZoneName = Field("UTC", description="The IANA time zone whose clock counts.")

    @field_validator(*WINDOW_FIELDS)
    @classmethod
    def _belongs_to_the_kind(cls, value: Any, info: ValidationInfo) -> Any:
        if "kind" in info.data:  # else the kind is wrong, and says so itself
            check_belongs(cast(WindowField, info.field_name), info.data["kind"], stated=value is not None)
        return value
