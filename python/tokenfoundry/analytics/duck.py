"""DuckDB as the reports use it: in memory, in UTC, within a bound of memory."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenfoundry.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "700MB"  # Of DuckDB alone; the interpreter and Arrow come on top, to less than 1 GB in all.

# What DuckDB says of a file that is none, or was cut off; it has no class of errors for that.
_DAMAGE = re.compile(
    "No magic bytes|TProtocolException|don't know what type|Failed to read file|Could not read enough"
    "|Corrupted file|found in Parquet file"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONED = "timestamp[us, tz="  # As DuckDB makes every TIMESTAMPTZ.


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
    # What does not fit into memory goes there, and not, as it would, into the folder that a user stands in.
    connection.execute(f"set temp_directory = {text(Path(tempfile.gettempdir()) / 'tokenfoundry-reports')}")
    return connection


@contextmanager
def damage_told(place: Path) -> Iterator[None]:
    """Raises `InvalidInput` for a file below `place` that is damaged: DuckDB has no class of errors for it."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        said = str(error)
        if _DAMAGE.search(said) is None:
            raise
        raise InvalidInput(
            f"{place} holds a damaged file, to be exported anew: {' '.join(said.split('LINE 1')[0].split())}"
        ) from None


def text(value: str | Path) -> str:
    """As a literal of SQL.

    >>> text("O'Hara")
    "'O''Hara'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def values_of(column: Any) -> list[Any]:
    """The values of an Arrow column, times in UTC. Arrow itself loads pandas for times, where it is there: 0.4 s."""
    if not str(column.type).startswith(_ZONED):
        return list(column.to_pylist())
    whole = [each for chunk in column.chunks for each in chunk.view("int64").to_pylist()]
    return [None if each is None else _EPOCH + timedelta(microseconds=each) for each in whole]
