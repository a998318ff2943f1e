"""The key of what is told of a value without telling it: hashes and surrogates."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from tokenfoundry.errors import InvalidInput

KEY_BYTES: Final = 32
_LEAST_BYTES: Final = 16
_SHOWN_HEX: Final = 16  # 64 bits: two of a million values are alike with a chance of 1 in 37 million.


class PseudonymKey:
    """Immutable; any thread. `repr` shows nothing of the key.

    >>> PseudonymKey(b"at least sixteen bytes").hashed("EMAIL_ADDRESS", "mario@example.it")
    '[EMAIL_ADDRESS:7a3d7a0bf789c9e4]'
    """

    __slots__ = ("_hash_key", "_seed_key")

    def __init__(self, key: bytes) -> None:
        """Raises `InvalidInput` for a key of less than 16 bytes: what it hashes could be guessed."""
        if len(key) < _LEAST_BYTES:
            raise InvalidInput(f"a key of pseudonyms has at least {_LEAST_BYTES} bytes, not {len(key)}")
        self._hash_key = hmac.digest(key, b"tokenfoundry:hash", "sha256")
        self._seed_key = hmac.digest(key, b"tokenfoundry:surrogate", "sha256")[:KEY_BYTES]

    @classmethod
    def random(cls) -> PseudonymKey:
        """One that nobody knows, and that nothing outside this process shares."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def hashed(self, entity: str, value: str) -> str:
        """What stands for `value`, character for character, with this key: HMAC-SHA-256, its first 64 bits."""
        digest = hmac.digest(self._hash_key, f"{entity}\0{value}".encode(errors="surrogatepass"), "sha256")
        return f"[{entity}:{digest.hex()[:_SHOWN_HEX]}]"

    def seed(self, entity: str, value: str, attempt: int) -> bytes:
        """32 bytes from which the surrogate of `value` is drawn, at that attempt."""
        text = f"{entity}\0{attempt}\0{value}".encode(errors="surrogatepass")
        return hashlib.blake2b(text, digest_size=32, key=self._seed_key).digest()

    def __repr__(self) -> str:
        return "PseudonymKey()"
