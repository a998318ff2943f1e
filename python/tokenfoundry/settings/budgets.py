"""Budgets: how much may be spent by whom, over which window."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tokenfoundry.settings.fields import INT64_MAX, Money, Name, Section, ZoneName

Axis = Literal["workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env"]
Unit = Literal["money", "tokens", "requests"]


def _one_or_more(value: Any) -> Any:
    """A single value of an axis stands for a list of one."""
    return (value,) if isinstance(value, str) else value


AxisValues = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_one_or_more), Field(min_length=1)
]


class WindowSettings(Section):
    """The stretch of time after which a budget starts anew."""

    kind: Literal["daily", "monthly", "lifetime"] = Field(description="How long it is; lifetime never ends.")
    anchor_day: int | None = Field(
        None,
        ge=1,
        le=31,
        description="Monthly only: the day it begins on, the last day of a shorter month; 1 when missing.",
    )
    tz: ZoneName = Field("UTC", description="The IANA time zone whose midnight counts.")

    @model_validator(mode="after")
    def _anchors_only_a_month(self) -> WindowSettings:
        if self.anchor_day is not None and self.kind != "monthly":
            raise ValueError(f"anchor_day belongs to a monthly window, not to a {self.kind} one")
        return self


class BudgetSettings(Section):
    """A cap on what matching calls spend in a window."""

    name: Name = Field(description="Unique among budgets; refusals and reports show it.")
    match: dict[Axis, AxisValues] = Field(
        {}, description='The calls it counts: per axis a value, a list of them, or "*" for any.'
    )
    each: tuple[Axis, ...] = Field(
        (), description="Makes one account per value of these axes, each with the whole cap."
    )
    unit: Unit = Field(description="What it counts. money is in units of `currency`.")
    window: WindowSettings = Field(description="When it starts anew.")
    hard: Money = Field(description='The cap, at least 0: "500" of money, or a whole number of tokens or requests.')
    mode: Literal["enforce", "track"] = Field(
        "enforce", description="enforce: refuses what would cross the cap. track: only counts."
    )

    @model_validator(mode="after")
    def _cap_fits_the_unit(self) -> BudgetSettings:
        if self.unit == "money":
            if self.hard * 10**9 > INT64_MAX or self.hard != round(self.hard, 9):
                raise ValueError("hard should be money under 9.2 billion with at most 9 decimals")
        elif self.hard != int(self.hard) or self.hard > INT64_MAX:
            raise ValueError(f"hard should be a whole number of {self.unit}")
        if len(set(self.each)) != len(self.each):
            raise ValueError("each names an axis twice")
        return self

    @property
    def hard_amount(self) -> int:
        """The cap as the ledger counts it: nano units of money, else tokens or requests.

        >>> window = {"kind": "daily"}
        >>> BudgetSettings.model_validate({"name": "a", "unit": "money", "window": window, "hard": "0.5"}).hard_amount
        500000000
        """
        return int(self.hard * Decimal(10**9)) if self.unit == "money" else int(self.hard)
