"""Who is told how targets answer."""

from __future__ import annotations

from typing import Protocol


class Observing(Protocol):
    """Is told of attempts by target, and asked how they did lately. Any thread."""

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
