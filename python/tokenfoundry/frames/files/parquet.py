"""Parquet files with other texts in some columns.

A row group is rewritten at a time: the columns that change are read in batches, written anew with the same codec, and
put beside the bytes of the others, which are copied as they are. So the schema, the row groups, the metadata and every
other column are the input's, and a run that is interrupted goes on at the next row group.
"""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.arrow_columns import ArrowColumns
from tokenfoundry.frames.files.cells import Cells, Change
from tokenfoundry.frames.files.outputs import PartFile, disk_errors
from tokenfoundry.frames.files.parquet_footer import (
    MAGIC,
    Chunk,
    chunks_of,
    copied,
    footer_of,
    group_of,
    joined,
    read_footer,
    row_groups_of,
    rows_of,
    tops_of_leaves,
    write_footer,
)
from tokenfoundry.frames.files.parquet_metadata import with_notes_redacted
from tokenfoundry.frames.files.progress import Mark, Progress
from tokenfoundry.frames.files.thrift import Struct, read_struct, write_struct

_BATCH_BYTES: Final = 4 * 2**20
_BATCH_ROWS: Final = 16_384
_PART_BYTES: Final = 32 * 2**20  # Of Arrow data that is written at once.
_NO_CODEC: Final = "UNCOMPRESSED"


