"""Single flight: identical calls in progress are one call at the provider.

The first is the *leader*: it alone holds, sends and settles. Those that come while it is under way are *followers*:
they wait for its answer, or get its events as they come, and each makes its own of them. When a leader fails, one
follower leads the next flight and the others follow that; after a few that failed they are told why. What is wrong with
the question itself is told to all of them at once. A leader whose answer is not for everybody, or that its own budgets
refuse, leaves the others to each other in the same way.

A leader whose client hangs up goes on while a follower lives, and pays for the answer as if it had stayed; with the
last follower it ends. To that end its walk is a task of its own until the answer begins. A stream is then read by the
leader's own connection, at no cost, until the first follower is there; from then on a task reads it for all. Only then
does a follower get events, so a leader that leaves before has cost the followers nothing but time.

The events of a stream are kept for those who come later, up to a bound; behind it nobody joins any more, and who reads
too slowly holds the others up for a while and is then left behind.

Flights belong to an event loop: calls on two loops of one process are not joined.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.client_watch import STAYS, ClientWatch
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, of_everybody
from tokenfoundry.gateway.streams.replay import Borders
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_log = logging.getLogger("tokenfoundry")

_MAX_BYTES = 2 << 20  # Of one stream's events that are kept for who comes later, and that a reader may lag behind.
_STALL_S = 10.0  # How long one slow reader may hold up the others.


@dataclass(frozen=True, slots=True)
class Landed:
    """A whole answer in placeholder form. `reply` is None when its stream cannot be said as one reply."""

    target: Target
    usage: Usage
    reply: dict[str, Any] | None
    borders: Borders


class Flight:
    """One call in progress. Made by `Flights.lead`; of one loop."""

    def __init__(self, flights: _LoopFlights, key: bytes, max_bytes: int) -> None:
        self._flights = flights
        self._key = key
        self._max_bytes = max_bytes
        self.landed: Landed | None = None
        self.failed = False
        self.told: Refused | None = None  # Why it failed, in placeholder form, when that is so for anybody.
        self.target: Target | None = None  # Of the stream that is relayed.
        self._followers: set[Follower] = set()
        self._led: _Led | None = None
        self._events: list[bytes] = []
        self._first = 0  # The number of the first event that is still kept.
        self._bytes = 0  # Of all events there were.
        self._waiting: list[asyncio.Future[None]] = []
        self.held_up = False  # Who reads for all waits until a reader has read on.

    # -- the leader's side ---------------------------------------------------------------------------------------------

    async def led(
        self, walk: Coroutine[Any, Any, Answer | StreamAnswer], client: ClientWatch = STAYS
    ) -> Answer | StreamAnswer:
        """What the leader's client gets of its walk. Whatever ends the walk ends the flight.

        The flight and its leader know each other until `unled`: neither would end by itself.
        """
        client.unless(lambda: self.has_followers)
        self._led = _Led(self, self._flights, client)
        return await self._led.answer(walk)

    def unled(self, told: BaseException | None = None) -> None:
        """There is nothing left to lead: it has failed, unless it has landed. `told` as in `fail`."""
        self.fail(told)
        self._led = None

    def begin(self, target: Target) -> None:
        """A stream from `target` begins."""
        self.target = target

    def publish(self, event: bytes) -> None:
        """The next event of the stream, in placeholder form."""
        if self.failed:
            return
        self._bytes += len(event)
        self._events.append(event)
        if self._bytes > self._max_bytes:
            self._flights.forget(self._key, self)  # Too much was said for who comes now.
            if not self._followers:
                self.fail()
                self._events.clear()
        if self._waiting:
            self.wake()

    def land(self, landed: Landed) -> None:
        """The whole answer is there, and settled."""
        if not self.failed:
            self.landed = landed
            self._end()

    def fail(self, told: BaseException | None = None) -> None:
        """There will be no answer, or none for everybody: `told` is what its leader is told. Harmless after the end."""
        if self.landed is None and not self.failed:
            self.failed = True
            if isinstance(told, Refused) and told.to_everybody is not None:
                self.told = told.alike(told.to_everybody)
            self._end()

    def _end(self) -> None:
        self._flights.forget(self._key, self)
        self.wake()

    # -- the followers' side -------------------------------------------------------------------------------------------

    def join(self) -> Follower:
        """One more follower; it must `leave`."""
        follower = Follower(self)
        self._followers.add(follower)
        if self._led is not None:
            self._led.joined()
        return follower

    def left(self, follower: Follower) -> None:
        self._followers.discard(follower)
        if not self._followers and self._led is not None:
            self._led.deserted()
        self.wake()

    @property
    def has_followers(self) -> bool:
        return bool(self._followers)

    @property
    def streams(self) -> bool:
        """Whether followers may take events: nothing that the leader's client does ends the stream any more."""
        return self._led is not None and self._led.pumped and self._first + len(self._events) > 0

    def events_from(self, number: int) -> list[bytes]:
        """The events from that one on."""
        return self._events[number - self._first :]

    def trim(self) -> None:
        """Gives up events that nobody will read."""
        if self._bytes > self._max_bytes:
            taken = [follower.taken for follower in self._followers if follower.reads_events]
            done = min(taken, default=self._first + len(self._events))
            del self._events[: done - self._first]
            self._first = done

    def laggards(self) -> list[Follower]:
        """Who is too far behind."""
        behind = self._bytes - self._max_bytes
        return [each for each in self._followers if each.reads_events and each.taken_bytes < behind]

    # -- both ----------------------------------------------------------------------------------------------------------

    async def changed(self) -> None:
        """Waits until something is new."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def wake(self) -> None:
        """Something is new."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def room(self) -> None:
        """A reader has read on."""
        if self.held_up:
            self.wake()


