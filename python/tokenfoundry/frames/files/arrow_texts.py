"""The texts at a path of an Arrow array, and the array with other texts in their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tokenfoundry.errors import InvalidInput


def check_type(kind: pa.DataType, names: Sequence[str], column: str) -> None:
    """Raises `InvalidInput` if there is no text at the fields `names` of such a column, through lists."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_list(kind):
        check_type(kind.value_type, names, column)
    elif pa.types.is_struct(kind) and names:
        known = [kind.field(at).name for at in range(kind.num_fields)]
        if names[0] not in known:
            raise InvalidInput(f"the column {column!r} has no {names[0]!r}; it has {', '.join(known)}")
        check_type(kind.field(names[0]).type, names[1:], column)
    elif names or not _is_text(kind):
        inside = ", name the field inside" if pa.types.is_struct(kind) else ", leave it out or convert it"
        raise InvalidInput(f"the column {column!r} is not text, it is {kind}{inside}")


def texts_of(array: pa.Array, names: Sequence[str], rows: Sequence[int]) -> tuple[list[int], list[str]]:
    """The texts that are not null, and the row of each, where `rows` are those of the array's items."""
    if _is_list(array.type):
        parents = pc.list_parent_indices(array).to_pylist()
        return texts_of(array.flatten(), names, [rows[at] for at in parents])
    if pa.types.is_struct(array.type):
        valid = array.is_valid().to_pylist()
        child = array.field(names[0])
        if all(valid):
            return texts_of(child, names[1:], rows)
        there = [at for at, is_there in enumerate(valid) if is_there]
        return texts_of(child.take(pa.array(there, pa.int64())), names[1:], [rows[at] for at in there])
    texts = _plain(array).to_pylist()
    if not array.null_count:
        return list(rows), texts
    there = [at for at, text in enumerate(texts) if text is not None]
    return [rows[at] for at in there], [texts[at] for at in there]


def with_texts(array: pa.Array, names: Sequence[str], texts: Iterator[str]) -> pa.Array:
    """The array with the next of `texts` in each place that `texts_of` gave, in its order; text that a dictionary held
    stands in the array itself.
    """
    if _is_list(array.type):
        return _relisted(array, with_texts(array.flatten(), names, texts))
    if pa.types.is_struct(array.type):
        return _restructured(array, names, texts)
    plain = _plain(array)
    if not plain.null_count:
        return pa.array([next(texts) for _ in range(len(plain))], plain.type)
    valid = plain.is_valid().to_pylist()
    return pa.array([next(texts) if is_there else None for is_there in valid], plain.type)


def plain_type(kind: pa.DataType, names: Sequence[str]) -> pa.DataType:
    """The type of what `with_texts` makes of an array of `kind`."""
    if _is_list(kind):
        return _list_of(kind, plain_type(kind.value_type, names))
    if pa.types.is_struct(kind):
        fields = [kind.field(at) for at in range(kind.num_fields)]
        return pa.struct([f.with_type(plain_type(f.type, names[1:])) if f.name == names[0] else f for f in fields])
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _relisted(array: pa.Array, flat: pa.Array) -> pa.Array:
    if pa.types.is_fixed_size_list(array.type):
        if array.null_count:
            raise InvalidInput("lists of a fixed size with nulls among them are not rewritten: convert the column")
        return pa.FixedSizeListArray.from_arrays(flat, type=_list_of(array.type, flat.type))
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = pc.cumulative_sum(lengths)
    offset = pa.int64() if pa.types.is_large_list(array.type) else pa.int32()
    offsets = pa.concat_arrays([pa.array([0], offset), ends.cast(offset)])
    made = pa.LargeListArray if pa.types.is_large_list(array.type) else pa.ListArray
    mask = array.is_null() if array.null_count else None
    return made.from_arrays(offsets, flat, type=_list_of(array.type, flat.type), mask=mask)


def _restructured(array: pa.Array, names: Sequence[str], texts: Iterator[str]) -> pa.Array:
    kind = array.type
    mask = array.is_null() if array.null_count else None
    children: list[Any] = []
    fields = []
    for at in range(kind.num_fields):
        field, child = kind.field(at), array.field(at)
        if field.name == names[0]:
            if mask is not None:  # What stands where the struct is null was not given out.
                child = pc.if_else(mask, pa.scalar(None, child.type), child)
            child = with_texts(child, names[1:], texts)
            field = field.with_type(child.type)
        children.append(child)
        fields.append(field)
    return pa.StructArray.from_arrays(children, fields=fields, mask=mask)


def _list_of(kind: pa.DataType, value: pa.DataType) -> pa.DataType:
    field = kind.value_field.with_type(value)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(field, kind.list_size)
    return pa.large_list(field) if pa.types.is_large_list(kind) else pa.list_(field)


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    """The null type too: a column without any value."""
    known = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    return any(is_kind(kind) for is_kind in known)
