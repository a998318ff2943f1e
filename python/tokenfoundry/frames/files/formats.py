"""What kind of file a name says it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.csv_records import CsvRecords
from tokenfoundry.frames.files.json_lines import JsonLines
from tokenfoundry.frames.files.records import Records
from tokenfoundry.frames.files.sources import Compression

FormatName = Literal["csv", "jsonl", "parquet"]
FORMATS: Final[tuple[str, ...]] = get_args(FormatName)

_SUFFIXES: Final[dict[str, FormatName]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSIONS: Final[dict[str, Compression]] = {".gz": "gz", ".zst": "zst"}


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written: its format, and how it is compressed around it."""

    name: FormatName
    compression: Compression = ""

    def records(self, columns: Sequence[str], delimiter: str | None) -> Records:
        """How its records are read; not for Parquet."""
        return JsonLines(columns) if self.name == "jsonl" else CsvRecords(columns, delimiter)


def compression_of(path: Path | None) -> Compression:
    """How a file of that name is compressed; not at all for standard input."""
    return "" if path is None else _COMPRESSIONS.get(path.suffix.lower(), "")


def is_table(path: Path | None) -> bool:
    """Whether the name of a file says that it is of one of the formats."""
    return path is not None and not {suffix.lower() for suffix in path.suffixes[-2:]}.isdisjoint(_SUFFIXES)


def format_of(path: Path | None, stated: str | None = None) -> Format:
    """What `stated` or the suffix says; CSV for standard input. Raises `InvalidInput`.

    >>> format_of(Path("calls.JSONL.gz"))
    Format(name='jsonl', compression='gz')
    """
    compression = compression_of(path)
    if stated is not None and stated not in FORMATS:
        raise InvalidInput(f"there is no format {stated!r}; there are {', '.join(FORMATS)}")
    suffixes = [] if path is None else [suffix.lower() for suffix in path.suffixes]
    if compression:
        suffixes = suffixes[:-1]
    name = cast(FormatName | None, stated) or (_SUFFIXES.get(suffixes[-1]) if suffixes else None)
    if name is None:
        if path is not None:
            raise InvalidInput(f"{path}: its name does not say what it is; state --format, one of {', '.join(FORMATS)}")
        name = "csv"
    if name == "parquet" and compression:
        raise InvalidInput(f"{path}: Parquet is compressed within; unpack it first")
    return Format(name, compression)
