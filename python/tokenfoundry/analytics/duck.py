"""DuckDB as the reports use it: in memory, in UTC, within a bound of memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokenfoundry.errors import MissingExtra

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "700MB"  # Of DuckDB alone; the interpreter and Arrow come on top, to less than 1 GB in all.


def connect(*, memory_limit: str = MEMORY_LIMIT) -> duckdb.DuckDBPyConnection:
    """A database in memory. Raises `MissingExtra`."""
    try:
        import duckdb
        import pyarrow  # noqa: F401 (through which rows come in and go out)
    except ImportError as error:
        raise MissingExtra(error.name or "duckdb", "reports") from error
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute("set parquet_metadata_cache = true")
    return connection


def text(value: str | Path) -> str:
    """As a literal of SQL.

    >>> text("O'Hara")
    "'O''Hara'"
    """
    return "'" + str(value).replace("'", "''") + "'"
