"""Personal data at rest: sealed with AES-256-GCM (NIST SP 800-38D), so that what lies on the disk tells nothing, and
what was changed there is noticed.

The key is stated, or made once per data directory and kept in a file that its owner alone may read. Each purpose has a
key of its own, derived from that one, so that no nonce is ever used twice with one key for as long as one purpose
seals fewer than 2**32 pieces (their nonces are random), and a piece cannot be put in another's place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tokenfoundry.errors import ConfigError, DataLoss

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MARK_BYTES = 4
OVERHEAD_BYTES = _NONCE_BYTES + _TAG_BYTES


class Sealer:
    """Seals and opens with one key. Immutable; any thread. `repr` shows nothing of the key.

    >>> sealer = Sealer(bytes(32)).derived("mail")
    >>> sealer.open(sealer.seal(b"mario@example.it", place=b"1"), place=b"1")
    b'mario@example.it'
    """

    __slots__ = ("_cipher", "_key")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._cipher = AESGCM(key)

    def derived(self, purpose: str) -> Sealer:
        """A sealer for one purpose alone, such as a file: what it seals, no other opens."""
        return Sealer(hmac.digest(self._key, b"tokenfoundry:" + purpose.encode(), "sha256"))

    def seal(self, plain: bytes, *, place: bytes = b"") -> bytes:
        """`plain` sealed, `OVERHEAD_BYTES` longer. It opens only in the same `place`, such as its number in a file."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, *, place: bytes = b"") -> bytes:
        """What was sealed. Raises `DataLoss` for what this key did not seal, for this place."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except (InvalidTag, ValueError):
            raise DataLoss("sealed data does not open: it was changed, or sealed with another key") from None

    def __repr__(self) -> str:
        return "Sealer()"


class SealerRing:
    """Seals with the first of several keys, and opens with the one that sealed: a key is replaced by setting another
    before it. What is sealed begins with the mark of its key. Immutable; any thread.

    >>> before = SealerRing([bytes(32)], "mail")
    >>> after = SealerRing([b"x" * 32, bytes(32)], "mail")
    >>> sealed = before.seal(b"mario@example.it")
    >>> after.open(sealed), after.is_of_first(sealed), after.is_of_first(after.seal(b""))
    (b'mario@example.it', False, True)
    """

    __slots__ = ("_first", "_sealers")

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        marks = [hmac.digest(key, b"tokenfoundry:mark", "sha256")[:_MARK_BYTES] for key in keys]
        self._first = marks[0]
        self._sealers = {mark: Sealer(key).derived(purpose) for mark, key in zip(marks, keys, strict=True)}

    def seal(self, plain: bytes, *, place: bytes = b"") -> bytes:
        """As `Sealer.seal`, with the first key."""
        return self._first + self._sealers[self._first].seal(plain, place=place)

    def open(self, sealed: bytes, *, place: bytes = b"") -> bytes:
        """What was sealed with any of the keys. Raises `DataLoss`."""
        sealer = self._sealers.get(sealed[:_MARK_BYTES])
        if sealer is None:
            raise DataLoss("sealed data does not open: it was sealed with a key that is not among those stated")
        return sealer.open(sealed[_MARK_BYTES:], place=place)

    def is_of_first(self, sealed: bytes) -> bool:
        """Whether the first key sealed it."""
        return sealed[:_MARK_BYTES] == self._first

    def __repr__(self) -> str:
        return f"SealerRing({len(self._sealers)} keys)"


def key_of_text(text: str) -> bytes:
    """The key that a secret text stands for, which should be as hard to guess: 32 random bytes, in any writing."""
    return hashlib.sha256(b"tokenfoundry:sealing:" + text.encode()).digest()


def key_in_file(path: Path) -> bytes:
    """The key in that file, which is made with mode 600 when it is not there.

    Raises `ConfigError` for one that others may read, and `DataLoss` for one of another length.
    """
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"others than its owner may read {path}, which holds a key: chmod 600 it")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise DataLoss(f"{path} should hold a key of {KEY_BYTES} bytes, and has {len(key)}")
    return key


def _make(path: Path) -> None:
    """Whole or not at all: a key that is half written would be taken for another one."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # Of two that make it at once, the first one's stays.
        with suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink(missing_ok=True)
