"""How long, how much memory: microseconds of this process's own CPU, so that what else the machine does counts less.

The rivals are asked in turns with us, block by block of prompts, each timed by its own process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pii.hostile import hostile_texts
from pii.peers import Worker

Detect = Callable[[str], object]
BLOCK = 50
SHORT_BYTES = 64 * 1024
LONG_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timed:
    """CPU microseconds for each prompt, the median of some rounds."""

    each_us: list[float]

    @property
    def p50_us(self) -> float:
        return statistics.median(self.each_us)

    @property
    def p99_us(self) -> float:
        return sorted(self.each_us)[int(0.99 * (len(self.each_us) - 1))]


def _times_us(detect: Detect, texts: Sequence[str]) -> list[float]:
    times: list[float] = []
    for text in texts:
        fresh = text.encode().decode()  # A str keeps its UTF-8 once asked for it: no prompt comes with that done.
        start = time.process_time_ns()
        detect(fresh)
        times.append((time.process_time_ns() - start) / 1000)
    return times


def prompts(own: dict[str, Detect], workers: dict[str, Worker], texts: list[str], *, rounds: int) -> dict[str, Timed]:
    """Each detector over all prompts. Rivals that take milliseconds are asked once, the others `rounds` times."""
    for detect in own.values():
        _times_us(detect, texts[:BLOCK])
    samples: dict[str, list[list[float]]] = {name: [[] for _ in texts] for name in [*own, *workers]}
    for at in range(0, len(texts), BLOCK):
        block = texts[at : at + BLOCK]
        slow: set[str] = set()
        for _ in range(rounds):
            for name, detect in own.items():
                _append(samples[name], at, _times_us(detect, block))
            for name, worker in workers.items():
                if name not in slow:
                    times = worker.ask(block).cpu_us
                    _append(samples[name], at, times)
                    if statistics.median(times) > 2_000:
                        slow.add(name)
        sys.stderr.write(f"  speed: {at + len(block)} of {len(texts)} prompts\n")
    return {name: Timed([statistics.median(one) for one in each]) for name, each in samples.items()}


def _append(samples: list[list[float]], at: int, times: list[float]) -> None:
    for place, sample in enumerate(times, at):
        samples[place].append(sample)


def long_prompt(own: dict[str, Detect], workers: dict[str, Worker], text: str) -> dict[str, float]:
    """CPU milliseconds for one long prompt, the median of up to nine."""
    times: dict[str, list[float]] = {name: [] for name in [*own, *workers]}
    for turn in range(9):
        for name, detect in own.items():
            times[name] += _times_us(detect, [text])
        for name, worker in workers.items():
            if turn == 0 or times[name][0] < 200_000:
                times[name] += worker.ask([text]).cpu_us
    return {name: statistics.median(each) / 1000 for name, each in times.items()}


@dataclass(frozen=True, slots=True)
class Start:
    """A fresh process's first detector, the cached database at hand."""

    construct_ms: float  # Wall clock, `Detector()` alone.
    first_detect_ms: float
    resident_mb: float  # Added by the detector and one first text.


_START = """
import json, os, time
import tokenfoundry as tf
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
text = open(0).read()
before, start = resident(), time.perf_counter()
detector = tf.Detector()
built = time.perf_counter()
detector.detect(text)
print(json.dumps([1000 * (built - start), 1000 * (time.perf_counter() - built), resident() - before]))
"""


def start_up(text: str, processes: int) -> Start:
    """Medians over fresh processes; one more before them fills the cache."""
    samples: list[list[float]] = []
    for _ in range(processes + 1):
        run = subprocess.run([sys.executable, "-c", _START], input=text, capture_output=True, text=True, check=True)
        samples.append(json.loads(run.stdout))
    return Start(*(statistics.median(column) for column in zip(*samples[1:], strict=True)))


@dataclass(frozen=True, slots=True)
class Growth:
    name: str
    short_us_per_kb: float
    long_us_per_kb: float

    @property
    def ratio(self) -> float:
        """1 where the cost is linear; 16 where it is quadratic."""
        return self.long_us_per_kb / self.short_us_per_kb


def growth(detect: Detect, samples: int) -> list[Growth]:
    """CPU per KB of each hostile text, 64 KB against 1 MB, the least of some samples; the steepest first."""
    short, long = hostile_texts(SHORT_BYTES), hostile_texts(LONG_BYTES)
    rows: list[Growth] = []
    for name in short:
        small = min(min(_times_us(detect, [short[name]])) for _ in range(3 * samples))
        large = min(min(_times_us(detect, [long[name]])) for _ in range(samples))
        rows.append(Growth(name, small / (SHORT_BYTES / 1024), large / (LONG_BYTES / 1024)))
    return sorted(rows, key=lambda row: -row.ratio)
