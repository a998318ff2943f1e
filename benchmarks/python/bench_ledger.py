"""What does a call cost in the ledger, and how many does it settle when each must survive a power loss?

    .venv/bin/python benchmarks/python/bench_ledger.py

CPU microseconds of the calling thread for one reserve and its settle (`process`), on 1 and 5 matching budgets; settled
calls per second with 64 in flight on one event loop (`power`), and the same one at a time. Each row is the median of
its rounds, with the spread. The details stored are those of a gateway: 100 bytes with the hold, 600 with the entry.
"""

import asyncio
import platform
import statistics
import tempfile
import time
from collections.abc import Callable

import tokenfoundry as tf

ROUNDS = 7
CALLS = 3_000
IN_FLIGHT = 64
CALLS_POWER = 3_200
AXES = tf.Axes(workspace="w", project="claims", consumer="c", key="k1", model="gpt-4o-mini", region="us", env="prod")
WORST = tf.Amounts(money_nano=1_500_000, tokens=2_000, requests=1)
ACTUAL = tf.Amounts(money_nano=900_000, tokens=1_200, requests=1)
ASK, TOLD = b"x" * 100, b"y" * 600


def budgets(count: int) -> list[tf.Budget]:
    window = tf.Window("monthly", anchor_day=1, tz="Europe/Rome")
    match = {"project": ["claims", "motor"]}
    return [tf.Budget(name=f"b{i}", match=match, unit="money_nano", window=window, hard=10**18) for i in range(count)]


def cpu_us_per_call(budget_count: int) -> list[float]:
    figures = []
    with tempfile.TemporaryDirectory() as path, tf.Ledger.open(path) as led:
        led.set_budgets(budgets(budget_count))
        for round_number in range(ROUNDS):
            begin_ns = time.thread_time_ns()
            for i in range(CALLS):
                id = f"{round_number}/{i}"
                led.reserve(id, amounts=WORST, axes=AXES, detail=ASK)
                led.settle(id, ACTUAL, detail=TOLD)
            figures.append((time.thread_time_ns() - begin_ns) / CALLS / 1000)
        check(led, ROUNDS * CALLS)
    return figures


def settled_per_second(in_flight: int, calls: int) -> list[float]:
    async def spend(books: tf.AsyncLedger, name: str, count: int) -> None:
        for i in range(count):
            id = f"{name}/{i}"
            await books.reserve(id, amounts=WORST, axes=AXES, detail=ASK)
            await books.settle(id, ACTUAL, detail=TOLD)

    async def rounds(led: tf.Ledger) -> list[float]:
        books = led.asynchronous()
        figures = []
        for round_number in range(ROUNDS):
            begin = time.perf_counter()
            each = calls // in_flight
            await asyncio.gather(*(spend(books, f"{round_number}/{n}", each) for n in range(in_flight)))
            figures.append(calls / (time.perf_counter() - begin))
        return figures

    with tempfile.TemporaryDirectory() as path, tf.Ledger.open(path, durability="power") as led:
        led.set_budgets(budgets(1))
        figures = asyncio.run(rounds(led))
        check(led, ROUNDS * calls)
    return figures


def check(led: tf.Ledger, calls: int) -> None:
    """The books are right before their speed is told."""
    assert led.verify().ok
    assert led.balances()[0].posted == calls * ACTUAL.money_nano
    assert led.balances()[0].held == 0


def main() -> None:
    rows: list[tuple[str, Callable[[], list[float]], str]] = [
        ("reserve + settle, 1 budget, process", lambda: cpu_us_per_call(1), "us CPU"),
        ("reserve + settle, 5 budgets, process", lambda: cpu_us_per_call(5), "us CPU"),
        ("64 in flight, 1 budget, power", lambda: settled_per_second(IN_FLIGHT, CALLS_POWER), "settled/s"),
        ("1 in flight, 1 budget, power", lambda: settled_per_second(1, CALLS_POWER // 10), "settled/s"),
    ]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {ROUNDS} rounds")  # noqa: T201
    print(f"{'':40} {'median':>10} {'least':>10} {'most':>10}")  # noqa: T201
    for name, measure, unit in rows:
        figures = measure()
        median, least, most = statistics.median(figures), min(figures), max(figures)
        print(f"{name:40} {median:>10.1f} {least:>10.1f} {most:>10.1f} {unit}")  # noqa: T201


if __name__ == "__main__":
    main()
