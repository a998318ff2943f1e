"""What is written shorter than a budget and becomes budgets: monthly quotas of workspaces, prepaid packages, and what
every consumer gets.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints, field_validator, model_validator

from tokenfoundry.settings.budgets import Axis, AxisValues, BudgetTerms
from tokenfoundry.settings.fields import Name, Section, ZoneName
from tokenfoundry.settings.units import RESERVED, Unit

Bucket = Literal["tokens", "images", "audio"]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)

WorkspaceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/@-]{0,99}$")]
Limit = Annotated[int, Field(ge=0, le=2**53, strict=True)]


class QuotaSettings(Section):
    """What one workspace may use a month. A bucket that is left out has no limit."""

    tokens: Limit | None = Field(None, description="Tokens, input and output.")
    images: Limit | None = Field(None, description="Images.")
    audio: Limit | None = Field(None, description="Audio requests.")
    video: None = Field(None, description="Reserved.")
    anchor_day: int = Field(
        1, ge=1, le=31, description="The day of the month it starts anew on, the last day of a shorter month."
    )
    tz: ZoneName = Field("UTC", description="The IANA time zone whose days count.")
    enforce: bool = Field(True, description="Refuses what would exceed it; false: only counts.")

    @field_validator("video", mode="before")
    @classmethod
    def _refuse_video(cls, value: Any) -> None:
        if value is not None:
            raise ValueError(RESERVED)

    @model_validator(mode="after")
    def _limits_something(self) -> QuotaSettings:
        if not self.limits:
            raise ValueError(f"limits nothing: state {', '.join(BUCKETS[:-1])} or {BUCKETS[-1]}")
        return self

    @property
    def limits(self) -> dict[Bucket, int]:
        """The limit of each bucket that has one."""
        limits: dict[Bucket, int | None] = {"tokens": self.tokens, "images": self.images, "audio": self.audio}
        return {bucket: limit for bucket, limit in limits.items() if limit is not None}


class PackageSettings(Section):
    """A prepaid budget: what matching calls may use is what was bought (`tokenfoundry packages add`)."""

    name: Name = Field(description="Unique among packages and budgets.")
    match: dict[Axis, AxisValues] = Field(
        {}, description='The calls it pays for: per axis a value, a list of them, or "*" for any.'
    )
    each: tuple[Axis, ...] = Field((), description="Every value of these axes has packages of its own.")
    unit: Unit = Field(description="What is bought: tokens, money, ...")
    tz: ZoneName = Field("UTC", description="The IANA time zone in which a package's last day ends.")
    mode: Literal["enforce", "track"] = Field(
        "enforce", description="enforce: refuses when nothing is left. track: only counts."
    )


class ConsumerSettings(Section):
    """What holds for every consumer, known or not."""

    default_budget: BudgetTerms | None = Field(
        None, description="The budget of every consumer that calls, its own account made by its first call."
    )

    @field_validator("default_budget")
    @classmethod
    def _counts_a_consumer_as_one(cls, value: BudgetTerms | None) -> BudgetTerms | None:
        if value is not None and value.window.kind == "session":
            raise ValueError("counts a consumer, not its sessions: choose another window")
        return value
