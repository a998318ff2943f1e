"""The exported rows of one ledger: Parquet files in a folder, each with what is summed of it beside it.

    entries/000000.parquet        entries 0 to 131,071 of the ledger, then 000001, ...; the last one grows
    sums/000000.parquet           their hourly sums, and so token_counts and sessions
    export.json, lock             whose they are; held by the process that writes

A part is written beside its name and then given it, so a run that was killed at any point leaves whole files and the
next one goes on; equal entries make equal bytes. A part that is full is never read from the ledger again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tokenfoundry.analytics.duck import connect, text
from tokenfoundry.analytics.rows.columns import entry_columns, record_columns, record_struct, rows_view
from tokenfoundry.analytics.rows.derived import DERIVED, MACROS
from tokenfoundry.errors import InvalidInput, NotFound, StoreError
from tokenfoundry.ledger import Ledger

if TYPE_CHECKING:
    import duckdb

PART_ROWS = 131_072
_FORMAT = 1
_OPTIONS = f"format parquet, compression zstd, row_group_size {PART_ROWS}"

Progress = Callable[[int, int], None]
"""Told the entries that are exported so far, and how many there are."""


class Whose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ledger the rows are of. `first` is the id of its first entry, "" while it has none."""

    format: int
    currency: str
    first: str


class ExportDirectory:
    """A folder of exported rows. One process at a time writes it; any number reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def whose(self) -> Whose:
        """Raises `NotFound` where nothing was exported, `InvalidInput` for what is none of ours."""
        file = self.path / "export.json"
        try:
            whose = msgspec.json.decode(file.read_bytes(), type=Whose)
        except FileNotFoundError:
            raise NotFound(f"{self.path} holds no exported rows: there is no {file.name} in it") from None
        except msgspec.DecodeError as error:
            raise InvalidInput(f"{file} is damaged: {error}") from None
        if whose.format != _FORMAT:
            raise InvalidInput(f"{self.path} was exported in format {whose.format}; this version reads {_FORMAT}")
        return whose

    def claim(self, currency: str, first: str) -> None:
        """Makes the folder, or finds it to be of the same ledger. Raises `InvalidInput` when it is of another."""
        try:
            found = self.whose
        except NotFound:
            found = Whose(format=_FORMAT, currency=currency, first="")
        if found.currency != currency or found.first not in ("", first):
            raise InvalidInput(f"{self.path} holds the rows of another ledger: export into another folder")
        for folder in ("entries", *DERIVED):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        with appearing(self.path / "export.json") as part:
            part.write_bytes(msgspec.json.encode(Whose(format=_FORMAT, currency=currency, first=first)) + b"\n")

    def file(self, folder: str, part: int) -> Path:
        return self.path / folder / f"{part:06}.parquet"

    def files(self, folder: str) -> list[Path]:
        """In order; those of `entries`, or of what is summed."""
        return sorted((self.path / folder).glob("[0-9]*.parquet"))


def export_ledger(ledger: Ledger, path: Path, *, currency: str, progress: Progress | None = None) -> ExportDirectory:
    """Brings the folder up to the ledger as it is now; what is there already is left as it is.

    Raises `InvalidInput` when the folder holds the rows of another ledger, `StoreError` when the disk fails.
    """
    directory = ExportDirectory(path)
    size = ledger.audit_head().size
    first = ledger.entries(-1, 1)
    with _disk_errors(path), alone_in(path), connect() as connection:
        directory.claim(currency, first[0].id if first else "")
        for part in range(-(-size // PART_ROWS)):
            begin, end = part * PART_ROWS, min((part + 1) * PART_ROWS, size)
            if marked_rows(connection, directory.file("entries", part)) != end - begin:
                _write_entries(connection, ledger, directory.file("entries", part), begin, end)
            derive(connection, directory, part, rows=end - begin)
            if progress is not None:
                progress(end, size)
    return directory


def derive(connection: duckdb.DuckDBPyConnection, directory: ExportDirectory, part: int, *, rows: int) -> None:
    """Sums that part of `rows` entries, unless it is done, and in the way that this version sums."""
    wanted = {name: _summed_by(rows, query) for name, query in DERIVED.items()}
    if all(_mark(connection, directory.file(name, part), "summed") == by for name, by in wanted.items()):
        return
    for macro in MACROS:
        connection.execute(macro.replace("create macro", "create or replace temp macro", 1))
    files = f"read_parquet({text(directory.file('entries', part))})"
    there = columns_of(connection, files)
    connection.execute(f"create or replace temp view calls as {rows_view(files, there)}")
    for name, query in DERIVED.items():
        write_part(connection, query, directory.file(name, part), rows=rows, by=wanted[name])


def write_part(connection: duckdb.DuckDBPyConnection, query: str, file: Path, *, rows: int, by: str = "") -> None:
    """Writes what the query gives as a part that is made of `rows` entries."""
    with appearing(file) as part:
        marks = f"{{entries: '{rows}', summed: '{by}'}}"
        connection.execute(f"copy ({query}) to {text(part)} ({_OPTIONS}, kv_metadata {marks})")


def _summed_by(rows: int, query: str) -> str:
    return f"{rows} {hashlib.sha256(query.encode()).hexdigest()[:16]}"


def marked_rows(connection: duckdb.DuckDBPyConnection, file: Path) -> int | None:
    """Of how many entries a part was made; None when it is not there, or is no whole file."""
    found = _mark(connection, file, "entries")
    return None if found is None else int(found)


def _mark(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> str | None:
    import duckdb

    if not file.exists():
        return None
    try:
        found = connection.execute(
            f"select decode(value) from parquet_kv_metadata({text(file)}) where decode(key) = {text(name)}"
        ).fetchall()
    except duckdb.Error:
        return None  # It is damaged, and so written anew.
    return str(found[0][0]) if found else None


def columns_of(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]


@contextmanager
def alone_in(path: Path) -> Iterator[None]:
    """Waits until no other process writes in the folder, which is made when absent."""
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Until the file is closed, or the process dies.
        yield


@contextmanager
def appearing(file: Path) -> Iterator[Path]:
    """A file beside it to write, which takes its name once it is safely on disk."""
    part = file.with_name(f"{file.name}.part")
    yield part
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(file)


def _write_entries(connection: duckdb.DuckDBPyConnection, ledger: Ledger, file: Path, begin: int, end: int) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    stream = ledger.entries_arrow(begin - 1, end - begin)
    entries: Any = pa.RecordBatchReader.from_stream(stream).read_all()
    corrected = entries.filter(pc.equal(entries["kind"].cast(pa.string()), "adjusted"))["of"].to_pylist()
    details = {seq: ledger.entries(seq - 1, 1)[0].detail for seq in set(corrected)}
    of_corrected = pa.table(
        {"seq": pa.array(details.keys(), pa.int64()), "detail": pa.array(details.values(), pa.binary())}
    )
    connection.register("entries", entries)
    connection.register("corrected", of_corrected)
    query = f"""
        select * exclude (record), {record_columns()}
        from (
            select {entry_columns()}, case when entries.kind <> 'changed' and octet_length(detail_of) > 0
                then from_json(decode(detail_of)::JSON, '{record_struct()}') end as record
            from (select entries.*, coalesce(corrected.detail, entries.detail) as detail_of
                from entries left join corrected on corrected.seq = entries."of") as entries
        ) order by seq
    """
    try:
        write_part(connection, query, file, rows=end - begin)
    finally:
        connection.unregister("entries")
        connection.unregister("corrected")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise StoreError(f"cannot write the rows in {path}: {error}") from None
