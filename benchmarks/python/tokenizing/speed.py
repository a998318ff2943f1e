"""CPU time of each tokenizer on the same texts, in turns, and the ratios that are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenizing.subjects import SUBJECTS, Subject

OWN = "tokenfoundry"
ROUND_S = 0.03  # A shorter round is repeated for about as long as this, by each one's own time.

Calls = dict[str, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of each subject for the same work, medians of the rounds."""

    label: str
    seconds: dict[str, float]
    spread: float  # Of ours: the middle half of the rounds, by the median.

    @property
    def to_tiktoken(self) -> float:
        return self.seconds["tiktoken"] / self.seconds[OWN]

    @property
    def fastest(self) -> str:
        return min((name for name in self.seconds if name not in ("tiktoken", OWN)), key=self.seconds.__getitem__)

    @property
    def to_fastest(self) -> float:
        return self.seconds[self.fastest] / self.seconds[OWN]


def one_s(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(repeats):
        call()
    return (clock() - started) / repeats


def measured(label: str, calls: Calls, rounds: int, clock: Callable[[], float] = time.process_time) -> Row:
    """The subjects take turns, so that what else the machine does falls on all of them."""
    repeats = {name: max(1, round(ROUND_S / max(one_s(call, 1, clock), 1e-6))) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(one_s(call, repeats[name], clock))
    low, middle, high = statistics.quantiles(seconds[OWN], n=4)
    return Row(label, {name: statistics.median(values) for name, values in seconds.items()}, (high - low) / middle)


def over(call: Callable[[str], object], texts: Sequence[str]) -> Callable[[], object]:
    def run() -> None:
        for text in texts:
            call(text)

    return run


def counted(label: str, subjects: list[Subject], texts: Sequence[str], rounds: int) -> Row:
    return measured(label, {subject.name: over(subject.count, texts) for subject in subjects}, rounds)


def listed(label: str, subjects: list[Subject], texts: Sequence[str], rounds: int) -> Row:
    return measured(label, {subject.name: over(subject.encode, texts) for subject in subjects}, rounds)


def in_arrays(label: str, subjects: list[Subject], texts: Sequence[str], rounds: int) -> Row:
    calls = {subject.name: over(subject.array, texts) for subject in subjects if subject.array is not None}
    return measured(label, calls, rounds)


def in_batches(label: str, subjects: list[Subject], texts: list[str], rounds: int) -> Row:
    """By the clock on the wall: two threads use the CPU twice as much."""
    calls: Calls = {subject.name: (lambda batch=subject.batch: batch(texts, 2)) for subject in subjects}
    return measured(label, calls, rounds, time.perf_counter)


def never_seen(label: str, vocabulary: str, text: str, rounds: int) -> Row:
    """The first text of a fresh tokenizer, which has nothing to remember yet; only the call is timed."""
    seconds: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    for _ in range(rounds):
        for name, make in SUBJECTS.items():
            subject = make(vocabulary)
            subject.count("Warm up the code, not the words.")
            seconds[name].append(one_s(lambda count=subject.count: count(text), 1, time.process_time))
    return Row(label, {name: statistics.median(values) for name, values in seconds.items()}, 0.0)
