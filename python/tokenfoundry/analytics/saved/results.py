"""What a report found: rows in memory, and the forms that programs and people take them in. Money is exact in all."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from tokenfoundry.errors import InvalidInput, StoreError
from tokenfoundry.money import decimal_text

Format = Literal["table", "json", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

NANO = "_nano"
_DIGITS = 38
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Columns by name; whole numbers, texts, times in UTC, and money in nano units where a name ends in `_nano`.

    `reads` says what it was read from, `rollups` or `rows`.
    """

    name: str
    title: str
    currency: str
    reads: str
    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        index = list(self.columns).index(name)
        return [row[index] for row in self.rows]

    @property
    def headings(self) -> list[str]:
        """The columns as they are shown: money without the ending."""
        return [name.removesuffix(NANO) for name in self.columns]

    def texts(self) -> list[list[str | None]]:
        """The rows in text: money as decimals, times in ISO 8601."""
        return [[_text(name, value) for name, value in zip(self.columns, row, strict=True)] for row in self.rows]

    def to_json(self) -> dict[str, Any]:
        """Money as text, so that no reader makes a float of it."""
        rows = [
            {
                heading: _plain(name, value)
                for heading, name, value in zip(self.headings, self.columns, row, strict=True)
            }
            for row in self.rows
        ]
        return {"report": self.name, "title": self.title, "currency": self.currency, "reads": self.reads, "rows": rows}

    def to_csv(self) -> str:
        """With a line of headings; what is absent is empty. A text that a spreadsheet would take for a formula stands
        after an apostrophe: what clients state is in it.
        """
        lines = [_csv_line(self.headings)]
        for texts, row in zip(self.texts(), self.rows, strict=True):
            cells = zip(texts, row, strict=True)
            lines.append(_csv_line([_uncomputed(text) if isinstance(value, str) else text for text, value in cells]))
        return "".join(lines)

    def arrow(self) -> Any:
        """A `pyarrow.Table`: money as `decimal128(38, 9)` in the currency that the schema's metadata names."""
        import pyarrow as pa

        made = {}
        for index, (heading, name) in enumerate(zip(self.headings, self.columns, strict=True)):
            values = [row[index] for row in self.rows]
            made[heading] = _money_column(values) if name.endswith(NANO) else _column(values)
        return pa.table(made).replace_schema_metadata({"report": self.name, "currency": self.currency})

    def write(self, file: Path, form: Format) -> None:
        """Raises `InvalidInput` for a table, which is for terminals, and for values that the form has no type for;
        `StoreError` when the disk fails.
        """
        try:
            if form == "parquet":
                self._write_parquet(file)
            elif form == "csv":
                file.write_text(self.to_csv(), encoding="utf-8")
            elif form == "json":
                file.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            else:
                raise InvalidInput("a table is for a terminal: write json, csv or parquet")
        except OSError as error:
            raise StoreError(f"cannot write {file}: {error.strerror}") from None

    def _write_parquet(self, file: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            pq.write_table(self.arrow(), file)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise InvalidInput(f"the report {self.name} cannot be written as Parquet: {error}") from None


def _uncomputed(text: str | None) -> str | None:
    return f"'{text}" if text and text.startswith(_BEGIN_FORMULAS) else text


def _csv_line(cells: Sequence[str | None]) -> str:
    """A writer that ends its lines otherwise puts no quotes about a carriage return."""
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue().removesuffix("\r\n") + "\n"


def _money_column(values: Sequence[int | None]) -> Any:
    """Nano units are the digits of a decimal with nine places: the same bytes under another type."""
    import pyarrow as pa

    whole = pa.array(values, pa.decimal128(_DIGITS, 0))
    return pa.Array.from_buffers(pa.decimal128(_DIGITS, 9), len(whole), whole.buffers())


def _column(values: Sequence[Any]) -> Any:
    """Whole numbers of more than 64 bits are decimals without places."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except OverflowError:
        return pa.array(values, pa.decimal128(_DIGITS, 0))


def _plain(name: str, value: Any) -> Any:
    is_plain = isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))
    return value if is_plain and not name.endswith(NANO) else _text(name, value)


def _text(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        # A time of no zone is one of the calendar that the query made it in.
        return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return decimal_text(value) if name.endswith(NANO) else str(value)
