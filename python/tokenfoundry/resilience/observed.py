"""How targets have answered lately: the time to the first byte, and whether they did. For health pages and routing."""

from __future__ import annotations

from typing import NamedTuple

_WEIGHT = 0.1  # Of the newest call in the moving averages: about the last twenty count.


class Observation(NamedTuple):
    """Moving averages over about the last twenty calls. None before the first one that answered."""

    calls: int
    first_byte_ms: float | None
    failed_share: float


class Observed:
    """By target. Any thread: what two threads note in the same instant may count once, and these are averages."""

    def __init__(self) -> None:
        self._of: dict[str, Observation] = {}

    def note(self, target: str, first_byte_ms: float | None, ok: bool) -> None:
        """One attempt. `first_byte_ms` is None when no byte came."""
        known = self._of.get(target)
        if known is None:
            self._of[target] = Observation(1, first_byte_ms, 0.0 if ok else 1.0)
            return
        calls, average_ms, failed = known
        if first_byte_ms is not None:
            average_ms = first_byte_ms if average_ms is None else average_ms + _WEIGHT * (first_byte_ms - average_ms)
        self._of[target] = Observation(calls + 1, average_ms, failed + _WEIGHT * ((0.0 if ok else 1.0) - failed))

    def of(self, target: str) -> Observation:
        return self._of.get(target, Observation(0, None, 0.0))
