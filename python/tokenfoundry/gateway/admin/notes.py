"""What an administrator did, for the audit log: an entry of the ledger says who, when, why and what.

Written once it has taken effect and before it is answered. What is about to be done is kept first, so that an act whose
process ends between the two is noted as interrupted when the books are next opened: it may have taken effect. A key's
text is never in it; a hash says which one it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from tokenfoundry.errors import Conflict
from tokenfoundry.ids import uuid7
from tokenfoundry.keys import hash_of
from tokenfoundry.ledger import Entry, Ledger
from tokenfoundry.settings import Settings

_ID_PREFIX: Final = "act:"
_MOST_ACTOR_BYTES: Final = 256  # Of the ledger's own bound.
_MOST_SAID_BYTES: Final = 16_384
_ABOUT_IT: Final = ("actor", "reason")
_UNDER_WAY: Final = "act_under_way"  # In the table of settings.


class Act(msgspec.Struct, frozen=True):
    """That something is about to be done: one at a time. What was said may be refused, and is then on no disk: a hash
    stands for it.
    """

    id: str
    act: str
    who: str
    said_sha256: str


def begin_act(ledger: Ledger, act: str, names: Mapping[str, str], fields: Mapping[str, Any], *, who: str) -> Act:
    """`act` is the method and the path of a route, `names` stand in that path, `fields` are what was said. To be ended
    by `note_act`, or by `forget_act` when nothing was done.
    """
    begun = Act(_ID_PREFIX + uuid7(), act, who, _hash({"names": dict(names), "said": dict(fields)}))
    ledger.put("settings", _UNDER_WAY, msgspec.json.encode(begun))
    return begun


def note_act(
    ledger: Ledger, act: Act, names: Mapping[str, str], fields: Mapping[str, Any], done: Mapping[str, Any]
) -> Entry:
    """It was done; `done` is what was answered."""
    said = {name: value for name, value in fields.items() if name not in _ABOUT_IT}
    what: dict[str, Any] = {"act": act.act, "names": dict(names), "said": _bounded(said)}
    if isinstance(text := done.get("key"), str):
        what["key"] = {"id": done.get("id", ""), "sha256": hash_of(text)}
    reason = fields.get("reason", "")
    noted = _note(ledger, what, who=act.who, reason=reason if isinstance(reason, str) else "", id=act.id)
    forget_act(ledger)
    return noted


def note_interrupted(ledger: Ledger) -> None:
    """Notes what was begun and neither noted nor forgotten, if there is such an act."""
    kept = ledger.get("settings", _UNDER_WAY)
    if kept is None:
        return
    act = msgspec.json.decode(kept, type=Act)
    what = {"act": act.act, "said": {"sha256": act.said_sha256}, "interrupted": True}
    with suppress(Conflict):  # It was noted, and the process ended before it could forget.
        _note(ledger, what, who=act.who, id=act.id)
    forget_act(ledger)


def forget_act(ledger: Ledger) -> None:
    """Nothing was done, or it is noted."""
    ledger.delete("settings", _UNDER_WAY)


def note_reload(ledger: Ledger, before: Settings, after: Settings, *, who: str) -> Entry:
    """Other settings are in force: which of their sections differ, and a hash of all of them. Secrets are not in
    settings, which name where they are kept.
    """
    stated, until_now = after.model_dump(mode="json"), before.model_dump(mode="json")
    changed = sorted(name for name, section in stated.items() if section != until_now.get(name))
    return _note(ledger, {"act": "reload", "changed": changed, "settings": _hash(stated)}, who=who)


def _note(ledger: Ledger, what: Mapping[str, Any], *, who: str, reason: str = "", id: str = "") -> Entry:
    actor = who.encode()[:_MOST_ACTOR_BYTES].decode(errors="ignore")
    return ledger.note(id or _ID_PREFIX + uuid7(), actor=actor, reason=reason, detail=msgspec.json.encode(what))


def _bounded(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return said if len(msgspec.json.encode(said)) <= _MOST_SAID_BYTES else {"sha256": _hash(said)}


def _hash(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
