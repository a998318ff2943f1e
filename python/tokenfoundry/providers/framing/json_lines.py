"""JSON lines (jsonlines.org): one JSON object a line, as the results of batches come."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.framing.decode import MAX_EVENT_BYTES, Body, decode_event


class JsonLines:
    """The objects of each complete line; empty lines are skipped. The last line needs its line break too."""

    def __init__(self, ends: Callable[[Body], bool] | None = None, *, most_bytes: int = MAX_EVENT_BYTES) -> None:
        """`ends` tells the object that is the last one; without it only the end of the bytes is the end. `most_bytes`
        is how long a line may be.
        """
        self._rest = b""
        self._ends = ends
        self._most_bytes = most_bytes
        self.ended = False

    def feed(self, data: bytes) -> Iterator[Body]:
        """The objects that these bytes complete. Raises `ProviderError` for what is none, or is too long."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > self._most_bytes:
            raise ProviderError(f"the provider sent a line over {self._most_bytes >> 20} MiB")
        for line in lines:
            if line.strip() and not self.ended:
                event = decode_event(line)
                self.ended = self._ends is not None and self._ends(event)
                yield event
