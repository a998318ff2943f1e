"""A frame of pandas, polars or pyarrow, without saying which: it comes out as the kind that went in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.arrow import ArrowStream, checked_columns, opener, session_of
from tokenfoundry.frames.session import FrameSession
from tokenfoundry.privacy import Redactor

# Where a frame's class is at home, and what gives it `.pii`.
_ACCESSORS: Final = {"pandas": "tokenfoundry.frames.pandas", "polars": "tokenfoundry.frames.polars"}


def redact_frame(
    frame: Any,
    *,
    columns: Sequence[str] | None = None,
    redactor: Redactor | None = None,
    session: FrameSession | None = None,
    threads: int | None = None,
) -> Any:
    """The frame with `columns` redacted, those of text when `None`: of pandas, polars (lazy too) or pyarrow.

    One numbering holds for all columns, that of `session` where one is given: it is the way back (`restore_frame`) and
    tells what was found (`counts`). A lazy frame takes no `threads`: its engine has its own.

    Raises `BlockedContent` for an entity that the policy blocks, with column and row, and `InvalidInput` for a column
    that is missing or no text, a text that is no UTF-8, and for another kind of frame; with `None` also for a column
    that is neither text nor known to hold none.

    >>> import pyarrow as pa
    >>> session = FrameSession()
    >>> redacted = redact_frame(pa.table({"note": ["Sono mario@example.it"]}), columns=["note"], session=session)
    >>> redacted.to_pylist()
    [{'note': 'Sono [EMAIL_ADDRESS_1]'}]
    >>> restore_frame(redacted, session).to_pylist()
    [{'note': 'Sono mario@example.it'}]
    """
    kind = _kind_of(frame)
    if kind == "pyarrow":
        used = session_of(session, redactor, threads)
        return _table(used.core.redact_columns(opener(frame)(), checked_columns(columns)))
    given = {"redactor": redactor, "session": session, "threads": threads}
    return frame.pii.redact(columns=columns, **{name: value for name, value in given.items() if value is not None})


def restore_frame(frame: Any, session: FrameSession, *, columns: Sequence[str] | None = None) -> Any:
    """The frame with the placeholders of `session` replaced by their values, in `columns` or all that are text.

    Raises `InvalidInput` as `redact_frame` does.
    """
    if _kind_of(frame) == "pyarrow":
        return _table(session.core.restore_stream(opener(frame)(), checked_columns(columns)))
    return frame.pii.restore(session, columns=columns)


def _kind_of(frame: Any) -> str:
    """The package that the frame is of, with `.pii` added to it."""
    for base in type(frame).__mro__:
        package = base.__module__.partition(".")[0]
        if package in _ACCESSORS:
            import_module(_ACCESSORS[package])
            return package
        if package == "pyarrow":
            return package
    raise InvalidInput(
        f"{type(frame).__name__} is no frame of pandas, polars or pyarrow; other Arrow data goes through redact_arrow"
    )


def _table(stream: Any) -> Any:
    return sys.modules["pyarrow"].table(ArrowStream(lambda: stream))
