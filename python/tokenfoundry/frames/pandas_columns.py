"""Which columns of a pandas frame are text, by their dtypes: what is not known to hold none is never passed over."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Final

import numpy as np
import pandas as pd

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.arrow import checked_columns

_ARROW_TEXTS: Final = ("string", "large_string", "string_view")
# Of numpy: booleans, numbers, durations and times.
_PLAIN: Final = "biufcmM"
# What `infer_dtype` calls objects that are all one of these.
_PLAIN_OBJECTS: Final = frozenset(
    (
        *("boolean", "integer", "floating", "mixed-integer-float", "decimal", "complex"),
        *("datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period", "interval"),
    )
)
_PLAIN_DTYPES: Final = (
    *(pd.BooleanDtype, pd.DatetimeTZDtype, pd.PeriodDtype, pd.Float32Dtype, pd.Float64Dtype),
    *(pd.Int8Dtype, pd.Int16Dtype, pd.Int32Dtype, pd.Int64Dtype),
    *(pd.UInt8Dtype, pd.UInt16Dtype, pd.UInt32Dtype, pd.UInt64Dtype),
)


class Holds(Enum):
    """What the values are, as far as their dtype tells."""

    TEXT = auto()
    NO_TEXT = auto()
    UNKNOWN = auto()


def chosen(frame: pd.DataFrame, columns: Sequence[str] | None) -> list[int]:
    """The columns by place; those of text when `None`. Raises `InvalidInput` for one that is not there, or not once,
    and where what may be text would be passed over.
    """
    if columns is None:
        held = [held_by(frame.iloc[:, at]) for at in range(frame.shape[1])]
        if Holds.UNKNOWN in held:
            at = held.index(Holds.UNKNOWN)
            raise InvalidInput(
                f"column {str(frame.columns[at])!r} is {frame.dtypes.iloc[at]} and holds what may be text: name the "
                "columns that are meant, and it passes as it is"
            )
        return [at for at, holds in enumerate(held) if holds is Holds.TEXT]
    places: list[int] = []
    for name in checked_columns(columns):
        found = np.flatnonzero(frame.columns == name).tolist()
        if len(found) != 1:
            known = ", ".join(str(one) for one in frame.columns)
            raise InvalidInput(
                f"{len(found)} columns are called {name!r}"
                if found
                else f"there is no column {name!r}; there are: {known}"
            )
        places += found
    return places


def checked(frame: pd.DataFrame, columns: Sequence[str] | None) -> list[int]:
    """As `chosen`; raises `InvalidInput` also for an index that may hold text, when `columns` is `None`."""
    index = frame.index
    levels = index.levels if isinstance(index, pd.MultiIndex) else [index]
    for level in levels if columns is None else ():
        if len(level) and held_by(level) is not Holds.NO_TEXT:
            called = "" if level.name is None else f" {str(level.name)!r}"
            raise InvalidInput(
                f"the index{called} may hold text, and an index stays as it is: make it a column with reset_index(), "
                "or name the columns that are meant"
            )
    return chosen(frame, columns)


def held_by(values: pd.Series[Any] | pd.Index[Any]) -> Holds:
    """Looks at the values themselves only where they are objects."""
    dtype: Any = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return held_by(dtype.categories)
    if is_arrow(dtype) or isinstance(dtype, pd.StringDtype):
        return Holds.TEXT
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        found = pd.api.types.infer_dtype(values, skipna=True)
        if found in ("string", "empty"):
            return Holds.TEXT
        return Holds.NO_TEXT if found in _PLAIN_OBJECTS else Holds.UNKNOWN
    return Holds.NO_TEXT if _is_plain(dtype) else Holds.UNKNOWN


def is_arrow(dtype: Any) -> bool:
    """Whether Arrow arrays of text stand behind it."""
    if isinstance(dtype, pd.StringDtype):
        return bool(dtype.storage == "pyarrow")
    if not isinstance(dtype, pd.ArrowDtype):
        return False
    import pyarrow as pa

    kind = dtype.pyarrow_dtype
    return str(kind.value_type if pa.types.is_dictionary(kind) else kind) in _ARROW_TEXTS


def _is_plain(dtype: Any) -> bool:
    """Whether it is known to hold no text: what is not known here may."""
    if isinstance(dtype, np.dtype):
        return dtype.kind in _PLAIN
    if isinstance(dtype, (pd.SparseDtype, pd.IntervalDtype)):
        return dtype.subtype is not None and _is_plain(dtype.subtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _is_plain_arrow(dtype.pyarrow_dtype)
    return isinstance(dtype, _PLAIN_DTYPES)


def _is_plain_arrow(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_plain_arrow(kind.value_type)
    if types.is_nested(kind):
        return all(_is_plain_arrow(kind.field(at).type) for at in range(kind.num_fields))
    checks = (types.is_null, types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_temporal)
    return any(check(kind) for check in checks)
