"""Time as it passes and chance, in one place that tests replace."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timing:
    """`now_s` only ever grows and has no date, so that a clock that is set does not end a cooldown."""

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep
    draw: Callable[[], float] = random.random
    """A number in [0, 1)."""
    wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    """Unix time, for the dates that providers tell."""
