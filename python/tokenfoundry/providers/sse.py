"""Server-sent events, parsed as the bytes arrive (WHATWG HTML, "Interpreting an event stream")."""

from __future__ import annotations

from tokenfoundry.errors import ProviderError

_MAX_EVENT_BYTES = 8 * 1024 * 1024


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
        if len(self._rest) + self._data_bytes > _MAX_EVENT_BYTES:
            raise ProviderError("the provider sent an event over 8 MiB")
        return events


def event(data: bytes) -> bytes:
    """One event with this data, which must hold no line break (JSON never does)."""
    return b"data: " + data + b"\n\n"


def comment(text: bytes) -> bytes:
    """A comment line, which clients ignore."""
    return b": " + text + b"\n\n"
