"""Writes one file for each calendar month (UTC) of the rows.

A file is written beside its name and then given it, and `manifest.json` says of how many entries of the ledger each was
made. So a run that was killed is completed by the next one, what has not changed is left as it is, and equal rows make
equal bytes. Late usage belongs to the month in which its call began: that month is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from tokenfoundry.analytics.duck import text
from tokenfoundry.analytics.rows.directory import alone_in, appearing
from tokenfoundry.errors import InvalidInput, StoreError

if TYPE_CHECKING:
    import duckdb

FileFormat = Literal["parquet", "csv", "jsonl"]

_COPY = {
    "parquet": "format parquet, compression zstd, row_group_size 122880",
    "csv": "format csv, header true, timestampformat '%Y-%m-%dT%H:%M:%SZ', compression none",
    "jsonl": "format json, compression none",
}
Progress = Callable[[int, int], None]
"""Told the months that are written, and how many there are."""

# Money of up to 64 bits in units of the currency, exactly.
UNITS = "create or replace temp macro units(nano) as nano::DECIMAL(19, 0) * 0.000000001::DECIMAL(9, 9)"


class Written(msgspec.Struct, frozen=True):
    """Of how many entries in its month a file was made, the last of them, and its own rows."""

    entries: int
    last_seq: int
    rows: int


class Manifest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a folder holds. `what` names the kind and version of the rows, and the options that change them."""

    what: str
    files: dict[str, Written] = {}


def write_months(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    what: str,
    form: FileFormat,
    query: Callable[[str], str],
    progress: Progress | None = None,
) -> list[Path]:
    """Brings the folder up to the views of `connection` and returns its files, by month.

    `query` gives the rows of a month in a fixed order (as the views are), from a condition on `began_at`. Raises
    `InvalidInput` when the folder holds something else, `StoreError` when the disk fails.
    """
    with _errors_of(folder), alone_in(folder):
        manifest = _manifest(folder, f"{what} {form}")
        months = connection.execute(
            "select strftime(began_at, '%Y-%m'), count(*), max(seq) from calls group by 1 order by 1"
        ).fetchall()
        if months and not manifest.files:
            _save(folder, manifest)  # Before any file: a folder that has files without it is somebody else's.
        files = []
        for number, (month, entries, last_seq) in enumerate(months, 1):
            file = folder / f"{month}.{form}"
            known = manifest.files.get(file.name)
            if known is None or (known.entries, known.last_seq) != (entries, last_seq) or not file.exists():
                rows = _write(connection, query(_condition(month)), file, form)
                manifest.files[file.name] = Written(entries, last_seq, rows)
                _save(folder, manifest)
            files.append(file)
            if progress is not None:
                progress(number, len(months))
    return files


def check_format(form: str, known: tuple[str, ...]) -> FileFormat:
    """Raises `InvalidInput` for one that is not `known`."""
    formats: tuple[FileFormat, ...] = get_args(FileFormat)
    for each in formats:
        if form == each and form in known:
            return each
    raise InvalidInput(f"format: {form!r} is not one of {', '.join(known)}")


def _write(connection: duckdb.DuckDBPyConnection, query: str, file: Path, form: FileFormat) -> int:
    with appearing(file) as part:
        ((rows,),) = connection.execute(f"copy ({query}) to {text(part)} ({_COPY[form]})").fetchall()
    return int(rows)


def _condition(month: str) -> str:
    return (
        f"began_at >= timestamptz '{month}-01 00:00:00+00' "
        f"and began_at < timestamptz '{month}-01 00:00:00+00' + interval 1 month"
    )


def _manifest(folder: Path, what: str) -> Manifest:
    file = folder / "manifest.json"
    if not file.exists():
        if any(each.name != "lock" and each.suffix != ".part" for each in folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty, and holds no export: give another folder")
        return Manifest(what=what)
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"{file} is damaged: {error}") from None
    if found.what != what:
        raise InvalidInput(f"{folder} holds {found.what}, not {what}: give another folder")
    return found


def _save(folder: Path, manifest: Manifest) -> None:
    with appearing(folder / "manifest.json") as part:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n")


@contextmanager
def _errors_of(folder: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise StoreError(f"cannot write the export in {folder}: {error}") from None
