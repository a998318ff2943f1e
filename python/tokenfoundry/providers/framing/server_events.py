"""Server-sent events whose data is JSON, as most inference APIs stream."""

from __future__ import annotations

from collections.abc import Callable

from tokenfoundry.providers.framing.decode import Body, decode_event
from tokenfoundry.providers.sse import EventStream

_DONE = b"[DONE]"


class ServerEvents:
    """The `data` of each event, decoded. `[DONE]` ends the stream where `ends` does not say which event does."""

    def __init__(self, ends: Callable[[Body], bool] | None = None) -> None:
        self._stream = EventStream()
        self._ends = ends
        self.ended = False

    def feed(self, data: bytes) -> list[Body]:
        """The events that these bytes complete. Raises `ProviderError` for what is no event, or one over 8 MiB."""
        events: list[Body] = []
        for text in self._stream.feed(data):
            if text.strip() == _DONE:
                self.ended = self.ended or self._ends is None
                continue
            event = decode_event(text)
            events.append(event)
            if self._ends is not None and self._ends(event):
                self.ended = True
        return events
