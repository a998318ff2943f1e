"""An event loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tokenfoundry.errors import InvalidState

Result = TypeVar("Result")


class LoopThread:
    """Started at first use, ended by `close`. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = ""

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """The result of the coroutine, run on the loop while this thread waits. Raises `InvalidState` once closed."""
        with self._lock:
            if self._closed:
                coroutine.close()
                raise InvalidState(self._closed)
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="tokenfoundry-loop", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Whoever is interrupted while it waits gives up what it waited for.
            raise

    def inherited(self, why: str) -> None:
        """In the child of a fork, where the thread does not exist and its lock may be taken for ever: whoever waits
        for it is told `why` instead.
        """
        self._lock = threading.Lock()
        self._closed = why
        self._loop = self._thread = None

    def close(self, *, last: Callable[[], Awaitable[None]]) -> None:
        """Cancels what still runs and waits for its end, awaits `last` on the loop if it ever started, and ends the
        thread.
        """
        with self._lock:
            self._closed = self._closed or "the factory of this client is closed"
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _wind_up(last: Callable[[], Awaitable[None]]) -> None:
    running = asyncio.all_tasks() - {asyncio.current_task()}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await last()
