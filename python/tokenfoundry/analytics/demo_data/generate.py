"""The demo's year as exported rows, part by part: the same folder that a ledger is exported into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenfoundry.analytics.demo_data.configuration import CONFIGURATION
from tokenfoundry.analytics.duck import connect
from tokenfoundry.analytics.rows.columns import ENTITIES, ENTRY_COLUMNS, FLAGS, RECORD_COLUMNS
from tokenfoundry.analytics.rows.directory import PART_ROWS, ExportDirectory, appearing, derive, write_part
from tokenfoundry.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    import duckdb

DEFAULT_CALLS = 2_000_000
_LEAST_CALLS = 1000
_CURRENCY = "EUR"
CONFIGURATION_FILE = "tokenfoundry.yaml"

# What the columns are that the generator does not draw.
_MADE = {
    "id": "format('demo-{:09d}/0', seq) || if(kind in ('hit', 'refused'), '/' || kind, '')",
    "request_id": "format('demo-{:09d}', seq)",
    "overrun": "false",
    "uncertain": "outcome = 'cut'",
    "estimated": "false",
    "began_at": "make_timestamptz(at_ms * 1000)",
    "posted_at": "make_timestamptz(posted_at_ms * 1000)",
    "money_nano": "money_nano",
    "tokens": "input_tokens + output_tokens",
    "requests": "if(kind in ('settled', 'hit'), 1, 0)",
    **dict.fromkeys(("images", "audio", "gpu_ms", "cache_write_tokens", "reasoning_tokens"), "0"),
    "workspace": "'demo'",
    "consumer": "key || '-user-' || consumer_number",
    "session": "if(session_number >= 0, intent || '-' || session_number, null)",
    "session_start": "if(session_number >= 0, make_timestamptz(session_start_ms * 1000), null)",
    "status": "case outcome when 'refused' then 429 when 'failed' then 502 when 'cut' then 499 else 200 end",
    "route": "'alias ' || alias",
    "attempt": "0",
    "currency": f"'{_CURRENCY}'",
    "prompt_hmac": "md5('prompt ' || prompt_number)",
    "refused_by": "if(outcome = 'refused', 'claims-monthly', null)",
    ENTITIES: "if(findings > 0, 'IBAN_CODE PERSON', null)",
    "provider_cost_nano": "if(reported_nano >= 0, reported_nano, null)",
}


def write_demo_data(
    path: Path, *, calls: int = DEFAULT_CALLS, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> ExportDirectory:
    """Writes about `calls` rows of a year, and the configuration that they were served under, into a new folder.

    The same number and seed make the same files. Raises `InvalidInput` when there is something in the folder already,
    `MissingExtra` without numpy.
    """
    if calls < _LEAST_CALLS:
        raise InvalidInput(f"calls: {calls} is less than {_LEAST_CALLS}: no year of twelve uses fits into so few")
    if path.exists() and any(path.iterdir()):
        raise InvalidInput(f"{path} is not empty: give a new folder")
    try:
        from tokenfoundry.analytics.demo_data.draw import drawn_calls
    except ImportError as error:
        raise MissingExtra(error.name or "numpy", "reports") from error
    directory = ExportDirectory(path)
    directory.claim(_CURRENCY, _id_of(0))
    with connect() as connection:
        written = 0
        for number, table in enumerate(_parts(drawn_calls(calls, seed))):
            _write(connection, directory.file("entries", number), table, written)
            derive(connection, directory, number, rows=len(table))
            written += len(table)
            if progress is not None:
                progress(written, calls)
    with appearing(path / CONFIGURATION_FILE) as file:
        file.write_text(CONFIGURATION, encoding="utf-8")
    return directory


def _parts(slices: Iterator[Any]) -> Iterator[Any]:
    """The same rows in tables of the size of a part."""
    import pyarrow as pa

    kept: list[Any] = []
    for table in slices:
        kept.append(table)
        while sum(map(len, kept)) >= PART_ROWS:
            whole = pa.concat_tables(kept)
            yield whole.slice(0, PART_ROWS)
            kept = [whole.slice(PART_ROWS)]
    whole = pa.concat_tables(kept)
    if len(whole):
        yield whole


def _id_of(seq: int) -> str:
    return f"demo-{seq:09}/0"


def _write(connection: duckdb.DuckDBPyConnection, file: Path, table: Any, begin: int) -> None:
    import pyarrow as pa

    numbers = pa.array(range(begin, begin + len(table)), pa.int64())
    connection.register("drawn", table.append_column("seq", numbers))
    there = {"seq", *table.column_names}
    of_record = {name: type for name, (type, _) in RECORD_COLUMNS.items()}
    types = {**ENTRY_COLUMNS, **of_record, ENTITIES: "VARCHAR", FLAGS: "VARCHAR"}
    columns = [
        f"({_MADE.get(name) or (name if name in there else 'null')})::{type} as {name}" for name, type in types.items()
    ]
    try:
        write_part(connection, f"select {', '.join(columns)} from drawn order by seq", file, rows=len(table))
    finally:
        connection.unregister("drawn")
