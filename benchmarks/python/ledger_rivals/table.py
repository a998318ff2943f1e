"""What is printed: medians with their spread, ratios, and what each durability means."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH = 28

DURABILITY = """\
WHAT EACH SETTING GIVES     setting                       a kill of it loses    a power loss loses
process  tokenfoundry       durability: process           nothing               what the kernel had not written
         SQLite             WAL, synchronous=NORMAL       nothing               the same
         PostgreSQL         synchronous_commit=off        up to 0.6 s           up to 0.6 s
         Redis              appendfsync everysec          2 s if a sync hangs   1 to 2 s
power    tokenfoundry       durability: power             nothing               nothing
         SQLite             WAL, synchronous=FULL         nothing               nothing
         PostgreSQL         synchronous_commit=on         nothing               nothing
         Redis              appendfsync always            nothing               nothing
tokenfoundry also matches the budgets, finds their windows, and keeps an audit log (a SHA-256 tree over all entries);
the rivals are told their five accounts and keep none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The rounds of one measurement."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def shown(self) -> str:
        return f"{number(self.median):>9} ({number(min(self.values))} to {number(max(self.values))})"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio(value: float, ours: float) -> str:
    return f"{value / ours:.2f}x"


def costs(rows: Mapping[str, Mapping[str, Figure]], ours: str) -> list[str]:
    """A row per rival: CPU and wall microseconds of a pair, and the ratio of CPU to `ours`."""
    lines = [f"{'':{WIDTH}} {'CPU us (spread)':>30} {'ratio':>7} {'wall p50':>9} {'p99':>9}"]
    base = rows[ours]["cpu_us"].median
    for title, figures in rows.items():
        cpu, p50, p99 = figures["cpu_us"], figures["p50_us"].median, figures["p99_us"].median
        lines.append(
            f"{title:{WIDTH}} {cpu.shown():>30} {ratio(cpu.median, base):>7} {number(p50):>9} {number(p99):>9}"
        )
    return lines


def rates(rows: Mapping[str, Mapping[str, Figure]], ours: str) -> list[str]:
    """A row per rival: calls per second, and the ratio to `ours`."""
    lines = [f"{'':{WIDTH}} {'per second (spread)':>30} {'ratio':>7}"]
    base = rows[ours]["per_second"].median
    for title, figures in rows.items():
        rate = figures["per_second"]
        lines.append(f"{title:{WIDTH}} {rate.shown():>30} {ratio(rate.median, base):>7}")
    return lines


def goal(what: str, value: float, *, at_most: float | None = None, at_least: float | None = None) -> str:
    """One line that says whether a goal is met."""
    met = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    bound = f"at most {number(at_most)}" if at_most is not None else f"at least {number(at_least or 0)}"
    return f"  goal: {what}, {bound}: {number(value)}, {'met' if met else 'MISSED'}"
