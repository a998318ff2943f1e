"""How targets did lately: the time to their first byte, how often they failed, and how many calls they are serving."""

from __future__ import annotations

from tokenfoundry.clock import Clock, system_clock

_SHARE_OF_NEW = 0.2  # Of a new observation in the average: about the last ten count.
FORGOTTEN_AFTER_MS = 60_000


class _Seen:
    __slots__ = ("at_ms", "error_rate", "first_byte_ms", "in_flight")

    def __init__(self) -> None:
        self.at_ms = 0
        self.first_byte_ms: float | None = None
        self.error_rate = 0.0
        self.in_flight = 0


class Observed:
    """Running averages by target name. In memory only. Any thread: two that note at the same instant may lose one of
    their observations, which an average survives.
    """

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def note(self, target: str, first_byte_ms: float, ok: bool) -> None:
        """An attempt that had its first byte, or failed, after that time. A failure says nothing of the latency."""
        seen = self._of(target)
        now_ms = self._clock()
        is_old = now_ms - seen.at_ms > FORGOTTEN_AFTER_MS
        seen.at_ms = now_ms
        failed = 0.0 if ok else 1.0
        seen.error_rate = failed if is_old else seen.error_rate + _SHARE_OF_NEW * (failed - seen.error_rate)
        if ok:
            known = None if is_old else seen.first_byte_ms
            seen.first_byte_ms = first_byte_ms if known is None else known + _SHARE_OF_NEW * (first_byte_ms - known)

    def started(self, target: str) -> None:
        """An attempt begins; `ended` has to follow."""
        self._of(target).in_flight += 1

    def ended(self, target: str) -> None:
        """An attempt ended, however it did."""
        seen = self._of(target)
        seen.in_flight = max(0, seen.in_flight - 1)

    def latency_ms(self, target: str) -> float | None:
        """The average time to the first byte; None when nothing is known of the last minute."""
        seen = self._fresh(target)
        return None if seen is None else seen.first_byte_ms

    def error_rate(self, target: str) -> float:
        """The share of attempts that failed, from 0 to 1; 0 when nothing is known of the last minute."""
        seen = self._fresh(target)
        return 0.0 if seen is None else seen.error_rate

    def in_flight(self, target: str) -> int:
        """How many attempts are under way."""
        seen = self._seen.get(target)
        return 0 if seen is None else seen.in_flight

    def _fresh(self, target: str) -> _Seen | None:
        seen = self._seen.get(target)
        return None if seen is None or self._clock() - seen.at_ms > FORGOTTEN_AFTER_MS else seen

    def _of(self, target: str) -> _Seen:
        return self._seen.setdefault(target, _Seen()) if target not in self._seen else self._seen[target]
