"""An orderly end: no new calls, those in progress finish for a while, the rest are cut.

Per event loop: a factory may serve on one loop that is shut down and be used on another that goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tokenfoundry.resilience.timing import Timing


class Stay:
    """One call in progress, on the loop of the task that entered. It must `leave`, however it ends."""

    __slots__ = ("_cut", "_drain", "_has_left", "_is_cut", "task")

    def __init__(self, drain: Drain, task: asyncio.Task[object]) -> None:
        self._drain = drain
        self._cut: Callable[[], Awaitable[None]] | None = None
        self._is_cut = False
        self._has_left = False
        self.task = task

    def outlive(self, cut: Callable[[], Awaitable[None]]) -> None:
        """The call goes on without its task, as a stream that is handed out does: what ends it is `cut`."""
        self._cut = cut

    def leave(self) -> None:
        """Harmless twice."""
        self._has_left = True
        self._cut = None  # It leads to the stream, and that back to here: both end with the call.
        self._drain.leave(self)

    async def cut(self) -> None:
        if self._has_left:
            return  # While others were cut.
        if self._cut is not None:
            await self._cut()
        elif not self.task.cancelling():  # Else it is on its way already; a second one would only interrupt that.
            self._is_cut = True
            self.task.cancel("the gateway is shutting down")

    def take_back(self) -> bool:
        """Whether the cancellation that the task has caught was the drain's alone; then the task goes on, to say so."""
        return self._is_cut and self.task.uncancel() == 0


class Drain:
    """The calls in progress. Any thread may ask; a call enters and leaves on its loop."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._stays: set[Stay] = set()
        self._draining: set[asyncio.AbstractEventLoop] = set()
        self._emptied: dict[asyncio.AbstractEventLoop, asyncio.Event] = {}

    @property
    def in_progress(self) -> int:
        return len(self._stays)

    @property
    def is_draining(self) -> bool:
        """Whether the running loop takes no more calls."""
        return bool(self._draining) and asyncio.get_running_loop() in self._draining

    def enter(self) -> Stay:
        """Counts a call of the running task in."""
        task = asyncio.current_task()
        assert task is not None, "a call runs in a task"
        stay = Stay(self, task)
        self._stays.add(stay)
        return stay

    def leave(self, stay: Stay) -> None:
        self._stays.discard(stay)
        if self._emptied:
            loop = stay.task.get_loop()
            if loop in self._emptied and not self._stays_on(loop):
                self._emptied[loop].set()

    async def drain(self, *, within_s: float) -> int:
        """Ends the calls of the running loop: waits for them so long, then cuts those that are left and waits until
        they have settled. Returns how many were cut. From its begin on `is_draining` is true, until `resume`.
        """
        loop = asyncio.get_running_loop()
        self._draining = {each for each in self._draining if not each.is_closed()} | {loop}
        if not self._stays_on(loop):
            return 0
        emptied = self._emptied[loop] = asyncio.Event()
        try:
            await self._set_within(emptied, within_s)
            left = self._stays_on(loop)
            for stay in left:
                await stay.cut()
            if self._stays_on(loop):
                await emptied.wait()
        finally:
            del self._emptied[loop]
        return len(left)

    def resume(self) -> None:
        """The running loop takes calls again: a server on it starts."""
        self._draining.discard(asyncio.get_running_loop())

    async def _set_within(self, event: asyncio.Event, within_s: float) -> None:
        waiting = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._timing.sleep(within_s))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    def _stays_on(self, loop: asyncio.AbstractEventLoop) -> list[Stay]:
        """Those of its calls that are not of the task that asks."""
        own = asyncio.current_task()
        return [stay for stay in self._stays.copy() if stay.task.get_loop() is loop and stay.task is not own]
