"""What is done when providers fail, are slow or full."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from tokenfoundry.settings.fields import DurationMs, DurationOrNoneMs, Number, Section, refuse_fields

Share = Annotated[Number, Field(gt=0, le=1)]
Failures = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class RetrySettings(Section):
    """A failed attempt is made again at the same target, before the next one is tried, if nothing has reached the
    client. Each attempt that consumed tokens is billed.
    """

    most: int = Field(2, ge=0, le=10, strict=True, description="Attempts at one target beyond the first; 0 for none.")
    base_ms: DurationMs = Field(
        250, alias="base", description="The wait before the first one at most, doubled for each further: 250ms."
    )
    longest_ms: DurationMs = Field(4000, alias="longest", description="The wait that is not doubled further: 4s.")
    longest_asked_ms: DurationMs = Field(
        10_000,
        alias="longest_asked",
        description="How long a provider's own Retry-After is waited for; asked for more, the next target is tried.",
    )
    share: Share = Field(Decimal("0.2"), description="How many retries a provider gets for each call to it, at most.")
    per_second: Annotated[Number, Field(ge=0, le=1000)] = Field(
        Decimal(1), description="How many it gets in a second beside that."
    )
    burst: int = Field(10, ge=1, le=10_000, strict=True, description="How many of both can be saved up.")


class BreakerSettings(Section):
    """A target that fails is left alone for a while, then tried with one call."""

    failures: Failures = Field(5, description="So many in a row open it.")
    failure_rate: Share = Field(
        Decimal("0.5"), description="This share of the calls within `window` opens it, once there were `calls`."
    )
    calls: Failures = Field(20, description="The least calls for a rate.")
    window_ms: DurationMs = Field(30_000, alias="window", description="How far back the rate looks: 30s.")
    open_ms: DurationMs = Field(
        5000, alias="open", description="For how long, the first time; doubled each time its trial fails."
    )
    longest_open_ms: DurationMs = Field(120_000, alias="longest_open", description="For how long at most: 2m.")

    @model_validator(mode="after")
    def _can_open(self) -> BreakerSettings:
        if self.longest_open_ms < self.open_ms:
            refuse_fields("breaker", [(("longest_open",), "should be at least as long as open")])
        return self


class KeyRestSettings(Section):
    """How long a provider's key rests while others are used."""

    denied_ms: DurationMs = Field(
        600_000, alias="denied", description="After 401 or 403, until one call tries it again: 10m."
    )
    limited_ms: DurationMs = Field(
        1000, alias="limited", description="After a 429 without Retry-After; doubled for each in a row, up to a minute."
    )
    longest_rest_ms: DurationMs = Field(
        600_000,
        alias="longest_rest",
        description="After a 429 at most, however long its Retry-After; then one call tries it again: 10m.",
    )


class QueueSettings(Section):
    """Calls that wait for a target or provider with `max_in_flight`."""

    most_waiting: int = Field(100, ge=0, le=100_000, strict=True, description="More are refused with 503 at once.")
    wait_ms: DurationOrNoneMs = Field(
        5000, alias="wait", description="How long one waits before it is refused: 5s; 0 for not at all."
    )


class ResilienceSettings(Section):
    """What is done when providers fail, are slow or full."""

    retries: RetrySettings = Field(RetrySettings(), description="Attempts that are made again.")
    breaker: BreakerSettings = Field(BreakerSettings(), description="When a target is left alone.")
    keys: KeyRestSettings = Field(KeyRestSettings(), description="When a provider's key is left alone.")
    queue: QueueSettings = Field(QueueSettings(), description="Calls that wait for a place.")
