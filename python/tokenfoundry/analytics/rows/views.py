"""The views that reports are written in, over exported rows.

    calls          a row for every attempt, hit, refusal and correction; money in nano units
    sums           the same summed by hour and axes; what nearly every report reads
    token_counts   how many calls of an intent took how many tokens, by day
    sessions       the calls of a session, by hour
    budgets        the budgets and their windows, where a configuration states them
    roots          for each sub-call (x-tf-parent) the call at the top, where a report reads it

`sums`, `token_counts` and `sessions` are read from what was summed at export, or worked out of the rows: the same
columns and, but for the buckets of token_counts, the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from tokenfoundry.analytics.bounds import check_bounds
from tokenfoundry.analytics.duck import connect, damage_told, text
from tokenfoundry.analytics.rows.columns import DIMENSIONS, ENTRY_COLUMNS, MEASURES, rows_view
from tokenfoundry.analytics.rows.derived import DERIVED, MACROS, sessions_of_rows, sums_of_rows, tokens_of_rows
from tokenfoundry.analytics.rows.directory import ExportDirectory, columns_of

if TYPE_CHECKING:
    import duckdb

Reads = Literal["rollups", "rows"]

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_STARTS = {"sums": "hour", "token_counts": "day", "sessions": "hour"}
_OF_ROWS = {"sums": sums_of_rows, "token_counts": tokens_of_rows, "sessions": sessions_of_rows}


def reads_for(start: int | None, until: int | None, *, by_day: bool) -> Reads:
    """Where bounds in Unix milliseconds lead: to the rows when they are not on whole hours, or days.

    >>> reads_for(None, 3_600_000, by_day=False), reads_for(None, 3_600_000, by_day=True)
    ('rollups', 'rows')
    """
    grain_ms = _DAY_MS if by_day else _HOUR_MS
    return "rollups" if all(bound is None or bound % grain_ms == 0 for bound in (start, until)) else "rows"


@contextmanager
def open_views(
    directory: ExportDirectory, *, start: int | None = None, until: int | None = None, reads: Reads = "rollups"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the views, of calls that began in `[start, until)`, in Unix milliseconds.

    Raises `NotFound` where nothing was exported, `InvalidInput` for bounds with nothing between them and for files that
    are damaged, which some of them only show while they are read.
    """
    check_bounds(start, until)
    currency = directory.whose.currency
    with connect() as connection:
        for macro in MACROS:
            connection.execute(macro)
        connection.execute(f"create macro currency() as {text(currency)}")
        with damage_told(directory.path):
            _make_views(connection, directory, start, until, reads)
            yield connection


def _make_views(
    connection: duckdb.DuckDBPyConnection,
    directory: ExportDirectory,
    start: int | None,
    until: int | None,
    reads: Reads,
) -> None:
    files = _files(directory)
    bounds = _bounds("began_at", start, until)
    there = columns_of(connection, files)
    connection.execute(f"create view calls as select * from ({rows_view(files, there)}) where {bounds}")
    for name, made in _OF_ROWS.items():
        query = made("calls") if reads == "rows" else _of_files(connection, directory, name, start, until)
        connection.execute(f"create view {name} as {query}")


def close_to_files(connection: duckdb.DuckDBPyConnection, directory: ExportDirectory) -> None:
    """From now on the database reads the exported files and nothing else: for queries that a user wrote."""
    connection.execute(f"set allowed_directories = [{text(directory.path.absolute())}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _of_files(
    connection: duckdb.DuckDBPyConnection, directory: ExportDirectory, name: str, start: int | None, until: int | None
) -> str:
    files = directory.files(name)
    if not files:
        return f"select * from ({DERIVED[name]}) where false"
    listed = ", ".join(map(text, (file.absolute() for file in files)))
    bounds = _bounds(_STARTS[name], start, until)
    source = f"read_parquet([{listed}], union_by_name = true)"
    return f"select *{_absent(connection, source) if name == 'sums' else ''} from {source} where {bounds}"


def _absent(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """The columns that sums of an older export lack: a folder of rows alone is not summed anew."""
    there = columns_of(connection, source)
    made = [f"null::VARCHAR as {name}" for name in DIMENSIONS if name not in there]
    return "".join(f", {each}" for each in [*made, *(f"0::BIGINT as {name}" for name in MEASURES if name not in there)])


def _files(directory: ExportDirectory) -> str:
    files = directory.files("entries")
    if not files:
        return f"(select {', '.join(f'null::{type} as {name}' for name, type in ENTRY_COLUMNS.items())} where false)"
    listed = ", ".join(map(text, (file.absolute() for file in files)))
    return f"read_parquet([{listed}], union_by_name = true)"


def _bounds(column: str, start: int | None, until: int | None) -> str:
    said = [f"{column} >= make_timestamptz({start}::BIGINT * 1000)"] if start is not None else []
    said += [f"{column} < make_timestamptz({until}::BIGINT * 1000)"] if until is not None else []
    return " and ".join(said) or "true"
