"""CSV (RFC 4180, with any delimiter and any line end): each field as it is written.

One regular expression reads a record and gives the wanted fields alone; every part of it is possessive, so that no
text makes it slow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.cells import Cells, Place
from tokenfoundry.frames.files.records import BYTE_ORDER_MARK, Taken

_DELIMITERS: Final = (",", ";", "\t", "|")
_LINE_END: Final = r"(?:\r\n|\n|\r)"
_QUOTED: Final = r'"(?:[^"]++|"")*+"'
_OPEN: Final = r'"(?:[^"]++|"")*+'
_BLANK: Final = re.compile(_LINE_END)


class CsvRecords:
    """The wanted `columns` of a CSV file whose first record names them.

    Without a `delimiter` it is the one of comma, semicolon, tab and bar that finds the columns in the header.
    """

    def __init__(self, columns: Sequence[str], delimiter: str | None = None) -> None:
        if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
            raise InvalidInput(f"the delimiter {delimiter!r} is not one character of ASCII")
        self._columns = tuple(columns)
        self._given = delimiter
        self.header: list[str] = []

    def begin(self, text: str, *, is_last: bool) -> int | None:
        for delimiter in [self._given] if self._given else _DELIMITERS:
            names, size = _header(text, delimiter, is_last=is_last)
            if names is None:
                return None
            if not self.header or set(self._columns) <= set(names):
                self.header, self._size, self._delimiter = names, size, delimiter
            if set(self._columns) <= set(names):
                break
        self._check_header()
        self._compile()
        return self._size

    def _check_header(self) -> None:
        missing = [column for column in self._columns if column not in self.header]
        if missing:
            raise InvalidInput(f"the file has no column {missing[0]!r}; it has {', '.join(self.header) or 'no header'}")
        if len(set(self.header)) < len(self.header):
            raise InvalidInput("two columns of the file have the same name")

    def _compile(self) -> None:
        field, delimiter = _field(self._delimiter), re.escape(self._delimiter)
        wanted = {self.header.index(column): index for index, column in enumerate(self._columns)}
        self._wanted = [(group, wanted[at]) for group, at in enumerate(sorted(wanted), start=1)]
        fields = [f"({field})" if at in wanted else field for at in range(len(self.header))]
        one = delimiter.join(fields)
        self._record = re.compile(one + _LINE_END)
        self._last_record = re.compile(rf"{one}(?:{_LINE_END}|\Z)")
        self._any_record = re.compile(rf"{field}(?:{delimiter}{field})*+(?:{_LINE_END}|\Z)")
        self._unfinished = re.compile(rf"(?:{field}{delimiter})*+(?:{field}|{_OPEN})\Z")
        self._special = re.compile(rf'["\r\n{delimiter}]')

    def take(self, text: str, place: Place, *, is_last: bool) -> Taken:
        cells = Cells()
        spots: list[tuple[int, int]] = []
        match = (self._last_record if is_last else self._record).match
        at, row, size = 0, place.rows, len(text)
        while at < size:
            found = match(text, at)
            if found is None or found.end() == at:
                blank = _BLANK.match(text, at)
                if blank is None or self._is_cut(text, blank.end(), is_last):
                    if not is_last and (blank or self._unfinished.match(text, at)):
                        break
                    raise self._fault(text, at, place)
                at = blank.end()
                continue
            if self._is_cut(text, found.end(), is_last):
                break
            row += 1
            for group, column in self._wanted:
                start, end = found.span(group)
                if start < end:
                    spots.append((start, end))
                    cells.add(row, column, _unquoted(text[start:end]))
            at = found.end()
        return Taken(at, row - place.rows, cells, spots)

    def spelled(self, written: str, text: str) -> str:
        if written.startswith('"') or self._special.search(text):
            return '"' + text.replace('"', '""') + '"'
        return text

    def end(self) -> None:
        """Every column is in the header."""

    def seen(self) -> list[int]:
        return []

    def go_on(self, seen: list[int]) -> None:
        """The header says it all."""

    def _is_cut(self, text: str, end: int, is_last: bool) -> bool:
        """Whether a line end may go on in what is not read yet."""
        return not is_last and end == len(text) and text[end - 1] == "\r"

    def _fault(self, text: str, at: int, place: Place) -> InvalidInput:
        line = place.lines + text.count("\n", 0, at) + 1
        if self._any_record.match(text, at):
            return InvalidInput(f"line {line} has not as many fields as the header, which has {len(self.header)}")
        return InvalidInput(f"line {line} is not CSV: text stands beside a quoted field, or a quote is not closed")


def _field(delimiter: str) -> str:
    return rf'(?:{_QUOTED}|(?!")[^\r\n{re.escape(delimiter)}]*+)'


def _header(text: str, delimiter: str, *, is_last: bool) -> tuple[list[str] | None, int]:
    """The names in the first record and where it ends; None when it may go on."""
    at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    if at == len(text):
        return ([] if is_last else None), at
    field = re.compile(_field(delimiter))
    names = []
    while True:
        found = field.match(text, at)
        if found is None:
            break
        names.append(_unquoted(found[0]))
        at = found.end()
        if not text.startswith(delimiter, at):
            break
        at += len(delimiter)
    end = _BLANK.match(text, at)
    if end is not None and (is_last or end.end() < len(text)):
        return names, end.end()
    if not is_last:
        return None, 0
    if found is None or at < len(text):
        raise InvalidInput("line 1 is not CSV: text stands beside a quoted field, or a quote is not closed")
    return names, at


def _unquoted(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written
