"""Never more calls under way than there are places, first come first served, and a wait that ends leaves nothing."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.still_time import StillTime, settle
from tokenfoundry.resilience.in_flight import Gate, Places, _Turn


class PlacesAgainstModel(RuleBasedStateMachine):
    @initialize(limit=st.integers(1, 3), most_waiting=st.integers(0, 3))
    def open(self, limit: int, most_waiting: int) -> None:
        self.places: Places[int] = Places(limit, most_waiting=most_waiting)
        self.inside: set[int] = set()
        self.queue: deque[int] = deque()
        self.next = 0

    @rule()
    def come(self) -> None:
        waiter, self.next = self.next, self.next + 1
        outcome = self.places.enter(waiter)
        if len(self.inside) < self.places.limit:
            assert outcome == "in"
            self.inside.add(waiter)
        elif len(self.queue) < self.places.most_waiting:
            assert outcome == "waits"
            self.queue.append(waiter)
        else:
            assert outcome == "full"

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        self.inside.pop()
        heir = self.places.leave()
        assert heir == (self.queue.popleft() if self.queue else None)
        if heir is not None:
            self.inside.add(heir)

    @precondition(lambda self: self.next)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        waiter = data.draw(st.integers(0, self.next - 1))
        assert self.places.give_up(waiter) == (waiter in self.queue)
        if waiter in self.queue:
            self.queue.remove(waiter)

    @invariant()
    def agrees(self) -> None:
        assert self.places.taken == len(self.inside) <= self.places.limit
        assert self.places.waiting == len(self.queue)


TestPlacesAgainstModel = PlacesAgainstModel.TestCase
TestPlacesAgainstModel.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def gate_of(time: StillTime, *, limit: int = 1, most_waiting: int = 2) -> Gate:
    return Gate(limit, most_waiting=most_waiting, wait_s=5.0, timing=time.timing)


async def test_who_waits_is_let_in_in_turn() -> None:
    gate = gate_of(StillTime())
    assert await gate.enter(within_s=60)
    came: list[str] = []

    async def come(name: str) -> None:
        assert await gate.enter(within_s=60)
        came.append(name)

    waiting = [asyncio.ensure_future(come(name)) for name in "ab"]
    await settle()
    assert came == []
    gate.leave()
    await settle()
    assert came == ["a"]
    gate.leave()
    await asyncio.gather(*waiting)
    assert came == ["a", "b"]
    gate.leave()
    assert (gate.taken, gate.waiting) == (0, 0)


async def test_a_full_queue_refuses_at_once() -> None:
    gate = gate_of(StillTime(), most_waiting=0)
    assert await gate.enter(within_s=60)
    assert not await gate.enter(within_s=60)
    assert gate.refused == 1


@pytest.mark.parametrize(("within_s", "ends_s"), [(60.0, 5.0), (2.0, 2.0)])
async def test_a_wait_ends_in_time(within_s: float, ends_s: float) -> None:
    time = StillTime()
    gate = gate_of(time)
    assert await gate.enter(within_s=60)
    waiting = asyncio.ensure_future(gate.enter(within_s=within_s))
    await settle()
    time.advance(ends_s - 0.1)
    await settle()
    assert not waiting.done()
    time.advance(0.1)
    assert await waiting is False
    assert (gate.taken, gate.waiting, time.sleepers) == (1, 0, 0)


async def test_a_place_that_is_handed_over_as_the_wait_ends_is_taken() -> None:
    time = StillTime()
    gate = gate_of(time)
    assert await gate.enter(within_s=60)
    waiting = asyncio.ensure_future(gate.enter(within_s=60))
    await settle()
    time.advance(5)
    gate.leave()
    assert await waiting is True
    assert gate.taken == 1


@pytest.mark.parametrize("is_handed_over", [False, True])
async def test_who_hangs_up_while_waiting_leaves_nothing(is_handed_over: bool) -> None:
    time = StillTime()
    gate = gate_of(time)
    assert await gate.enter(within_s=60)
    first, second = (asyncio.ensure_future(gate.enter(within_s=60)) for _ in range(2))
    await settle()
    if is_handed_over:
        gate.leave()  # `first` has the place and has not been told.
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    if not is_handed_over:
        assert (gate.taken, gate.waiting) == (1, 1)
        gate.leave()
    assert await second is True
    gate.leave()
    assert (gate.taken, gate.waiting, time.sleepers) == (0, 0, 0)


def test_event_loops_of_several_threads_share_the_places() -> None:
    gate = Gate(2, most_waiting=1000, wait_s=60.0, timing=StillTime().timing)
    inside = 0
    most_inside = 0
    lock = threading.Lock()

    async def call() -> None:
        nonlocal inside, most_inside
        assert await gate.enter(within_s=60)
        with lock:
            inside += 1
            most_inside = max(most_inside, inside)
        await asyncio.sleep(0)
        with lock:
            inside -= 1
        gate.leave()

    async def calls() -> None:
        await asyncio.gather(*(call() for _ in range(50)))

    threads = [threading.Thread(target=asyncio.run, args=(calls(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert most_inside == 2
    assert (gate.taken, gate.waiting) == (0, 0)


def test_who_waited_on_a_loop_that_is_gone_keeps_no_place() -> None:
    places: Places[_Turn] = Places(1, most_waiting=1)
    gate = gate_of(StillTime())
    gate._places = places
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(gate.enter(within_s=60))

    async def turn() -> _Turn:
        return _Turn()

    assert places.enter(loop.run_until_complete(turn())) == "waits"
    loop.close()
    gate.leave()
    assert (gate.taken, gate.waiting) == (0, 0)
