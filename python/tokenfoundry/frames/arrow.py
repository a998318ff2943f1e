"""Whatever speaks Arrow, redacted: tables, batches, columns and streams of pyarrow, polars, DuckDB and others.

Data comes and goes through the Arrow PyCapsule interface
(https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html); no Arrow library is needed. The work is
done in C++ (`cpp/tokenfoundry/arrow`). A column is utf8, large_utf8, utf8_view or a dictionary of one of those, and
stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.session import ColumnCounts, FrameSession, checked_threads
from tokenfoundry.privacy import Redactor
from tokenfoundry.tokens import Tokenizer


class ArrowStream:
    """A stream of Arrow data that is made as it is read: give it to `pyarrow.table`, `polars.DataFrame`, DuckDB, ...

    Reading it reads the data it is made of, anew each time. Memory holds one batch at a time.
    """

    __slots__ = ("_open",)

    def __init__(self, open_stream: Callable[[], Any]) -> None:
        self._open = open_stream

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """A new stream. The schema that is asked for is a wish; the data's own is given."""
        return self._open()

    def __repr__(self) -> str:
        return "ArrowStream()"


def redact_arrow(
    data: Any,
    *,
    columns: Sequence[str] | None = None,
    redactor: Redactor | None = None,
    session: FrameSession | None = None,
    threads: int | None = None,
) -> ArrowStream:
    """`data` with `columns` redacted, those that are text when `None`; the others pass as they are.

    `data` is anything with `__arrow_c_stream__` or `__arrow_c_array__`: a table, a reader of batches, a column. It is
    read batch by batch, as the result is; order, types, nulls and other columns stay. One numbering holds for all of
    it, that of `session` where one is given (then `redactor` and `threads` are the session's).

    Raises `InvalidInput` for something that is not Arrow data, and when it is read, through its reader, for a column
    that is missing or no text, for one of an extension type or an Enum of polars, whose type would be lost, for a text
    that is not UTF-8 and for an entity that the policy blocks; the last two name column and row. With `None` also for a
    column that is neither text nor known to hold none: bytes, lists of texts.

    >>> import pyarrow as pa
    >>> table = pa.table({"id": [1, 2], "note": ["Sono mario@example.it", None]})
    >>> pa.table(redact_arrow(table, columns=["note"])).to_pylist()
    [{'id': 1, 'note': 'Sono [EMAIL_ADDRESS_1]'}, {'id': 2, 'note': None}]
    """
    used = session_of(session, redactor, threads)
    names = checked_columns(columns)
    open_data = opener(data)
    return ArrowStream(lambda: used.core.redact_stream(open_data(), names))


def restore_arrow(data: Any, session: FrameSession, *, columns: Sequence[str] | None = None) -> ArrowStream:
    """`data` with the placeholders of `session` replaced by their values, in `columns` or all that are text."""
    names = checked_columns(columns)
    open_data = opener(data)
    return ArrowStream(lambda: session.core.restore_stream(open_data(), names))


def detect_arrow(
    data: Any,
    *,
    columns: Sequence[str] | None = None,
    redactor: Redactor | None = None,
    session: FrameSession | None = None,
    threads: int | None = None,
) -> dict[str, ColumnCounts]:
    """What is found in each of `columns`, or of all that are text; nothing is made of it.

    With a `session` its counts so far are added to. Raises as reading `redact_arrow` does.
    """
    used = session_of(session, redactor, threads)
    used.core.detect_stream(opener(data)(), checked_columns(columns))
    return used.counts


def count_arrow(
    data: Any, tokenizer: Tokenizer, *, columns: Sequence[str] | None = None, threads: int | None = None
) -> ArrowStream:
    """`data` with each text of `columns`, or of all that are text, replaced by how many tokens it has: uint32, or null.

    >>> import pyarrow as pa
    >>> table = pa.table({"note": ["Hello, world!", None]})
    >>> pa.table(count_arrow(table, Tokenizer.load("o200k_base"))).to_pylist()
    [{'note': 4}, {'note': None}]
    """
    used = checked_threads(threads)
    names = checked_columns(columns)
    open_data = opener(data)
    return ArrowStream(lambda: _core.count_stream(tokenizer, open_data(), names, used))


def session_of(session: FrameSession | None, redactor: Redactor | None, threads: int | None) -> FrameSession:
    """The session that is given, or a new one.

    Raises `InvalidInput` for a session together with what only a new one would use.
    """
    if session is None:
        return FrameSession(redactor, threads=threads)
    if redactor is not None or threads is not None:
        raise InvalidInput("a session has its redactor and threads: give either the session or those")
    return session


def opener(data: Any) -> Callable[[], Any]:
    """What opens a stream of `data`. Raises `InvalidInput` for what is no Arrow data."""
    if hasattr(data, "__arrow_c_stream__"):
        return lambda: data.__arrow_c_stream__()
    if hasattr(data, "__arrow_c_array__"):
        return lambda: _core.array_stream(*data.__arrow_c_array__())
    raise InvalidInput(
        f"{type(data).__name__} is no Arrow data: it has neither __arrow_c_stream__ nor __arrow_c_array__"
    )


def checked_columns(columns: Sequence[str] | None) -> list[str]:
    """Names of columns as the core takes them. Raises `InvalidInput` for one text, and for none at all."""
    if columns is None:
        return []
    if isinstance(columns, str):
        raise InvalidInput(f"columns must be a list, as in [{columns!r}]")
    names = list(columns)
    if not names:
        raise InvalidInput("columns names no column; leave it out for all that are text")
    return names
