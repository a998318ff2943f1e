"""The four as the benchmark measures them, taking turns."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger_rivals import workload
from ledger_rivals.servers import Server
from ledger_rivals.table import Figure
from ledger_rivals.workers import Worker, clients_python, worker

OURS = "tokenfoundry from Python"
TITLES = {"own": OURS, "sqlite": "SQLite", "postgres": "PostgreSQL", "redis_lua": "Redis, Lua"}
IN_FLIGHT = 64


@dataclass(slots=True)
class Rival:
    """Books of one of the four. `second` is another connection to them; ours has two threads instead."""

    title: str
    first: Worker
    second: Worker | None
    server: Server | None
    settled: int = 0

    @property
    def name(self) -> str:
        return self.first.name

    def pairs(self, round_name: str, count: int) -> dict[str, float]:
        """One call after the other on one connection: `cpu_us`, `p50_us` and `p99_us` of a call."""
        before_us = self._server_cpu_us()
        spent = self.first.ask("pairs", name=round_name, count=count, threads=1)
        cpu_us = spent["cpu_us"] + self._server_cpu_us() - before_us
        self.settled += count
        return {"cpu_us": cpu_us / count, "p50_us": spent["p50_us"], "p99_us": spent["p99_us"], **_rate(count, spent)}

    def on_two(self, round_name: str, count: int) -> dict[str, float]:
        """Two threads or connections at once, half of `count` each."""
        if self.second is None:
            spent = self.first.ask("pairs", name=round_name, count=count, threads=2)
        else:
            both = (self.first, self.second)
            for number, one in enumerate(both):
                one.send("pairs", name=f"{round_name}/{number}", count=count // 2, threads=1)
            spent = max((one.answer() for one in both), key=lambda answer: float(answer["seconds"]))
        self.settled += count
        return _rate(count, spent)

    def together(self, round_name: str, count: int) -> dict[str, float]:
        """IN_FLIGHT calls at a time."""
        spent = self.first.ask("together", name=round_name, count=count, in_flight=IN_FLIGHT)
        self.settled += count
        return _rate(count, spent)

    def check(self) -> None:
        """The books are right after their speed was measured, before it is told."""
        posted = self.settled * workload.ACTUAL
        matching = workload.PROJECTS[workload.FIRST]
        right = [[posted if number in matching else 0, 0] for number in range(workload.ACCOUNTS)]
        found = self.first.ask("balances")["balances"]
        if found != right:
            raise SystemExit(f"bench ledger: {self.title} has {found}, not {right}")

    def _server_cpu_us(self) -> float:
        return self.server.cpu_us() if self.server else 0


def _rate(count: int, spent: dict[str, float]) -> dict[str, float]:
    return {"per_second": count / spent["seconds"]}


def opened(
    stack: contextlib.ExitStack, servers: Mapping[str, Server], names: list[str], directory: str, durability: str
) -> list[Rival]:
    """Fresh books of each, with caps that nothing reaches. Closed with the stack; those before must be closed."""
    rivals = []
    for name in names:
        server = servers.get(name)
        where = server.directory if server else tempfile.mkdtemp(dir=directory)
        python = clients_python() if server else Path(sys.executable)
        first = stack.enter_context(worker(python, name, where, durability))
        first.ask("caps")
        second = None if name == "own" else stack.enter_context(worker(python, name, where, durability))
        rivals.append(Rival(TITLES[name], first, second, server))
    return rivals


def assert_equal(rivals: list[Rival], seed: int, count: int) -> str:
    """Everybody answers a random history alike and ends with the same balances. Returns how often each answer came.

    Raises `SystemExit` with the first operation that differs.
    """
    told = [rival.first.ask("history", seed=seed, count=count) for rival in rivals]
    ours = told[0]
    for rival, theirs in zip(rivals, told, strict=True):
        answers = zip(workload.history(seed, count), ours["answers"], theirs["answers"], strict=True)
        for operation, mine, other in answers:
            if mine != other:
                raise SystemExit(f"bench ledger: seed {seed}: {operation}: ours {mine}, {rival.title} {other}")
        if ours["balances"] != theirs["balances"]:
            raise SystemExit(f"bench ledger: seed {seed}: {rival.title} ends with other balances")
    words = sorted(set(ours["answers"]))
    return ", ".join(f"{ours['answers'].count(word):,} {word}" for word in words)


Measure = Callable[[str], dict[str, float]]  # Given the round's name, unique among the ids of its books.


def in_turns(section: str, rounds: int, measures: Mapping[str, Measure]) -> dict[str, dict[str, Figure]]:
    """Each once a round, after a round that warms up and is not counted. Figures by title, then by name."""
    values: dict[str, dict[str, list[float]]] = {title: {} for title in measures}
    for round_number in range(rounds + 1):
        for title, measure in measures.items():
            for name, value in measure(f"{section}{round_number}").items():
                if round_number:
                    values[title].setdefault(name, []).append(value)
    return {title: {name: Figure(each) for name, each in named.items()} for title, named in values.items()}
