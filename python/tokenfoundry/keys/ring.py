"""Every key of one data directory: found by its text, made, changed and rotated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import msgspec

from tokenfoundry.errors import InvalidInput, InvalidState, NotFound
from tokenfoundry.keys.budgets import budgets_of
from tokenfoundry.keys.checks import key_from, refuse_fixed
from tokenfoundry.keys.format import hash_of, id_of, mint
from tokenfoundry.keys.key import NOBODY, OLD_SECRETS_KEPT, Key, OldSecret, Scope
from tokenfoundry.ledger import Ledger
from tokenfoundry.settings import BudgetSettings

_TABLE: Final = "keys"

# Puts the budgets of one key in force for a block that stores the key; takes them back when the block fails.
InForce = Callable[[str, Mapping[str, BudgetSettings]], AbstractContextManager[None]]


class KeyRing:
    """The keys in memory; each change is on disk before it takes effect.

    Readers take no lock. Changes may come from any thread: they wait for each other, and for the disk.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._changing = threading.Lock()
        self._in_force: InForce | None = None
        self._changed: Callable[[], None] = lambda: None
        self._lent: set[str] = set()
        self._opened: dict[str, Key] = {}  # By the hash of the text; a key that has changed since is another object.
        decoder = msgspec.json.Decoder(Key)
        self._keys = {key_id: decoder.decode(data) for key_id, data in ledger.items(_TABLE)}

    def __iter__(self) -> Iterator[Key]:
        return iter(sorted(self._keys.values(), key=lambda key: (key.created_at_ms, key.id)))

    def enforce_with(self, in_force: InForce) -> None:
        """Says who keeps the keys' budgets; `BudgetBook` does so when it is made. Without it no key may have one."""
        self._in_force = in_force

    def tell_of_changes(self, changed: Callable[[], None]) -> None:
        """Calls `changed` after every change of a stored key and before the change returns, one at a time: for what is
        made of all keys, such as their rate limits.
        """
        self._changed = changed

    def create(self, fields: Mapping[str, object], *, now_ms: int) -> tuple[Key, str]:
        """Makes and stores a key with these fields of `Key`; returns it and its text, which is shown only now.

        Raises `InvalidInput` when a field is unknown, of the wrong type or not allowed, naming it.
        """
        refuse_fixed(fields)
        with self._changing:
            key_id, text = mint()
            made = {**fields, "id": key_id, "sha256": hash_of(text), "created_at_ms": now_ms}
            key = key_from(made, changed=fields)
            self._store(key)
        return key, text

    def lend(self, *, scopes: tuple[Scope, ...]) -> str:
        """The text of a key that is kept in memory only: it ends with this process."""
        key_id, text = mint()
        self._lent.add(key_id)
        self._keys[key_id] = Key(id=key_id, sha256=hash_of(text), name="server", scopes=scopes)
        return text

    def update(self, key_id: str, fields: Mapping[str, object]) -> Key:
        """Changes fields of a stored key, e.g. `{"state": "frozen"}`; None takes a restriction away.

        Raises `NotFound` for an unknown id, `InvalidInput` as `create` does.
        """
        refuse_fixed(fields)
        with self._changing:
            changed = key_from({**msgspec.to_builtins(self._own(key_id)), **fields}, changed=fields)
            self._store(changed)
        return changed

    def rotate(self, key_id: str, *, overlap_ms: int, now_ms: int) -> tuple[Key, str]:
        """Gives a key a new secret; returns the key and its new text, which is shown only now.

        The key keeps its id, so what is booked, capped and limited on it goes on. The text before stays good for
        `overlap_ms`, and no older one outlives it; two old ones at most are kept, the oldest goes first. Raises
        `NotFound` for an unknown id.
        """
        with self._changing:
            key = self._own(key_id)
            _, text = mint(key_id)
            ends_at_ms = now_ms + overlap_ms
            replaced = (OldSecret(key.sha256, ends_at_ms), *key.old_secrets)
            alive = [OldSecret(old.sha256, min(old.ends_at_ms, ends_at_ms)) for old in replaced]
            kept = [old for old in alive if old.ends_at_ms > now_ms][:OLD_SECRETS_KEPT]
            rotated = msgspec.structs.replace(key, sha256=hash_of(text), old_secrets=tuple(kept))
            self._store(rotated)
        return rotated, text

    def get(self, key_id: str) -> Key:
        """The key with that id; raises `NotFound`."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise NotFound(f"no key has the id {key_id!r}") from None

    def authenticate(self, text: str, *, now_ms: int) -> Key | None:
        """The key whose text this is, whatever its state and expiry, or None.

        A text that opens no key takes the same steps whether its id is known or not, and each comparison of a secret
        takes constant time. What is looked up without that care is a hash of the text, of which a guess says nothing.
        """
        sha256 = hash_of(text)
        known = self._opened.get(sha256)
        if known is not None and self._keys.get(known.id) is known:
            return known  # It opened this very key before, with its newest secret.
        key_id = id_of(text)
        if key_id is None:
            return None
        key = self._keys.get(key_id, NOBODY)
        if not key.opens_with(sha256, now_ms=now_ms) or key is NOBODY:
            return None
        if key.sha256 == sha256:
            self._opened[sha256] = key
        return key

    def is_current(self, key: Key) -> bool:
        """Whether it is still stored as it is here."""
        return self._keys.get(key.id) is key

    def _own(self, key_id: str) -> Key:
        if key_id in self._lent:
            raise InvalidInput(f"the key {key_id} belongs to the running server")
        return self.get(key_id)

    def _store(self, key: Key) -> None:
        """Budgets first: when the process dies in between, the next opening puts those of the stored key in force."""
        with self._budgets_of(key):
            self._ledger.put(_TABLE, key.id, msgspec.json.encode(key))
            replaced = self._keys.get(key.id)
            self._keys[key.id] = key
            if replaced is not None:
                self._opened.pop(replaced.sha256, None)
        self._changed()

    def _budgets_of(self, key: Key) -> AbstractContextManager[None]:
        budgets = budgets_of(key)
        if self._in_force is not None:
            return self._in_force(key.id, budgets)
        if budgets:
            raise InvalidState("nobody keeps the budgets of these keys: make a BudgetBook with them")
        return nullcontext()
