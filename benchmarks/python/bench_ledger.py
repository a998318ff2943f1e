"""What does a call cost in the ledger, beside the same logic on SQLite, PostgreSQL and Redis?

    scripts/bench ledger                        everything; servers and clients are installed first
    scripts/bench ledger --quick                ours and SQLite, fewer calls: under a minute
    scripts/bench ledger --no-servers           ours and SQLite
    scripts/bench ledger --entries 10000000     opens a ledger of ten million entries; writing them takes minutes

A call is a reserve and its settle on five matching budgets in money, with 100 bytes kept with the hold and 600 with the
entry. First a random history of calls that overlap, repeat, and run into their caps must have the same answers and
balances everywhere; after the timing all books must hold exactly what was settled. Microseconds of CPU are those of the
client's whole process and of the server with its children. Every figure is the median of its rounds, with the spread;
the rivals take turns. A goal that is missed is marked and fails nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from ledger_rivals import core, machine, servers, table
from ledger_rivals.rival import IN_FLIGHT, OURS, Measure, Rival, assert_equal, in_turns, opened
from ledger_rivals.servers import Server

CORE = "tokenfoundry, C++ alone"
OPENINGS = 3
OPEN_HOLDS = 64  # That the driver leaves behind; the first opening makes an entry of each.


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked. Calls a round are by the worker's name: about a third of a second each."""

    rounds: int
    history: int
    pairs: Mapping[str, int]
    together: Mapping[str, int]  # Multiples of IN_FLIGHT.
    core_pairs: int
    entries: int
    accounts: tuple[int, ...]


FULL = Size(
    rounds=7,
    history=4_000,
    pairs={"own": 6_000, "sqlite": 3_000, "postgres": 600, "redis_lua": 1_000},
    together={"own": 6_400, "sqlite": 1_920, "postgres": 640, "redis_lua": 1_920},
    core_pairs=20_000,
    entries=1_000_000,
    accounts=(100_000, 1_000_000),
)
QUICK = Size(
    rounds=3,
    history=2_000,
    pairs={"own": 3_000, "sqlite": 1_500},
    together={"own": 1_920, "sqlite": 640},
    core_pairs=10_000,
    entries=100_000,
    accounts=(50_000,),
)


def say(*lines: str) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


def one_thread(rivals: list[Rival], size: Size) -> None:
    measures: dict[str, Measure] = {CORE: lambda _: core.measure("pairs", 1, size.core_pairs, "process")}
    for rival in rivals:
        measures[rival.title] = partial(rival.pairs, count=size.pairs[rival.name])
    rows = in_turns("one", size.rounds, measures)
    say("", "RESERVE + SETTLE, 5 budgets, `process`, one at a time; ratios of CPU", *table.costs(rows, OURS))
    say(table.goal("us CPU a call from Python", rows[OURS]["cpu_us"].median, at_most=30))
    say(table.goal("us CPU a call of the core", rows[CORE]["cpu_us"].median, at_most=30))


def two_threads(rivals: list[Rival], size: Size) -> None:
    measures: dict[str, Measure] = {CORE: lambda _: core.measure("pairs", 2, size.core_pairs, "process")}
    for rival in rivals:
        measures[rival.title] = partial(rival.on_two, count=size.pairs[rival.name])
    rows = in_turns("two", size.rounds, measures)
    say("", "THE SAME ON TWO THREADS (the rivals: two processes, a connection each)")
    say(*table.rates(rows, OURS))
    say(table.goal("calls/s on two threads of the core", rows[CORE]["per_second"].median, at_least=30_000))
    say(table.goal("calls/s on two threads of Python", rows[OURS]["per_second"].median, at_least=30_000))


