"""What a call is booked on beside what its key says: what it may state, and what is taken for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tokenfoundry.settings.fields import DurationMs, FieldProblem, Name, Section, refuse_fields

CLIENT_AXES = ("intent", "consumer", "project", "env", "session")  # What a key may let the client set.

_MOST_VALUES = {"intent": 1000, "env": 1000}
_MOST_VALUES_OF_A_TAG = 1000

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
BodyField = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64})?$")]


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
    """What calls are booked on beside what their key and the headers of their axes say."""

    intents: tuple[IntentRuleSettings, ...] = Field(
        (), max_length=200, description="Rules for calls that state no intent; the first that holds decides."
    )
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = Field(
        (), description="What calls may state beside the axes, in headers x-tf-tag-<name>; it stands on their rows."
    )
    from_body: Annotated[dict[BodyField, str], Field(max_length=20)] = Field(
        {},
        description="Fields of bodies that state an axis or a tag where no header does: user: consumer, "
        "metadata.user_id: consumer, metadata.team: team.",
    )
    max_values: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(
        {},
        description="How many values of an axis or a tag the callers of a workspace may state in a window; further "
        "ones are booked on (overflow). Unless stated: 1000 of intent, env and each tag, any number of others.",
    )
    window: DurationMs = Field(86_400_000, description="How long those values are counted for.")
    required: tuple[str, ...] = Field((), description="Axes and tags that every call must have.")
    missing: Literal["book", "refuse"] = Field(
        "book", description="What becomes of a call that lacks one: booked on unattributed, with an alarm, or refused."
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> AttributionSettings:
        known = (*CLIENT_AXES, *self.tags)
        problems: list[FieldProblem] = []
        problems += [(("tags", index), "is an axis") for index, tag in enumerate(self.tags) if tag in CLIENT_AXES]
        said = f"should be one of {', '.join(known)}"
        problems += [(("from_body", field), said) for field, name in self.from_body.items() if name not in known]
        problems += [(("max_values", name), said) for name in self.max_values if name not in known]
        problems += [(("required", index), said) for index, name in enumerate(self.required) if name not in known]
        refuse_fields("AttributionSettings", problems)
        return self

    @property
    def most_values(self) -> dict[str, int]:
        """How many values are told apart, by axis and tag; what is missing has no bound."""
        return {**_MOST_VALUES, **dict.fromkeys(self.tags, _MOST_VALUES_OF_A_TAG), **self.max_values}
