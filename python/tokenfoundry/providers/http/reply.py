"""An open reply, whichever transport it came by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

from tokenfoundry.errors import InvalidState
from tokenfoundry.providers.http.decoding import DecodedBody
from tokenfoundry.providers.http.errors import ReplyLost
from tokenfoundry.providers.http.limits import MAX_REPLY_BYTES, PAUSE_BYTES

_DRAIN_S = 0.5
# Server-sent events, and the frames of Amazon's services.
_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")


class Body(Protocol):
    """What a transport reads a reply's body with."""

    def piece(self) -> Awaitable[bytes]:
        """The next bytes of the body, empty at its end. Raises `ReplyLost` when it is cut short or too slow."""


class Headers(Mapping[str, str]):
    """The header fields of a reply. Names are looked up in any case; the values of a repeated field are joined by a
    comma.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[bytes, bytes]) -> None:
        """`fields` by their names in lower case; the mapping is kept, not copied."""
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower().encode("latin-1", "replace")].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({dict(self)})"


class _ClosedBody:
    """Stands in for the body of a reply whose block was left: its connection may serve another caller by now."""

    async def piece(self) -> bytes:
        raise InvalidState("the reply was closed at the end of its `send` block")


_CLOSED = _ClosedBody()


class UpstreamReply:
    """An open reply: read it whole or as a stream. Belongs to the `send` block it came from."""

    __slots__ = ("_body", "_raw", "headers", "status")

    def __init__(self, status: int, fields: Mapping[bytes, bytes], body: Body) -> None:
        self.status = status
        self.headers: Mapping[str, str] = Headers(fields)
        self._raw = body
        coding = fields.get(b"content-encoding")
        self._body: Body = body if coding is None else DecodedBody(self._raw_piece, coding.decode("latin-1"))

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty when the reply states none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        return self.content_type in _STREAMS

    async def read(self) -> bytes:
        """The whole body. Raises `ReplyLost` when it is cut short or over 64 MiB."""
        first = await self._body.piece()
        if not first:
            return first
        parts = [first]
        size = len(first)
        while part := await self._body.piece():
            parts.append(part)
            size += len(part)
            if size > MAX_REPLY_BYTES:
                raise ReplyLost("the provider's reply is over 64 MiB")
        return first if len(parts) == 1 else b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises `ReplyLost` when it is cut short."""
        while piece := await self._body.piece():
            yield piece

    async def drain(self) -> None:
        """Reads what is left, so that the connection can be used again; gives up after half a second or 256 KiB."""
        left = PAUSE_BYTES
        with suppress(ReplyLost, TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while left > 0 and (piece := await self._raw.piece()):
                    left -= len(piece)

    def _raw_piece(self) -> Awaitable[bytes]:
        return self._raw.piece()

    def close(self) -> None:
        """For the transport, when the block is left."""
        self._body = self._raw = _CLOSED
