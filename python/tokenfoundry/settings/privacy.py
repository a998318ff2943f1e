"""What is looked for in a prompt, and what happens to what is found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tokenfoundry.settings.fields import Section

Action = Literal["pseudonymize", "mask", "redact", "block", "allow", "on_prem"]
EntityName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
PolicyKey = Annotated[str, StringConstraints(pattern=r"^(default|[A-Z][A-Z0-9_]{0,63})$")]


class PatternSettings(Section):
    """An entity of one's own, found by a regular expression."""

    name: EntityName = Field(description="The entity's name, such as BADGE.")
    regex: str = Field(
        min_length=1, max_length=4096, description="In the syntax of the detector; single quotes keep YAML out of it."
    )
    score: float = Field(0.8, gt=0, le=1, description="How sure a match is.")
    context: tuple[str, ...] = Field((), description="Words beside a match that add 0.35 to its score.")
    validator: str | None = Field(
        None, description="A check that the letters and digits of a match must pass, such as luhn."
    )


class PrivacySettings(Section):
    """Redaction of prompts before they leave."""

    enabled: bool = Field(True, description="Whether prompts are searched for personal data.")
    profile: Literal["minimal", "default", "strict"] = Field(
        "default", description="How much is looked for; strict also takes what is less sure."
    )
    entities: tuple[EntityName, ...] | None = Field(
        None, description="What is looked for; what the profile says when missing."
    )
    languages: tuple[Literal["de", "en", "es", "fr", "it"], ...] = Field(
        ("de", "en", "es", "fr", "it"), description="Whose words beside a value are understood."
    )
    policy: dict[PolicyKey, Action] = Field(
        {},
        description="What happens to an entity; `default` for those not named, pseudonymize when missing. "
        "pseudonymize and redact replace it, mask hides most of it, block refuses the call, allow sends it, "
        "on_prem sends the call to an on_prem target only. URL, DATE_TIME and UUID are allowed unless named.",
    )
    allow: tuple[str, ...] = Field((), description="Values that are never personal data, as written.")
    deny: dict[EntityName, tuple[str, ...]] = Field({}, description="Words that always are an entity.")
    score_threshold: float | None = Field(
        None, ge=0, le=1, description="What is less sure is left alone; what the profile says when missing."
    )
    name_margin: float = Field(0.0, description="For PERSON: above 0 finds fewer and surer names, below 0 more.")
    patterns: tuple[PatternSettings, ...] = Field((), description="Entities of one's own.")
