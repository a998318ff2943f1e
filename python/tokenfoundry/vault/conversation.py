"""The placeholders of one conversation, as one call has them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator

import msgspec

from tokenfoundry import _core
from tokenfoundry.errors import DataLoss, StoreError
from tokenfoundry.privacy.known_values import Known
from tokenfoundry.privacy.placeholders import NoRoom, Overtaken, PlaceholderMap
from tokenfoundry.privacy.sealed import SealerRing
from tokenfoundry.vault.kept import Kept
from tokenfoundry.vault.names import KIND_BYTES, Names, place_of

_log = logging.getLogger("tokenfoundry")

_GREATEST_NUMBER = 2**32 - 1
_MOST_READ = 4096  # Values of one conversation that a call reads at once; further ones are looked up one by one.
_FIRST_PAGE = 16
_SURROGATE = "\0surrogate"  # The kind of what no entity is called: surrogates, by themselves, with what they stand for.


class ConversationValues(PlaceholderMap):
    """The placeholders of a conversation, as one call has them: as a mapping, those that occurred in this call. What
    the model says may name others of the conversation too, which are looked up.

    A number is on disk before `assign` returns it; after `collect`, before `keep` returns, which writes all that are
    new at once. Raises `NoRoom` when the store has no room now, `Overtaken` (`keep` alone) when another call was
    faster, and `StoreError` when the vault cannot be read or written, or the conversation was erased since the call
    began.
    """

    __slots__ = (
        "_at_once",
        "_begun",
        "_core",
        "_entities",
        "_kept",
        "_last",
        "_looked_up",
        "_names",
        "_new",
        "_now_ms",
        "_sealer",
        "_stands",
        "_ttl_ms",
    )

    def __init__(
        self,
        core: _core.Vault,
        sealer: SealerRing,
        names: Names,
        entities: Collection[str],
        now_ms: int,
        ttl_ms: int,
        *,
        at_once: bool = True,
    ) -> None:
        """`at_once` says whether numbers are written together where they may be."""
        super().__init__()
        self._at_once = at_once
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
        self._kept: Kept | None = None
        self._new: list[tuple[str, str, int]] | None = None  # Entity, value and number, of what `keep` is to write.

    def assign(self, entity: str, value: str) -> str:
        """As `PlaceholderMap.assign`, with the number that the value has in the conversation."""
        placeholder = self._placeholders.get((entity, value))
        if placeholder is None:
            number = self._read().numbers.get((entity, value)) or self._number_of(entity, value)
            placeholder = self._add(entity, value, number)
        return placeholder

    def collect(self) -> None:
        self._new = [] if self._at_once else None

    def keep(self) -> None:
        new, self._new = self._new, None
        if not new:
            return
        id, _ = self._standing()
        if not self._write([self._sealed(id, entity, value, value, number) for entity, value, number in new]):
            self._names.kept = None
            raise Overtaken("another call of the conversation was faster")
        kept = self._read()
        for entity, value, number in new:
            kept.take(entity, value, number)

    def known(self) -> Known | None:
        return self._read().known

    def surrogates(self) -> Iterator[tuple[str, str]]:
        return ((surrogate, value) for surrogate, (_, value) in list(self._read().surrogates.items()))

    def keep_surrogate(self, entity: str, surrogate: str, value: str) -> bool:
        if self._read().surrogates.get(surrogate) == (entity, value):
            return True
        is_kept = (
            self._number(_SURROGATE, surrogate, msgspec.json.encode((entity, surrogate, value)).decode()) is not None
        )
        if is_kept:
            self._read().take_surrogate(entity, surrogate, value)
        return is_kept

    def value_of(self, placeholder: str) -> str | None:
        value = self._values.get(placeholder)
        if value is not None:
            return value
        if self._kept is not None and (value := self._kept.values.get(placeholder)) is not None:
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

    def _read(self) -> Kept:
        """What the conversation has."""
        if self._kept is None:
            id, is_new = self._standing()
            kept = self._names.kept
            if kept is None or kept.id != id or kept.entities != self._entities:
                kept = Kept(id, self._entities)
                for kind, number, sealed in () if is_new else self._pieces(kept):
                    self._take(kept, kind, number, self._opened(id, kind, number, sealed))
                self._names.kept = kept
            self._kept = kept
            if not is_new:
                self._begun = id
        return self._kept

    def _take(self, kept: Kept, kind: bytes, number: int, value: str) -> None:
        if kind == self._names.kind(_SURROGATE):
            kept.take_surrogate(*msgspec.json.decode(value, type=tuple[str, str, str]))
        elif (entity := self._names.entity(kind, self._entities)) is not None:
            kept.take(entity, value, number)

    def _pieces(self, kept: Kept) -> Iterator[tuple[bytes, int, bytes]]:
        """Those of the conversation that were sealed; in the order of its kinds, not of its calls."""
        last: tuple[int, bytes, int, bytes] = (kept.id, bytes(KIND_BYTES), 0, b"")
        page, read = _FIRST_PAGE, 0
        while read < _MOST_READ:
            pieces = self._core.pieces(last, page)
            for id, *piece in pieces:
                if id != kept.id:
                    return
                yield piece[0], piece[1], piece[2]
            if len(pieces) < page:
                return
            last, read, page = pieces[-1], read + page, 4 * page
        kept.is_whole = False

    def _number_of(self, entity: str, value: str) -> int:
        kept = self._read()
        # What is read whole and does not have the value says what its number will be, unless another call is faster.
        number = kept.last.get(entity, 0) + 1 if kept.is_whole else 0
        if number and self._new is not None:
            number = max(number, self._last_number.get(entity, 0) + 1)
            self._new.append((entity, value, number))
            return number
        kept_as = self._number(entity, value, value, number)
        if kept_as is None:
            raise DataLoss("the vault has a number under which another value is kept")
        self._read().take(entity, value, kept_as)
        return kept_as

    def _number(self, name: str, said: str, kept: str, number: int = 0) -> int | None:
        """The number under which `kept` is kept, by what is said of it, or that it gets; None when it is something else
        there. `number` is what it will be, if that is known.
        """
        kind = self._names.kind(name)
        hashed = self._names.value(kind, said)
        while True:
            id, _ = self._standing()
            if self._begun not in (None, id):
                raise StoreError("the conversation was erased while this call was on its way")
            sealed = None
            if number == 0:
                number, sealed = self._core.find(id, kind, hashed)
            if sealed is not None:
                self._begun = id
                return int(number) if self._opened(id, kind, number, sealed) == kept else None
            if self._write([self._sealed(id, name, said, kept, number)]):
                return int(number)
            self._stands, self._kept, number = None, None, 0  # Another call was first.

    def _sealed(self, id: int, name: str, said: str, kept: str, number: int) -> tuple[bytes, bytes, int, bytes]:
        """What is written of a value: its kind, its hash, its number, and itself."""
        kind = self._names.kind(name)
        sealed = self._sealer.seal(kept.encode(), place=place_of(id, kind, number))
        return kind, self._names.value(kind, said), number, sealed

    def _write(self, values: list[tuple[bytes, bytes, int, bytes]]) -> bool:
        """Whether these have their numbers now, all of them."""
        id, is_new = self._standing()
        is_kept = self._core.keep(
            self._names.scope, id, is_new, values, now_ms=self._now_ms, ttl_ms=self._ttl_ms, may_wait=False
        )
        if is_kept is None:
            raise NoRoom("the vault has no room at this moment")
        if is_kept:
            self._stands, self._begun = (id, False), id
        return bool(is_kept)

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
            if self._kept is not None and self._kept.is_whole:
                last = self._kept.last.get(entity, 0)
            elif entity in self._entities and self:
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
        return self._sealer.open(sealed, place=place_of(id, kind, number)).decode()
