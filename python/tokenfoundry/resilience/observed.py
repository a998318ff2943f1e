"""How targets have answered lately: the time to the first byte, how often they failed, how many calls they serve."""

from __future__ import annotations

from typing import Protocol

_WEIGHT = 0.2  # Of the newest attempt in the averages: about the last ten count.


class Observing(Protocol):
    """Who is told of attempts by target, and asked. Any thread."""

    def started(self, target: str) -> None:
        """An attempt begins; `ended` follows."""

    def ended(self, target: str) -> None:
        """An attempt ended, however it did."""

    def note(self, target: str, first_byte_ms: float, ok: bool) -> None:
        """An attempt had its first byte, or failed, after that time."""

    def latency_ms(self, target: str) -> float | None:
        """The average time to the first byte; None when nothing is known."""

    def error_rate(self, target: str) -> float:
        """The share of attempts that failed, from 0 to 1."""

    def in_flight(self, target: str) -> int:
        """How many attempts are under way."""


class _Seen:
    __slots__ = ("error_rate", "first_byte_ms", "in_flight")

    def __init__(self) -> None:
        self.first_byte_ms: float | None = None
        self.error_rate = 0.0
        self.in_flight = 0


class Averages:
    """Moving averages, in memory. What two threads note in the same instant may count once: these are averages."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def started(self, target: str) -> None:
        self._of(target).in_flight += 1

    def ended(self, target: str) -> None:
        seen = self._of(target)
        seen.in_flight = max(0, seen.in_flight - 1)

    def note(self, target: str, first_byte_ms: float, ok: bool) -> None:
        seen = self._of(target)
        seen.error_rate += _WEIGHT * ((0.0 if ok else 1.0) - seen.error_rate)
        if ok:
            known_ms = seen.first_byte_ms
            seen.first_byte_ms = first_byte_ms if known_ms is None else known_ms + _WEIGHT * (first_byte_ms - known_ms)

    def latency_ms(self, target: str) -> float | None:
        return self._of(target).first_byte_ms

    def error_rate(self, target: str) -> float:
        return self._of(target).error_rate

    def in_flight(self, target: str) -> int:
        return self._of(target).in_flight

    def _of(self, target: str) -> _Seen:
        seen = self._seen.get(target)
        return self._seen.setdefault(target, _Seen()) if seen is None else seen
