"""What does the whole walk add to a call, beside LiteLLM's proxy, Portkey, TensorZero and bare forwarding?

    scripts/bench gateway                 everything; the rivals are installed first, from PyPI and npm
    scripts/bench gateway --no-peers      ours and bare forwarding
    scripts/bench gateway --quick         the same, shorter: under two minutes
    scripts/bench gateway --growth 1000000   also what a million requests add to the memory of the server

Ours does its whole walk: key, redaction with names, exact count, holds on two budgets, a cache that misses, settlement,
audit. The rivals forward: none of them redacts, and none is given a database. Every gateway is a process of its own on
one core; the provider (a mock in C++ that answers at once) and the load generator are on the other. All see the same
unique prompts of about 1.3 KB, and must give the same answer first; rounds are interleaved.

requests/s and CPU per request are of saturated runs with 32 connections, the tails of runs at a rate at which requests
are due at even times, so that a gateway that falls behind cannot hide it. Every figure is the median of its rounds,
with the spread. A goal that is missed is marked and fails nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway_rivals import asking as asked
from gateway_rivals.load import Load, asked_so_far, load, mock_provider
from gateway_rivals.processes import LOAD_CORE, cpu_seconds, resident_mib
from gateway_rivals.subjects import BARE, MOUNTED, OUR_OWN, OURS, PEERS, Running, Subject

CONNECTIONS = 32
CHUNK_INTERVAL_US = 2_000
STREAMS = 16
HERE = Path(__file__).resolve().parent


@dataclass(slots=True)
class Measured:
    """One gateway, and what was measured of it; a list has a value a round."""

    name: str
    running: Running
    upstream: str
    unique: tuple[Path, Path]
    repeated: tuple[Path, Path]
    streams: tuple[Path, Path]
    rss_mib: float = 0
    per_second: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    p50_us: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)
    hits_per_second: list[float] = field(default_factory=list)
    first_byte_us: list[float] = field(default_factory=list)
    chunk_cpu_us: list[float] = field(default_factory=list)
    at_rate_us: dict[tuple[int, str], list[float]] = field(default_factory=dict)

    def costing(self, run: Callable[[], Load]) -> tuple[Load, float]:
        """A run, and the CPU seconds that the gateway spent in it."""
        pids = self.running.pids
        before = cpu_seconds(pids)
        made = run()
        return made, cpu_seconds(pids) - before

    def saturate(self, seconds: float) -> None:
        """As many requests as it answers."""
        port = self.running.asking.port
        before = asked_so_far(self.upstream)
        made, cpu_s = self.costing(lambda: load(port, self.unique, connections=CONNECTIONS, seconds=seconds))
        asked_for = asked_so_far(self.upstream) - before
        if asked_for < made.answered:
            raise SystemExit(f"{self.name} asked its provider for {asked_for} of {made.answered} unique requests")
        self.per_second.append(made.per_second)
        self.cpu_us.append(cpu_s / made.answered * 1e6)

    def one_by_one(self, seconds: float) -> None:
        """One connection."""
        made = load(self.running.asking.port, self.unique, connections=1, seconds=seconds)
        self.p50_us.append(made.total_us["0.5"])
        self.p99_us.append(made.total_us["0.99"])

    def repeat(self, seconds: float) -> None:
        """The same request again and again: a cache hit where there is a cache."""
        made = load(self.running.asking.port, self.repeated, connections=CONNECTIONS, seconds=seconds)
        self.hits_per_second.append(made.per_second)

    def stream(self, seconds: float) -> None:
        """Streams with a piece every two milliseconds."""
        port = self.running.asking.port
        made, cpu_s = self.costing(lambda: load(port, self.streams, connections=STREAMS, seconds=seconds))
        self.chunk_cpu_us.append(cpu_s / max(1, made.events) * 1e6)
        alone = load(port, self.streams, connections=1, seconds=seconds)
        self.first_byte_us.append(alone.first_byte_us["0.5"])

    def at_rate(self, rate: int, quantile: str, seconds: float) -> None:
        """So many requests a second."""
        made = load(self.running.asking.port, self.unique, connections=256, seconds=seconds, rate=rate)
        self.at_rate_us.setdefault((rate, quantile), []).append(made.total_us[quantile])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ours and bare forwarding, fewer and shorter rounds")
    parser.add_argument("--no-peers", action="store_true", help="leave the rivals out")
    parser.add_argument("--growth", type=int, default=0, metavar="N", help="memory after N requests")
    arguments = parser.parse_args()
    rounds, seconds = (3, 1.0) if arguments.quick else (7, 3.0)
    subjects = OUR_OWN if arguments.quick or arguments.no_peers else (*OUR_OWN, *PEERS)
    os.sched_setaffinity(0, {LOAD_CORE})
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenfoundry-bench-")))
        upstream = stack.enter_context(mock_provider(scratch, interval_us=CHUNK_INTERVAL_US))
        measured = [started(subject, upstream, scratch, stack) for subject in subjects]
        direct = direct_first_byte_us(upstream, scratch, seconds)
        for each in measured:
            each.saturate(seconds / 2)
            each.per_second.clear()
            each.cpu_us.clear()
        for _ in range(rounds):
            for each in measured:
                each.saturate(seconds)
                each.one_by_one(seconds / 2)
                each.stream(seconds / 2)
        ours = measured[0]
        for _ in range(rounds):
            ours.repeat(seconds)
            ours.at_rate(500, "0.99", seconds)
            ours.at_rate(4000, "0.999", seconds)
        grown = growth(ours, arguments.growth)
        hit_us = in_process_hit_us(scratch)
        report(measured, rounds, direct)
        goals(measured, hit_us, grown)


def started(subject: Subject, upstream: str, scratch: Path, stack: ExitStack) -> Measured:
    """The gateway running, its memory at rest known, and its answer checked."""
    running = stack.enter_context(subject.run(upstream, scratch))  # type: ignore[arg-type]
    asking = running.asking
    made = Measured(
        subject.name,
        running,
        upstream,
        asking.write(scratch, unique=True),
        asking.write(scratch, unique=False),
        asking.write(scratch, unique=True, stream=True),
    )
    said = ask(running)
    if said != asked.REPLY_TEXT:
        raise SystemExit(f"{subject.name} changed the answer to {said!r}")
    made.rss_mib = resident_mib(running.pids)
    return made


def ask(running: Running) -> str:
    """The text that one request is answered with."""
    asking = running.asking
    request = urllib.request.Request(
        f"http://127.0.0.1:{asking.port}{asking.path}",
        asked.body(asking.model, unique=False, seed=1),
        {"content-type": "application/json", **dict(asking.headers)},
    )
    with urllib.request.urlopen(request, timeout=60) as answered:
        text: str = json.load(answered)["choices"][0]["message"]["content"]
    return text


def direct_first_byte_us(upstream: str, scratch: Path, seconds: float) -> float:
    """The first byte of a stream without any gateway."""
    port = int(upstream.rsplit(":", 1)[1].split("/")[0])
    files = asked.Asking(port).write(scratch, unique=True, stream=True)
    return load(port, files, connections=1, seconds=seconds).first_byte_us["0.5"]


def growth(ours: Measured, count: int) -> float | None:
    """MiB that `count` requests add to the resident memory, once it has warmed up."""
    if not count:
        return None
    before, done = resident_mib(ours.running.pids), 0
    while done < count:
        done += load(ours.running.asking.port, ours.unique, connections=CONNECTIONS, seconds=10).answered
        sys.stderr.write(f"\r{done:,} of {count:,} requests")
    sys.stderr.write("\n")
    return resident_mib(ours.running.pids) - before


def in_process_hit_us(scratch: Path) -> float:
    """CPU of a cache hit asked through `factory.app()` without a server."""
    command = [sys.executable, "-m", "gateway_rivals.in_process", str(scratch / "in-process")]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=HERE).stdout)


def spread(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    return f"{middle:,.0f} ±{(max(values) - min(values)) / 2 / middle:.0%}" if middle else "0"


def report(measured: Sequence[Measured], rounds: int, direct: float) -> None:
    """The table of all gateways."""
    bare = next(each for each in measured if each.name == BARE)
    say(
        "",
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; each gateway on one core, "
        f"{rounds} rounds, {CONNECTIONS} connections; unique prompts of 1.3 KB",
        f"a stream's first byte without a gateway: {direct:,.0f} us",
        "",
        f"{'':33}{'requests/s':>14}{'of bare':>9}{'CPU us':>13}{'p50 us':>9}{'p99 us':>9}"
        f"{'stream +us':>12}{'us/chunk':>10}{'start s':>9}{'MiB':>6}",
    )
    for each in measured:
        ratio = statistics.median(each.per_second) / statistics.median(bare.per_second)
        first_byte = statistics.median(each.first_byte_us) - direct
        say(
            f"{each.name:33}{spread(each.per_second):>14}{ratio:>9.2f}{spread(each.cpu_us):>13}"
            f"{statistics.median(each.p50_us):>9,.0f}{statistics.median(each.p99_us):>9,.0f}"
            f"{first_byte:>12,.0f}{statistics.median(each.chunk_cpu_us):>10,.0f}"
            f"{each.running.started_s:>9.2f}{each.rss_mib:>6.0f}"
        )


def goals(measured: Sequence[Measured], hit_us: float, grown: float | None) -> None:
    """What we hold ourselves to, and how it came out."""
    by_name = {each.name: each for each in measured}
    ours, mounted = by_name[OURS], by_name[MOUNTED]
    rows: list[tuple[str, float, float, bool]] = [
        ("requests/s, 32 connections", statistics.median(ours.per_second), 6000, True),
        ("requests/s, mounted in FastAPI", statistics.median(mounted.per_second), 4500, True),
        ("CPU us per request, saturated", statistics.median(ours.cpu_us), 160, False),
        ("one connection p50, us", statistics.median(ours.p50_us), 350, False),
        ("one connection p99, us", statistics.median(ours.p99_us), 1000, False),
        ("at 500/s p99, us", statistics.median(ours.at_rate_us[500, "0.99"]), 2000, False),
        ("at 4,000/s p99.9, us", statistics.median(ours.at_rate_us[4000, "0.999"]), 25_000, False),
        ("CPU us per chunk of a stream", statistics.median(ours.chunk_cpu_us), 20, False),
        ("cache hits/s", statistics.median(ours.hits_per_second), 15_000, True),
        ("cache hit in process, CPU us", hit_us, 30, False),
        ("start to first connection, s", ours.running.started_s, 1, False),
        ("idle memory, MiB", ours.rss_mib, 120, False),
    ]
    if grown is not None:
        rows.append(("memory grown, MiB", grown, 20, False))
    say("", f"{'':40}{'measured':>12}{'goal':>10}")
    for what, value, goal, more in rows:
        met = value >= goal if more else value <= goal
        number = f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
        say(f"{what:40}{number:>12}{'>=' if more else '<=':>4}{goal:>7,}{'' if met else '   missed'}")
    tensorzero = by_name.get("TensorZero")
    if tensorzero is not None:
        ratio = statistics.median(ours.per_second) / statistics.median(tensorzero.per_second)
        say(f"{'requests/s, of TensorZero':40}{ratio:>12.2f}{'>=':>4}{1:>7}{'' if ratio >= 1 else '   missed'}")


def say(*lines: Any) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
