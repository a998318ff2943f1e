"""Time that stands still until a test moves it, or that flies: whoever sleeps wakes at once, and that much later."""

from __future__ import annotations

import asyncio
import threading

from tokenfoundry.resilience.timing import Timing


class StillTime:
    """`timing` is what is injected; `slept` are the sleeps that were asked for. Any thread may `advance`."""

    def __init__(self, *, flies: bool = False, draw: float = 0.5) -> None:
        self.flies = flies
        self.now_s = 1000.0
        self.slept: list[float] = []
        self.timing = Timing(
            now_s=lambda: self.now_s, sleep=self._sleep, draw=lambda: draw, wall_ms=lambda: round(self.now_s * 1000)
        )
        self._lock = threading.Lock()
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return len(self._sleepers)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.now_s += seconds
            due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self.now_s]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self.now_s]
        for _, future in due:
            future.get_loop().call_soon_threadsafe(_wake, future)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.flies:
            self.now_s += seconds
            await asyncio.sleep(0)
            return
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = (self.now_s + seconds, asyncio.get_running_loop().create_future())
        with self._lock:
            self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            with self._lock:
                self._sleepers = [each for each in self._sleepers if each is not sleeper]


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def settle() -> None:
    """Lets everything that can run without time passing run."""
    for _ in range(20):
        await asyncio.sleep(0)
