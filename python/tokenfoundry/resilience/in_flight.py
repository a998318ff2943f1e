"""How many calls may be under way at once at one place, and a bounded queue of those that wait for theirs.

First come, first served: a place that is given up is handed to the first who waits, so a newcomer never overtakes.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any, Generic, Literal, TypeVar

from tokenfoundry.resilience.timing import Timing

Waiter = TypeVar("Waiter")
Outcome = Literal["in", "waits", "full"]


class Places(Generic[Waiter]):
    """The bookkeeping, without waiting: `limit` places, and a queue of at most `most_waiting`. Not thread-safe."""

    def __init__(self, limit: int, *, most_waiting: int) -> None:
        self.limit = limit
        self.most_waiting = most_waiting
        self.taken = 0
        self._queue: deque[Waiter] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def take(self) -> bool:
        """Takes a place if one is free."""
        if self.taken >= self.limit:
            return False
        self.taken += 1
        return True

    def enter(self, waiter: Waiter) -> Outcome:
        """A place if there is one, else a turn in the queue if that has room."""
        if self.take():
            return "in"
        if len(self._queue) >= self.most_waiting:
            return "full"
        self._queue.append(waiter)
        return "waits"

    def leave(self) -> Waiter | None:
        """Gives up a place. Returns who has it now, if somebody waited."""
        if self._queue and self.taken <= self.limit:
            return self._queue.popleft()
        self.taken -= 1
        return None

    def resize(self, limit: int, *, most_waiting: int) -> list[Waiter]:
        """So many places from now on. Returns who has one now, of those that waited; who is in stays in."""
        self.limit = limit
        self.most_waiting = most_waiting
        heirs: list[Waiter] = []
        while self._queue and self.take():
            heirs.append(self._queue.popleft())
        return heirs

    def give_up(self, waiter: Waiter) -> bool:
        """Leaves the queue. False when the waiter is no longer in it: a place was handed to it."""
        try:
            self._queue.remove(waiter)
        except ValueError:
            return False
        return True


class _Turn:
    """One who waits, on the loop it waits on."""

    __slots__ = ("_loop", "future")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self._loop.create_future()

    def call(self) -> bool:
        """Tells it that it has a place. False when its loop is gone. Any thread."""
        try:
            self._loop.call_soon_threadsafe(self._come)
        except RuntimeError:  # the loop is closed
            return False
        return True

    def _come(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


class Gate:
    """The places, for the event loops of one process. Whoever was let in leaves once. Thread-safe."""

    def __init__(self, limit: int, *, most_waiting: int, wait_s: float, timing: Timing) -> None:
        self._places: Places[_Turn] = Places(limit, most_waiting=most_waiting)
        self._wait_s = wait_s
        self._timing = timing
        self._lock = threading.Lock()
        self.refused = 0

    @property
    def limit(self) -> int:
        return self._places.limit

    @property
    def taken(self) -> int:
        return self._places.taken

    @property
    def waiting(self) -> int:
        return self._places.waiting

    def resize(self, limit: int, *, most_waiting: int, wait_s: float) -> None:
        """So many places from now on, and so long a wait. Who is in stays in; who waits has waited for the longer."""
        with self._lock:
            self._wait_s = wait_s
            heirs = self._places.resize(limit, most_waiting=most_waiting)
        for heir in heirs:
            if not heir.call():
                self.leave()

    async def enter(self, *, within_s: float) -> bool:
        """Waits for a place, at most as long as the gate lets wait and `within_s`. False: there was none in time, or
        too many wait already.
        """
        with self._lock:
            if self._places.take():
                return True
            turn = _Turn()
            waits = self._places.enter(turn) == "waits"
        if waits and await self._called(turn, min(self._wait_s, within_s)):
            return True
        self.refused += 1
        return False

    def leave(self) -> None:
        """Gives a place up, to the first who waits."""
        with self._lock:
            heir = self._places.leave()
        while heir is not None and not heir.call():
            with self._lock:
                heir = self._places.leave()

    async def _called(self, turn: _Turn, wait_s: float) -> bool:
        alarm: asyncio.Future[Any] = asyncio.ensure_future(self._timing.sleep(max(0.0, wait_s)))
        try:
            await asyncio.wait({turn.future, alarm}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not self._gave_up(turn):
                self.leave()  # It was handed a place that it will not use.
            raise
        finally:
            alarm.cancel()
        return not self._gave_up(turn)

    def _gave_up(self, turn: _Turn) -> bool:
        """Whether it waited to the end. False: it has a place, though it may not have been told yet."""
        with self._lock:
            return self._places.give_up(turn)
