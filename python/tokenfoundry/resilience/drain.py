"""An orderly end: no new calls, those in progress finish for a while, the rest are cut.

Per event loop: a factory may serve on one loop that is shut down and be used on another that goes on.
"""

from __future__ import annotations

import asyncio

from tokenfoundry.resilience.timing import Timing


class Drain:
    """The calls in progress, each in a task of its own. Any thread may ask; a task enters and leaves on its loop."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._tasks: set[asyncio.Task[object]] = set()
        self._draining: set[asyncio.AbstractEventLoop] = set()
        self._emptied: dict[asyncio.AbstractEventLoop, asyncio.Event] = {}

    @property
    def in_progress(self) -> int:
        return len(self._tasks)

    @property
    def is_draining(self) -> bool:
        """Whether the running loop takes no more calls."""
        return bool(self._draining) and asyncio.get_running_loop() in self._draining

    def enter(self) -> asyncio.Task[object]:
        """Counts the running task in; it must `leave` however it ends."""
        task = asyncio.current_task()
        assert task is not None, "a call runs in a task"
        self._tasks.add(task)
        return task

    def leave(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if self._emptied:
            loop = task.get_loop()
            if loop in self._emptied and not self._tasks_of(loop):
                self._emptied[loop].set()

    async def drain(self, *, within_s: float) -> int:
        """Ends the calls of the running loop: waits for them so long, then cancels those that are left and waits until
        they have settled. Returns how many were cut. From its begin on `is_draining` is true, until `resume`.
        """
        loop = asyncio.get_running_loop()
        self._draining = {each for each in self._draining if not each.is_closed()} | {loop}
        if self._tasks_of(loop):
            await self._until_empty(loop, within_s)
        left = self._tasks_of(loop)
        for task in left:
            if not task.cancelling():  # Else it is on its way already, and a second one would only interrupt that.
                task.cancel("the gateway is shutting down")
        if left:
            await asyncio.wait(left)
        return len(left)

    def resume(self) -> None:
        """The running loop takes calls again: a server on it starts."""
        self._draining.discard(asyncio.get_running_loop())

    async def _until_empty(self, loop: asyncio.AbstractEventLoop, within_s: float) -> None:
        emptied = self._emptied[loop] = asyncio.Event()
        waiting = [asyncio.ensure_future(emptied.wait()), asyncio.ensure_future(self._timing.sleep(within_s))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._emptied[loop]
            for each in waiting:
                each.cancel()

    def _tasks_of(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[object]]:
        own = asyncio.current_task()
        return [task for task in self._tasks.copy() if task.get_loop() is loop and task is not own]
