"""How a model name that a client asks for becomes targets: aliases, the rules of policies, and where data may go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tokenfoundry.settings.fields import (
    CountComparison,
    FractionComparison,
    Name,
    PercentComparison,
    Section,
    ZoneName,
)
from tokenfoundry.settings.targets import Capability, Tier, Trust

Sticky = Literal["session", "consumer", "none"]
Order = Literal["price", "latency", "weight"]
Language = Literal["it", "en", "fr", "de", "es", "other"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_STICKY = (
    "What stays on the target it got: each session, each consumer, or nothing. A call without the one or the other is "
    "placed by itself."
)


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Values = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Regions = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
TargetNames = Annotated[tuple[str, ...], Field(min_length=1)]
Weight = Annotated[float, Field(gt=0, le=1_000_000)]


class SelectionSettings(Section):
    """Targets by their names, or those that have all the stated tags."""

    names: TargetNames | None = Field(None, description="Names of `targets`; mostly written as a list of them.")
    tier: Tier | None = Field(None, description="Of this tier.")
    trust: Trust | None = Field(None, description="Of this trust.")
    residency: Regions | None = Field(None, description="In one of these regions or groups of regions.")
    tags: frozenset[Name] = Field(frozenset(), description="With all of these tags.")

    @model_validator(mode="after")
    def _states_something(self) -> SelectionSettings:
        if self == SelectionSettings.model_construct():
            raise ValueError("should be a list of targets, or state a tier, trust, residency or tags")
        return self


def _read_selection(value: Any) -> Any:
    return {"names": tuple(value)} if isinstance(value, list | tuple) else value


Selection = Annotated[SelectionSettings, BeforeValidator(_read_selection)]


class CanarySettings(Section):
    """A small share of the calls goes to a target that is being tried."""

    target: str = Field(description="A name of `targets`.")
    percent: Annotated[float, Field(ge=0, le=100)] = Field(description="The share of the calls, or of the sessions.")
    sticky: Sticky = Field("session", description=_STICKY)


_FORMS = ("targets", "split", "canary", "order")
_FORMS_SAID = (
    "should be a list of targets, such as [a, b]; {split: {a: 90, b: 10}}; "
    "{canary: {target: b, percent: 5}, otherwise: [a]}; or {order: price, among: [a, b]}"
)


class UseSettings(Section):
    """Which targets to try, and in which order. One of the four forms."""

    targets: TargetNames | None = Field(None, description="Names of `targets`, the first tried first.")
    split: Annotated[dict[str, Weight], Field(min_length=1)] | None = Field(
        None, description="Names of `targets`, each with its share of the calls; the others are tried after it."
    )
    canary: CanarySettings | None = Field(None, description="A share of the calls goes to this target first.")
    otherwise: TargetNames | None = Field(
        None, description="With canary: the targets of all other calls, and those tried after the canary."
    )
    order: Order | None = Field(
        None,
        description="price: the cheapest for this call first. latency: the first to answer lately. weight: by the "
        "targets' own weights.",
    )
    among: Selection | None = Field(None, description="With order: names of `targets`, or tags such as {tier: large}.")
    sticky: Sticky = Field("none", description=f"With split or order: weight. {_STICKY}")

    @model_validator(mode="after")
    def _is_one_form(self) -> UseSettings:
        if sum(getattr(self, form) is not None for form in _FORMS) != 1:
            raise ValueError(_FORMS_SAID)
        if (self.canary is None) != (self.otherwise is None) or (self.order is None) != (self.among is None):
            raise ValueError(_FORMS_SAID)
        if self.sticky != "none" and self.split is None and self.order != "weight":
            raise ValueError("sticky goes with split or with order: weight; a canary has its own inside it")
        return self


def _read_use(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {"targets": tuple(value)}
    if isinstance(value, Mapping | UseSettings) and not (isinstance(value, Mapping) and "targets" in value):
        return value
    raise ValueError(_FORMS_SAID)


Use = Annotated[UseSettings, BeforeValidator(_read_use)]


class HoursSettings(Section):
    """A time of the day in a zone. One that ends before it begins ends on the day after."""

    from_minute: Annotated[int, BeforeValidator(lambda value: _minute_of_day(value))] = Field(
        alias="from", description='The first minute, such as "22:00".'
    )
    until_minute: Annotated[int, BeforeValidator(lambda value: _minute_of_day(value))] = Field(
        alias="until", description='The minute after the last, such as "06:00".'
    )
    days: Annotated[frozenset[Day], Field(min_length=1)] | None = Field(
        None, description="The days on which it begins; every day when missing."
    )
    tz: ZoneName = Field("UTC", description="The time zone, such as Europe/Rome.")

    @model_validator(mode="after")
    def _lasts(self) -> HoursSettings:
        if self.from_minute == self.until_minute:
            raise ValueError("begins and ends at the same minute; leave it out for the whole day")
        return self


def _minute_of_day(value: Any) -> Any:
    if type(value) is int and 0 <= value < 1440:
        return value  # YAML reads 06:00 without quotes as a number of minutes.
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('should be a time of day in quotes, such as "22:00"')
    return int(found[1]) * 60 + int(found[2])


def _read_sensitive(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError("should be true, false or a list of entities, such as [IBAN_CODE, PERSON]")


class WhenSettings(Section):
    """What a call must be for a rule to apply; all that is stated must hold. A list means any of its values."""

    alias: Values | None = Field(None, description="The model name that the client asked for.")
    endpoint: Values | None = Field(None, description="What it asks of it, such as chat or embeddings.")
    sensitive: Annotated[bool | tuple[str, ...] | None, BeforeValidator(_read_sensitive)] = Field(
        None, description="Whether the prompt holds personal data; or entities, of which it holds at least one."
    )
    findings: CountComparison | None = Field(
        None, description='How many pieces of personal data it holds, such as ">= 10".'
    )
    input_tokens: CountComparison | None = Field(
        None, description='The estimated size of the prompt, such as "<= 500".'
    )
    output_tokens: CountComparison | None = Field(
        None, description="The most that the client lets one answer become; a call that states nothing has 0."
    )
    complexity: FractionComparison | None = Field(
        None, description='How hard the prompt looks, from 0 to 1, such as ">= 0.5".'
    )
    language: Annotated[tuple[Language, ...], BeforeValidator(_as_tuple), Field(min_length=1)] | None = Field(
        None, description="The language of the prompt: it, en, fr, de, es or other."
    )
    needs: Annotated[tuple[Capability, ...], BeforeValidator(_as_tuple), Field(min_length=1)] | None = Field(
        None, description="What it needs of a model, such as tools or vision; all of the list."
    )
    residency: Regions | None = Field(
        None, description="The call may only be computed in these regions or groups of regions."
    )
    intent: Values | None = Field(None, description="The value of x-tf-intent.")
    workspace: Values | None = Field(None, description="The key's workspace.")
    project: Values | None = Field(None, description="The project it is booked on.")
    consumer: Values | None = Field(None, description="The consumer it is booked on.")
    key: Values | None = Field(None, description="The id of the key.")
    env: Values | None = Field(None, description="The value of x-tf-env, or the key's.")
    hours: HoursSettings | None = Field(None, description='When it is made: {from: "22:00", until: "06:00"}.')
    budget_used: PercentComparison | None = Field(
        None, description='How much of its tightest money budget is used or held, such as ">= 80%".'
    )


class RuleSettings(Section):
    """Which targets a kind of call uses."""

    when: WhenSettings = Field(WhenSettings(), description="The calls it is for; every call when missing.")
    use: Use = Field(description="The targets, in order; or a split, a canary, or an order among several.")
    residency: Regions | None = Field(
        None, description="Regions or groups of regions, such as eu, outside of which these calls never go."
    )

    @property
    def is_for_every_call(self) -> bool:
        """Whether the rule states no condition."""
        return self.when == WhenSettings()


def _ends_with_a_rule_for_every_call(rules: tuple[RuleSettings, ...]) -> tuple[RuleSettings, ...]:
    if not rules:
        raise ValueError("is empty: should have at least 1, or be left out")
    if not rules[-1].is_for_every_call:
        raise ValueError("should end with a rule without `when`, or a call may find no target")
    for index, rule in enumerate(rules[:-1]):
        if rule.is_for_every_call:
            raise ValueError(f"has a rule without `when` at [{index}], so the rules after it are never reached")
    return rules


PolicyRules = Annotated[tuple[RuleSettings, ...], AfterValidator(_ends_with_a_rule_for_every_call)]


class AliasSettings(Section):
    """A model name that clients ask for: what it uses, or a routing policy that decides."""

    use: Use | None = Field(None, description="The targets, as in a rule.")
    policy: str | None = Field(None, description="A name of `routing`.")
    residency: Regions | None = Field(
        None, description="Regions or groups of regions, such as eu, outside of which its calls never go."
    )
    baseline: str | None = Field(
        None,
        description="The target that its calls would have gone to without routing: what was saved is told against it. "
        "The first of a plain list of targets when missing.",
    )

    @property
    def targets(self) -> tuple[str, ...] | None:
        """The targets in order, when it is a plain list of them."""
        return None if self.use is None else self.use.targets

    @model_validator(mode="after")
    def _is_one_form(self) -> AliasSettings:
        if (self.use is None) == (self.policy is None):
            raise ValueError(_ALIAS_SAID)
        return self


_ALIAS_SAID = (
    "should be a list of targets, such as [gpt-mini], {policy: name of a routing policy}, "
    "or what the `use` of a rule can be, such as {split: {a: 90, b: 10}}"
)


def _read_alias(value: Any) -> Any:
    """An alias is written as a list of targets, as {policy: name}, or as a `use`."""
    if isinstance(value, AliasSettings):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return {"use": tuple(value)}
    if isinstance(value, Mapping):
        beside = {name: value[name] for name in ("residency", "baseline") if name in value}
        stated = {name: each for name, each in value.items() if name not in beside}
        if set(stated) == {"policy"} or set(stated) == {"use"}:
            return value
        if not {"split", "canary", "order"}.isdisjoint(stated) and "policy" not in stated:
            return {"use": stated, **beside}
    raise ValueError(_ALIAS_SAID)


Alias = Annotated[AliasSettings, BeforeValidator(_read_alias)]


class ResidencySettings(Section):
    """Where calls may be computed, whatever they ask for; a key's `regions` bound its own calls in the same way."""

    default: Regions | None = Field(
        None, description="Regions or groups, such as eu, of every call whose workspace states none of its own."
    )
    workspaces: dict[Name, Regions] = Field({}, description="Regions or groups of the calls of a workspace.")
    groups: dict[Name, tuple[Name, ...]] = Field(
        {},
        description="Names for several regions; one may name others. eu, eea and us are known and may be changed.",
    )


def _check_place(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", text):
        raise ValueError("should be a function, as module:function")
    return text


class ComplexitySettings(Section):
    """The score that rules compare with `complexity`."""

    classifier: Annotated[str, AfterValidator(_check_place)] | None = Field(
        None,
        description="A function that scores calls instead, as module:function; it gets the facts of a call and returns "
        "a number from 0 to 1, or None to leave the score as it is.",
    )
