"""Files of prices: which models cost what, from when to when, at which hours, where and at whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from tokenfoundry.settings.fields import CurrencyCode, Name, Section
from tokenfoundry.settings.routing import HoursSettings
from tokenfoundry.settings.targets import PriceSettings


class PriceRowSettings(Section):
    """The price of a model for some days, in UTC."""

    model: str = Field(min_length=1, description="As targets name it; with a * at its end, all that begin so.")
    provider: Name | None = Field(None, description="A name of `providers`; any when missing.")
    region: Name | None = Field(None, description="As targets state it; any when missing.")
    from_date: date | None = Field(None, alias="from", description="The first day; from ever when missing.")
    until_date: date | None = Field(None, alias="until", description="The day after the last; for ever when missing.")
    hours: HoursSettings | None = Field(
        None, description='The hours of every day, in UTC, such as {from: "16:30", until: "00:30"}; all when missing.'
    )
    price: PriceSettings = Field(description="What it costs, as a target states it.")

    @property
    def place(self) -> tuple[str, str, str]:
        """What the row is of: rows of the same place must not hold at the same time."""
        return self.model, self.provider or "", self.region or ""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> PriceRowSettings:
        if self.from_date and self.until_date and self.until_date <= self.from_date:
            raise ValueError("until should be a day after from")
        if self.model.count("*") > self.model.endswith("*"):
            raise ValueError("model: a * stands at its end, as in gpt-4o*")
        if self.hours is not None and (self.hours.days is not None or self.hours.tz != "UTC"):
            raise ValueError("hours: are of every day and in UTC here: leave days and tz out")
        return self


class PriceFileSettings(Section):
    """A file of prices. They go before the shipped table's, and after those that targets state themselves."""

    currency: CurrencyCode | None = Field(None, description="Of prices that name none; else the ledger's.")
    prices: tuple[PriceRowSettings, ...] = Field(description="The prices.")

    @model_validator(mode="before")
    @classmethod
    def _is_a_mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("should be a mapping with a list of prices, such as prices: [{model: ..., price: ...}]")
        return value
