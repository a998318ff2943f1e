"""The redactors that the settings describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.gateway.bodies.texts import STRUCTURE
from tokenfoundry.gateway.redactors import Match, Redactors, Terms
from tokenfoundry.privacy import Detector, Pattern, Redactor, catalogue, entities
from tokenfoundry.privacy.surrogates import SURROGATES
from tokenfoundry.settings.privacy import (
    ActionSettings,
    MatchSettings,
    PatternSettings,
    PolicySettings,
    PrivacySettings,
)
from tokenfoundry.settings.problems import did_you_mean

_LEAST_KEY_BYTES = 16


def build_redactors(privacy: PrivacySettings) -> Redactors:
    """A redactor for each policy of the settings, all with their detector. Raises `ConfigError` naming what in them is
    wrong.
    """
    problem = next(chain(_unknown_entities(privacy), _impossible(privacy)), None)
    if problem is not None:
        raise problem
    try:
        detector = _detector(privacy)
    except InvalidInput as error:
        # What is at fault is looked for only now: each of these is a whole detector.
        raise next(_faults(privacy), None) or ConfigError(str(error), path="privacy") from None
    key = pseudonym_key(privacy)

    def make(terms: Terms) -> Redactor:
        return Redactor(
            detector,
            policy=terms.request,
            answers=terms.response,
            unreadable=terms.unreadable or "allow",
            plain=STRUCTURE,
            key=key,
        )

    if not privacy.enabled:
        return Redactors(Terms({"default": "allow"}, {}, "allow"), (), make)
    general = Terms(_stated(privacy.policy), _stated(privacy.response), privacy.unreadable)
    return Redactors(general, [_policy(each) for each in privacy.policies], make)


def _policy(stated: PolicySettings) -> tuple[Match, Terms]:
    match = Match(**{axis: value or "" for axis, value in stated.match})
    return match, Terms(_stated(stated.request), _stated(stated.response), stated.unreadable)


def _stated(actions: Mapping[str, ActionSettings]) -> dict[str, Mapping[str, Any]]:
    return {name: action.stated() for name, action in actions.items()}


def pseudonym_key(privacy: PrivacySettings) -> bytes | None:
    """The key of hashes and surrogates; None when none is stated. Raises `ConfigError` for one that is not there."""
    if privacy.key is None or not privacy.enabled:
        return None
    try:
        key = privacy.key.read().reveal().encode()
    except ConfigError as error:
        raise ConfigError(str(error), path="privacy.key") from None
    if len(key) < _LEAST_KEY_BYTES:
        raise ConfigError(
            f"should have at least {_LEAST_KEY_BYTES} characters that are hard to guess", path="privacy.key"
        )
    return key


def _detector(privacy: PrivacySettings) -> Detector:
    return Detector(
        entities=_looked_for(privacy),
        profile=privacy.profile,
        languages=privacy.languages,
        patterns=[_pattern(each) for each in privacy.patterns],
        deny=privacy.deny,
        allow=privacy.allow,
        score_threshold=privacy.score_threshold,
        name_margin=privacy.name_margin,
    )


def _pattern(stated: PatternSettings) -> Pattern:
    return Pattern(stated.name, stated.regex, score=stated.score, context=stated.context, validator=stated.validator)


def _unknown_entities(privacy: PrivacySettings) -> Iterator[ConfigError]:
    """Names that nothing looks for: a policy about one would keep nothing back."""
    own = {*(each.name for each in privacy.patterns), *privacy.deny}
    known = [*catalogue(), *own]
    for index, name in enumerate(privacy.entities or ()):
        if name not in known:
            said = f"no entity is called {name}{_meant(name, known)}"
            yield ConfigError(said, path=f"privacy.entities[{index}]")
    looked_for = [*_looked_for(privacy), *own]
    named = [(path, name) for path, actions in _policies(privacy) for name in actions]
    for path, name in named:
        if name == "default" or name in looked_for:
            continue
        if name in known:
            where = "privacy.entities, which leaves it out" if privacy.entities is not None else "the profile"
            said = f"is not looked for by {where}: what is found by nothing would be kept back by nothing"
        else:
            said = f"no entity is called {name}{_meant(name, known)}"
        yield ConfigError(said, path=f"{path}.{name}")


def _policies(privacy: PrivacySettings) -> Iterator[tuple[str, Mapping[str, ActionSettings]]]:
    """Every mapping of entities to actions, and its path."""
    if privacy.enabled:
        yield "privacy.policy", privacy.policy
        yield "privacy.response", privacy.response
        for index, each in enumerate(privacy.policies):
            yield f"privacy.policies[{index}].request", each.request
            yield f"privacy.policies[{index}].response", each.response


def _impossible(privacy: PrivacySettings) -> Iterator[ConfigError]:
    """Actions that cannot be done, and policies of which one would never be asked."""
    for path, actions in _policies(privacy):
        for name, stated in actions.items():
            if stated.action == "surrogate" and name not in ("default", *SURROGATES):
                said = f"{name} has no surrogates that can be nobody's; those that do: {', '.join(SURROGATES)}"
                yield ConfigError(said, path=f"{path}.{name}")
            if stated.action == "hash" and privacy.key is None:
                said = "hash needs privacy.key, or the same value would not have the same hash tomorrow"
                yield ConfigError(said, path=f"{path}.{name}")
    seen: list[MatchSettings] = []
    for index, policy in enumerate(privacy.policies):
        if policy.match in seen:
            said = f"matches the same calls as privacy.policies[{seen.index(policy.match)}]: put them together"
            yield ConfigError(said, path=f"privacy.policies[{index}].match")
        seen.append(policy.match)


def _meant(name: str, known: list[str]) -> str:
    near = did_you_mean(name, known)
    return near if near.startswith("; did") else "; `tokenfoundry.privacy.catalogue()` has all there are"


def _faults(privacy: PrivacySettings) -> Iterator[ConfigError]:
    """What of the settings makes no detector even by itself."""
    for index, stated in enumerate(privacy.patterns):
        error = _refusal(stated)
        if error is not None:
            yield ConfigError(str(error), path=f"privacy.patterns[{index}]{_field_at_fault(stated)}")
    for name, words in privacy.deny.items():
        try:
            Detector(entities=(), deny={name: words})
        except InvalidInput as error:
            yield ConfigError(str(error), path=f"privacy.deny.{name}")
    try:
        Detector(entities=(), allow=privacy.allow)
    except InvalidInput as error:
        yield ConfigError(str(error), path="privacy.allow")


# Each field of a pattern, and a value of it that is never wrong.
_HARMLESS: tuple[tuple[str, Any], ...] = (("context", ()), ("validator", None), ("regex", "x"))


def _field_at_fault(stated: PatternSettings) -> str:
    """The field without which the pattern would be right; empty when there is no single one."""
    for field, harmless in _HARMLESS:
        if _refusal(stated.model_copy(update={field: harmless})) is None:
            return f".{field}"
    return ""


def _refusal(stated: PatternSettings) -> InvalidInput | None:
    try:
        Detector(entities=(), patterns=[_pattern(stated)])
    except InvalidInput as error:
        return error
    return None


def _looked_for(privacy: PrivacySettings) -> tuple[str, ...]:
    """What the settings name, or what their profile looks for and nobody allows: the rest would only cost time."""
    if privacy.entities is not None:
        return privacy.entities
    names = entities(privacy.profile)
    named = {name for _, actions in _policies(privacy) for name in actions}
    allowed = {name for name, info in catalogue().items() if info.action == "allow" and name not in named}
    return tuple(name for name in names if name not in allowed)
