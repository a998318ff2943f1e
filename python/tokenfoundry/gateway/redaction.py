"""The redactor that the settings describe."""

from __future__ import annotations

from tokenfoundry.gateway.texts import STRUCTURE
from tokenfoundry.privacy import Detector, Pattern, Redactor, catalogue, entities
from tokenfoundry.settings.privacy import PrivacySettings


def build_redactor(privacy: PrivacySettings) -> Redactor:
    """A redactor with the detector, the patterns and the policy of the settings."""
    patterns = [
        Pattern(p.name, p.regex, score=p.score, context=p.context, validator=p.validator) for p in privacy.patterns
    ]
    detector = Detector(
        entities=_looked_for(privacy),
        profile=privacy.profile,
        languages=privacy.languages,
        patterns=patterns,
        deny=privacy.deny,
        allow=privacy.allow,
        score_threshold=privacy.score_threshold,
        name_margin=privacy.name_margin,
    )
    policy = dict(privacy.policy) if privacy.enabled else {"default": "allow"}
    return Redactor(detector, policy=policy, plain=STRUCTURE)


def _looked_for(privacy: PrivacySettings) -> tuple[str, ...]:
    """What the settings name, or what their profile looks for and nobody allows: the rest would only cost time."""
    if privacy.entities is not None:
        return privacy.entities
    names = entities(privacy.profile)
    allowed = {name for name, info in catalogue().items() if info.action == "allow" and name not in privacy.policy}
    return tuple(name for name in names if name not in allowed)
