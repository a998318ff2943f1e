"""What a conversation and its values are called in the vault: keyed hashes, which tell nobody what was hashed."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection

from tokenfoundry.vault.kept import Kept

HASH_BYTES, KIND_BYTES = 16, 8  # vault.h


class Names:
    """What a conversation is called in the vault, and its kinds."""

    __slots__ = ("_entities", "_kinds", "_named", "_secret", "kept", "scope")

    def __init__(self, scope: bytes, secret: bytes) -> None:
        self.scope = scope
        self.kept: Kept | None = None  # What it has, once that was read.
        self._secret = secret
        self._kinds: dict[str, bytes] = {}
        self._named: Collection[str] = ()
        self._entities: dict[bytes, str] = {}

    def kind(self, entity: str) -> bytes:
        kind = self._kinds.get(entity)
        if kind is None:
            kind = self._kinds[entity] = keyed(self._secret, entity.encode(), KIND_BYTES)
        return kind

    def entity(self, kind: bytes, entities: Collection[str]) -> str | None:
        """The one of these that has that kind."""
        if entities is not self._named:
            self._named, self._entities = entities, {self.kind(entity): entity for entity in entities}
        return self._entities.get(kind)

    def value(self, kind: bytes, value: str) -> bytes:
        return keyed(self._secret, kind + value.encode(), HASH_BYTES)


def keyed(key: bytes, data: bytes, size: int) -> bytes:
    """A keyed hash (BLAKE2b, RFC 7693)."""
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def place_of(id: int, kind: bytes, number: int) -> bytes:
    """What a sealed value is bound to."""
    return struct.pack(">Q", id) + kind + struct.pack(">I", number)
