"""What a call is booked on when it does not say so itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from tokenfoundry.settings.fields import Name, Section


class IntentRuleSettings(Section):
    """The intent of calls that state none: all that is stated here must hold."""

    intent: Name = Field(description="The intent of such a call.")
    path: str | None = Field(
        None, pattern=r"^/v1/[a-z_/]+$", description="Where it is asked, such as /v1/embeddings; anywhere when missing."
    )
    system_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="The SHA-256 of its system prompt as it was sent, in UTF-8."
    )
    system_regex: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        None, description="A pattern that is found in its system prompt."
    )

    @model_validator(mode="after")
    def _states_something(self) -> IntentRuleSettings:
        if self.path is None and self.system_sha256 is None and self.system_regex is None:
            raise ValueError("should state a path, system_sha256 or system_regex")
        return self


class AttributionSettings(Section):
    """What calls are booked on beside what their key and their headers say."""

    intents: tuple[IntentRuleSettings, ...] = Field(
        (), max_length=200, description="Rules for calls that state no intent; the first that holds decides."
    )
