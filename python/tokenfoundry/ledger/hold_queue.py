"""Callers that wait until open holds end: first come, first served per account, bounded in number and in time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from types import TracebackType

from tokenfoundry.ledger.budget import Budget
from tokenfoundry.ledger.values import Axes

_MAX_WAITING = 256  # On one account; who comes then is refused at once, as waiting would hardly help.

Account = tuple[str, ...]  # The name of a budget, and the values that tell its accounts apart.


class HoldQueue:
    """One per ledger, shared by its event loops. Thread-safe.

    The order is that among those who wait: a newcomer that finds room takes it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._each: Mapping[str, tuple[str, ...]] = {}
        self._waiting: dict[Account, deque[Place]] = {}

    def know(self, budgets: Iterable[Budget]) -> None:
        """Which axes tell the accounts of each budget apart. Of a budget that is not known they share one queue."""
        self._each = {budget.name: tuple(budget.each) for budget in budgets}

    def account_of(self, budget: str, axes: Axes) -> Account:
        return (budget, *(getattr(axes, axis) for axis in self._each.get(budget, ())))

    def place(self, account: Account, until: float) -> Place:
        """A place in the queue of that account, for `async with`, on the running loop; `until` is that loop's time."""
        return Place(self, account, until)

    def released(self) -> None:
        """A hold has ended, or there is more room: the first in every queue looks again. Costs nothing when nobody
        waits.
        """
        if not self._waiting:
            return
        with self._lock:
            first = [queue[0] for queue in self._waiting.values()]
        for place in first:
            place.wake()

    def wake_all(self) -> None:
        """The ledger is closed: everybody looks again, and learns it."""
        with self._lock:
            everybody = [place for queue in self._waiting.values() for place in queue]
        for place in everybody:
            place.wake()

    def enter(self, place: Place) -> int | None:
        """How many are before this place; None when there are too many."""
        with self._lock:
            queue = self._waiting.setdefault(place.account, deque())
            if len(queue) >= _MAX_WAITING:
                return None
            queue.append(place)
            return len(queue) - 1

    def leave(self, place: Place) -> None:
        """Whoever is first then looks too: there may be room for more than one."""
        with self._lock:
            queue = self._waiting[place.account]
            queue.remove(place)
            first = queue[0] if queue else None
            if first is None:
                del self._waiting[place.account]
        if first is not None:
            first.wake()


class Place:
    """One caller's place: `next` is true whenever the caller should ask again, and false when the time is over."""

    def __init__(self, queue: HoldQueue, account: Account, until: float) -> None:
        self.account = account
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        self._until = until
        self._woken = asyncio.Event()
        self._entered = False

    async def __aenter__(self) -> Place:
        before = self._queue.enter(self)
        self._entered = before is not None
        if before == 0:
            # A hold may have ended between the refusal and here. Behind others, their leaving wakes this one.
            self._woken.set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._entered:
            self._queue.leave(self)

    def wake(self) -> None:
        """Any thread."""
        with contextlib.suppress(RuntimeError):  # Its loop has closed, and with it the caller.
            self._loop.call_soon_threadsafe(self._woken.set)

    async def next(self) -> bool:
        if not self._entered:
            return False
        remaining = self._until - self._loop.time()
        if remaining <= 0:
            return False
        try:
            await asyncio.wait_for(self._woken.wait(), remaining)
        except TimeoutError:
            return False
        self._woken.clear()
        return True
