"""The redactor that the settings describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.gateway.bodies.texts import STRUCTURE
from tokenfoundry.privacy import Detector, Pattern, Redactor, catalogue, entities
from tokenfoundry.settings.privacy import PatternSettings, PrivacySettings
from tokenfoundry.settings.problems import did_you_mean


def build_redactor(privacy: PrivacySettings) -> Redactor:
    """A redactor with the detector, the patterns and the policy of the settings. Raises `ConfigError` naming what in
    them is wrong.
    """
    problem = next(_unknown_entities(privacy), None)
    if problem is not None:
        raise problem
    try:
        return _built(privacy)
    except InvalidInput as error:
        # What is at fault is looked for only now: each of these is a whole detector.
        raise next(_faults(privacy), None) or ConfigError(str(error), path="privacy") from None


def _built(privacy: PrivacySettings) -> Redactor:
    detector = Detector(
        entities=_looked_for(privacy),
        profile=privacy.profile,
        languages=privacy.languages,
        patterns=[_pattern(each) for each in privacy.patterns],
        deny=privacy.deny,
        allow=privacy.allow,
        score_threshold=privacy.score_threshold,
        name_margin=privacy.name_margin,
    )
    policy = dict(privacy.policy) if privacy.enabled else {"default": "allow"}
    return Redactor(detector, policy=policy, plain=STRUCTURE)


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
    for name in privacy.policy if privacy.enabled else ():
        if name == "default" or name in looked_for:
            continue
        if name in known:
            where = "privacy.entities, which leaves it out" if privacy.entities is not None else "the profile"
            said = f"is not looked for by {where}: what is found by nothing would be kept back by nothing"
        else:
            said = f"no entity is called {name}{_meant(name, known)}"
        yield ConfigError(said, path=f"privacy.policy.{name}")


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
    allowed = {name for name, info in catalogue().items() if info.action == "allow" and name not in privacy.policy}
    return tuple(name for name in names if name not in allowed)
