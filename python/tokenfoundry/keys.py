"""API keys: `tf_<8 id>_<43 secret>_<6 check>`, every character base62.

The check is a CRC-32 of what stands before it, so a mistyped key is told from an unknown one without a look-up. Only
the SHA-256 of a key is kept; the key itself is shown once, when it is made.

Thread-safe for readers; changes go through one `KeyRing` per open data directory.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.ledger import Ledger

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_SIZE, _SECRET_SIZE, _CHECK_SIZE = 8, 43, 6  # 43 base62 characters carry 256 bits
_TABLE: Final = "keys"

Scope = Literal["inference", "admin"]
Endpoint = Literal["chat", "embeddings", "models"]
MAX_AXIS_LENGTH = 128
CLIENT_AXES = ("intent", "consumer", "project", "env", "session")


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored of a key. `None` in a list of allowed things means no restriction; times are Unix milliseconds."""

    id: str
    sha256: str = msgspec.field(default="")
    name: str = ""
    workspace: str = "default"
    project: str = "default"
    consumer: str = ""
    env: str = ""
    scopes: tuple[Scope, ...] = ("inference",)
    models: tuple[str, ...] | None = None
    endpoints: tuple[Endpoint, ...] | None = None
    regions: tuple[str, ...] | None = None
    client_axes: tuple[str, ...] = ("intent", "session")
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    state: Literal["active", "frozen", "disabled"] = "active"

    def __repr__(self) -> str:
        return f"Key({self.id}, workspace={self.workspace!r}, project={self.project!r}, state={self.state!r})"

    def public(self) -> dict[str, object]:
        """The fields an administrator may see: all but the hash."""
        return {name: getattr(self, name) for name in self.__struct_fields__ if name != "sha256"}


def _base62(number: int, size: int) -> str:
    digits = []
    for _ in range(size):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_SIZE)


def mint() -> tuple[str, str]:
    """A new random key: its id and its whole text."""
    key_id = "".join(secrets.choice(_BASE62) for _ in range(_ID_SIZE))
    secret = "".join(secrets.choice(_BASE62) for _ in range(_SECRET_SIZE))
    body = f"tf_{key_id}_{secret}"
    return key_id, f"{body}_{_check(body)}"


def id_of(text: str) -> str | None:
    """The id inside a well-formed key, or None when the text is not one (wrong shape, wrong check)."""
    parts = text.split("_")
    if len(parts) != 4 or parts[0] != "tf":
        return None
    _, key_id, secret, check = parts
    if (len(key_id), len(secret), len(check)) != (_ID_SIZE, _SECRET_SIZE, _CHECK_SIZE) or not text.isascii():
        return None
    return key_id if hmac.compare_digest(_check(f"tf_{key_id}_{secret}"), check) else None


def hash_of(text: str) -> str:
    """What is stored: the SHA-256 of the whole key, in hex. The secret has 256 random bits, so a slow hash would add
    nothing.
    """
    return hashlib.sha256(text.encode()).hexdigest()


class KeyRing:
    """Every key of one data directory, in memory; each change is on disk before it takes effect."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lent: set[str] = set()
        decoder = msgspec.json.Decoder(Key)
        self._keys = {key_id: decoder.decode(data) for key_id, data in ledger.items(_TABLE)}

    def __iter__(self) -> Iterator[Key]:
        return iter(sorted(self._keys.values(), key=lambda key: (key.created_at_ms, key.id)))

    def create(self, fields: Mapping[str, object], *, now_ms: int) -> tuple[Key, str]:
        """Makes and stores a key with these fields of `Key`; returns it and its text, which is shown only now.

        Raises `InvalidInput` when a field is unknown or has the wrong type.
        """
        key_id, text = mint()
        key = self._validated({**fields, "id": key_id, "sha256": hash_of(text), "created_at_ms": now_ms})
        self._store(key)
        return key, text

    def lend(self, *, scopes: tuple[Scope, ...]) -> str:
        """The text of a key that is kept in memory only: it ends with this process."""
        key_id, text = mint()
        self._lent.add(key_id)
        self._keys[key_id] = Key(id=key_id, sha256=hash_of(text), name="server", scopes=scopes)
        return text

    def update(self, key_id: str, fields: Mapping[str, object]) -> Key:
        """Changes fields of a stored key, e.g. `{"state": "frozen"}`; raises `NotFound` for an unknown id."""
        key = self.get(key_id)
        if key_id in self._lent:
            raise InvalidInput(f"the key {key_id} belongs to the running server")
        for fixed in ("id", "sha256", "created_at_ms"):
            if fixed in fields:
                raise InvalidInput(f"a key's {fixed} cannot be changed")
        changed = self._validated({**msgspec.to_builtins(key), **fields})
        self._store(changed)
        return changed

    def get(self, key_id: str) -> Key:
        """The key with that id; raises `NotFound`."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise NotFound(f"no key has the id {key_id!r}") from None

    def authenticate(self, text: str) -> Key | None:
        """The key whose text this is, whatever its state, or None. The comparison takes constant time."""
        key_id = id_of(text)
        key = self._keys.get(key_id) if key_id is not None else None
        return key if key is not None and hmac.compare_digest(key.sha256, hash_of(text)) else None

    @staticmethod
    def _validated(fields: Mapping[str, object]) -> Key:
        unknown = set(fields) - set(Key.__struct_fields__)
        if unknown:
            known = ", ".join(sorted(set(Key.__struct_fields__) - {"id", "sha256", "created_at_ms"}))
            raise InvalidInput(f"a key has no field {sorted(unknown)[0]!r}; it has {known}")
        try:
            key = msgspec.convert(fields, Key)
        except msgspec.ValidationError as error:
            raise InvalidInput(f"key: {error}") from None
        bad_axes = set(key.client_axes) - set(CLIENT_AXES)
        if bad_axes:
            raise InvalidInput(
                f"client_axes: {sorted(bad_axes)[0]!r} cannot be set by a client; {', '.join(CLIENT_AXES)} can"
            )
        for axis in ("workspace", "project", "consumer", "env", "name"):
            value = getattr(key, axis)
            if len(value) > MAX_AXIS_LENGTH or not value.isprintable():
                raise InvalidInput(f"{axis}: needs at most {MAX_AXIS_LENGTH} printable characters")
        if not key.workspace or not key.project:
            raise InvalidInput("a key needs a workspace and a project")
        return key

    def _store(self, key: Key) -> None:
        self._ledger.put(_TABLE, key.id, msgspec.json.encode(key))
        self._keys[key.id] = key
