"""The text of an API key: `tf_<8 id>_<43 secret>_<6 check>`, every character base62.

The check is a CRC-32 of what stands before it, so a mistyped key is told from an unknown one without a look-up. Only
the SHA-256 of a text is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_SIZE, _SECRET_SIZE, _CHECK_SIZE = 8, 43, 6  # 43 base62 characters carry 256 bits


def mint(key_id: str | None = None) -> tuple[str, str]:
    """An id and a whole text with a new random secret. Without `key_id` the id is random too."""
    key_id = key_id or _random(_ID_SIZE)
    body = f"tf_{key_id}_{_random(_SECRET_SIZE)}"
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


def _random(size: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(size))


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_SIZE)


def _base62(number: int, size: int) -> str:
    digits = []
    for _ in range(size):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
