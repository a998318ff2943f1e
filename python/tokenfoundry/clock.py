"""Time is injected: whatever needs to know it takes a clock."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives now, in Unix milliseconds."""


def system_clock() -> int:
    """Now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000
