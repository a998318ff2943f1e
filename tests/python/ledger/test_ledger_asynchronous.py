import asyncio
import resource
import signal
from pathlib import Path

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import InvalidState, StoreError


def cap(hard: int) -> tf.Budget:
    return tf.Budget(name="cap", unit="tokens", window=tf.Window("lifetime"), hard=hard)


def test_with_process_a_call_completes_without_suspending(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path) as led:
        call = led.asynchronous().reserve("a", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
        with pytest.raises(StopIteration) as stop:
            call.send(None)  # One step without a loop: it must be the last.
        assert isinstance(stop.value.value, tf.Hold)


async def test_with_power_many_callers_take_exactly_what_the_budget_has(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        led.set_budgets([cap(10)])
        books = led.asynchronous()

        async def call(i: int) -> bool:
            held = await books.reserve(f"c{i}", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
            if isinstance(held, tf.Refusal):
                await books.record(f"r{i}", kind="refused", axes=tf.Axes())
                return False
            if i % 2 == 0:
                await books.void(f"c{i}")
            else:
                await books.settle(f"c{i}", tf.Amounts(tokens=1))
            return True

        admitted = await asyncio.gather(*(call(i) for i in range(64)))
        assert len(led.entries()) == 64
        assert led.balances()[0].posted == sum(admitted[1::2]) <= 10
        assert led.verify().ok


async def test_a_write_that_returned_is_durable(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        books = led.asynchronous()
        for i in range(20):
            await books.reserve(f"c{i}", amounts=tf.Amounts(), axes=tf.Axes())
            assert led._core.durable() >= i + 1


async def test_a_cancelled_wait_leaves_the_hold_to_be_voided(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        books = led.asynchronous()
        task = asyncio.create_task(books.reserve("a", amounts=tf.Amounts(tokens=1), axes=tf.Axes()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [hold.id for hold in led.holds()] == ["a"]
        await books.void("a")
        assert led.holds() == []


async def test_when_the_disk_fails_every_waiter_is_told(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        books = led.asynchronous()
        await books.record("before", kind="hit", axes=tf.Axes())
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))  # What a full disk does, without filling one.
        try:
            calls = (books.record(f"c{i}", kind="hit", axes=tf.Axes()) for i in range(8))
            results = await asyncio.gather(*calls, return_exceptions=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        assert all(isinstance(result, StoreError) for result in results)


async def test_a_face_closed_while_it_waits_fails_its_waiters_and_the_next(tmp_path: Path) -> None:
    led = tf.Ledger.open(tmp_path, durability="power")
    books = led.asynchronous()
    tasks = [asyncio.create_task(books.record(f"c{i}", kind="hit", axes=tf.Axes())) for i in range(8)]
    await asyncio.sleep(0)
    books.close()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(result, tf.Entry | InvalidState)
    with pytest.raises(InvalidState, match="closed"):
        await books.record("next", kind="hit", axes=tf.Axes())
    led.close()


def test_a_face_belongs_to_one_loop(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path, durability="power") as led:
        books = led.asynchronous()
        asyncio.run(books.record("a", kind="hit", axes=tf.Axes()))  # type: ignore[arg-type]
        with pytest.raises(InvalidState, match="another event loop"):
            asyncio.run(books.record("b", kind="hit", axes=tf.Axes()))  # type: ignore[arg-type]
