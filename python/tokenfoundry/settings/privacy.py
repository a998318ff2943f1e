"""What is looked for in prompts and answers, and what happens to what is found."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from tokenfoundry.settings.fields import FieldProblem, Key, KeyReference, Name, Section, refuse_fields

Action = Literal["pseudonymize", "surrogate", "mask", "hash", "redact", "block", "allow", "on_prem"]
Unreadable = Literal["allow", "block", "on_prem"]
EntityName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
PolicyKey = Annotated[str, StringConstraints(pattern=r"^(default|[A-Z][A-Z0-9_]{0,63})$")]

# Of answers: what a model adds is new to its caller, and no stand-in of it would ever be turned back.
_OF_ANSWERS = ("mask", "hash", "redact", "block", "allow")


class ActionSettings(Section):
    """What is done with an entity: written as the action's name alone where it takes nothing else."""

    action: Action = Field(description="What is done.")
    keep_last: int | None = Field(None, ge=0, le=64, description="Of mask: how many characters stay; 4 when missing.")
    character: str | None = Field(None, description="Of mask: what stands for the others; * when missing.")

    @model_validator(mode="after")
    def _takes_what_it_says(self) -> ActionSettings:
        problems: list[FieldProblem] = []
        if self.action != "mask":
            stated = [name for name in ("keep_last", "character") if getattr(self, name) is not None]
            problems = [((name,), "is for mask alone") for name in stated]
        character = self.character
        if character is not None and not (
            len(character) == 1 and character.isprintable() and character not in _BRACKETS
        ):
            problems.append((("character",), "should be one printable character, and no bracket or quote"))
        refuse_fields("ActionSettings", problems)
        return self

    def stated(self) -> dict[str, Any]:
        """As a policy takes it."""
        return self.model_dump(exclude_none=True)


_BRACKETS = frozenset('[]{}"\\')


def _named(value: Any) -> Any:
    """A name alone stands for a mapping with it."""
    if isinstance(value, str):
        if value not in get_args(Action):
            raise ValueError(f"should be {_listed(get_args(Action))}, or a mapping with an action")
        return {"action": value}
    return value


def _of_answers(value: ActionSettings) -> ActionSettings:
    if value.action not in _OF_ANSWERS:
        said = f"{value.action} is nothing for answers: nobody would turn it back"
        raise ValueError(f"should be {_listed(_OF_ANSWERS)}; {said}")
    return value


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}"


RequestAction = Annotated[ActionSettings, BeforeValidator(_named)]
AnswerAction = Annotated[ActionSettings, BeforeValidator(_named), AfterValidator(_of_answers)]


def _kept_key(value: KeyReference) -> KeyReference:
    if value.is_renewed:
        raise ValueError("should say where the key is kept, as env:NAME or file:/path")
    return value


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


class MatchSettings(Section):
    """The calls that a policy is for: all that is stated holds."""

    workspace: Name | None = Field(None, description="The workspace of the call.")
    project: Name | None = Field(None, description="Its project.")
    key: Name | None = Field(None, description="The id of its API key: the eight characters after `tf_`.")

    @model_validator(mode="after")
    def _matches_something(self) -> MatchSettings:
        if not self.model_fields_set:
            raise ValueError("matches every call: state workspace, project or key, or use privacy.policy")
        return self


class PolicySettings(Section):
    """What differs from the policy of everybody for some calls."""

    match: MatchSettings = Field(description="Which calls.")
    request: dict[PolicyKey, RequestAction] = Field({}, description="As privacy.policy, for what it names.")
    response: dict[PolicyKey, AnswerAction] = Field({}, description="As privacy.response, for what it names.")
    unreadable: Unreadable | None = Field(None, description="As privacy.unreadable.")


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
    policy: dict[PolicyKey, RequestAction] = Field(
        {},
        description="What happens to an entity in a prompt; `default` for those not named, pseudonymize when missing. "
        "pseudonymize, surrogate, hash and redact replace it, mask hides most of it, block refuses the call, allow "
        "sends it, on_prem sends the call to an on_prem target only. URL, DATE_TIME and UUID are allowed unless named.",
    )
    response: dict[PolicyKey, AnswerAction] = Field(
        {},
        description="What happens to an entity that a model adds of its own; `default` for those not named, allow when "
        "missing. Values of the prompt come back as they were.",
    )
    policies: tuple[PolicySettings, ...] = Field(
        (),
        description="Policies of some calls, each with what differs. Of several that match, what names an entity and "
        "matches most closely wins: key before project before workspace.",
    )
    unreadable: Unreadable = Field(
        "allow",
        description="What happens to pictures, sound and files, in which nothing can be found: sent as they are, "
        "refused, or sent to an on_prem target only.",
    )
    key: Annotated[Key, AfterValidator(_kept_key)] | None = Field(
        None,
        description="Where the key of hashes and surrogates is kept, at least 16 characters: env:NAME or file:/path. "
        "hash needs it; surrogates without it are others after each start.",
    )
    allow: tuple[str, ...] = Field((), description="Values that are never personal data, as written.")
    deny: dict[EntityName, tuple[str, ...]] = Field({}, description="Words that always are an entity.")
    score_threshold: float | None = Field(
        None, ge=0, le=1, description="What is less sure is left alone; what the profile says when missing."
    )
    name_margin: float = Field(0.0, description="For PERSON: above 0 finds fewer and surer names, below 0 more.")
    patterns: tuple[PatternSettings, ...] = Field((), description="Entities of one's own.")
