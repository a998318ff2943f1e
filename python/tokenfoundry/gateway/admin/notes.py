"""What an administrator did, for the audit log: an entry of the ledger says who, when, why and what.

Written once it has taken effect and before it is answered. A key's text is never in it; a hash says which one it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tokenfoundry.ids import uuid7
from tokenfoundry.keys import hash_of
from tokenfoundry.ledger import Entry, Ledger
from tokenfoundry.settings import Settings

_ID_PREFIX: Final = "act:"
_MOST_ACTOR_BYTES: Final = 256  # Of the ledger's own bound.
_MOST_SAID_BYTES: Final = 16_384
_ABOUT_IT: Final = ("actor", "reason")


def note_act(
    ledger: Ledger, act: str, names: Mapping[str, str], fields: Mapping[str, Any], done: Mapping[str, Any], *, who: str
) -> Entry:
    """`act` is the method and the path of a route, `names` stand in that path, `fields` are what was said, `done` is
    what was answered.
    """
    said = {name: value for name, value in fields.items() if name not in _ABOUT_IT}
    what: dict[str, Any] = {"act": act, "names": dict(names), "said": _bounded(said)}
    if isinstance(text := done.get("key"), str):
        what["key"] = {"id": done.get("id", ""), "sha256": hash_of(text)}
    reason = fields.get("reason", "")
    return _note(ledger, what, who=who, reason=reason if isinstance(reason, str) else "")


def note_reload(ledger: Ledger, before: Settings, after: Settings, *, who: str) -> Entry:
    """Other settings are in force: which of their sections differ, and a hash of all of them. Secrets are not in
    settings, which name where they are kept.
    """
    stated, until_now = after.model_dump(mode="json"), before.model_dump(mode="json")
    changed = sorted(name for name, section in stated.items() if section != until_now.get(name))
    return _note(ledger, {"act": "reload", "changed": changed, "settings": _hash(stated)}, who=who)


def _note(ledger: Ledger, what: Mapping[str, Any], *, who: str, reason: str = "") -> Entry:
    actor = who.encode()[:_MOST_ACTOR_BYTES].decode(errors="ignore")
    return ledger.note(_ID_PREFIX + uuid7(), actor=actor, reason=reason, detail=msgspec.json.encode(what))


def _bounded(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return said if len(msgspec.json.encode(said)) <= _MOST_SAID_BYTES else {"sha256": _hash(said)}


def _hash(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
