"""The wanted columns of Arrow record batches of one schema, as cells and back."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.arrow_texts import check_type, plain_type, texts_of, with_texts
from tokenfoundry.frames.files.cells import Cells
from tokenfoundry.frames.files.json_lines import path_of


class ArrowColumns:
    """A column is a field of the schema, or a path into it, such as `messages.content`, through lists.

    Raises `InvalidInput` for one that is missing or no text.
    """

    def __init__(self, schema: pa.Schema, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        self._paths: list[tuple[str, list[str]]] = []
        for column in columns:
            names = [column] if column in schema.names else path_of(column)
            if schema.names.count(names[0]) != 1:
                raise InvalidInput(f"there is no column {names[0]!r}; there are {', '.join(schema.names)}")
            check_type(schema.field(names[0]).type, names[1:], column)
            self._paths.append((names[0], names[1:]))
        self.tops = list(dict.fromkeys(top for top, _ in self._paths))
        fields = {top: schema.field(top) for top in self.tops}
        for top, names in self._paths:
            fields[top] = fields[top].with_type(plain_type(fields[top].type, names))
        self.schema = pa.schema(list(fields.values()))
        """Of what `with_cells` gives."""

    def cells(self, batch: pa.RecordBatch, before: int) -> tuple[Cells, list[int]]:
        """The texts of a batch that `before` rows come before, row by row, and for each its place column by column."""
        rows: list[int] = []
        columns: list[int] = []
        texts: list[str] = []
        numbers = range(before + 1, before + 1 + batch.num_rows)
        for index, (top, names) in enumerate(self._paths):
            try:
                of_column, found = texts_of(batch.column(top), names, numbers)
            except UnicodeDecodeError:
                raise InvalidInput(
                    f"the column {self._columns[index]!r} is not UTF-8 text near row {before + 1}: convert it first"
                ) from None
            rows += of_column
            columns += [index] * len(found)
            texts += found
        order = sorted(range(len(rows)), key=rows.__getitem__)
        cells = Cells([rows[at] for at in order], [columns[at] for at in order], [texts[at] for at in order])
        return cells, order

    def with_cells(self, batch: pa.RecordBatch, changed: Sequence[str], order: Sequence[int]) -> pa.RecordBatch:
        """The wanted columns of the batch with their texts replaced by what became of those that `cells` gave."""
        texts = [""] * len(order)
        for at, text in zip(order, changed, strict=True):
            texts[at] = text
        given = iter(texts)
        arrays = {top: batch.column(top) for top in self.tops}
        for top, names in self._paths:
            arrays[top] = with_texts(arrays[top], names, given)
        return pa.RecordBatch.from_arrays(list(arrays.values()), schema=self.schema)
