"""How a run says how far it is, and when it marks that."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

MARK_EVERY_BYTES: Final = 64 * 2**20
_MARK_EVERY_S: Final = 5.0

Progress = Callable[[int, int], None]
"""Told the bytes of the input that were read so far, and the rows."""

Mark = Callable[[int, Callable[[], dict[str, Any]]], None]
"""Offered the bytes that were read so far, and what gives what is needed to go on from here."""


def no_progress(taken_bytes: int, rows: int) -> None:
    """Tells nobody."""


@dataclass(slots=True)
class Pace:
    """When a run marks what is done: after so many bytes or seconds."""

    every_bytes: int = MARK_EVERY_BYTES
    clock: Callable[[], float] = time.monotonic
    _bytes: int = field(default=0, init=False)
    _at: float | None = field(default=None, init=False)

    def is_due(self, taken_bytes: int) -> bool:
        """Whether a mark is due, now that so much of the input was read."""
        now = self.clock()
        if self._at is None:
            self._at = now
        if taken_bytes - self._bytes < self.every_bytes and now - self._at < _MARK_EVERY_S:
            return False
        self._bytes, self._at = taken_bytes, now
        return True
