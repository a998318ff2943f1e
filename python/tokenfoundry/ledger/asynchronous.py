"""The ledger from an event loop, which it never blocks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
import itertools
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, Literal

from tokenfoundry import _core
from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidState, StoreError
from tokenfoundry.ledger import _calls
from tokenfoundry.ledger.hold_queue import HoldQueue
from tokenfoundry.ledger.values import (
    NO_FLAGS,
    NO_TALLIES,
    NOTHING,
    Amounts,
    Axes,
    EntryFlags,
    Event,
    Hold,
    Refusal,
    Tallies,
)
from tokenfoundry.ledger.window import Instant

_log = logging.getLogger("tokenfoundry")


class AsyncLedger:
    """What a gateway calls on its loop: `reserve`, `settle`, `void` and `record` of a ledger, awaited.

    With `process` they complete without suspending: a write to the log takes microseconds. With `power` they wait
    until the one flusher thread has synced for everybody. When the store is stalled the call goes to a thread. Made by
    `Ledger.asynchronous`, for one loop; arguments and errors are those of `Ledger`. An entry
    that was written is not returned; `Ledger.entry` reads it.

    A call that is cancelled while it waits may have taken effect: the hold is there, and void of its id releases it.
    """

    def __init__(
        self,
        core: _core.Books,
        *,
        waits: bool,
        clock: Clock,
        listeners: Sequence[Callable[[Event], None]],
        queue: HoldQueue,
    ) -> None:
        self._core = core
        self._clock = clock
        self._listeners = listeners
        self._queue = queue
        self._durable = _DurableWait(core) if waits else None

    async def reserve(
        self,
        id: str,
        *,
        amounts: Amounts,
        axes: Axes,
        at: Instant | None = None,
        detail: bytes = b"",
        wait_s: float = 0,
    ) -> Hold | Refusal:
        """See `Ledger.reserve`. A call that only open holds keep out waits up to `wait_s` for some to end."""
        outcome = await self._reserve(id, amounts, axes, at, detail)
        if isinstance(outcome, Hold) or wait_s <= 0:
            return outcome
        until = asyncio.get_running_loop().time() + wait_s
        while isinstance(outcome, Refusal) and outcome.cause == "held":
            budget = outcome.budget
            async with self._queue.place(self._queue.account_of(budget, axes), until) as place:
                # Another budget may be what keeps it out by then: those behind are not to wait for that.
                while isinstance(outcome, Refusal) and (outcome.cause, outcome.budget) == ("held", budget):
                    if not await place.next():
                        return outcome
                    outcome = await self._reserve(id, amounts, axes, at, detail)
        return outcome

    async def _reserve(
        self, id: str, amounts: Amounts, axes: Axes, at: Instant | None, detail: bytes
    ) -> Hold | Refusal:
        arguments = _calls.reserve_arguments(id, amounts, axes, at, detail, self._clock())
        result = self._core.reserve(*arguments, may_wait=False)
        if result is None:
            result = await _in_thread(self._core.reserve, *arguments)
        ticket, at_ms, refusal, _ = result
        if at_ms is None:
            return _calls.refusal_of(refusal)
        if self._durable is not None:
            await self._durable.wait(ticket)
        return _calls.held(id, amounts, axes, detail, result)

    async def settle(
        self,
        id: str,
        amounts: Amounts,
        *,
        tallies: Tallies = NO_TALLIES,
        flags: EntryFlags = NO_FLAGS,
        detail: bytes | None = None,
    ) -> None:
        """See `Ledger.settle`."""
        await self._post(self._core.settle, _calls.settle_arguments(id, amounts, tallies, flags, detail, self._clock()))

    async def void(self, id: str, *, detail: bytes | None = None) -> None:
        """See `Ledger.void`."""
        await self._post(self._core.void, _calls.void_arguments(id, detail, self._clock()))

    async def record(
        self,
        id: str,
        *,
        kind: Literal["hit", "refused"],
        axes: Axes,
        amounts: Amounts = NOTHING,
        tallies: Tallies = NO_TALLIES,
        at: Instant | None = None,
        detail: bytes = b"",
    ) -> None:
        """See `Ledger.record`."""
        arguments = _calls.record_arguments(id, kind, amounts, tallies, axes, at, detail, self._clock())
        await self._post(functools.partial(self._core.record, must_fit=False), arguments)

    async def record_if_it_fits(
        self,
        id: str,
        *,
        kind: Literal["hit"],
        axes: Axes,
        amounts: Amounts,
        tallies: Tallies = NO_TALLIES,
        at: Instant | None = None,
        detail: bytes = b"",
    ) -> Refusal | None:
        """As `record`, of what budgets may refuse as they may a call: then nothing is written."""
        arguments = _calls.record_arguments(id, kind, amounts, tallies, axes, at, detail, self._clock())
        return await self._post(functools.partial(self._core.record, must_fit=True), arguments)

    def close(self) -> None:
        """Stops listening on the loop; calls that still wait raise `InvalidState`. Ledger.close does it too."""
        if self._durable is not None:
            self._durable.close()

    async def _post(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Refusal | None:
        try:
            result = call(*arguments, may_wait=False, whole=False)
            if result is None:
                result = await _in_thread(functools.partial(call, whole=False), *arguments)
        finally:
            self._queue.released()  # Also when it is cancelled: it takes effect.
        ticket, seq, events = result
        if seq is None:
            return _calls.refusal_of(events)
        if self._durable is not None:
            await self._durable.wait(ticket)
        for event in events:
            publish(_calls.event_of(event), self._listeners)
        return None


def publish(event: Event, listeners: Sequence[Callable[[Event], None]]) -> None:
    """Tells the listeners. One that fails is logged: the entry is written, and its caller must get it."""
    for listen in listeners:
        try:
            listen(event)
        except Exception:  # noqa: BLE001 - the edge to the user's code
            _log.exception("a listener to the ledger's events failed")


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
