"""Calls in progress finish while there is time, then they are cut; nobody is forgotten."""

from __future__ import annotations

import asyncio
import threading

from support.still_time import StillTime, settle
from tokenfoundry.resilience.drain import Drain


class Calls:
    def __init__(self, drain: Drain) -> None:
        self.drain = drain
        self.settled = 0
        self.answered = 0
        self.end = asyncio.Event()

    async def call(self) -> None:
        task = self.drain.enter()
        try:
            await self.end.wait()
            self.answered += 1
        finally:
            await asyncio.sleep(0)
            self.settled += 1
            self.drain.leave(task)


async def test_calls_that_end_in_time_are_not_cut() -> None:
    drain = Drain(StillTime().timing)
    calls = Calls(drain)
    tasks = [asyncio.ensure_future(calls.call()) for _ in range(5)]
    await settle()
    draining = asyncio.ensure_future(drain.drain(within_s=30))
    await settle()
    assert drain.is_draining
    assert not draining.done()
    calls.end.set()
    assert await draining == 0
    await asyncio.gather(*tasks)
    assert (calls.answered, calls.settled, drain.in_progress) == (5, 5, 0)
    assert drain.is_draining
    drain.resume()
    assert not drain.is_draining


async def test_calls_that_do_not_end_are_cut_and_settled_before_it_is_over() -> None:
    time = StillTime()
    drain = Drain(time.timing)
    calls = Calls(drain)
    tasks = [asyncio.ensure_future(calls.call()) for _ in range(5)]
    await settle()
    draining = asyncio.ensure_future(drain.drain(within_s=30))
    await settle()
    time.advance(29)
    await settle()
    assert calls.settled == 0
    time.advance(1)
    assert await draining == 5
    assert (calls.answered, calls.settled, drain.in_progress) == (0, 5, 0)
    assert all(task.cancelled() for task in tasks)
    assert time.sleepers == 0


async def test_nothing_to_wait_for_takes_no_time() -> None:
    time = StillTime()
    assert await Drain(time.timing).drain(within_s=30) == 0
    assert time.slept == []


async def test_calls_of_another_loop_go_on() -> None:
    drain = Drain(StillTime(flies=True).timing)
    begun, end, results = threading.Event(), threading.Event(), list[str]()

    async def other() -> None:
        task = drain.enter()
        begun.set()
        while not end.is_set():
            await asyncio.sleep(0)
        results.append("refused" if drain.is_draining else "served")
        drain.leave(task)

    thread = threading.Thread(target=asyncio.run, args=(other(),))
    thread.start()
    begun.wait(10)
    assert await drain.drain(within_s=30) == 0
    end.set()
    thread.join(10)
    assert results == ["served"]
    assert drain.in_progress == 0


async def test_a_call_that_is_being_cut_already_is_left_to_settle() -> None:
    """A server cancels too, and a second cancellation would reach the settlement of the first."""
    drain = Drain(StillTime(flies=True).timing)
    settling, settled = asyncio.Event(), asyncio.Event()

    async def call() -> None:
        task = drain.enter()
        try:
            await asyncio.Event().wait()
        finally:
            settling.set()
            await asyncio.sleep(0.02)
            settled.set()
            drain.leave(task)

    task = asyncio.ensure_future(call())
    await settle()
    task.cancel()
    await settling.wait()
    await drain.drain(within_s=0)
    assert settled.is_set()
    assert task.cancelled()
