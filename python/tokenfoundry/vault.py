"""The placeholders of conversations: what stands in for whom goes on over the calls that state one name.

What is kept of a value is its number, under keyed hashes, and the value itself, sealed; a copy of the directory tells
neither whose conversations these are nor what was said. A value has its number on disk before the call that sends the
number leaves: the hold of that call comes later in the same log.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import struct
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec

from tokenfoundry import _core
from tokenfoundry.clock import Clock
from tokenfoundry.errors import DataLoss, InvalidInput, InvalidState, StoreError
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy.placeholders import NoRoom, PlaceholderMap
from tokenfoundry.privacy.sealed import SealerRing, key_in_file, key_of_text
from tokenfoundry.settings.vault import VaultSettings

_log = logging.getLogger("tokenfoundry")

_KEY_FILE = "vault.key"
_INDEX_KEY = "vault_index_key"
_INDEX_KEY_BYTES = 32
_INDEX_PLACE = b"index"
_HASH_BYTES, _KIND_BYTES = 16, 8  # vault.h
_SECRET_BYTES = 32
_GREATEST_NUMBER = 2**32 - 1
_MOST_NAMES = 4096  # Conversations whose hashes are remembered.
_SWEEP_EVERY_MS = 3_600_000
_PAGE = 512  # Values sealed anew at a time.


class VaultStats(msgspec.Struct, frozen=True, kw_only=True):
    """How many conversations are kept, and how many values they have."""

    conversations: int
    values: int


class Vault:
    """The conversations in one factory's books. Any thread."""

    def __init__(
        self, ledger: Ledger, sealer: SealerRing, *, ttl_ms: int, share: Literal["key", "project"], clock: Clock
    ) -> None:
        """Raises `DataLoss` when the vault was sealed with none of the keys."""
        self._ledger = ledger
        self._core = ledger.vault()
        self._sealer = sealer
        self._ttl_ms = ttl_ms
        self._share = share
        self._clock = clock
        self._index_key = self._opened_index_key()
        self._names: dict[tuple[str, ...], _Names] = {}
        self._next_sweep_ms = 0
        self._beginning = threading.Lock()
        self._sweeping: threading.Thread | None = None

    @classmethod
    def open(cls, ledger: Ledger, settings: VaultSettings, data_dir: Path, *, clock: Clock) -> Vault:
        """The vault in these books. Raises `ConfigError` for a key that is not there, `DataLoss` for a wrong one."""
        return cls(
            ledger,
            SealerRing(_keys_of(settings, data_dir), "vault"),
            ttl_ms=settings.ttl_ms,
            share=settings.share,
            clock=clock,
        )

    def close(self) -> None:
        """Waits for what it does by itself; the books can be closed then."""
        if self._sweeping is not None:
            self._sweeping.join()

    def conversation(
        self, *, workspace: str, project: str, key: str, name: str, entities: Collection[str]
    ) -> ConversationValues:
        """The placeholders of a conversation, for one call; `entities` are all that its placeholders can be of."""
        now_ms = self._clock()
        if now_ms >= self._next_sweep_ms:
            self._begin_sweep(now_ms)
        names = self._names_of(workspace, project, key, name)
        return ConversationValues(self._core, self._sealer, names, entities, now_ms, self._ttl_ms)

    def erase(
        self, *, workspace: str = "", project: str = "", key: str = "", conversation: str = "", all: bool = False
    ) -> int:
        """Erases the conversations of a project (of the workspace `default` when none is stated), of a key, of a name,
        or of several of these at once; `all` alone, every one. Returns how many there were.

        When it returns, nothing of them is in the files any more; a backup is its owner's matter. Calls in progress
        still restore what they sent. Reads every conversation and rewrites the vault's files.
        """
        if all == bool(workspace or project or key or conversation):
            raise InvalidInput("say which: project, key, conversation, or all alone")
        if workspace and not project:
            raise InvalidInput("workspace: names a project's; state the project too")
        if key and self._share == "project":
            raise InvalidInput("key: conversations belong to projects here (vault.share): state the project")
        return self._core.erase(
            project=self._hash("project", workspace or "default", project) if project else b"",
            key=self._owner(key) if key else b"",
            name=self._hash("name", conversation) if conversation else b"",
        )

    def sweep(self) -> int:
        """Deletes the conversations that are over; returns how many there were."""
        return self._core.sweep(self._clock())

    def reseal(self) -> int:
        """Seals all that an older key sealed with the first one, and rewrites the files, so that the older ones are of
        no use any more. Returns how many values there were. May be stopped and begun again.
        """
        done, last = 0, None
        while pieces := self._core.pieces(last, _PAGE):
            for id, kind, number, sealed in pieces:
                if self._sealer.is_of_first(sealed):
                    continue
                place = _place(id, kind, number)
                anew = self._sealer.seal(self._sealer.open(sealed, place=place), place=place)
                done += self._core.replace(id, kind, number, sealed, anew)
            last = pieces[-1]
        index = self._sealer.seal(self._index_key, place=_INDEX_PLACE)
        self._ledger.put("settings", _INDEX_KEY, index)
        self._core.compact()
        return done

    def stats(self) -> VaultStats:
        """What is kept. Reads all of it."""
        conversations, values = self._core.count()
        return VaultStats(conversations=conversations, values=values)

    def wait_for_room(self) -> None:
        """Returns when the store takes writes again. For a thread."""
        self._core.wait_for_room()

    def _names_of(self, *stated: str) -> _Names:
        names = self._names.get(stated)
        if names is None:
            workspace, project, key, name = stated
            scope = self._hash("project", workspace, project) + self._owner(key) + self._hash("name", name)
            if len(self._names) >= _MOST_NAMES:
                self._names = {}
            names = self._names[stated] = _Names(scope, _keyed(self._index_key, scope, _SECRET_BYTES))
        return names

    def _owner(self, key: str) -> bytes:
        return self._hash("key", key) if self._share == "key" else self._hash("keys of the project")

    def _hash(self, *parts: str) -> bytes:
        return _keyed(self._index_key, msgspec.json.encode(parts), _HASH_BYTES)

    def _opened_index_key(self) -> bytes:
        """The key of the hashes: random, made once per data directory, and kept there sealed."""
        sealed = self._ledger.get("settings", _INDEX_KEY)
        if sealed is not None:
            return self._sealer.open(sealed, place=_INDEX_PLACE)
        made = secrets.token_bytes(_INDEX_KEY_BYTES)
        self._ledger.put("settings", _INDEX_KEY, self._sealer.seal(made, place=_INDEX_PLACE))
        return made

    def _begin_sweep(self, now_ms: int) -> None:
        with self._beginning:
            if now_ms < self._next_sweep_ms:
                return
            self._next_sweep_ms = now_ms + _SWEEP_EVERY_MS
            self.close()
            self._sweeping = threading.Thread(target=self._sweep_quietly, args=(now_ms,), name="tokenfoundry-vault")
            self._sweeping.start()

    def _sweep_quietly(self, now_ms: int) -> None:
        try:
            if ended := self._core.sweep(now_ms):
                _log.info("the vault has deleted %d conversations that were over", ended)
        except (InvalidState, StoreError) as error:
            _log.error("the vault cannot delete what is over: %s", error)


