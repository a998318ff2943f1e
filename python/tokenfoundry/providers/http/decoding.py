"""Content codings undone: gzip and deflate (RFC 9110, 8.4.1), which are the ones that requests ask for.

A packed body may unpack to a thousand times its size. So it is unpacked in pieces of bounded size, only when its reader
asks for the next, and a body that unpacks out of all proportion is given up.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable

from tokenfoundry.providers.http.errors import ReplyLost
from tokenfoundry.providers.http.limits import FREE_BYTES, MAX_PIECE_BYTES, MAX_RATIO

ACCEPTED = "gzip, deflate"

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class DecodedBody:
    """A body with its content coding undone."""

    def __init__(self, next_piece: Callable[[], Awaitable[bytes]], coding: str) -> None:
        """`next_piece` gives the packed bytes, empty at their end."""
        self._next_piece = next_piece
        self._coding = coding.strip().lower()
        self._inflater = Inflater(gzip=self._coding in ("gzip", "x-gzip"))

    async def piece(self) -> bytes:
        """The next bytes, at most 256 KiB; empty at the end. Raises `ReplyLost` for what cannot be unpacked."""
        if self._coding == "identity":
            return await self._next_piece()
        while True:
            if self._inflater.has_more:
                await asyncio.sleep(0)  # Much came out of little: others take their turn.
                packed = b""
            elif not (packed := await self._next_piece()):
                self._inflater.finish()
                return b""
            if self._coding not in ("gzip", "x-gzip", "deflate"):
                raise ReplyLost(f"the provider's reply is in the content coding {self._coding[:40]!r}, not asked for")
            if plain := self._inflater.feed(packed):
                return plain


class Inflater:
    """One gzip or deflate stream, unpacked piece by piece."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream = zlib.decompressobj(_GZIP) if gzip else None
        self._held = b""  # Packed bytes that are not consumed yet.
        self._packed_bytes = 0
        self._plain_bytes = 0
        self.has_more = False
        """Whether `feed(b"")` may give more of what was fed."""

    def feed(self, packed: bytes) -> bytes:
        """Up to 256 KiB of what these bytes and those held back unpack to. Feed nothing new while `has_more`."""
        self._packed_bytes += len(packed)
        held = self._held + packed
        if not held and self._stream is not None and self._stream.eof:
            self.has_more = False
            return b""
        if self._stream is None:
            if len(held) < 2:
                self._held = held
                return b""
            self._stream = zlib.decompressobj(_ZLIB if _starts_zlib(held) else _RAW)
        elif self._stream.eof:
            self._stream = self._next_member(held)
        try:
            plain = self._stream.decompress(held, MAX_PIECE_BYTES)
        except zlib.error as error:
            raise ReplyLost("the provider's reply is packed wrongly") from error
        self._held = self._stream.unconsumed_tail or self._stream.unused_data
        self.has_more = bool(self._held) or len(plain) == MAX_PIECE_BYTES
        self._plain_bytes += len(plain)
        if self._plain_bytes > FREE_BYTES and self._plain_bytes > MAX_RATIO * self._packed_bytes:
            raise ReplyLost(f"the provider's reply unpacks to over {MAX_RATIO} times its size")
        return plain

    def finish(self) -> None:
        """Raises `ReplyLost` when the stream was cut short. No bytes at all are an empty body."""
        if self._packed_bytes and (self._stream is None or not self._stream.eof):
            raise ReplyLost("the provider's reply was cut short within its packed body")

    def _next_member(self, held: bytes) -> zlib._Decompress:
        """A gzip stream may be several in a row (RFC 1952, 2.2); nothing else may follow one."""
        if not self._gzip:
            raise ReplyLost("the provider's reply goes on after its packed body")
        return zlib.decompressobj(_GZIP)


def _starts_zlib(data: bytes) -> bool:
    """Whether this is a zlib header (RFC 1950, 2.2). `deflate` means that; some servers send the raw stream."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
