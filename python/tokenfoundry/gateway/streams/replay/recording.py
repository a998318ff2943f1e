"""What a streamed answer leaves to others: where its texts were cut, and its events for who follows the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tokenfoundry.gateway.streams.replay import REPLAYS, BorderRecorder, Borders


class Recording:
    """Takes down one stream, event by event, before it is restored for its caller."""

    def __init__(self, dialect: str, *, is_followed: bool) -> None:
        """`is_followed`: somebody will want the events, once `publish_to` says who."""
        self._steps = REPLAYS[dialect].steps
        self._early: list[bytes] = []  # Events that came before it was settled which attempt answers.
        self._publish: Callable[[bytes], None] | None = self._early.append if is_followed else None
        self._borders = BorderRecorder()

    def publish_to(self, publish: Callable[[bytes], None]) -> None:
        """Gives each event to `publish`, in placeholder form; first those that came before."""
        for event in self._early:
            publish(event)
        self._early.clear()
        self._publish = publish

    def add(self, event: dict[str, Any]) -> None:
        """The next event; nobody has looked at its shape yet."""
        for place, length in self._steps(event):
            self._borders.add(place, length)
        if self._publish is not None:
            self._publish(msgspec.json.encode(event))

    def borders(self) -> Borders:
        """Where the texts were cut so far."""
        return self._borders.borders()
