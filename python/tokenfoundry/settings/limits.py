"""Rate limits: how many requests and tokens a minute, and how many calls at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tokenfoundry.settings.budgets import Axis, AxisValues
from tokenfoundry.settings.fields import Name, Section

Count = Annotated[int, Field(ge=1, le=2**53, strict=True)]


class RateLimitSettings(Section):
    """How many matching calls may pass. At least one of `rpm`, `tpm` and `concurrent` is stated."""

    name: Name = Field(description="Unique among rate limits; refusals show it.")
    match: dict[Axis, AxisValues] = Field(
        {}, description='The calls it counts: per axis a value, a list of them, or "*" for any.'
    )
    each: tuple[Axis, ...] = Field((), description="Counts each value of these axes by itself.")
    rpm: Count | None = Field(None, description="Requests per minute.")
    tpm: Count | None = Field(None, description="Tokens per minute, input and output, as really used.")
    concurrent: Count | None = Field(None, description="Calls under way at once.")
    burst: Count | None = Field(None, description="Requests at once; a minute's when missing.")
    burst_tokens: Count | None = Field(None, description="Tokens at once; a minute's when missing.")

    @model_validator(mode="after")
    def _limits_something(self) -> RateLimitSettings:
        if self.rpm is None and self.tpm is None and self.concurrent is None:
            raise ValueError("limits nothing: state rpm, tpm or concurrent")
        if self.burst is not None and self.rpm is None:
            raise ValueError("burst needs rpm: it says how many requests may come at once")
        if self.burst_tokens is not None and self.tpm is None:
            raise ValueError("burst_tokens needs tpm: it says how many tokens may come at once")
        if len(set(self.each)) != len(self.each):
            raise ValueError("each names an axis twice")
        return self
