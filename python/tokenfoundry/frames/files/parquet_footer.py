"""Parquet footers: which bytes of a file are which column, and the same of another file made of some of them.

Source: apache/parquet-format, parquet.thrift. What is copied keeps all that its footer said of it but for the indexes
that stand outside of it; what is new says only what it is, no value of it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.parquet_metadata import NOTES_OF_CHUNK, Redact, with_notes_redacted
from tokenfoundry.frames.files.thrift import I32, I64, LIST, STRUCT, Struct, read_struct, write_struct

MAGIC: Final = b"PAR1"
_ENCRYPTED: Final = b"PARE"
_TAIL: Final = struct.Struct("<I4s")

# FileMetaData
SCHEMA, NUM_ROWS, ROW_GROUPS, ENCRYPTION = 2, 3, 4, 8
# SchemaElement
_NAME, _NUM_CHILDREN = 4, 5
# RowGroup
_COLUMNS, _TOTAL_BYTES, GROUP_ROWS, _SORTING, _GROUP_OFFSET, _COMPRESSED_BYTES = 1, 2, 3, 4, 5, 6
# SortingColumn
_COLUMN_INDEX = 1
# ColumnChunk
_FILE_PATH, _FILE_OFFSET, _METADATA, _CRYPTO = 1, 2, 3, 8
_OUTSIDE_OF_CHUNK: Final = (4, 5, 6, 7)  # Where its offset index and column index stand.
# ColumnMetaData
_TYPE, _ENCODINGS, _PATH, _CODEC, _VALUES, _UNCOMPRESSED, _COMPRESSED = 1, 2, 3, 4, 5, 6, 7
_DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE = 9, 10, 11
_OUTSIDE_OF_PAGES: Final = (14, 15)  # Where its Bloom filter stands.


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one column in one row group."""

    start: int
    size: int
    fields: Struct


def read_footer(file: BinaryIO) -> Struct:
    """The footer of an open file. Raises `InvalidInput` for what is no Parquet file, or an encrypted one."""
    size = file.seek(0, 2)
    if size < len(MAGIC) + _TAIL.size:
        raise InvalidInput("it is no Parquet file, or it is cut off")
    file.seek(size - _TAIL.size)
    length, magic = _TAIL.unpack(file.read(_TAIL.size))
    if magic == _ENCRYPTED:
        raise InvalidInput("it is encrypted: decrypt it first")
    if magic != MAGIC or length > size - len(MAGIC) - _TAIL.size:
        raise InvalidInput("it is no Parquet file, or it is cut off")
    file.seek(size - _TAIL.size - length)
    footer = read_struct(file.read(length))
    if ENCRYPTION in footer:
        raise InvalidInput("it is encrypted: decrypt it first")
    if SCHEMA not in footer or ROW_GROUPS not in footer:
        raise InvalidInput("its footer is damaged")
    return footer


def write_footer(footer: Struct) -> bytes:
    """The end of a file."""
    data = write_struct(footer)
    return data + _TAIL.pack(len(data), MAGIC)


def tops_of_leaves(footer: Struct) -> list[str]:
    """For each column of the file the field of the schema that it is part of."""
    _, elements = footer[SCHEMA][1]
    tops: list[str] = []

    def leaves(at: int, top: str) -> int:
        children = elements[at].get(_NUM_CHILDREN, (I32, 0))[1]
        if not children:
            tops.append(top)
        after = at + 1
        for _ in range(children):
            after = leaves(after, top or elements[after][_NAME][1].decode())
        return after

    leaves(0, "")
    return tops if len(elements) > 1 else []


def row_groups_of(footer: Struct) -> list[Struct]:
    groups: list[Struct] = footer[ROW_GROUPS][1][1]
    return groups


