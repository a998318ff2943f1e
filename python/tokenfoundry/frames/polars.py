"""polars with `.pii`: import this module, and expressions, Series, DataFrames and LazyFrames can be redacted.

    frame.with_columns(pl.col("note").pii.redact())         lazy.pii.redact(columns=["note"])
    series.pii.redact()                                     frame.pii.detect()

The expressions are plugins: polars calls the core itself, also in its streaming engine, where a query over a file that
does not fit into memory stays one. That engine looks at several pieces of a column at once, in an order of its own: the
same value still gets the same placeholder everywhere, but which number that is may differ from run to run. What is not
lazy is numbered in the order of the rows.

An expression cannot say when it is used for the last time, so its session lives on by itself: without a `session` all
expressions of one redactor share one for as long as the process lives. Give each data set its own, keep it until its
queries have run, and its memory goes when you let it go.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.frames.arrow import ArrowStream, checked_columns, opener, session_of
from tokenfoundry.frames.session import FrameSession, checked_threads
from tokenfoundry.frames.tokens import tokenizer_of
from tokenfoundry.privacy import Redactor
from tokenfoundry.tokens import Tokenizer

try:
    import polars as pl
    from polars.plugins import register_plugin_function
except ImportError as error:
    raise MissingExtra("polars", "polars") from error

_PLUGIN: Final = Path(_core.__file__)

# The sessions of expressions that were given none: an expression holds nothing of Python's.
_shared: Final[dict[Redactor | None, FrameSession]] = {}


def shared_session(redactor: Redactor | None = None) -> FrameSession:
    """The session of the expressions of `redactor`, or of none, that were made without one."""
    if redactor not in _shared:
        _shared[redactor] = FrameSession(redactor)
    return _shared[redactor]


@pl.api.register_expr_namespace("pii")
class ExprPii:
    """Personal data in a column of an expression.

    >>> frame = pl.LazyFrame({"note": ["Sono mario@example.it", None]})
    >>> frame.select(pl.col("note").pii.redact(session=(session := FrameSession()))).collect()["note"].to_list()
    ['Sono [EMAIL_ADDRESS_1]', None]
    """

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def redact(self, *, redactor: Redactor | None = None, session: FrameSession | None = None) -> pl.Expr:
        """The column redacted, with the numbering of `session` or that of `shared_session(redactor)`.

        Raises, when the query runs, `polars.exceptions.ComputeError` for an entity that the policy blocks and for a
        column that is no text.
        """
        if session is None:
            session = shared_session(redactor)
        elif redactor is not None:
            raise InvalidInput("a session has its redactor: give either the session or the redactor")
        return self._plugin("pii_redact", session)

    def restore(self, session: FrameSession) -> pl.Expr:
        """The column with the placeholders of `session` replaced by their values."""
        return self._plugin("pii_restore", session)

    def count_tokens(self, tokenizer: Tokenizer | str = "gpt-4o") -> pl.Expr:
        """How many tokens each text has for a model, or by a `Tokenizer`."""
        counter = tokenizer_of(tokenizer)
        return self._expr.map_batches(
            lambda series: SeriesPii(series).count_tokens(counter), return_dtype=pl.UInt32, is_elementwise=True
        )

    def _plugin(self, function: str, session: FrameSession) -> pl.Expr:
        return register_plugin_function(
            plugin_path=_PLUGIN,
            function_name=function,
            args=[self._expr, pl.lit(session.core.number, dtype=pl.UInt64)],
            is_elementwise=True,
        )


@pl.api.register_series_namespace("pii")
class SeriesPii:
    """Personal data in one column of text.

    >>> pl.Series("note", ["Sono mario@example.it", None]).pii.redact().to_list()
    ['Sono [EMAIL_ADDRESS_1]', None]
    """

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    def redact(
        self, *, redactor: Redactor | None = None, session: FrameSession | None = None, threads: int | None = None
    ) -> pl.Series:
        """The column redacted, with the numbering of `session` or its own.

        Raises `BlockedContent` for an entity that the policy blocks and `InvalidInput` for a column that is no text,
        with column and row, counted from 0.
        """
        used = session_of(session, redactor, threads)
        return self._made(used.core.redact_columns(self._stream(), self._name()))

    def restore(self, session: FrameSession) -> pl.Series:
        """The column with the placeholders of `session` replaced by their values."""
        return self._made(session.core.restore_stream(self._stream(), self._name()))

    def detect(self, *, redactor: Redactor | None = None, threads: int | None = None) -> pl.DataFrame:
        """What is found that the policy does not allow: `entity`, `findings`, `rows`, the most frequent first."""
        return FramePii(self._series.to_frame(self._name())).detect(redactor=redactor, threads=threads).drop("column")

    def count_tokens(self, tokenizer: Tokenizer | str = "gpt-4o", *, threads: int | None = None) -> pl.Series:
        """How many tokens each text has for a model, or by a `Tokenizer`: `UInt32`, null where the text is.

        Raises `NotFound` for a model whose tokenizer is not known.
        """
        core = tokenizer_of(tokenizer)
        return self._made(_core.count_stream(core, self._stream(), self._name(), checked_threads(threads)))

    def _stream(self) -> Any:
        return opener(self._series)()

    def _made(self, stream: Any) -> pl.Series:
        return pl.Series(self._series.name, ArrowStream(lambda: stream))

    def _name(self) -> str:
        return self._series.name or "text"


@pl.api.register_dataframe_namespace("pii")
class FramePii:
    """Personal data in the columns of a frame, with one numbering for all of them.

    >>> frame = pl.DataFrame({"a": ["mario@example.it"], "b": ["di mario@example.it"], "n": [1]})
    >>> frame.pii.redact().rows()
    [('[EMAIL_ADDRESS_1]', 'di [EMAIL_ADDRESS_1]', 1)]
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def redact(
        self,
        *,
        columns: Sequence[str] | None = None,
        redactor: Redactor | None = None,
        session: FrameSession | None = None,
        threads: int | None = None,
    ) -> pl.DataFrame:
        """The frame with `columns` redacted, those of text when `None`, each as `Series.pii.redact` does.

        With `None`, raises `InvalidInput` for a column that is neither text nor known to hold none, such as lists of
        texts.
        """
        used = session_of(session, redactor, threads)
        chosen = _chosen(self._frame.schema, columns)
        return self._frame.with_columns([SeriesPii(self._frame[name]).redact(session=used) for name in chosen])

    def restore(self, session: FrameSession, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The frame with the placeholders of `session` replaced by their values."""
        chosen = _chosen(self._frame.schema, columns)
        return self._frame.with_columns([SeriesPii(self._frame[name]).restore(session) for name in chosen])

    def detect(
        self, *, columns: Sequence[str] | None = None, redactor: Redactor | None = None, threads: int | None = None
    ) -> pl.DataFrame:
        """What is found that the policy does not allow: `column`, `entity`, `findings`, `rows`."""
        session = FrameSession(redactor, threads=threads)
        for name in _chosen(self._frame.schema, columns):
            session.core.detect_stream(opener(self._frame[name])(), name)
        schema = {"column": pl.String, "entity": pl.String, "findings": pl.Int64, "rows": pl.Int64}
        return pl.DataFrame(session.findings, schema=schema, orient="row")


@pl.api.register_lazyframe_namespace("pii")
class LazyPii:
    """Personal data in the columns of a query."""

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def redact(
        self,
        *,
        columns: Sequence[str] | None = None,
        redactor: Redactor | None = None,
        session: FrameSession | None = None,
    ) -> pl.LazyFrame:
        """The query with `columns` redacted, those of text when `None`, as `Expr.pii.redact` does.

        With `None`, raises `InvalidInput` as `DataFrame.pii.redact` does.
        """
        chosen = _chosen(self._frame.collect_schema(), columns)
        return self._frame.with_columns(
            [ExprPii(pl.col(name)).redact(redactor=redactor, session=session) for name in chosen]
        )

    def restore(self, session: FrameSession, *, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The query with the placeholders of `session` replaced by their values."""
        chosen = _chosen(self._frame.collect_schema(), columns)
        return self._frame.with_columns([ExprPii(pl.col(name)).restore(session) for name in chosen])


def _chosen(schema: pl.Schema, columns: Sequence[str] | None) -> list[str]:
    """The columns by name; those of text when `None`. Raises `InvalidInput` for one that is not there, and where what
    may be text would be passed over.
    """
    if columns is None:
        texts = [name for name, dtype in schema.items() if dtype in (pl.String, pl.Categorical, pl.Enum)]
        for name, dtype in schema.items():
            if name not in texts and not _is_plain(dtype):
                raise InvalidInput(
                    f"column {name!r} is {dtype} and holds what may be text: name the columns that are meant, and it "
                    "passes as it is"
                )
        return texts
    for name in checked_columns(columns):
        if name not in schema:
            raise InvalidInput(f"there is no column {name!r}; there are: {', '.join(schema)}")
    return list(columns)


def _is_plain(dtype: pl.DataType) -> bool:
    """Whether it is known to hold no text: what is not known here may."""
    if isinstance(dtype, (pl.List, pl.Array)):
        return _is_plain(cast(pl.DataType, dtype.inner))
    if isinstance(dtype, pl.Struct):
        return all(_is_plain(cast(pl.DataType, field.dtype)) for field in dtype.fields)
    return dtype.is_numeric() or dtype.is_temporal() or dtype in (pl.Boolean, pl.Null)