def power(rivals: list[Rival], size: Size) -> None:
    measures: dict[str, Measure] = {
        rival.title: partial(rival.together, count=size.together[rival.name]) for rival in rivals
    }
    rows = in_turns("many", size.rounds, measures)
    say("", f"`power`, {IN_FLIGHT} CALLS IN FLIGHT: ours as tasks of one event loop; SQLite and PostgreSQL in two")
    say(f"transactions for {IN_FLIGHT} calls, Redis in two pipelines", *table.rates(rows, OURS))
    say(table.goal("settled/s", rows[OURS]["per_second"].median, at_least=10_000))

    alone: dict[str, Measure] = {"the disk: 4 KB, one sync": lambda _: machine.syncs(tempfile.gettempdir())}
    for rival in rivals:
        alone[rival.title] = partial(rival.pairs, count=max(50, size.pairs[rival.name] // 30))
    rows = in_turns("alone", size.rounds, alone)
    say("", "`power`, ONE CALL AFTER THE OTHER: two syncs each", *table.rates(rows, OURS))


def opening(size: Size) -> None:
    say("", f"OPENING {size.entries:,} entries of 1,000 consumers, in a fresh process, files in the page cache")
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as path:
        filled = core.run("fill", path, size.entries, seconds=120 + size.entries // 2_000)
        after_kill = core.run("open", path)
        seconds = [core.run("open", path) for _ in range(OPENINGS)]
        assert {one["entries"] for one in (after_kill, *seconds)} == {size.entries + OPEN_HOLDS}
    median = statistics.median(one["seconds"] for one in seconds)
    rate = size.entries / filled["seconds"]
    say(f"  written through the ledger, a reserve and a settle each, in {filled['seconds']:.1f} s: {rate:,.0f}/s")
    say(f"  after a kill with {OPEN_HOLDS} open holds: {after_kill['seconds']:.3f} s")
    say(f"  after a close: {median:.3f} s (median of {OPENINGS})")
    say(table.goal("s to open, after a kill", after_kill["seconds"], at_most=2))
    say(table.goal("s to open, after a close", median, at_most=2))


def memory(accounts: int) -> None:
    figures = core.measure("memory", accounts, seconds=120 + accounts // 2_000)
    account, hold = figures["bytes_per_account"], figures["bytes_per_hold"]
    say("", f"MEMORY, heap in use over {accounts:,} accounts of one budget, each with an open call")
    say(f"  {account:.0f} bytes an account, and {hold:.0f} a hold; accounts without a hold are dropped above 65,536")
    say(table.goal("bytes an active account", account, at_most=300))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench ledger", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="ours and SQLite, fewer calls, for CI")
    parser.add_argument("--no-servers", action="store_true", help="without PostgreSQL and Redis")
    parser.add_argument("--rounds", type=int, help="of each measurement (7, quick 3)")
    parser.add_argument("--entries", type=int, help="how many the opened ledger has (1,000,000, quick 100,000)")
    parser.add_argument(
        "--accounts", type=int, nargs="+", help="over how many memory is measured (100,000 and 1,000,000, quick 50,000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the history that must be answered alike")
    return parser.parse_args()


def sized(asked: argparse.Namespace) -> Size:
    size = QUICK if asked.quick else FULL
    given = {name: getattr(asked, name) for name in ("rounds", "entries")}
    given["accounts"] = tuple(asked.accounts) if asked.accounts else None
    return replace(size, **{name: value for name, value in given.items() if value is not None})


def main() -> None:
    asked = parsed()
    size = sized(asked)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the servers are ended then too.
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ledger-"))
        running: dict[str, Server] = {}
        if not (asked.quick or asked.no_servers):
            if missing := servers.missing():
                raise SystemExit(f"bench ledger: {', '.join(missing)}: not installed (--no-servers leaves them out)")
            running = {
                "postgres": stack.enter_context(servers.postgres()),
                "redis_lua": stack.enter_context(servers.redis()),
            }
        names = [name for name in size.pairs if name in ("own", "sqlite") or name in running]
        say(*machine.lines(directory, running.values()), f"{size.rounds} rounds, medians (least to most)")

        with contextlib.ExitStack() as books:
            told = assert_equal(opened(books, running, names, directory, "process"), asked.seed, size.history)
        say("", f"EQUAL: {size.history:,} operations have the same answers and balances everywhere: {told}")
        say("", table.DURABILITY)
        for durability, measurements in (("process", (one_thread, two_threads)), ("power", (power,))):
            with contextlib.ExitStack() as books:
                rivals = opened(books, running, names, directory, durability)
                for measure in measurements:
                    measure(rivals, size)
                for rival in rivals:
                    rival.check()
    opening(size)
    for accounts in size.accounts:
        memory(accounts)


if __name__ == "__main__":
    main()
