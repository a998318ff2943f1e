"""Looking at data before anything is done with it: what a frame holds, and where a text holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.frames.files.cells import Cells
from tokenfoundry.frames.files.redacting import Redacting
from tokenfoundry.frames.html import span
from tokenfoundry.frames.report import Report
from tokenfoundry.privacy import Finding, Redactor

_ROWS: Final = 16_384


def report_frame(
    frame: Any, *, columns: Sequence[str], redactor: Redactor | None = None, threads: int | None = None
) -> Report:
    """What `columns` of a frame hold: pandas, polars, pyarrow or anything else that speaks Arrow. Changes nothing.

    A column may be a path, such as `messages.content`. Raises `InvalidInput` for one that is missing or no text; needs
    the extra `files`.

    >>> import polars
    >>> frame = polars.DataFrame({"note": ["Sono mario@example.it", "niente"]})
    >>> report_frame(frame, columns=["note"])
    Report(rows=2, rows_touched=1, risk='moderate', counts={'EMAIL_ADDRESS': 1})
    """
    if isinstance(columns, str):
        raise InvalidInput(f"columns must be a list, as in [{columns!r}]")
    redacting = Redacting(redactor or Redactor(), columns, threads=threads or os.cpu_count() or 1)
    for rows, cells in _cells(frame, columns):
        redacting.examine(cells)
        redacting.report.rows = rows
    return redacting.report


def _cells(frame: Any, columns: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    """The texts of a frame, and the rows up to them."""
    try:
        import pyarrow as pa

        from tokenfoundry.frames.files.arrow_columns import ArrowColumns
    except ModuleNotFoundError:
        raise MissingExtra("pyarrow", "files") from None
    if not hasattr(frame, "__arrow_c_stream__"):
        raise InvalidInput(f"{type(frame).__name__} is no frame: it has no __arrow_c_stream__")
    reader = pa.RecordBatchReader.from_stream(frame)
    wanted = ArrowColumns(reader.schema, columns)
    rows = 0
    for batch in reader:
        for start in range(0, batch.num_rows, _ROWS):
            piece = batch.slice(start, _ROWS)
            cells, _ = wanted.cells(piece, rows)
            rows += piece.num_rows
            yield rows, cells


@dataclass(frozen=True, slots=True, repr=False)
class Highlighted:
    """A text and what was found in it. In a notebook it shows itself with coloured spans, which name the kinds; with
    `values` they show what was found. `repr` shows no value.
    """

    text: str
    findings: list[Finding]
    values: bool = False

    def _repr_html_(self) -> str:
        pieces = []
        done = 0
        for finding in self.findings:
            value = self.text[finding.start : finding.end]
            pieces.append(escape(self.text[done : finding.start]))
            pieces.append(span(finding.entity, f"{value} ({finding.entity})" if self.values else finding.entity))
            done = finding.end
        pieces.append(escape(self.text[done:]))
        return f'<div style="white-space:pre-wrap">{"".join(pieces)}</div>'

    def __repr__(self) -> str:
        return f"Highlighted({len(self.findings)} findings)"


def highlight(text: str, *, redactor: Redactor | None = None, values: bool = False) -> Highlighted:
    """Where a text holds what the redactor would replace. With `values` the text is shown as it is, which then stays
    in a notebook that is saved.

    >>> highlight("Sono mario@example.it")
    Highlighted(1 findings)
    """
    return Highlighted(text, (redactor or Redactor()).redact(text).findings, values)
