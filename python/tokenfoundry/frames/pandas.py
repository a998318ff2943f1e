"""pandas with `.pii`: import this module, and Series and DataFrames can be redacted.

    df["note"].pii.redact()             df.pii.redact(columns=["note", "reply"])
    df["note"].pii.detect()             df.pii.detect()
    df["note"].pii.count_tokens()       df.pii.restore(session)

Columns of `object`, `str`, `string`, `string[pyarrow]`, `pd.ArrowDtype` and categories of those; dtype, index, name and
whatever stands for a missing value stay. Where no columns are named, a column that is neither text nor known to hold
none is refused, and so is an index that may hold text: the names and the index of a frame are never redacted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.frames.arrow import ArrowStream, opener, session_of
from tokenfoundry.frames.session import FrameSession, checked_threads
from tokenfoundry.frames.tokens import tokenizer_of
from tokenfoundry.privacy import Redactor
from tokenfoundry.tokens import Tokenizer

try:
    import numpy as np
    import pandas as pd
except ImportError as error:
    raise MissingExtra("pandas", "pandas") from error

# After the check that pandas is there.
from tokenfoundry.frames import pandas_columns as columns_of
from tokenfoundry.frames.pandas_columns import is_arrow

if TYPE_CHECKING:
    Texts = Sequence[str | None]


@pd.api.extensions.register_series_accessor("pii")
class SeriesPii:
    """Personal data in one column of text.

    >>> pd.Series(["Sono mario@example.it", None], name="note").pii.redact().to_list()
    ['Sono [EMAIL_ADDRESS_1]', nan]
    """

    def __init__(self, series: pd.Series[Any]) -> None:
        self._series = series

    def redact(
        self, *, redactor: Redactor | None = None, session: FrameSession | None = None, threads: int | None = None
    ) -> pd.Series[Any]:
        """The column redacted, with the numbering of `session` or its own.

        Raises `BlockedContent` for an entity that the policy blocks and `InvalidInput` for what is not text, both with
        column and row, counted from 0.
        """
        return _Redact(session_of(session, redactor, threads)).of(self._series)

    def restore(self, session: FrameSession) -> pd.Series[Any]:
        """The column with the placeholders of `session` replaced by their values."""
        return _Restore(session).of(self._series)

    def detect(self, *, redactor: Redactor | None = None, threads: int | None = None) -> pd.DataFrame:
        """What is found that the policy does not allow: `findings` and `rows` by entity, the most frequent first."""
        return _found(self._series.to_frame(_name_of(self._series)), redactor, threads).droplevel("column")

    def count_tokens(self, tokenizer: Tokenizer | str = "gpt-4o", *, threads: int | None = None) -> pd.Series[Any]:
        """How many tokens each text has for a model, or by a `Tokenizer`: `UInt32`, missing where the text is.

        Raises `NotFound` for a model whose tokenizer is not known.
        """
        return _tokens(self._series, tokenizer_of(tokenizer), checked_threads(threads))


@pd.api.extensions.register_dataframe_accessor("pii")
class FramePii:
    """Personal data in the columns of a frame, with one numbering for all of them.

    >>> frame = pd.DataFrame({"a": ["mario@example.it"], "b": ["di mario@example.it"], "n": [1]})
    >>> frame.pii.redact().to_dict("list")
    {'a': ['[EMAIL_ADDRESS_1]'], 'b': ['di [EMAIL_ADDRESS_1]'], 'n': [1]}
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def redact(
        self,
        *,
        columns: Sequence[str] | None = None,
        redactor: Redactor | None = None,
        session: FrameSession | None = None,
        threads: int | None = None,
    ) -> pd.DataFrame:
        """The frame with `columns` redacted, those of text when `None`, each as `Series.pii.redact` does.

        With `None`, raises `InvalidInput` for a column that is neither text nor known to hold none, such as lists of
        texts, and for an index that may hold text.
        """
        used = session_of(session, redactor, threads)
        return _mapped(self._frame, columns_of.checked(self._frame, columns), _Redact(used).of)

    def restore(self, session: FrameSession, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The frame with the placeholders of `session` replaced by their values."""
        return _mapped(self._frame, columns_of.chosen(self._frame, columns), _Restore(session).of)

    def detect(
        self,
        *,
        columns: Sequence[str] | None = None,
        redactor: Redactor | None = None,
        threads: int | None = None,
    ) -> pd.DataFrame:
        """What is found that the policy does not allow: `findings` and `rows` by column and entity.

        Raises `InvalidInput` as `redact` does.
        """
        return _found(self._frame.iloc[:, columns_of.checked(self._frame, columns)], redactor, threads)

    def count_tokens(
        self,
        tokenizer: Tokenizer | str = "gpt-4o",
        *,
        columns: Sequence[str] | None = None,
        threads: int | None = None,
    ) -> pd.DataFrame:
        """The chosen columns alone, each text replaced by how many tokens it has."""
        chosen = self._frame.iloc[:, columns_of.chosen(self._frame, columns)]
        used, counter = checked_threads(threads), tokenizer_of(tokenizer)
        return _mapped(chosen, range(chosen.shape[1]), lambda series: _tokens(series, counter, used))


class _TextMap(ABC):
    """Text to text, for a column of any of the dtypes: some come as lists, some as Arrow."""

    def __init__(self, session: FrameSession) -> None:
        self.session = session

    @abstractmethod
    def texts(
        self, texts: Texts, name: str, rows: Sequence[int] | None = None, repeats: Sequence[int] | None = None
    ) -> list[Any]:
        """Those of a list; `rows` and `repeats` as `FrameSession.redact_texts` takes them."""

    @abstractmethod
    def stream(self, stream: Any, name: str) -> Any:
        """Those of a stream of Arrow."""

    def of(self, series: pd.Series[Any]) -> pd.Series[Any]:
        """The column with each text replaced."""
        dtype, name = series.dtype, _name_of(series)
        if isinstance(dtype, pd.CategoricalDtype):
            values = self._categories(series, name)
        elif is_arrow(dtype):
            values = _from_arrow(dtype, self.stream(_stream_of(series), name))
        else:
            _check_is_text(series)
            values = self._objects(series, name)
        return pd.Series(values, index=series.index, name=series.name, dtype=values.dtype, copy=False)

    def _objects(self, series: pd.Series[Any], name: str) -> Any:
        missing = series.isna().to_numpy()
        given = series.to_numpy(dtype=object)
        made = np.empty(len(given), dtype=object)
        made[:] = self.texts(_with_none(given, missing), name)
        made[missing] = given[missing]
        return made if series.dtype == object else pd.array(made, dtype=series.dtype)

    def _categories(self, series: pd.Series[Any], name: str) -> Any:
        """Each category once, in the order of the rows that first have it; those that none has come last."""
        codes, categories = series.cat.codes.to_numpy(), series.cat.categories
        if len(categories) == 0:
            return series.array
        _check_is_text(pd.Series(categories, name=series.name))
        used, first_rows = np.unique(codes, return_index=True)
        first = np.full(len(categories), len(codes))
        first[used[used >= 0]] = first_rows[used >= 0]
        order = np.argsort(first, kind="stable")
        repeats = np.bincount(codes[codes >= 0], minlength=len(categories))
        texts = categories.to_numpy(dtype=object)[order].tolist()
        made = np.empty(len(categories), dtype=object)
        made[order] = self.texts(texts, name, first[order].tolist(), repeats[order].tolist())
        merged, distinct = pd.factorize(made)  # What came out alike is one category.
        new_codes = np.where(codes >= 0, merged[codes], -1)
        dtype = pd.CategoricalDtype(pd.Index(distinct, dtype=categories.dtype), ordered=series.cat.ordered)
        return pd.Categorical.from_codes(new_codes, dtype=dtype)


class _Redact(_TextMap):
    def texts(
        self, texts: Texts, name: str, rows: Sequence[int] | None = None, repeats: Sequence[int] | None = None
    ) -> list[Any]:
        return self.session.redact_texts(texts, column=name, rows=rows, repeats=repeats)

    def stream(self, stream: Any, name: str) -> Any:
        return self.session.core.redact_columns(stream, name)


class _Restore(_TextMap):
    def texts(
        self, texts: Texts, name: str, rows: Sequence[int] | None = None, repeats: Sequence[int] | None = None
    ) -> list[Any]:
        return self.session.restore_texts(texts)

    def stream(self, stream: Any, name: str) -> Any:
        return self.session.core.restore_stream(stream, name)


def _found(frame: pd.DataFrame, redactor: Redactor | None, threads: int | None) -> pd.DataFrame:
    session = FrameSession(redactor, threads=threads)
    for at in range(frame.shape[1]):
        series = frame.iloc[:, at]
        if is_arrow(series.dtype):
            session.core.detect_stream(_stream_of(series), _name_of(series))
        else:
            missing, given = _texts_of(series)
            session.detect_texts(_with_none(given, missing), column=_name_of(series))
    found = session.findings
    return pd.DataFrame(
        np.array([counts for _, _, *counts in found], dtype="int64").reshape(-1, 2),
        columns=["findings", "rows"],
        index=pd.MultiIndex.from_tuples([names for *names, _, _ in found], names=["column", "entity"]),
    )


def _tokens(series: pd.Series[Any], tokenizer: Tokenizer, threads: int) -> pd.Series[Any]:
    if is_arrow(series.dtype):
        counted = _core.count_stream(tokenizer, _stream_of(series), _name_of(series), threads)
        values = _from_arrow(pd.UInt32Dtype(), counted)
    else:
        missing, given = _texts_of(series)
        counts = _core.count_texts(tokenizer, _with_none(given, missing), threads)
        values = pd.arrays.IntegerArray(np.frombuffer(counts, dtype=np.uint32).copy(), missing)
    return pd.Series(values, index=series.index, name=series.name)


def _texts_of(series: pd.Series[Any]) -> tuple[Any, Any]:
    """Which rows are missing, and the texts."""
    is_categorical = isinstance(series.dtype, pd.CategoricalDtype)
    _check_is_text(pd.Series(series.cat.categories, name=series.name) if is_categorical else series)
    return series.isna().to_numpy(), series.to_numpy(dtype=object)


def _with_none(given: Any, missing: Any) -> list[Any]:
    """The texts as the core takes them, whatever says here that one is missing."""
    texts: list[Any] = given.tolist()
    for row in np.flatnonzero(missing).tolist():
        texts[row] = None
    return texts


def _mapped(
    frame: pd.DataFrame, chosen: Sequence[int], change: Callable[[pd.Series[Any]], pd.Series[Any]]
) -> pd.DataFrame:
    made = frame.copy(deep=False)
    for at in chosen:
        made.isetitem(at, change(frame.iloc[:, at]))
    return made


def _check_is_text(series: pd.Series[Any]) -> None:
    if not (series.dtype == object or isinstance(series.dtype, pd.StringDtype) or is_arrow(series.dtype)):
        raise InvalidInput(f"column {_name_of(series)!r} is not text but {series.dtype}")


def _stream_of(series: pd.Series[Any]) -> Any:
    return opener(series.array.__arrow_array__())()


def _from_arrow(dtype: Any, stream: Any) -> Any:
    import pyarrow as pa

    return dtype.__from_arrow__(pa.chunked_array(ArrowStream(lambda: stream)))


def _name_of(series: pd.Series[Any]) -> str:
    return "text" if series.name is None else str(series.name)
