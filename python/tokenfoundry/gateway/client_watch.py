"""Whether the client is still there.

ASGI tells of a client that hung up only to who waits for its next message, and a task that waits costs more than the
rest of a quick call. So somebody waits only where a call takes its time: while a stream is produced, between attempts,
in queues. A reply that is not streamed is read to its end in any case: it has been paid for, and its usage is known
only then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """The client hung up."""


class ClientWatch:
    """One request's client; its body has been received. To be closed with the request."""

    __slots__ = ("_is_wanted", "_receive", "_watcher")

    def __init__(self, receive: Receive | None = None) -> None:
        """Without `receive` it never leaves."""
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._is_wanted: Callable[[], bool] | None = None

    def unless(self, is_wanted: Callable[[], bool]) -> None:
        """A client that hangs up ends nothing while that says that others want the answer too."""
        if self._receive is not None:
            self._is_wanted = is_wanted

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have hung up."""
        return self._watcher is not None and self._watcher.done()

    def gone(self) -> asyncio.Task[None]:
        """Done when the client has hung up. Belongs to this watch."""
        if self._watcher is None:
            self._watcher = asyncio.ensure_future(self._wait())
        return self._watcher

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While in it, what the running task waits for ends with `ClientGone` when the client hangs up."""
        task = asyncio.current_task()
        if self._receive is None or task is None:
            yield
            return
        watcher, is_gone, is_over = self.gone(), False, False

        def hang_up(_: object) -> None:
            nonlocal is_gone
            # Already on its way when the block ended, it can no more be removed.
            if is_over or (self._is_wanted is not None and self._is_wanted()):
                return
            is_gone = True
            task.cancel()

        watcher.add_done_callback(hang_up)
        try:
            yield
        except asyncio.CancelledError:
            # Someone else may have cancelled as well; that one goes on.
            if is_gone and task.uncancel() == 0:
                raise ClientGone from None
            raise
        finally:
            is_over = True
            watcher.remove_done_callback(hang_up)

    def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    async def _wait(self) -> None:
        assert self._receive is not None, "a client that is watched is heard"
        while (await self._receive())["type"] != "http.disconnect":
            pass


STAYS = ClientWatch()
"""A client that never hangs up."""
