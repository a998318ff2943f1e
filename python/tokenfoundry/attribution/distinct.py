"""How many values of an axis or a tag callers may state before they are told apart no more.

Counted by workspace, so that nobody's values displace another's, in windows that begin at their first value; in memory,
so that a restart begins anew.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from tokenfoundry.clock import Clock, system_clock

OVERFLOW: Final = "(overflow)"
UNATTRIBUTED: Final = "unattributed"

Alarm = Callable[[Literal["axis_overflow", "unattributed"], str], None]
"""Told the kind of each alarm, and what is said of it; "" where that was said before."""


class _Window:
    """What was stated since `began_ms`. A value is only ever added, under the lock of its owner."""

    __slots__ = ("began_ms", "is_told", "values")

    def __init__(self, began_ms: int) -> None:
        self.began_ms = began_ms
        self.values: set[str] = set()
        self.is_told = False


class DistinctValues:
    """Any thread. Without bounds it admits whatever is stated."""

    def __init__(self, *, clock: Clock = system_clock, alarm: Alarm | None = None) -> None:
        self._clock = clock
        self._alarm = alarm
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], _Window] = {}
        self._missing: dict[tuple[str, str], int] = {}  # When that alarm was last told.
        self._most: Mapping[str, int] = MappingProxyType({})
        self._window_ms = 0

    def bound(self, most: Mapping[str, int], *, window_ms: int) -> DistinctValues:
        """The same counts, of which at most so many values by axis or tag are told apart in a window; those not named
        have no bound.
        """
        bounded = copy.copy(self)
        bounded._most = MappingProxyType(dict(most))
        bounded._window_ms = window_ms
        return bounded

    def admitted(self, workspace: str, axis: str, value: str) -> str:
        """The value, or `OVERFLOW` where it is one too many: an alarm, of which the first in a window is told."""
        most = self._most.get(axis)
        if most is None:
            return value
        now_ms = self._clock()
        with self._lock:
            window = self._windows.get((workspace, axis))
            if window is None or self._is_over(window.began_ms, now_ms):
                window = self._windows[workspace, axis] = _Window(now_ms)
            if value in window.values:
                return value
            if len(window.values) < most:
                window.values.add(value)
                return value
            is_told, window.is_told = window.is_told, True
        if self._alarm is not None:
            said = f"{axis}: more than {most} values were stated in a workspace, and the rest is booked on {OVERFLOW}"
            self._alarm("axis_overflow", "" if is_told else said)
        return OVERFLOW

    def missing(self, workspace: str, axis: str) -> None:
        """Alarms of a call that stated nothing on a required axis: the first in a window is told."""
        now_ms = self._clock()
        with self._lock:
            told_ms = self._missing.get((workspace, axis))
            is_told = told_ms is not None and not self._is_over(told_ms, now_ms)
            if not is_told:
                self._missing[workspace, axis] = now_ms
        if self._alarm is not None:
            said = f"{axis}: is required, and a call states none: such calls are booked on {UNATTRIBUTED}"
            self._alarm("unattributed", "" if is_told else said)

    def _is_over(self, began_ms: int, now_ms: int) -> bool:
        return not 0 <= now_ms - began_ms < self._window_ms
