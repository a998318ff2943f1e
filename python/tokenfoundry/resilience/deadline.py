"""The time by which a whole call must have been answered, waiting for budgets, places and retries included."""

from __future__ import annotations

import math
from collections.abc import Callable


class Deadline:
    """An instant of `Timing.now_s`."""

    __slots__ = ("_at_s", "_now_s")

    def __init__(self, within_s: float, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._at_s = now_s() + within_s

    @property
    def left_s(self) -> float:
        """Seconds left, 0 when it has passed."""
        return max(0.0, self._at_s - self._now_s())

    @property
    def has_passed(self) -> bool:
        return self._now_s() >= self._at_s


NEVER = Deadline(math.inf, lambda: 0.0)
"""A deadline that does not pass."""
