"""Calls that are under way together take each stage of the walk together.

A call that went on alone would find the caches of the processor full of its neighbours' other stages each time. Giving
way between two stages lets the others come to the same place, so that code and tables are fetched once for many: a
fifth of the CPU of a saturated gateway (`scripts/bench gateway`), for a few microseconds of a lone call.
"""

from __future__ import annotations

import types
from collections.abc import Generator


@types.coroutine
def turn() -> Generator[None, None, None]:
    """Lets every other task that is ready run first. A task that is cancelled meanwhile ends here."""
    yield
