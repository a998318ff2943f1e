"""Server-sent events, parsed as the bytes arrive (WHATWG HTML, "Interpreting an event stream")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.framing.decode import MAX_EVENT_BYTES, decode_event

_DONE = b"[DONE]"


class EventStream:
    """Feed it network reads; it returns the `data` of each event that is complete. Comments and other fields are
    dropped.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event completed by this chunk. Raises `ProviderError` for an event over 8 MiB."""
        buffer = self._rest + chunk
        *lines, self._rest = buffer.split(b"\n")
        events: list[bytes] = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if not line:
                if data := b"\n".join(self._data):
                    events.append(data)
                self._data, self._data_bytes = [], 0
            elif line.startswith(b"data:"):
                value = line[5:].removeprefix(b" ")
                self._data.append(value)
                self._data_bytes += len(value)
        if len(self._rest) + self._data_bytes > MAX_EVENT_BYTES:
            raise ProviderError("the provider sent an event over 8 MiB")
        return events


class JsonEvents:
    """The events of a stream whose data are JSON objects.

    `ends` says which event is the last; in its stead, `[DONE]` ends the streams of the dialects that have it.
    """

    def __init__(self, ends: Callable[[dict[str, Any]], bool] | None = None) -> None:
        self.ended = False
        self._ends = ends
        self._events = EventStream()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """See `tokenfoundry.providers.formats.Framing`."""
        for payload in self._events.feed(data):
            if self.ended:
                return
            if payload.strip() == _DONE:
                self.ended = True
                return
            event = decode_event(payload)
            self.ended = self._ends is not None and self._ends(event)
            yield event


def event(data: bytes) -> bytes:
    """One event with this data, which must hold no line break (JSON never does)."""
    return b"data: " + data + b"\n\n"


def comment(text: bytes) -> bytes:
    """A comment line, which clients ignore."""
    return b": " + text + b"\n\n"