def chunks_of(group: Struct) -> list[Chunk]:
    """The columns of a row group. Raises `InvalidInput` for some that stand in other files or are encrypted."""
    chunks = []
    for fields in group[_COLUMNS][1][1]:
        if _FILE_PATH in fields or _CRYPTO in fields or _METADATA not in fields:
            raise InvalidInput("a column of it stands in another file or is encrypted, which is not read")
        metadata = fields[_METADATA][1]
        start = metadata[_DATA_PAGE][1]
        dictionary = metadata.get(_DICTIONARY_PAGE, (I64, 0))[1]
        start = dictionary if 0 < dictionary < start else start
        chunks.append(Chunk(start, metadata[_COMPRESSED][1], fields))
    return chunks


def copied(chunk: Chunk, start: int, redact: Redact) -> Chunk:
    """A chunk whose bytes are the same at another place, and whose notes are redacted."""
    metadata = {
        number: value for number, value in chunk.fields[_METADATA][1].items() if number not in _OUTSIDE_OF_PAGES
    }
    for number in (_DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE):
        if number in metadata and metadata[number][1] > 0:
            metadata[number] = I64, metadata[number][1] - chunk.start + start
    metadata = with_notes_redacted(metadata, redact, NOTES_OF_CHUNK)
    fields = {number: value for number, value in chunk.fields.items() if number not in _OUTSIDE_OF_CHUNK}
    fields |= {_FILE_OFFSET: (I64, 0), _METADATA: (STRUCT, metadata)}
    return Chunk(start, chunk.size, fields)


def joined(parts: Sequence[Chunk], was: Chunk, start: int) -> Chunk:
    """A chunk made of the pages of `parts`, one after the other, in the place of `was`. More than one have no
    dictionary among them. It has no statistics: those of what was there would tell it.
    """
    first = parts[0].fields[_METADATA][1]
    size = sum(part.size for part in parts)

    def total(number: int) -> int:
        return sum(part.fields[_METADATA][1][number][1] for part in parts)

    encodings = sorted({each for part in parts for each in part.fields[_METADATA][1][_ENCODINGS][1][1]})
    metadata: Struct = {
        _TYPE: first[_TYPE],
        _ENCODINGS: (LIST, (I32, encodings)),
        _PATH: was.fields[_METADATA][1][_PATH],
        _CODEC: first[_CODEC],
        _VALUES: (I64, total(_VALUES)),
        _UNCOMPRESSED: (I64, total(_UNCOMPRESSED)),
        _COMPRESSED: (I64, size),
        _DATA_PAGE: (I64, first[_DATA_PAGE][1] - parts[0].start + start),
    }
    if parts[0].start != first[_DATA_PAGE][1]:
        metadata[_DICTIONARY_PAGE] = I64, start
    return Chunk(start, size, {_FILE_OFFSET: (I64, 0), _METADATA: (STRUCT, metadata)})


def group_of(chunks: Sequence[Chunk], was: Struct, changed: set[int]) -> Struct:
    """The row group made of `chunks`, of which those at `changed` are new."""
    group = dict(was)
    group[_COLUMNS] = LIST, (STRUCT, [chunk.fields for chunk in chunks])
    group[_TOTAL_BYTES] = I64, sum(chunk.fields[_METADATA][1][_UNCOMPRESSED][1] for chunk in chunks)
    if _GROUP_OFFSET in group:
        group[_GROUP_OFFSET] = I64, chunks[0].start
    if _COMPRESSED_BYTES in group:
        group[_COMPRESSED_BYTES] = I64, sum(chunk.size for chunk in chunks)
    if any(each[_COLUMN_INDEX][1] in changed for each in group.get(_SORTING, (LIST, (STRUCT, [])))[1][1]):
        del group[_SORTING]  # The order was that of the values.
    return group


def footer_of(groups: Sequence[Struct], was: Struct) -> Struct:
    """The footer of a file with these row groups; its schema, its notes and all else stay."""
    return {**was, ROW_GROUPS: (LIST, (STRUCT, list(groups)))}


def rows_of(group: Struct) -> int:
    rows: int = group[GROUP_ROWS][1]
    return rows
