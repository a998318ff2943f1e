"""JSON lines (jsonlines.org): one JSON object a line, as batch results and Ollama's own API come."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.framing.decode import MAX_EVENT_BYTES, Body, decode_event


class JsonLines:
    """The objects of each complete line; empty lines are skipped. The last line needs its line break too."""

    def __init__(self, ends: Callable[[Body], bool]) -> None:
        self._rest = b""
        self._ends = ends
        self.ended = False

    def feed(self, data: bytes) -> Iterator[Body]:
        """The events that these bytes complete. Raises `ProviderError` for what is no object, or one over 8 MiB."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ProviderError("the provider sent a line over 8 MiB")
        for line in lines:
            if line.strip() and not self.ended:
                event = decode_event(line)
                self.ended = self._ends(event)
                yield event
