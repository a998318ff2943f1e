"""The ledger from an event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
import itertools
import os
from collections.abc import Callable
from typing import Any, Literal

from tokenfoundry import _core
from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidState, StoreError
from tokenfoundry.ledger import _calls
from tokenfoundry.ledger.values import NO_FLAGS, NOTHING, Amounts, Axes, Entry, EntryFlags, Hold, Refusal
from tokenfoundry.ledger.window import Instant


class AsyncLedger:
    """What a gateway calls on its loop: `reserve`, `settle`, `void` and `record` of a ledger, awaited.

    With `process` they complete without suspending: a write to the log takes microseconds. With `power` they wait
    until the one flusher thread has synced for everybody. When the store is stalled the call goes to a thread. Made by
    `Ledger.asynchronous`, for one loop; signatures and errors are those of `Ledger`.

    A call that is cancelled while it waits may have taken effect: the hold is there, and void of its id releases it.
    """

    def __init__(self, core: _core.Books, *, waits: bool, clock: Clock) -> None:
        self._core = core
        self._clock = clock
        self._durable = _DurableWait(core) if waits else None

    async def reserve(
        self, id: str, *, amounts: Amounts, axes: Axes, at: Instant | None = None, detail: bytes = b""
    ) -> Hold | Refusal:
        """See `Ledger.reserve`."""
        arguments = _calls.reserve_arguments(id, amounts, axes, at, detail, self._clock())
        result = self._core.reserve(*arguments, may_wait=False)
        if result is None:
            result = await _in_thread(self._core.reserve, *arguments)
        ticket, hold, refusal = result
        if hold is None:
            return _calls.refusal_of(refusal)
        if self._durable is not None:
            await self._durable.wait(ticket)
        return _calls.hold_of(hold)

    async def settle(
        self, id: str, amounts: Amounts, *, flags: EntryFlags = NO_FLAGS, detail: bytes | None = None
    ) -> Entry:
        """See `Ledger.settle`."""
        return await self._post(self._core.settle, _calls.settle_arguments(id, amounts, flags, detail, self._clock()))

    async def void(self, id: str, *, detail: bytes | None = None) -> Entry:
        """See `Ledger.void`."""
        return await self._post(self._core.void, _calls.void_arguments(id, detail, self._clock()))

    async def record(
        self,
        id: str,
        *,
        kind: Literal["hit", "refused"],
        axes: Axes,
        amounts: Amounts = NOTHING,
        at: Instant | None = None,
        detail: bytes = b"",
    ) -> Entry:
        """See `Ledger.record`."""
        return await self._post(
            self._core.record, _calls.record_arguments(id, kind, amounts, axes, at, detail, self._clock())
        )

    def close(self) -> None:
        """Stops listening on the loop; calls that still wait raise `InvalidState`. Ledger.close does it too."""
        if self._durable is not None:
            self._durable.close()

    async def _post(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Entry:
        result = call(*arguments, may_wait=False)
        if result is None:
            result = await _in_thread(call, *arguments)
        ticket, entry = result
        if self._durable is not None:
            await self._durable.wait(ticket)
        return _calls.entry_of(entry)


async def _in_thread(call: Callable[..., Any], *arguments: Any) -> Any:
    """The call's result, from a thread. A cancellation is raised after the call, which takes effect."""
    loop = asyncio.get_running_loop()
    working = loop.run_in_executor(None, functools.partial(call, *arguments, may_wait=True))
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return working.result()


class _DurableWait:
    """Waits for tickets to be durable, on the loop of the first wait. The core's eventfd says when to look."""

    def __init__(self, core: _core.Books) -> None:
        self._core = core
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1
        self._durable = 0
        self._order = itertools.count()  # Futures do not compare.
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._closed = False

    async def wait(self, ticket: int) -> None:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise InvalidState("this ledger is closed")
        if self._loop is None:
            self._loop = loop
            self._fd = self._core.watch()
            loop.add_reader(self._fd, self._look)
        elif loop is not self._loop:
            raise InvalidState("this face of the ledger belongs to another event loop: ask asynchronous() for one here")
        if ticket <= self._durable:
            return
        # The eventfd was there before this look, so an advance after it wakes the loop.
        self._durable = self._core.durable()
        if ticket <= self._durable:
            return
        future: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (ticket, next(self._order), future))
        await future

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._loop is None:
            return
        if not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
            self._fail(InvalidState("the ledger was closed before the write was durable"))
        self._core.unwatch(self._fd)

    def _look(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)
        try:
            self._durable = self._core.durable()
        except StoreError as error:
            self._fail(error)
            return
        while self._waiting and self._waiting[0][0] <= self._durable:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)

    def _fail(self, error: Exception) -> None:
        for _, _, future in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()