class _Names:
    """What a conversation is called in the vault, and its kinds."""

    __slots__ = ("_kinds", "_secret", "scope")

    def __init__(self, scope: bytes, secret: bytes) -> None:
        self.scope = scope
        self._secret = secret
        self._kinds: dict[str, bytes] = {}

    def kind(self, entity: str) -> bytes:
        kind = self._kinds.get(entity)
        if kind is None:
            kind = self._kinds[entity] = _keyed(self._secret, entity.encode(), _KIND_BYTES)
        return kind

    def value(self, kind: bytes, value: str) -> bytes:
        return _keyed(self._secret, kind + value.encode(), _HASH_BYTES)


class ConversationValues(PlaceholderMap):
    """The placeholders of a conversation, as one call has them: as a mapping, those that occurred in this call. What
    the model says may name others of the conversation too, which are looked up.

    A number is on disk before `assign` returns it. Raises `NoRoom` when the store has no room now, `StoreError`
    when the vault cannot be read or written, or the conversation was erased since the call began.
    """

    __slots__ = (
        "_begun",
        "_core",
        "_entities",
        "_last",
        "_looked_up",
        "_names",
        "_now_ms",
        "_sealer",
        "_stands",
        "_ttl_ms",
    )

    def __init__(
        self,
        core: _core.Vault,
        sealer: SealerRing,
        names: _Names,
        entities: Collection[str],
        now_ms: int,
        ttl_ms: int,
    ) -> None:
        super().__init__()
        self._core = core
        self._sealer = sealer
        self._names = names
        self._entities = entities
        self._now_ms = now_ms
        self._ttl_ms = ttl_ms
        self._stands: tuple[int, bool] | None = None  # Where the conversation is kept, and whether that is new.
        self._begun: int | None = None  # Where this call has numbers.
        self._last: dict[str, int] = {}
        self._looked_up: dict[str, str | None] = {}

    def assign(self, entity: str, value: str) -> str:
        """As `PlaceholderMap.assign`, with the number that the value has in the conversation."""
        placeholder = self._placeholders.get((entity, value))
        return placeholder or self._add(entity, value, self._number_of(entity, value))

    def value_of(self, placeholder: str) -> str | None:
        value = self._values.get(placeholder)
        if value is not None:
            return value
        if placeholder in self._looked_up:
            return self._looked_up[placeholder]
        try:
            value = self._kept_value(placeholder)
        except StoreError as error:
            # The answer is there and paid for: what cannot be restored in it stays a placeholder.
            _log.error("a placeholder of a conversation cannot be restored: %s", error)
        self._looked_up[placeholder] = value
        return value

    def may_be(self, name: str, is_whole: bool = False) -> bool:
        if super().may_be(name, is_whole):
            return True
        entity, _, number = name.rpartition("_")
        if number.isdecimal() and number[0] != "0" and int(number) <= self._last_of(entity):
            return True
        return not is_whole and any(
            f"{known}_".startswith(name) and self._last_of(known) > 0 for known in self._entities
        )

    def renumbering(self) -> dict[str, str] | None:
        counts: dict[str, int] = {}
        made: dict[str, str] = {}
        for placeholder in self._values:
            entity, _, _ = placeholder[1:].rpartition("_")
            counts[entity] = counts.get(entity, 0) + 1
            made[placeholder] = f"[{entity}_{counts[entity]}]"
        return None if all(known == by_itself for known, by_itself in made.items()) else made

    def __bool__(self) -> bool:
        """Whether the conversation has any placeholder, of this call or of one before."""
        try:
            return bool(self._values) or not self._standing()[1]
        except StoreError as error:
            _log.error("a conversation cannot be looked up: %s", error)
            return False

    def _number_of(self, entity: str, value: str) -> int:
        kind = self._names.kind(entity)
        hashed = self._names.value(kind, value)
        while True:
            id, is_new = self._standing()
            if self._begun not in (None, id):
                raise StoreError("the conversation was erased while this call was on its way")
            number, sealed = self._core.find(id, kind, hashed)
            if sealed is not None:
                if self._opened(id, kind, number, sealed) != value:
                    raise DataLoss("the vault has a number under which another value is kept")
                self._begun = id
                return int(number)
            sealed = self._sealer.seal(value.encode(), place=_place(id, kind, number))
            kept = self._core.keep(
                self._names.scope, id, is_new, kind, hashed, number, sealed,
                now_ms=self._now_ms, ttl_ms=self._ttl_ms, may_wait=False,
            )  # fmt: skip
            if kept is None:
                raise NoRoom("the vault has no room at this moment")
            if kept:
                self._stands, self._begun = (id, False), id
                return int(number)
            self._stands = None  # Another call was first.

    def _kept_value(self, placeholder: str) -> str | None:
        entity, _, number = placeholder[1:-1].rpartition("_")
        is_number = number.isdecimal() and number[0] != "0" and len(number) <= 10
        if entity not in self._entities or not is_number or int(number) > _GREATEST_NUMBER:
            return None
        id, is_new = self._standing()
        kind = self._names.kind(entity)
        sealed = None if is_new else self._core.value(id, kind, int(number))
        return None if sealed is None else self._opened(id, kind, int(number), sealed)

    def _last_of(self, entity: str) -> int:
        """The last number of an entity in the conversation, when it was first asked for in this call."""
        last = self._last.get(entity)
        if last is None:
            last = 0
            if entity in self._entities and self:
                id, is_new = self._standing()
                last = 0 if is_new else self._core.last_number(id, self._names.kind(entity))
            self._last[entity] = last
        return last

    def _standing(self) -> tuple[int, bool]:
        if self._stands is None:
            self._stands = self._core.look(self._names.scope, now_ms=self._now_ms, ttl_ms=self._ttl_ms, may_wait=False)
            if self._stands is None:
                raise NoRoom("the vault has no room at this moment")
        return self._stands

    def _opened(self, id: int, kind: bytes, number: int, sealed: bytes) -> str:
        return self._sealer.open(sealed, place=_place(id, kind, number)).decode()


def _keyed(key: bytes, data: bytes, size: int) -> bytes:
    """A keyed hash (BLAKE2b, RFC 7693)."""
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def _place(id: int, kind: bytes, number: int) -> bytes:
    """What a sealed value is bound to."""
    return struct.pack(">Q", id) + kind + struct.pack(">I", number)


def _keys_of(settings: VaultSettings, data_dir: Path) -> list[bytes]:
    """The key that seals, and those that only open."""
    stated = [key_of_text(key.read().reveal()) for key in (settings.key, *settings.old_keys) if key is not None]
    path = data_dir / _KEY_FILE
    if settings.key is None:
        return [key_in_file(path), *stated]
    return [*stated, key_in_file(path)] if path.exists() else stated
