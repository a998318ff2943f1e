"""The placeholders of conversations: what stands in for whom goes on over the calls that state one name.

What is kept of a value is its number, under keyed hashes, and the value itself, sealed; without its key a copy of the
books tells neither whose conversations these are nor what was said. A value has its number on disk before the call that
sends the number leaves: the hold of that call comes later in the same log.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec

from tokenfoundry.clock import Clock
from tokenfoundry.errors import ConfigError, DataLoss, InvalidInput, InvalidState, StoreError
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy.sealed import SealerRing, key_in_file, key_of_text
from tokenfoundry.settings.fields import KeyReference
from tokenfoundry.settings.vault import VaultSettings
from tokenfoundry.vault.conversation import ConversationValues
from tokenfoundry.vault.names import HASH_BYTES, Names, keyed, place_of

_log = logging.getLogger("tokenfoundry")

KEY_FILE = "vault.key"
_INDEX_KEY = "vault_index_key"
_INDEX_KEY_BYTES = 32
_INDEX_PLACE = b"index"
_SECRET_BYTES = 32
_MOST_NAMES = 512  # Conversations of which it is remembered what they have.
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
        self._names: dict[tuple[str, ...], Names] = {}
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
        self, *, workspace: str, project: str, key: str, name: str, entities: Collection[str], at_once: bool = True
    ) -> ConversationValues:
        """The placeholders of a conversation, for one call; `entities` are all that its placeholders can be of.

        With `at_once` new numbers are written together where they may be, and another call may be faster: `Overtaken`.
        """
        now_ms = self._clock()
        if now_ms >= self._next_sweep_ms:
            self._begin_sweep(now_ms)
        names = self._names_of(workspace, project, key, name)
        return ConversationValues(self._core, self._sealer, names, entities, now_ms, self._ttl_ms, at_once=at_once)

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
        erased = self._core.erase(
            project=self._hash("project", workspace or "default", project) if project else b"",
            key=self._owner(key) if key else b"",
            name=self._hash("name", conversation) if conversation else b"",
        )
        self._names = {}
        return erased

    def sweep(self) -> int:
        """Deletes the conversations that are over; returns how many there were."""
        self._names = {}
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
                place = place_of(id, kind, number)
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

    def _names_of(self, *stated: str) -> Names:
        names = self._names.get(stated)
        if names is None:
            workspace, project, key, name = stated
            scope = self._hash("project", workspace, project) + self._owner(key) + self._hash("name", name)
            if len(self._names) >= _MOST_NAMES:
                self._names = {}
            names = self._names[stated] = Names(scope, keyed(self._index_key, scope, _SECRET_BYTES))
        return names

    def _owner(self, key: str) -> bytes:
        return self._hash("key", key) if self._share == "key" else self._hash("keys of the project")

    def _hash(self, *parts: str) -> bytes:
        return keyed(self._index_key, msgspec.json.encode(parts), HASH_BYTES)

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
            self._names = {}
            self.close()
            self._sweeping = threading.Thread(target=self._sweep_quietly, args=(now_ms,), name="tokenfoundry-vault")
            self._sweeping.start()

    def _sweep_quietly(self, now_ms: int) -> None:
        try:
            if ended := self._core.sweep(now_ms):
                _log.info("the vault has deleted %d conversations that were over", ended)
        except (InvalidState, StoreError) as error:
            _log.error("the vault cannot delete what is over: %s", error)


def known_keys(settings: VaultSettings, data_dir: Path) -> list[bytes]:
    """The key that seals, and those that only open; none when there is none yet.

    Raises `ConfigError`, with its path, for one that is stated and not there, or that others may read, and `DataLoss`
    for one that is damaged.
    """
    stated = [_stated(key, "vault.key") for key in (settings.key,) if key is not None]
    stated += [_stated(key, f"vault.old_keys[{number}]") for number, key in enumerate(settings.old_keys)]
    path = data_dir / KEY_FILE
    if settings.key is None:
        return [key_in_file(path), *stated] if path.exists() else stated
    return [*stated, key_in_file(path)] if path.exists() else stated


def is_opened_by(ledger: Ledger, sealer: SealerRing | None) -> bool | None:
    """Whether the vault in these books opens with one of the keys; None when there is none."""
    sealed = ledger.get("settings", _INDEX_KEY)
    if sealed is None or sealer is None:
        return None if sealed is None else False
    try:
        sealer.open(sealed, place=_INDEX_PLACE)
    except DataLoss:
        return False
    return True


def _keys_of(settings: VaultSettings, data_dir: Path) -> list[bytes]:
    """Those keys; the one that seals is made when none is stated."""
    if settings.key is None:
        key_in_file(data_dir / KEY_FILE)
    return known_keys(settings, data_dir)


def _stated(key: KeyReference, path: str) -> bytes:
    try:
        return key_of_text(key.read().reveal())
    except ConfigError as error:
        raise ConfigError(str(error), path=path) from None
