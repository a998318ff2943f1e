"""Presidio's encryption of values: AES in CBC mode, PKCS #7 padding, a random IV in front, URL-safe base64 around.

Sources: FIPS 197, NIST SP 800-38A, RFC 5652 (section 6.3), RFC 4648 (section 5). CBC tells nobody that a text was
altered; this is kept because what Presidio encrypted must stay readable.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from tokenfoundry.errors import MissingExtra

KEY_BYTES = (16, 24, 32)
_BLOCK_BYTES = 16


def encrypt(key: bytes, text: str) -> str:
    """`text` under `key`, different each time. Raises `MissingExtra` without the package `cryptography`."""
    data = text.encode()
    padding = _BLOCK_BYTES - len(data) % _BLOCK_BYTES
    iv = os.urandom(_BLOCK_BYTES)
    encryptor = _aes_cbc(key, iv).encryptor()
    encrypted = encryptor.update(data + bytes([padding]) * padding) + encryptor.finalize()
    return base64.urlsafe_b64encode(iv + encrypted).decode()


def decrypt(key: bytes, text: str) -> str:
    """The text that `encrypt` was given. Raises `ValueError` when this is not one, or the key is another."""
    data = base64.urlsafe_b64decode(text.encode())
    if len(data) < 2 * _BLOCK_BYTES or len(data) % _BLOCK_BYTES:
        raise ValueError("its length is wrong")
    decryptor = _aes_cbc(key, data[:_BLOCK_BYTES]).decryptor()
    padded: bytes = decryptor.update(data[_BLOCK_BYTES:]) + decryptor.finalize()
    padding = padded[-1]
    if not 1 <= padding <= _BLOCK_BYTES or padded[-padding:] != bytes([padding]) * padding:
        raise ValueError("its padding is wrong")
    return padded[:-padding].decode()


def _aes_cbc(key: bytes, iv: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ModuleNotFoundError as error:
        raise MissingExtra("cryptography", "presidio") from error
    return Cipher(algorithms.AES(key), modes.CBC(iv))
