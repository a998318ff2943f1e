"""Entries and rollups as Arrow record batches, for pyarrow, polars, duckdb and pandas.

What comes out speaks the Arrow PyCapsule interface (https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html),
so nothing of Arrow is imported here: the consumer brings its own. Absent is null: an axis or actor without a value, the
session of a call that has none.
"""

from __future__ import annotations

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.values import Tallies
from tokenfoundry.ledger.window import Instant, to_ms

_BATCH_ROWS = 65_536
_BATCH_BYTES = 32 << 20  # Of texts and details: what bounds the memory when these are long.
_NO_LIMIT = 2**63
_END_OF_TIME_MS = 2**63 - 1
_TALLIES = Tallies.__struct_fields__


class ArrowBatches:
    """Rows of the ledger that any consumer of Arrow streams reads: `pyarrow.table(x)`, `polars.DataFrame(x)`.

    Nothing is read before a consumer asks, and then batch by batch (up to 65,536 rows, or 32 MiB of texts), without the
    GIL: `pyarrow.RecordBatchReader.from_stream(x)` reads a ledger of any size in bounded memory. Each consumer gets a
    stream of its own. A stream keeps the ledger open until `Ledger.close`; after that its next batch is an error.
    """

    __slots__ = ("_core",)

    def __init__(self, core: _core.Batches) -> None:
        self._core = core

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule `arrow_array_stream`. Raises `InvalidState` once the ledger is closed. The wish is not followed."""
        return self._core.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """A capsule `arrow_schema` of the rows."""
        return self._core.__arrow_c_schema__()


def entry_batches(
    core: _core.Books,
    after: int = -1,
    limit: int | None = None,
    *,
    start: Instant | None = None,
    until: Instant | None = None,
    batch_rows: int = _BATCH_ROWS,
    batch_bytes: int = _BATCH_BYTES,
) -> ArrowBatches:
    """The entries that `Ledger.entries` would list, as they are when a stream's first batch is read.

    Columns: `seq`, `id`, `kind`, `overrun`, `uncertain`, `estimated`, `at`, `posted_at`, the six amounts, the eight
    tallies, the ten axes, `session_start`, `of`, `actor`, `reason`, `detail`, `burns` (lists of `grant` and `amount`)
    and `change` (a struct; its actor and reason are the entry's). Times are `timestamp[ms, UTC]`. Raises `InvalidInput`
    for a negative limit.
    """
    start_ms = None if start is None else to_ms(start, field="start")
    until_ms = None if until is None else to_ms(until, field="until")
    if after < -1:
        raise InvalidInput(f"after: {after} is less than -1")
    if limit is not None and limit < 0:
        raise InvalidInput(f"limit: {limit} is negative")
    most = _NO_LIMIT if limit is None else min(limit, _NO_LIMIT)
    return ArrowBatches(
        _core.entry_batches(
            core,
            after + 1,
            most,
            start_ms,
            until_ms,
            tally_names=_TALLIES,
            batch_rows=batch_rows,
            batch_bytes=batch_bytes,
        )
    )


def rollup_batches(
    core: _core.Books,
    *,
    start: Instant | None = None,
    until: Instant | None = None,
    batch_rows: int = _BATCH_ROWS,
    batch_bytes: int = _BATCH_BYTES,
) -> ArrowBatches:
    """The rollups that `Ledger.rollups` would list, each as it is when its batch is read.

    Columns: `hour`, the axes but `session`, the number of entries of each kind by its name (`settled`, `void`, ...),
    `overruns`, `uncertain`, `estimated`, the six amounts and the eight tallies. Raises `InvalidInput`.
    """
    start_ms = 0 if start is None else to_ms(start, field="start")
    until_ms = _END_OF_TIME_MS if until is None else to_ms(until, field="until")
    return ArrowBatches(
        _core.rollup_batches(
            core, start_ms, until_ms, tally_names=_TALLIES, batch_rows=batch_rows, batch_bytes=batch_bytes
        )
    )