class ParquetFile:
    """A file whose texts at `columns` are wanted. A context manager.

    A column is a field of the schema, or a path into it, such as `messages.content`, through lists. Raises
    `InvalidInput` for a damaged file and a column that is missing or no text.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._columns = tuple(columns)
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise InvalidInput(f"cannot use {path}: {error.strerror}") from None
        with ExitStack() as opened:
            opened.enter_context(self._file)
            with self._damage():
                self.footer = read_footer(self._file)
                self._reader = opened.enter_context(pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20))
            self.wanted = ArrowColumns(self._reader.schema_arrow, self._columns)
            self._opened = opened.pop_all()
        tops = tops_of_leaves(self.footer)
        self.changing = [index for index, top in enumerate(tops) if top in self.wanted.tops]
        self.groups = row_groups_of(self.footer)

    def leaf(self, index: int) -> Any:
        """What pyarrow says of a column of the file."""
        return self._reader.schema.column(index)

    def metadata_of(self, group: int) -> Any:
        """What pyarrow says of a row group."""
        return self._reader.metadata.row_group(group)

    def at(self, offset: int) -> BinaryIO:
        """The file, to be read from there."""
        self._file.seek(offset)
        return self._file

    def group_bytes(self, index: int) -> int:
        """Bytes of the file that a row group takes."""
        return sum(chunk.size for chunk in chunks_of(self.groups[index]))

    def batches(self, index: int) -> Iterator[Any]:
        """The wanted columns of a row group, as Arrow record batches of a few megabytes."""
        metadata = self.metadata_of(index)
        sizes = [metadata.column(leaf).total_uncompressed_size for leaf in self.changing]
        a_row = sum(sizes) / max(1, metadata.num_rows)
        rows = int(min(_BATCH_ROWS, max(1, _BATCH_BYTES / max(1, a_row))))
        with self._damage():
            yield from self._reader.iter_batches(
                rows, row_groups=[index], columns=self.wanted.tops, use_threads=False, use_pandas_metadata=False
            )

    def all_cells(self) -> Iterator[tuple[Cells, int, int]]:
        """The texts of the whole file, with the rows and the bytes of it up to them."""
        rows = taken_bytes = 0
        for index in range(len(self.groups)):
            for batch in self.batches(index):
                cells, _ = self.wanted.cells(batch, rows)
                rows += batch.num_rows
                yield cells, rows, taken_bytes
            taken_bytes += self.group_bytes(index)

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """What pyarrow says of a damaged file, said as ours."""
        try:
            yield
        except InvalidInput as error:
            raise InvalidInput(f"cannot use {self._path}: {error}") from None
        except (pa.ArrowException, OSError) as error:
            said = str(error).splitlines()[0]
            raise InvalidInput(f"{self._path} is damaged, or no Parquet file: {said}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._opened.close()


class ParquetRewrite:
    """Writes a file anew, row group by row group. What it goes on from are the footers of those that were written."""

    def __init__(self, source: ParquetFile, change: Change, part: PartFile) -> None:
        self._source = source
        self._change = change
        self._part = part
        self._written: list[Struct] = []
        self._marked = 0
        self._schema = source.wanted.schema
        self._leaf_paths = self._checked_leaves()
        if not part.position:
            part.write(MAGIC)

    def _checked_leaves(self) -> list[str]:
        """What pyarrow calls the columns that change. Raises `InvalidInput` where it would nest them in another way."""
        made = io.BytesIO()
        pq.write_table(self._schema.empty_table(), made)
        schema = pq.ParquetFile(made).schema
        ours = [schema.column(at) for at in range(len(schema.names))]
        for leaf, mine in zip(self._source.changing, ours, strict=True):
            theirs = self._source.leaf(leaf)
            for kind in ("physical_type", "max_definition_level", "max_repetition_level"):
                if getattr(mine, kind) != getattr(theirs, kind):
                    raise InvalidInput(f"{theirs.path} is nested in an old way: rewrite the file with pyarrow first")
        return [column.path for column in ours]

    def go_on(self, marks: Sequence[dict[str, Any]]) -> None:
        """After these marks."""
        self._written = [read_struct(base64.b64decode(footer)) for mark in marks for footer in mark["footers"]]
        self._marked = len(self._written)

    def run(self, mark: Mark, progress: Progress) -> int:
        """Writes all row groups that are left, and the end; the rows of the file."""
        groups = self._source.groups
        rows = sum(rows_of(group) for group in self._written)
        taken_bytes = sum(self._source.group_bytes(index) for index in range(len(self._written)))
        for index in range(len(self._written), len(groups)):
            size, of_group = self._source.group_bytes(index), max(1, rows_of(groups[index]))
            first, before = taken_bytes, rows

            def advance(done: int) -> None:
                progress(first + size * done // of_group, before + done)  # noqa: B023

            self._write_group(index, rows, advance)
            rows += rows_of(groups[index])
            taken_bytes += size
            mark(taken_bytes, self._state)
        was = with_notes_redacted(self._source.footer, self._change.changed_note)
        self._part.write(write_footer(footer_of(self._written, was)))
        return rows

    def _state(self) -> dict[str, Any]:
        new = [base64.b64encode(write_struct(group)).decode() for group in self._written[self._marked :]]
        self._marked = len(self._written)
        return {"footers": new}

    def _write_group(self, index: int, before: int, advance: Callable[[int], None]) -> None:
        source, group = self._source, self._source.groups[index]
        first = before
        if not rows_of(group):
            self._assemble(group, {})
            return
        with ExitStack() as spools:
            opened = [spools.enter_context(tempfile.TemporaryFile(dir=self._part.path.parent)) for _ in source.changing]
            parts: list[list[Chunk]] = [[] for _ in source.changing]
            batches: list[Any] = []
            for batch in source.batches(index):
                cells, order = source.wanted.cells(batch, before)
                before += batch.num_rows
                batches.append(source.wanted.with_cells(batch, self._change.changed(cells), order))
                advance(before - first)
                if sum(each.nbytes for each in batches) >= _PART_BYTES:
                    self._spool(index, batches, opened, parts, with_dictionary=False)
                    batches = []
            if batches:
                self._spool(index, batches, opened, parts, with_dictionary=not parts[0])
            changed = dict(zip(source.changing, zip(parts, opened, strict=True), strict=True))
            self._assemble(group, changed)

    def _spool(
        self,
        index: int,
        batches: Sequence[Any],
        spools: Sequence[BinaryIO],
        parts: Sequence[list[Chunk]],
        *,
        with_dictionary: bool,
    ) -> None:
        """Writes batches as a Parquet file of their own and keeps its pages."""
        metadata = self._source.metadata_of(index)
        was = [metadata.column(leaf) for leaf in self._source.changing]
        codecs = {
            path: "NONE" if column.compression == _NO_CODEC else column.compression
            for path, column in zip(self._leaf_paths, was, strict=True)
        }
        encoded = [path for path, column in zip(self._leaf_paths, was, strict=True) if column.has_dictionary_page]
        made = io.BytesIO()
        table = pa.Table.from_batches(batches, self._schema)
        pq.write_table(
            table,
            made,
            row_group_size=max(1, table.num_rows),
            compression=codecs,
            use_dictionary=encoded if with_dictionary else False,
            write_statistics=False,
            store_schema=False,
        )
        view = made.getbuffer()
        [group] = row_groups_of(read_footer(made))
        for chunk, spool, kept in zip(chunks_of(group), spools, parts, strict=True):
            with disk_errors(self._part.path):
                spool.write(view[chunk.start : chunk.start + chunk.size])
            kept.append(chunk)

    def _assemble(self, group: Struct, changed: Mapping[int, tuple[list[Chunk], BinaryIO]]) -> None:
        chunks = []
        for leaf, was in enumerate(chunks_of(group)):
            start = self._part.position
            if leaf in changed:
                parts, spool = changed[leaf]
                chunk = joined(parts, was, start)
                spool.seek(0)
                self._part.copy(spool, chunk.size)
            else:
                chunk = copied(was, start, self._change.changed_note)
                self._part.copy(self._source.at(was.start), was.size)
            chunks.append(chunk)
        self._written.append(group_of(chunks, group, set(changed)))
