"""The notes that a Parquet file carries beside its columns: key and value, written by whoever made it.

Writers keep there what readers need, such as the types of pandas, and users whatever they like: the attributes of a
frame, who made it, a comment on a column. Much of it stands there twice, as Arrow's copy of the schema has all notes in
it. What readers need stays; all other text is redacted as that of a row is, called what its key is called.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from tokenfoundry.frames.files.thrift import BINARY, LIST, STRUCT, Struct

Redact = Callable[[str, str], str]
"""What becomes of a text, after what it is called."""

_NOTES: Final = 5  # FileMetaData
NOTES_OF_CHUNK: Final = 8  # ColumnMetaData
_KEY, _VALUE = 1, 2  # KeyValue
_ARROW_SCHEMA: Final = "ARROW:schema"
_OF_ARROW: Final = ("ARROW:", "PARQUET:")  # What begins so says what the type of a field is.
# Notes of JSON that describe the columns, and what in them is the user's own.
_SCHEMAS: Final = ("pandas", "org.apache.spark.sql.parquet.row.metadata")
_FREE: Final = frozenset({"attributes", "metadata"})
_LONG_NUMBER: Final = 10**8  # From here on one may be a phone or card number.


def with_notes_redacted(fields: Struct, redact: Redact, at: int = _NOTES) -> Struct:
    """A footer, or what else has notes `at` a field, with them redacted; one that is no text is left out."""
    if at not in fields:
        return fields
    notes = []
    for note in fields[at][1][1]:
        if _VALUE not in note:
            notes.append(note)
            continue
        try:
            key, value = note[_KEY][1].decode(), note[_VALUE][1].decode()
        except UnicodeDecodeError:
            continue
        notes.append({**note, _VALUE: (BINARY, _redacted(key, value, redact).encode())})
    return {**fields, at: (LIST, (STRUCT, notes))}


def _redacted(key: str, value: str, redact: Redact) -> str:
    if key.startswith(_ARROW_SCHEMA):
        return _arrow_schema(value, redact)
    if key.startswith(_OF_ARROW):
        return value
    if key not in _SCHEMAS:
        return redact(key, value)
    try:
        described = json.loads(value)
    except (ValueError, RecursionError):
        return redact(key, value)
    redacted = _described(described, redact)
    return value if redacted == described else json.dumps(redacted)


def _arrow_schema(value: str, redact: Redact) -> str:
    """Arrow's schema with the notes in it redacted; nothing of one that cannot be read."""
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(value, validate=True)))
    except (binascii.Error, pa.ArrowException, OSError):
        return ""
    redacted = pa.schema([_field(field, redact) for field in schema], _of(schema.metadata, redact))
    if redacted.equals(schema, check_metadata=True):
        return value
    return base64.b64encode(redacted.serialize()).decode()


def _field(field: pa.Field, redact: Redact) -> pa.Field:
    return field.with_type(_type(field.type, redact)).with_metadata(_of(field.metadata, redact))


def _type(kind: pa.DataType, redact: Redact) -> pa.DataType:
    """The type, whose fields may have notes of their own."""
    if pa.types.is_struct(kind):
        return pa.struct([_field(kind.field(at), redact) for at in range(kind.num_fields)])
    if pa.types.is_list(kind):
        return pa.list_(_field(kind.value_field, redact))
    if pa.types.is_large_list(kind):
        return pa.large_list(_field(kind.value_field, redact))
    return kind


def _of(notes: Mapping[bytes, bytes] | None, redact: Redact) -> dict[bytes, bytes] | None:
    if notes is None:
        return None
    kept = {}
    for key, value in notes.items():
        try:
            kept[key] = _redacted(key.decode(), value.decode(), redact).encode()
        except UnicodeDecodeError:
            if key.startswith(b"ARROW:"):  # Of an extension type, whose parameters may be of any bytes.
                kept[key] = value
    return kept


def _described(value: Any, redact: Redact) -> Any:
    """What describes columns, with the user's own in it redacted."""
    if isinstance(value, list):
        return [_described(each, redact) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _own(key, each, redact) if key in _FREE else _described(each, redact) for key, each in value.items()}


def _own(label: str, value: Any, redact: Redact) -> Any:
    if isinstance(value, list):
        return [_own(label, each, redact) for each in value]
    if isinstance(value, dict):
        return {redact("", key): _own(key, each, redact) for key, each in value.items()}
    if isinstance(value, str):
        return redact(label, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
        text = json.dumps(value)
        redacted = redact(label, text)
        return value if redacted == text else redacted
    return value
