"""The tables `budgets` and `standing` of a report: what a configuration says of budgets, with the window that contains
an instant, and how the books that keep them say that their accounts stand then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tokenfoundry.budgets import ledger_budget
from tokenfoundry.ledger import Balance, Budget
from tokenfoundry.settings import BudgetSettings

if TYPE_CHECKING:
    import duckdb

_AXES = ("workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env")
_PLURALS = ("workspaces", "projects", "consumers", "keys", "intents", "aliases", "models", "regions", "envs")
_HOUR_MS = 3_600_000


def make_budget_table(connection: duckdb.DuckDBPyConnection, budgets: Iterable[BudgetSettings], at_ms: int) -> None:
    """Budgets of a session or a prepaid lifetime have no window to end: they are left out."""
    columns = ", ".join(f"{plural} VARCHAR[]" for plural in _PLURALS)
    connection.execute(
        "create macro matches(wanted, value) as wanted is null or value is not null and "
        "(list_contains(wanted, '*') or list_contains(wanted, value))"
    )
    connection.execute(
        "create table budgets (budget VARCHAR, unit VARCHAR, mode VARCHAR, each VARCHAR[], hard HUGEINT, "
        "started_at TIMESTAMPTZ, counted_until TIMESTAMPTZ, ends_at TIMESTAMPTZ, elapsed_ms HUGEINT, "
        f"length_ms HUGEINT, {columns})"
    )
    rows = [*_rows(map(ledger_budget, budgets), at_ms)]
    if rows:
        connection.executemany(f"insert into budgets values ({', '.join('?' * len(rows[0]))})", rows)

    # Known before the sums are scanned, so that other months are left out.
    connection.execute("set variable budgets_from = (select min(started_at) from budgets)")
    connection.execute("set variable budgets_until = (select max(counted_until) from budgets)")


def make_standing_table(connection: duckdb.DuckDBPyConnection, balances: Iterable[Balance]) -> None:
    """The cap in force with what was raised, what resets forgave, and what is left of a burst; empty without books."""
    connection.execute(
        "create table standing (budget VARCHAR, account VARCHAR, cap HUGEINT, forgiven HUGEINT, burst_left HUGEINT)"
    )
    rows = [
        [
            *(each.budget, " ".join(each.each[axis] for axis in _AXES if each.each.get(axis))),
            *(each.cap, each.posted - each.used, each.burst_left),
        ]
        for each in balances
    ]
    if rows:
        connection.executemany("insert into standing values (?, ?, ?, ?, ?)", rows)


def has_broken_hours(budgets: Iterable[BudgetSettings], at_ms: int) -> bool:
    """Whether a window begins or ends within an hour, so that sums of hours cannot say what is in it."""
    return any(
        bound % _HOUR_MS
        for budget in map(ledger_budget, budgets)
        if _has_end(budget)
        for bound in budget.window.bounds(at_ms)
        if bound is not None
    )


def _has_end(budget: Budget) -> bool:
    return budget.window.kind not in ("session", "lifetime") and not budget.prepaid


def _rows(budgets: Iterable[Budget], at_ms: int) -> Iterator[list[Any]]:
    for budget in budgets:
        if not _has_end(budget):
            continue
        start, end = budget.window.bounds(at_ms)
        assert end is not None, "only a lifetime has no end"
        wanted = [budget.match.get(axis) for axis in _AXES]
        lists = [[each] if isinstance(each, str) else None if each is None else [*each] for each in wanted]
        # What is rolling has always gone on for its whole length.
        elapsed_ms = end - start if budget.window.kind == "rolling" else max(1, min(at_ms, end) - start)
        times = [datetime.fromtimestamp(each / 1000, UTC) for each in (start, end, end)]
        yield [
            *(budget.name, str(budget.unit), str(budget.mode), [*budget.each], budget.hard),
            *(*times, elapsed_ms, end - start, *lists),
        ]
