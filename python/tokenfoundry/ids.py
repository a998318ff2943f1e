"""Request ids: UUIDv7 (RFC 9562), made here and never by a client, so that they sort by time and cannot collide on
purpose.
"""

from __future__ import annotations

import os
import time


def uuid7(now_ms: int | None = None) -> str:
    """A new id in the canonical 36-character form; 74 bits are random. `now_ms` is Unix time in milliseconds.

    >>> uuid7(0)[:14]
    '00000000-0000-'
    """
    stamp = int(time.time() * 1000) if now_ms is None else now_ms
    random = int.from_bytes(os.urandom(10), "big")
    value = (stamp & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
