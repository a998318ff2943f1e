"""Callers that wait for holds to end: in order, for a while, and none of them forgotten."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import InvalidState
from tokenfoundry.ledger import AsyncLedger, Change

ONE = tf.Amounts(tokens=1)
LONG_S = 20.0  # No test takes so long: whoever waits it out was forgotten.


def budget(hard: int, name: str = "cap", **fields: Any) -> tf.Budget:
    return tf.Budget(**{"name": name, "unit": "tokens", "window": tf.Window("lifetime"), "hard": hard, **fields})


async def reserve(books: AsyncLedger, id: str, *, wait_s: float = LONG_S, tokens: int = 1, **axes: str) -> Any:
    amounts = tf.Amounts(tokens=tokens)
    return await books.reserve(id, amounts=amounts, axes=tf.Axes(**axes), wait_s=wait_s)


async def spin(times: int = 20) -> None:
    """Lets whatever can go on, go on."""
    for _ in range(times):
        await asyncio.sleep(0)


def nobody_waits(led: tf.Ledger) -> bool:
    return led._queue._waiting == {}


async def test_those_who_wait_are_served_in_their_order(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")
        order: list[int] = []

        async def call(number: int) -> None:
            assert isinstance(await reserve(books, f"c{number}"), tf.Hold)
            order.append(number)
            await spin(3)
            await books.settle(f"c{number}", tf.Amounts())

        tasks = []
        for number in range(40):
            tasks.append(asyncio.create_task(call(number)))
            await spin(2)
        await books.void("first")
        await asyncio.gather(*tasks)
        assert order == list(range(40))
        assert nobody_waits(led)


async def test_one_release_lets_in_as_many_as_fit(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(10)])
        books = led.asynchronous()
        await reserve(books, "large", tokens=10)
        tasks = [asyncio.create_task(reserve(books, f"c{number}")) for number in range(12)]
        await spin()
        await books.void("large")
        await spin(100)
        assert [task.done() for task in tasks] == [True] * 10 + [False] * 2
        await books.void("c0")
        await books.void("c1")
        await asyncio.gather(*tasks)
        assert nobody_waits(led)


async def test_a_wait_has_an_end(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")
        began = time.monotonic()
        answers = await asyncio.gather(*(reserve(books, f"c{number}", wait_s=0.1) for number in range(20)))
        assert 0.1 <= time.monotonic() - began < 5
        assert {answer.cause for answer in answers} == {"held"}
        assert nobody_waits(led)
        assert [hold.id for hold in led.holds()] == ["first"]


async def test_what_waiting_cannot_help_is_refused_at_once(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(2)])
        books = led.asynchronous()
        assert (await reserve(books, "a", tokens=3)).cause == "never_fits"
        await reserve(books, "b", tokens=2)
        waiting = asyncio.create_task(reserve(books, "c"))
        await spin()
        await books.settle("b", tf.Amounts(tokens=2))
        assert (await waiting).cause == "exhausted"
        assert nobody_waits(led)


async def test_no_more_wait_than_the_queue_holds(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")
        tasks = [asyncio.create_task(reserve(books, f"c{number}")) for number in range(300)]
        await spin()
        refused = [task for task in tasks if task.done()]
        assert len(refused) == 300 - 256
        assert refused == tasks[256:]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert nobody_waits(led)


async def test_who_gives_up_leaves_no_place_behind(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")
        tasks = [asyncio.create_task(reserve(books, f"c{number}")) for number in range(5)]
        await spin()
        for number in (0, 2, 4):  # The first, one in the middle, the last.
            tasks[number].cancel()
        await spin()
        await books.void("first")
        assert isinstance(await tasks[1], tf.Hold)
        await books.void("c1")
        assert isinstance(await tasks[3], tf.Hold)
        assert nobody_waits(led)


@pytest.mark.parametrize("ticks", range(8))
async def test_who_is_cancelled_when_just_woken_passes_the_turn_on(tmp_path: Path, ticks: int) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")
        tasks = [asyncio.create_task(reserve(books, f"c{number}")) for number in range(2)]
        await spin()
        await books.void("first")
        await spin(ticks)
        if tasks[0].cancel():
            await asyncio.gather(tasks[0], return_exceptions=True)
        for hold in led.holds():
            if hold.id == "c0":
                await books.void("c0")
        assert isinstance(await asyncio.wait_for(tasks[1], 5), tf.Hold)
        assert nobody_waits(led)


async def test_who_is_cancelled_in_the_middle_of_its_reserve_holds_up_nobody(tmp_path: Path) -> None:
    """With `power` the hold may stand although its caller is gone; voiding it serves the next."""
    with tf.Ledger.open(tmp_path, durability="power") as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        for attempt in range(10):
            await reserve(books, f"first{attempt}")
            tasks = [asyncio.create_task(reserve(books, f"c{attempt}.{number}")) for number in range(3)]
            await spin()
            await books.void(f"first{attempt}")
            while not led.holds() and not tasks[0].done():  # Until it is in its write.
                await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.gather(tasks[0], return_exceptions=True)
            assert [hold.id for hold in led.holds()] == [f"c{attempt}.0"]
            await books.void(f"c{attempt}.0")
            for number in (1, 2):
                assert isinstance(await asyncio.wait_for(tasks[number], 10), tf.Hold)
                await books.settle(f"c{attempt}.{number}", tf.Amounts())
            assert nobody_waits(led)
        assert led.verify().ok


async def test_an_account_that_stays_full_keeps_nobody_out_of_another(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1, each=["key"])])
        books = led.asynchronous()
        await reserve(books, "a", key="a")
        await reserve(books, "b", key="b")
        of_a = asyncio.create_task(reserve(books, "a2", key="a"))
        await spin()
        of_b = asyncio.create_task(reserve(books, "b2", key="b"))
        await spin()
        await books.void("b")
        assert isinstance(await asyncio.wait_for(of_b, 5), tf.Hold)
        assert not of_a.done()
        await books.void("a")
        assert isinstance(await of_a, tf.Hold)
        assert nobody_waits(led)


async def test_who_must_wait_for_another_budget_keeps_nobody_behind_it_waiting(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1, "shared"), budget(1, "mine", match={"key": "a"})])
        books = led.asynchronous()
        await reserve(books, "shared", key="b")
        of_a = asyncio.create_task(reserve(books, "a", key="a"))
        await spin()
        of_b = asyncio.create_task(reserve(books, "b", key="b"))
        await spin()
        led.set_budgets([budget(2, "shared"), budget(1, "mine", match={"key": "a"})])
        first = await of_a
        assert isinstance(first, tf.Hold)
        of_a = asyncio.create_task(reserve(books, "a2", key="a"))  # Behind b, and its own budget is full too.
        await spin()
        await books.void("shared")
        assert isinstance(await asyncio.wait_for(of_b, 5), tf.Hold)
        await books.void("b")
        await spin()
        assert not of_a.done()
        of_c = asyncio.create_task(reserve(books, "c", key="c"))
        assert isinstance(await asyncio.wait_for(of_c, 5), tf.Hold)
        await books.void("a")
        assert isinstance(await asyncio.wait_for(of_a, 5), tf.Hold)
        assert nobody_waits(led)


@pytest.mark.parametrize("how", ["raise", "set_budgets", "reset"])
async def test_more_room_wakes_those_who_wait(tmp_path: Path, how: str) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(2)])
        books = led.asynchronous()
        await reserve(books, "a")
        await books.settle("a", ONE)
        await reserve(books, "b")
        waiting = asyncio.create_task(reserve(books, "c", tokens=1))
        await spin()
        assert not waiting.done()
        if how == "raise":
            await asyncio.to_thread(led.apply, "up", Change(kind="raise", budget="cap", amount=1, actor="anna"))
        elif how == "reset":
            await asyncio.to_thread(led.apply, "up", Change(kind="reset", budget="cap", actor="anna"))
        else:
            await asyncio.to_thread(led.set_budgets, [budget(3)])
        assert isinstance(await asyncio.wait_for(waiting, 5), tf.Hold)


async def test_closing_the_ledger_ends_every_wait(tmp_path: Path) -> None:
    led = tf.Ledger.open(tmp_path)
    led.set_budgets([budget(1)])
    books = led.asynchronous()
    await reserve(books, "first")
    tasks = [asyncio.create_task(reserve(books, f"c{number}")) for number in range(5)]
    await spin()
    led.close()
    for result in await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5):
        assert isinstance(result, InvalidState), result


@pytest.mark.parametrize("seed", range(4))
async def test_in_no_schedule_is_a_wake_up_lost(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with tf.Ledger.open(tmp_path, durability=rng.choice(["process", "power"])) as led:
        led.set_budgets([budget(5), budget(3, "each", each=["key"])])
        books = led.asynchronous()
        served = 0

        async def call(number: int) -> None:
            nonlocal served
            await asyncio.sleep(rng.uniform(0, 0.1))
            id, tokens = f"c{number}", rng.randint(1, 3)
            try:
                held = await reserve(books, id, tokens=tokens, key=rng.choice("abc"))
                assert isinstance(held, tf.Hold), held
                served += 1
                await asyncio.sleep(rng.choice([0, 0, rng.uniform(0, 0.004)]))
            finally:
                if any(hold.id == id for hold in led.holds()):
                    await books.void(id)

        tasks = [asyncio.create_task(call(number)) for number in range(150)]
        given_up = rng.sample(tasks, 40)
        for task in given_up:
            await asyncio.sleep(rng.uniform(0, 0.003))
            task.cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), LONG_S / 2)
        for task, result in zip(tasks, results, strict=True):
            assert result is None or (task in given_up and isinstance(result, asyncio.CancelledError)), result
        assert served >= 110
        assert led.holds() == []
        assert nobody_waits(led)


def test_loops_of_several_threads_wait_for_each_other(tmp_path: Path) -> None:
    most = threading.Semaphore(2)
    failures: list[BaseException] = []
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(2)])

        async def calls(thread: int) -> None:
            books = led.asynchronous()

            async def call(number: int) -> None:
                id = f"{thread}/{number}"
                assert isinstance(await reserve(books, id), tf.Hold)
                assert most.acquire(blocking=False), "more were admitted than fit"
                await asyncio.sleep(0)
                most.release()
                await books.void(id)

            await asyncio.wait_for(asyncio.gather(*(call(number) for number in range(50))), LONG_S / 2)
            books.close()

        def run(thread: int) -> None:
            try:
                asyncio.run(calls(thread))
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=run, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert led.holds() == []
        assert nobody_waits(led)
        assert len(led.entries()) == 200


async def test_a_loop_that_ended_in_mid_wait_hinders_nobody(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        led.set_budgets([budget(1)])
        books = led.asynchronous()
        await reserve(books, "first")

        async def wait_in_vain() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reserve(led.asynchronous(), "vain"), 0.05)

        await asyncio.to_thread(asyncio.run, wait_in_vain())
        waiting = asyncio.create_task(reserve(books, "next"))
        await spin()
        await books.void("first")
        assert isinstance(await asyncio.wait_for(waiting, 5), tf.Hold)
        assert nobody_waits(led)
