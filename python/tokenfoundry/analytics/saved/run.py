"""Runs a saved report over exported rows. A user's query sees the views and nothing else of the machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tokenfoundry.analytics.duck import connect, text, values_of
from tokenfoundry.analytics.rows.directory import ExportDirectory
from tokenfoundry.analytics.rows.views import Reads, close_to_files, open_views, reads_for
from tokenfoundry.analytics.saved.budget_table import has_broken_hours, make_budget_table, make_standing_table
from tokenfoundry.analytics.saved.library import SavedReport
from tokenfoundry.analytics.saved.results import NANO, Result
from tokenfoundry.analytics.saved.roots_table import make_roots_table
from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger import Balance
from tokenfoundry.ledger.window import find_zone
from tokenfoundry.settings import BudgetSettings

if TYPE_CHECKING:
    import duckdb

VIEWS = ("calls", "sums", "token_counts", "sessions", "budgets", "roots")


def run_report(
    report: SavedReport,
    directory: ExportDirectory,
    *,
    start: int | None = None,
    until: int | None = None,
    reads: Reads | None = None,
    tz: str = "UTC",
    budgets: Sequence[BudgetSettings] = (),
    balances: Callable[[int], Iterable[Balance]] | None = None,
    params: Mapping[str, int] | None = None,
) -> Result:
    """What the report says of the calls that began in `[start, until)`, in Unix milliseconds.

    `reads` None: from rollups, unless a bound is not on a whole hour (or day, for percentiles of tokens) or a budget's
    window is not. `balances` says how the accounts of the books stand at an instant; without, caps are those that
    `budgets` state. Raises `InvalidInput` for a query that is wrong, naming what is, and a param that it does not have;
    `NotFound` where nothing was exported.
    """
    find_zone(tz)
    given = dict(params or {})
    for name in given:
        if name not in report.params:
            raise InvalidInput(f"{report.place} has no {name}; it has {', '.join(report.params) or 'no param'}")
    at_ms = 0
    if report.uses_budgets:
        at_ms = until if until is not None else _last_ms(directory)
    if reads is None:
        reads = reads_for(start, until, by_day=report.grain == "day")
        if report.uses_budgets and has_broken_hours(budgets, at_ms):
            reads = "rows"
    with open_views(directory, start=start, until=until, reads=reads) as connection:
        if report.uses_budgets:
            make_budget_table(connection, budgets, at_ms)
            make_standing_table(connection, () if balances is None else balances(at_ms))
        if report.uses_roots:
            make_roots_table(connection)
        close_to_files(connection, directory)
        values: dict[str, Any] = {**report.params, **given, "tz": tz}
        values = {name: value for name, value in values.items() if report.uses(name)}
        columns, rows = _rows(connection, report, values)
    currency = directory.whose.currency
    return Result(name=report.name, title=report.title, currency=currency, reads=reads, columns=columns, rows=rows)


def _last_ms(directory: ExportDirectory) -> int:
    """When the last call began, of the last part that has one; 0 where there is none."""
    with connect() as connection:
        for file in reversed(directory.files("entries")):
            calls = f"read_parquet({text(file)}) where kind <> 'changed'"
            ((last_ms,),) = connection.execute(f"select epoch_ms(max(began_at)) from {calls}").fetchall()
            if last_ms is not None:
                return int(last_ms)
    return 0


def _rows(
    connection: duckdb.DuckDBPyConnection, report: SavedReport, values: Mapping[str, Any]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    import duckdb

    try:
        statements = connection.extract_statements(report.sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InvalidInput(f"{report.place}: a report is one SELECT, and nothing else")
        table = connection.sql(report.sql, params=dict(values) or None).to_arrow_table()
    except duckdb.Error as error:
        raise InvalidInput(f"{report.place}: {_said(connection, report.sql, str(error))}") from None
    columns = table.column_names
    rows = zip(*map(values_of, table.columns), strict=True)
    headings = [name.removesuffix(NANO) for name in columns]
    if twice := sorted({name for name in headings if headings.count(name) > 1}):
        raise InvalidInput(f"{report.place}: two columns are shown as {twice[0]}: call one of them otherwise")
    money = [index for index, name in enumerate(columns) if name.endswith(NANO)]
    return columns, [_checked(report, columns, row, money) for row in rows]


def _checked(
    report: SavedReport, columns: Sequence[str], row: tuple[Any, ...], money: Sequence[int]
) -> tuple[Any, ...]:
    """Money is whole: a query that divides it has made a float of it, or a fraction."""
    for index in money:
        value = row[index]
        is_whole = isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
        if value is not None and not is_whole:
            name = columns[index]
            raise InvalidInput(f"{report.place}: {name} is no whole number of nano units: divide with // or per(a, b)")
    return tuple(int(value) if isinstance(value, Decimal) and value == int(value) else value for value in row)


def _said(connection: duckdb.DuckDBPyConnection, sql: str, error: str) -> str:
    """What is wrong with a query in words that name what there is."""
    if found := re.search(r'Referenced column "([^"]+)" (?:was )?not found', error):
        views = [view for view in VIEWS if re.search(rf"\b{view}\b", sql)]
        return f"there is no column {found[1]}; {_columns_of(connection, views)}"
    if found := re.search(r"Table with name (\S+) does not exist", error):
        return f"there is no {found[1]}; a report reads {', '.join(VIEWS)}"
    return " ".join(error.split())


def _columns_of(connection: duckdb.DuckDBPyConnection, views: Sequence[str]) -> str:
    said = []
    for view in views:
        names = [row[0] for row in connection.execute(f"describe {view}").fetchall()]
        said.append(f"{view} has {', '.join(names)}")
    return "; ".join(said)
