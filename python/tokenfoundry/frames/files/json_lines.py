"""JSON lines: one object a line, of which the texts at some paths are wanted; all else stays as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.cells import Cells, Place
from tokenfoundry.frames.files.records import BYTE_ORDER_MARK, Taken

_SPACE: Final = re.compile(r"[ \t\r]*")
_DOT: Final = re.compile(r"(?<!\\)\.")
_KINDS: Final = {"{": "an object", "t": "true or false", "f": "true or false"}

# Numbers are only passed over: as text they cost nothing and are never too long.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@dataclass(slots=True)
class _Node:
    """What is wanted below one place of an object: the value itself, as a column, or fields of it.

    `path` leads there, as columns are written.
    """

    path: str = ""
    column: int | None = None
    fields: dict[str, _Node] = field(default_factory=dict)


class JsonLines:
    """The texts at `columns`, which are paths such as `messages.content`: fields, through arrays wherever there are
    any. A dot in a name is written `\\.`.

    A field that is missing or null is passed over; one that is in no record of all that there are, or that is no text,
    is an error. So is a text where a path leads on, which nobody would look at: name that place too.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        self._root = _Node()
        for index, column in enumerate(columns):
            node = self._root
            for name in _DOT.split(column):
                path = f"{node.path}.{name}" if node.path else name
                node = node.fields.setdefault(_unescaped(name), _Node(path))
            node.column = index
        self._seen: set[int] = set()
        self._has_records = False

    def begin(self, text: str, *, is_last: bool) -> int | None:
        if not text and not is_last:
            return None
        return len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0

    def take(self, text: str, place: Place, *, is_last: bool) -> Taken:
        size = len(text) if is_last else text.rfind("\n") + 1
        line = _Line(text, self._columns)
        at = rows = 0
        while at < size:
            end = text.find("\n", at)
            end = size if end < 0 else end
            line.row = place.rows + rows + 1
            rows += self._read(line, at, end, place)
            at = end + 1
        self._seen.update(line.cells.columns)
        self._has_records |= place.rows + rows > 0
        return Taken(min(at, size), rows, line.cells, line.spots)

    def _read(self, line: _Line, at: int, end: int, place: Place) -> bool:
        """Whether a record stands there."""
        text = line.text
        start = _at_token(text, at)
        if start >= end:
            return False
        try:
            if text[start] != "{":
                raise json.JSONDecodeError("no object", text, start)
            after = _at_token(text, line.object(self._root, start))
        except (json.JSONDecodeError, IndexError, RecursionError) as error:
            raise InvalidInput(f"line {_number(text, at, place)} is not JSON: {_said(error)}") from None
        except _OtherShape as error:
            raise InvalidInput(f"line {_number(text, at, place)}: {error}") from None
        if after < end:
            raise InvalidInput(f"line {_number(text, at, place)} is not one JSON object: something stands after it")
        if after > end:
            raise InvalidInput(f"line {_number(text, at, place)} is not one JSON object: it goes on in the next line")
        return True

    def spelled(self, written: str, text: str) -> str:
        return json.dumps(text, ensure_ascii="\\u" in written and written.isascii())

    def end(self) -> None:
        for index, column in enumerate(self._columns):
            if self._has_records and index not in self._seen:
                raise InvalidInput(f"no line of the file has a text at {column!r}: is the path right?")

    def seen(self) -> list[int]:
        return sorted(self._seen)

    def go_on(self, seen: list[int]) -> None:
        self._seen = set(seen)


class _OtherShape(Exception):
    """A wanted value is no text, or a text stands where what is wanted should be inside; the message says which."""


class _Line:
    """Finds the wanted texts in lines of one text."""

    def __init__(self, text: str, columns: Sequence[str]) -> None:
        self.text = text
        self.cells = Cells()
        self.spots: list[tuple[int, int]] = []
        self.row = 0
        self._columns = columns

    def object(self, node: _Node, at: int) -> int:
        """Reads the object that begins at `at`; where it ends."""
        text = self.text
        at = _at_token(text, at + 1)
        if text[at] == "}":
            return at + 1
        while True:
            if text[at] != '"':
                raise json.JSONDecodeError("a name in quotes is missing", text, at)
            name, at = _DECODER.raw_decode(text, at)
            at = _at_token(text, at)
            if text[at] != ":":
                raise json.JSONDecodeError("a colon is missing", text, at)
            at = _at_token(text, at + 1)
            below = node.fields.get(name)
            at = _DECODER.raw_decode(text, at)[1] if below is None else self._value(below, at)
            at = _at_token(text, at)
            if text[at] == "}":
                return at + 1
            if text[at] != ",":
                raise json.JSONDecodeError("a comma is missing", text, at)
            at = _at_token(text, at + 1)

    def _value(self, node: _Node, at: int) -> int:
        first = self.text[at]
        if first == "{" and node.fields:
            return self.object(node, at)
        if first == "[":
            return self._array(node, at)
        value, end = _DECODER.raw_decode(self.text, at)
        if node.column is None:
            if first == '"' and value:
                below = [column for column in self._columns if column.startswith(f"{node.path}.")]
                raise _OtherShape(
                    f"{node.path} is text, in which {' and '.join(below)} cannot be; name both: "
                    f"--columns {','.join([node.path, *below])}"
                )
        elif value is not None:
            if first != '"':
                kind = _KINDS.get(first, "a number")
                more = f"; name what is inside, such as {self._columns[node.column]}.text" if first == "{" else ""
                raise _OtherShape(f"{self._columns[node.column]} is {kind}, and not text{more}")
            self.spots.append((at, end))
            self.cells.add(self.row, node.column, value)
        return end

    def _array(self, node: _Node, at: int) -> int:
        text = self.text
        at = _at_token(text, at + 1)
        if text[at] == "]":
            return at + 1
        while True:
            at = _at_token(text, self._value(node, at))
            if text[at] == "]":
                return at + 1
            if text[at] != ",":
                raise json.JSONDecodeError("a comma is missing", text, at)
            at = _at_token(text, at + 1)


def path_of(column: str) -> list[str]:
    """The names of a path.

    >>> path_of(r"messages.content"), path_of(r"a\\.b")
    (['messages', 'content'], ['a.b'])
    """
    return [_unescaped(name) for name in _DOT.split(column)]


def _unescaped(name: str) -> str:
    return name.replace("\\.", ".")


def _at_token(text: str, at: int) -> int:
    """Where the next token of a line begins. An object that is cut off ends the text: `IndexError` for who looks."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _number(text: str, at: int, place: Place) -> int:
    return place.lines + text.count("\n", 0, at) + 1


def _said(error: Exception) -> str:
    """What is wrong, without a word of the line."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "it is nested too deep" if isinstance(error, RecursionError) else "it is cut off"
