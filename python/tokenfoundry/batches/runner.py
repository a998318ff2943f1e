"""What goes on in the background: each batch that has not ended is worked on, and what has expired is erased.

It runs on one event loop, that of the first server or client that has to do with batches, until it is stopped there.
Each target is asked for one batch after the other, every `batches.poll`, and when an owner looks at a batch: one that
does not answer holds up no other. Lines that are sent one by one share `batches.concurrency` places.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tokenfoundry.batches.lines import Lines
from tokenfoundry.batches.own_run import OwnRun
from tokenfoundry.batches.records import Batch, Counts
from tokenfoundry.batches.remote_run import RemoteRun
from tokenfoundry.batches.store import Store
from tokenfoundry.batches.work import Work
from tokenfoundry.clock import Clock
from tokenfoundry.errors import ConfigError, ProviderError, StoreError
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.gateway.unforeseen import kind_and_place
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Ledger

_log = logging.getLogger("tokenfoundry")

# An owner who looks makes us look, but no more often, and does not wait longer.
_LOOK_AGAIN_S = 5.0
_WAIT_FOR_LOOK_S = 2.0


class Runner:
    """Works on the batches of one store."""

    def __init__(
        self, store: Store, lines: Callable[[], Lines], *, keys: KeyRing, ledger: Ledger, clock: Clock
    ) -> None:
        """`lines` are those of the configuration in force."""
        self._store = store
        self._lines = lines
        self._keys = keys
        self._ledger = ledger
        self._clock = clock
        self._mutex = threading.Lock()  # Guards the choice of the loop.
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._runs: dict[str, OwnRun] = {}
        self._rounds: dict[str, asyncio.Task[None]] = {}
        """By target, the round of its batches that goes on."""
        self._looked_s: dict[str, float] = {}
        self._places = asyncio.Semaphore(1)
        self._known: set[str] = set()
        """Batches that this process has begun, or has gone on with: what is held for them, it holds itself."""
        self.counts: dict[str, Counts] = {}
        """How far the batches are that go on."""

    def begun_here(self, batch_id: str) -> None:
        """This process makes that batch."""
        self._known.add(batch_id)

    def ensure(self) -> bool:
        """Starts on the running loop unless it runs on one; whether it runs on this one."""
        loop = asyncio.get_running_loop()
        with self._mutex:
            if self._is_closed:
                return False
            if self._loop is not None and not self._loop.is_closed() and self._ticker and not self._ticker.done():
                return self._loop is loop
            self._loop = loop
            self._places = asyncio.Semaphore(self._lines().engine.settings.batches.concurrency)
            self._ticker = loop.create_task(self._tick())
        return True

    async def look(self, batch: Batch) -> None:
        """Has somebody look at a batch now, and waits for a moment for what they see."""
        if batch.has_ended or not self.ensure():
            return
        timing = self._lines().engine.guards.timing
        if batch.id not in self._tasks:
            poll_s = self._lines().engine.settings.batches.poll_ms / 1000
            since_s = timing.now_s() - self._looked_s.get(batch.id, float("-inf"))
            if since_s < min(poll_s, _LOOK_AGAIN_S):
                return
            self._begin(batch)
        task = self._tasks.get(batch.id)
        if task is not None and batch.is_remote:
            await asyncio.wait({task}, timeout=_WAIT_FOR_LOOK_S)

    def begin(self, batch: Batch) -> None:
        """Works on a batch from now on, if this is the loop for it; else whoever runs there sees it in its turn."""
        if self.ensure() and not batch.is_remote:
            self._begin(batch)

    def close(self) -> None:
        """Begins nothing more, on whichever loop: the books are closed next. Any thread."""
        with self._mutex:
            ticker, self._ticker, loop = self._ticker, None, self._loop
            self._is_closed = True
        if ticker is not None and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(ticker.cancel)

    async def stop(self, *, within_s: float) -> None:
        """Ends the work on the running loop: lines under way may finish within that time. A provider that is asked for
        a batch is not waited for: it is asked again.
        """
        with self._mutex:
            if self._loop is not asyncio.get_running_loop():
                return
            ticker, self._ticker, self._loop = self._ticker, None, None
        for run in self._runs.values():
            run.stopping = True
        if ticker is not None:
            ticker.cancel()
        rounds, tasks = [*self._rounds.values()], dict(self._tasks)
        for round in rounds:
            round.cancel()
        for batch_id, task in tasks.items():
            if batch_id not in self._runs:
                task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks.values(), timeout=within_s)
            for task in late:
                task.cancel()
        await asyncio.gather(*rounds, *tasks.values(), return_exceptions=True)
        for batch_id in tasks:
            self._tasks.pop(batch_id, None)  # Of one that was cancelled before it began.
        self._rounds.clear()

    # -- ticking -------------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            with _kept_going("what has expired"):
                await self._erase_what_is_over()
            await self._look_around()
            engine = self._lines().engine
            await engine.guards.timing.sleep(engine.settings.batches.poll_ms / 1000)

    async def _look_around(self) -> None:
        remote: dict[str, list[Batch]] = {}
        for batch in self._store.batches():
            if batch.has_ended or batch.id in self._tasks:
                continue
            if batch.status == "holding":
                with _kept_going(batch.id):
                    await self._forget(batch)
                continue
            if batch.is_remote:
                remote.setdefault(batch.target, []).append(batch)
            else:
                self._begin(batch)
        for target, batches in remote.items():
            if target not in self._rounds:
                self._rounds[target] = asyncio.get_running_loop().create_task(self._round(target, batches))

    async def _round(self, target: str, batches: list[Batch]) -> None:
        try:
            for batch in batches:
                if not self._store.now(batch.id).has_ended:
                    await asyncio.wait({self._begin(batch)})
        finally:
            self._rounds.pop(target, None)

    def _begin(self, batch: Batch) -> asyncio.Task[None]:
        """The task that works on a batch: there is never a second one, as both would write its journal."""
        if (task := self._tasks.get(batch.id)) is not None:
            return task
        task = asyncio.get_running_loop().create_task(self._work_on(batch.id))
        self._tasks[batch.id] = task
        return task

    async def _work_on(self, batch_id: str) -> None:
        """One look at a batch, or, where its lines are sent one by one, all that is left to do."""
        lines = self._lines()

        def tell(counts: Counts) -> None:
            self.counts[batch_id] = counts

        try:
            with _kept_going(batch_id):
                work = Work(self._store, batch_id, lines, self._clock, tell)
                try:
                    if work.batch.is_remote:
                        await RemoteRun(work).advance()
                    else:
                        run = self._runs[batch_id] = OwnRun(work, self._places, self._keys, self._ledger, self._clock)
                        is_resumed = batch_id not in self._known
                        self._known.add(batch_id)
                        await run.run(is_resumed=is_resumed)
                finally:
                    work.close()
        finally:
            self._tasks.pop(batch_id, None)
            self._runs.pop(batch_id, None)
            self._looked_s[batch_id] = lines.engine.guards.timing.now_s()
            if self._store.now(batch_id).has_ended:
                self.counts.pop(batch_id, None)
                self._looked_s.pop(batch_id, None)

    async def _forget(self, batch: Batch) -> None:
        """A batch whose maker died while its lines were being held: nobody was told of it. One whose client hung up
        meanwhile is made all the same.
        """
        if batch.id in self._known:
            return  # It is being made.
        lines = self._lines()
        # Without a plan it was being erased already: all that it held had been given back.
        for line in self._store.plan(batch.id) if self._store.has(batch.id, "plan") else ():
            await lines.release(batch, line)
        self._store.delete(batch)

    async def _erase_what_is_over(self) -> None:
        now_ms = self._clock()
        keep_ms = self._lines().engine.settings.batches.keep_ms
        going_on = {batch.input_file for batch in self._store.batches() if not batch.has_ended}
        for file in self._store.files():
            if file.expires_ms <= now_ms and file.id not in going_on:
                await asyncio.to_thread(self._store.delete, file)
        for batch in self._store.batches():
            if batch.has_ended and batch.at_ms + keep_ms <= now_ms:
                await asyncio.to_thread(self._store.delete, batch)


@contextmanager
def _kept_going(what: str) -> Iterator[None]:
    """The edge: what goes wrong with one batch does not end the work on the others."""
    try:
        yield
    except (ProviderError, StoreError, ConfigError, Refused, OSError) as error:
        _log.warning("%s is looked at again later: %s", what, error)
    except Exception as error:  # noqa: BLE001 - the edge
        _log.error("%s is tried again later: unforeseen %s", what, kind_and_place(error))
