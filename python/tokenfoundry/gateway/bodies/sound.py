"""How long a file of sound can be at most, without decoding it."""

from __future__ import annotations

import struct

# Opus at 6 kbit/s, the least that any codec in use speaks with (RFC 6716, section 2.1.1).
_LEAST_BYTES_PER_SECOND = 750
_UNCOMPRESSED = (1, 3)  # of WAVE: PCM and floating point
_EXTENSIBLE = 0xFFFE


def longest_seconds(data: bytes) -> int:
    """Whole seconds, rounded up: exact for an uncompressed WAVE file, else at the lowest rate of any codec.

    >>> longest_seconds(bytes(7501))
    11
    """
    return max(1, -(-len(data) // (_wave_bytes_per_second(data) or _LEAST_BYTES_PER_SECOND)))


def _wave_bytes_per_second(data: bytes) -> int:
    """What a decoder would take from the file for each second; 0 when it is no uncompressed WAVE file."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return 0
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt " and size >= 16 and at + 24 <= len(data):
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
            if kind == _EXTENSIBLE and size >= 26 and at + 34 <= len(data):
                kind = int.from_bytes(data[at + 32 : at + 34], "little")
            # Not the rate in bytes that the header also states: a decoder does not look at it.
            return int(rate * channels * bits) // 8 if kind in _UNCOMPRESSED else 0
        at += 8 + size + size % 2
    return 0