class Follower:
    """One call that follows a flight."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.taken = 0
        self.taken_bytes = 0
        self.reads_events = True  # It may: one that waits for the whole answer does not.
        self.lost = False

    def leave(self) -> None:
        """Ends it; harmless twice."""
        self.flight.left(self)

    async def begun(self) -> bool:
        """Waits until there is an answer, or events of it. False: the call starts over."""
        flight = self.flight
        while not (flight.landed or flight.failed or flight.streams):
            await flight.changed()
        return not flight.failed

    async def landed(self) -> Landed | None:
        """Waits for the whole answer. None: the call starts over."""
        flight = self.flight
        self.reads_events = False
        flight.trim()
        while not (flight.landed or flight.failed):
            await flight.changed()
        return flight.landed

    async def events(self) -> AsyncIterator[list[bytes]]:
        """Every event from the first on, as they come; afterwards the flight has landed or failed. Raises
        `ProviderError` when this follower was left behind.
        """
        flight = self.flight
        while True:
            if self.lost:
                raise ProviderError("the stream was read too slowly")
            batch = flight.events_from(self.taken)
            if batch:
                self.taken += len(batch)
                self.taken_bytes += sum(map(len, batch))
                yield batch
                flight.trim()
                flight.room()
            elif flight.landed or flight.failed:
                return
            else:
                await flight.changed()


class _Led:
    """The leader's walk and stream, and the tasks that outlive its client."""

    def __init__(self, flight: Flight, flights: _LoopFlights, client: ClientWatch) -> None:
        self._flight = flight
        self._flights = flights
        self._client = client
        self._walking: asyncio.Task[Answer | StreamAnswer] | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._answer: StreamAnswer | None = None
        self._client_here = True
        self._reading = False
        self._pumps = False  # The task that reads for all has begun.
        self._own: deque[bytes] = deque()
        self._own_bytes = 0

    @property
    def pumped(self) -> bool:
        return self._pumping is not None

    async def answer(self, walk: Coroutine[Any, Any, Answer | StreamAnswer]) -> Answer | StreamAnswer:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        self._walking = loop.create_task(_telling(ended, walk))
        try:
            await ended
        except asyncio.CancelledError:
            walking = self._walking
            self._client_here = False
            self._flights.keep(walking)
            if self._flight.has_followers:
                walking.add_done_callback(self._walked_without_client)
            else:
                walking.cancel()
                await asyncio.wait({walking})
                walk.close()  # Unless it began.
                self._walked_without_client(walking)
            raise
        return self._led_by_client()

    def _led_by_client(self) -> Answer | StreamAnswer:
        walking, self._walking = self._walking, None
        assert walking is not None, "it was made before it was awaited"
        try:
            answer = walking.result()
        except BaseException as error:
            self._flight.unled(error)
            raise
        finally:
            del walking  # A task keeps its error, and that this frame.
        if isinstance(answer, Answer):
            self._flight.unled()
            return answer
        self._answer = answer
        if self._flight.has_followers:
            self._pump()
        return replace(answer, chunks=self._chunks(), close=self._close)

    def _walked_without_client(self, walking: asyncio.Task[Answer | StreamAnswer]) -> None:
        self._walking = None
        if walking.cancelled() or walking.exception() is not None:
            # The exception was the client's to be told; its attempts are on record.
            self._flight.unled(None if walking.cancelled() else walking.exception())
            return
        answer = walking.result()
        if isinstance(answer, Answer):
            self._flight.unled()
            return
        self._answer = answer
        self._pump()
        self.deserted()

    # -- what the flight tells -----------------------------------------------------------------------------------------

    def joined(self) -> None:
        """Somebody follows: what can be taken off the client's hands is."""
        if self._answer is not None and self._pumping is None and not self._reading and self._client_here:
            self._pump()

    def deserted(self) -> None:
        """Nobody follows any more: without its client the call has nobody to go on for."""
        if (self._client_here and not self._client.is_gone) or self._flight.has_followers:
            return
        if self._walking is not None:
            self._walking.cancel()
        self._stop_pump()

    # -- the client's stream -------------------------------------------------------------------------------------------

    async def _chunks(self) -> AsyncIterator[bytes]:
        assert self._answer is not None
        source = self._answer.chunks
        while self._pumping is None:
            self._reading = True
            try:
                piece = await anext(source)
            except StopAsyncIteration:
                return
            finally:
                self._reading = False
            if self._flight.has_followers:
                self._pump()
            yield piece
        while True:
            while self._own:
                piece = self._own.popleft()
                self._own_bytes -= len(piece)
                yield piece
                self._flight.room()
            if self._pumping.cancelled():
                raise ProviderError("the gateway is shutting down")
            if self._pumping.done():
                self._pumping.result()
                return
            if not self._client_here:
                raise ProviderError("the stream was read too slowly")
            await self._flight.changed()

    async def _close(self) -> None:
        self._client_here = False
        self._own.clear()
        if self._pumping is None:
            assert self._answer is not None
            try:
                await self._answer.close()
            finally:
                self._flight.unled()
        elif not self._flight.has_followers:
            self._stop_pump()
            await asyncio.wait({self._pumping})
        self._flight.wake()

    # -- the stream for all --------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        assert self._answer is not None
        self._pumping = asyncio.get_running_loop().create_task(self._read_for_all(self._answer))
        self._pumping.add_done_callback(_ended)
        self._flights.keep(self._pumping)
        self._flight.wake()

    def _stop_pump(self) -> None:
        """A task that is cancelled before its first step runs nothing of it, so that one finds out by itself."""
        if self._pumping is not None and self._pumps:
            self._pumping.cancel()

    async def _read_for_all(self, answer: StreamAnswer) -> None:
        self._pumps = True
        try:
            if not (self._client_here or self._flight.has_followers):
                return
            async for piece in answer.chunks:
                if self._client_here:
                    self._own.append(piece)
                    self._own_bytes += len(piece)
                self._flight.wake()
                await self._room()
        finally:
            try:
                await answer.close()
            finally:
                self._flight.unled(_cut_off())
                self._flight.wake()

    async def _room(self) -> None:
        """Waits while a reader is too far behind; in the end it is left there."""
        while self._is_held_up():
            self._flight.held_up = True
            try:
                async with asyncio.timeout(_STALL_S):
                    await self._flight.changed()
            except TimeoutError:
                for follower in self._flight.laggards():
                    follower.lost = True
                    follower.leave()
                if self._own_bytes > _MAX_BYTES:
                    self._client_here = False
                    self._own.clear()
                    self._own_bytes = 0
                self._flight.wake()
            finally:
                self._flight.held_up = False

    def _is_held_up(self) -> bool:
        return bool(self._flight.laggards()) or self._own_bytes > _MAX_BYTES


