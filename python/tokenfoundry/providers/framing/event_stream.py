"""Amazon's event stream (`application/vnd.amazon.eventstream`), as Bedrock's ConverseStream answers.

Source: "Event stream encoding" in the AWS documentation, and the Smithy specification of the same name. A message is
big-endian: total length and headers length (32 bits each), the CRC-32 of these eight bytes, headers, payload, and the
CRC-32 of all before it. An event comes out as the API's own union: `{":event-type": payload}`, and an exception
likewise under its name, such as `{"throttlingException": {"message": ...}}`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.framing.decode import MAX_EVENT_BYTES, Body, decode_event

_PRELUDE: Final = struct.Struct("!III")
_CHECKSUM: Final = struct.Struct("!I")
_SMALLEST: Final = _PRELUDE.size + _CHECKSUM.size
# Bytes of a header's value by its type: true, false, byte, short, integer, long, then (6, 7: with a length) timestamp,
# UUID.
_FIXED_BYTES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES_TYPE, _TEXT_TYPE = 6, 7


class AmazonEvents:
    """The events of one stream. `ends` says which of them ends it."""

    def __init__(self, ends: Callable[[Body], bool]) -> None:
        self._rest = bytearray()
        self._ends = ends
        self.ended = False

    def feed(self, data: bytes) -> Iterator[Body]:
        """The events that these bytes complete. Raises `ProviderError` for a wrong checksum, and for a message that is
        no event or over 8 MiB.
        """
        self._rest += data
        while not self.ended and (message := self._next()) is not None:
            event = _event(*message)
            if event is not None:
                self.ended = self._ends(event)
                yield event

    def _next(self) -> tuple[bytes, bytes] | None:
        """The headers and the payload of the next complete message, checked."""
        if len(self._rest) < _PRELUDE.size:
            return None
        total_bytes, headers_bytes, checksum = _PRELUDE.unpack_from(self._rest)
        if zlib.crc32(self._rest[:8]) != checksum:
            raise ProviderError("the provider's event stream is damaged: the checksum of a message's length is wrong")
        if total_bytes > MAX_EVENT_BYTES:
            raise ProviderError("the provider sent an event over 8 MiB")
        if total_bytes < _SMALLEST + headers_bytes:
            raise ProviderError("the provider's event stream holds a message shorter than its own headers")
        if len(self._rest) < total_bytes:
            return None
        message = bytes(self._rest[:total_bytes])
        del self._rest[:total_bytes]
        if zlib.crc32(message[: -_CHECKSUM.size]) != _CHECKSUM.unpack_from(message, total_bytes - _CHECKSUM.size)[0]:
            raise ProviderError("the provider's event stream is damaged: the checksum of a message is wrong")
        payload_at = _PRELUDE.size + headers_bytes
        return message[_PRELUDE.size : payload_at], message[payload_at : -_CHECKSUM.size]


def _event(header_bytes: bytes, payload: bytes) -> Body | None:
    """The event of a message; None for one that carries none of the API's events."""
    headers = _headers(header_bytes)
    kind = headers.get(":message-type", "event")
    if kind == "error":
        raise ProviderError(f"{headers.get(':error-code', 'error')}: {headers.get(':error-message', '')}")
    name = headers.get(":exception-type" if kind == "exception" else ":event-type")
    if name is None:
        raise ProviderError("the provider's event stream holds a message without a type")
    if name == "initial-response":
        return None
    return {name: decode_event(payload)}


def _headers(data: bytes) -> dict[str, str]:
    """The headers that are texts; others have no part in what an event is."""
    texts: dict[str, str] = {}
    at, end = 0, len(data)
    try:
        while at < end:
            name_at = at + 1
            kind_at = name_at + data[at]
            kind = data[kind_at]
            at = kind_at + 1
            if kind == _TEXT_TYPE:
                value_at = at + 2
                at = value_at + (data[at] << 8 | data[at + 1])
                texts[data[name_at:kind_at].decode()] = data[value_at:at].decode()
            elif kind == _BYTES_TYPE:
                at += 2 + (data[at] << 8 | data[at + 1])
            else:
                at += _FIXED_BYTES[kind]
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ProviderError("the provider's event stream holds a message with malformed headers") from error
    if at != end:
        raise ProviderError("the provider's event stream holds a header longer than all of them")
    return texts
