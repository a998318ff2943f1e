"""What the options of `redact` ask for, as a redactor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tokenfoundry.cli.options import load_settings
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Detector, Profile, Redactor
from tokenfoundry.privacy.detector import LANGUAGES
from tokenfoundry.settings import KeyReference, checked
from tokenfoundry.settings.privacy import PrivacySettings


def redactor_of(
    *,
    config: Path | None,
    policy: Sequence[str],
    action: str | None,
    entities: Sequence[str],
    languages: Sequence[str],
    profile: str | None,
    key: str | None,
) -> Redactor:
    """What the section `privacy` of `config` says and the options state in its place; without a file the options alone.

    What is asked for by name is replaced, even what is allowed by default. Raises `InvalidInput`.
    """
    actions = dict(_pair(each) for each in policy)
    if action is not None:
        actions = {"default": action, **actions}
    if config is not None:
        if key is not None:
            raise InvalidInput("--key is for a policy without --config: state it there, as privacy.key")
        # Only here: it brings the gateway along.
        from tokenfoundry.gateway.redaction import build_redactors

        return build_redactors(_privacy(config, actions, entities, languages, profile)).general
    default = actions.get("default", "pseudonymize")
    named = dict.fromkeys(entities, default)
    detector = Detector(
        entities=list(entities) or None,
        profile=cast(Profile, profile or "default"),
        languages=list(languages) or LANGUAGES,
    )
    return Redactor(detector, policy={**named, **actions}, key=_key(key))


def _privacy(
    config: Path,
    actions: dict[str, str],
    entities: Sequence[str],
    languages: Sequence[str],
    profile: str | None,
) -> PrivacySettings:
    before = load_settings(config).privacy
    if not before.enabled:
        raise InvalidInput(f"privacy.enabled is false in {config}: nothing would be redacted")
    stated: dict[str, Any] = {}
    if actions:
        stated["policy"] = {**before.policy, **actions}
    if entities:
        stated["entities"] = tuple(entities)
    if languages:
        stated["languages"] = tuple(languages)
    if profile:
        stated["profile"] = profile
    return checked(PrivacySettings, {name: getattr(before, name) for name in before.model_fields_set} | stated)


def _key(text: str | None) -> bytes | None:
    if text is None:
        return None
    kind, _, place = text.partition(":")
    if kind not in ("env", "file") or not place:
        raise InvalidInput(f"--key {text}: should say where the key is kept, as env:NAME or file:/path")
    return KeyReference(kind=kind, place=place).read().reveal().encode()


def _pair(text: str) -> tuple[str, str]:
    entity, separator, action = text.partition("=")
    if not separator or not entity or not action:
        raise InvalidInput(f"--policy {text}: needs entity=action, e.g. IBAN_CODE=mask or default=redact")
    return entity.strip(), action.strip()