async def _telling(
    ended: asyncio.Future[None], walk: Coroutine[Any, Any, Answer | StreamAnswer]
) -> Answer | StreamAnswer:
    """Tells in the walk's own last step, so that its client is only one turn of the loop behind it."""
    try:
        return await walk
    finally:
        if not ended.done():
            ended.set_result(None)


def _cut_off() -> Refused:
    what = "the call that this one had joined was cut off"
    return of_everybody(Refused(502, "upstream_error", what, kind="upstream_error"))


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("a shared stream ended: %s", type(error).__name__)


@dataclass(slots=True)
class _LoopFlights:
    """The flights of one loop by their key, and the tasks that nobody else awaits."""

    by_key: dict[bytes, Flight] = field(default_factory=dict)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def forget(self, key: bytes, flight: Flight) -> None:
        if self.by_key.get(key) is flight:
            del self.by_key[key]

    def keep(self, task: asyncio.Task[Any]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Flights:
    """The calls in progress that identical ones may follow. Shared by every loop."""

    def __init__(self, *, max_bytes: int = _MAX_BYTES) -> None:
        """`max_bytes`: of one stream's events that are kept for who comes later."""
        self._max_bytes = max_bytes
        self._loops: dict[asyncio.AbstractEventLoop, _LoopFlights] = {}

    def follow(self, key: bytes) -> Follower | None:
        """A follower of the call with that key in progress on this loop; it must `leave`. None: there is none."""
        flight = self._here().by_key.get(key)
        return None if flight is None else flight.join()

    def lead(self, key: bytes) -> Flight | None:
        """A flight that others may follow from now on. None: there is one already."""
        here = self._here()
        if key in here.by_key:
            return None
        flight = here.by_key[key] = Flight(here, key, self._max_bytes)
        return flight

    async def aclose(self) -> None:
        """Ends what goes on without a client on the running loop."""
        here = self._loops.pop(asyncio.get_running_loop(), None)
        if here is not None and here.tasks:
            await asyncio.sleep(0)  # A task that is cancelled before its first step runs nothing of it.
            tasks = set(here.tasks)
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)

    def _here(self) -> _LoopFlights:
        loop = asyncio.get_running_loop()
        here = self._loops.get(loop)
        if here is None:
            for ended in [known for known in self._loops if known.is_closed()]:
                del self._loops[ended]
            here = self._loops[loop] = _LoopFlights()
        return here
