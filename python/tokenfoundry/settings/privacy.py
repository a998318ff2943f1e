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


class PrivacySettings(Section):
    """Redaction of prompts before they leave."""

    enabled: bool = Field(True, description="Whether prompts are searched for personal data.")
    entities: tuple[EntityName, ...] | None = Field(
        None, description="What is looked for; everything known when missing."
    )
    policy: dict[PolicyKey, Action] = Field(
        {"default": "pseudonymize"},
        description="What happens to an entity; `default` for those not named. "
        "pseudonymize and redact replace it, mask hides most of it, block refuses the call, allow sends it, "
        "on_prem sends the call to an on_prem target only.",
    )
    patterns: tuple[PatternSettings, ...] = Field((), description="Entities of one's own.")

    def action(self, entity: str) -> Action:
        """What happens to `entity`.

        >>> PrivacySettings(policy={"SECRET": "block"}).action("EMAIL_ADDRESS")
        'pseudonymize'
        """
        return self.policy.get(entity) or self.policy.get("default", "pseudonymize")
