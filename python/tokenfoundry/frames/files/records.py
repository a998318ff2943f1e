"""Files of records (CSV, JSON lines), block by block: all but the texts that are asked for stays as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files.cells import Cells, Place
from tokenfoundry.frames.files.decoding import Utf8
from tokenfoundry.frames.files.sources import Source

_BLOCK_BYTES = 2**20
LONGEST_RECORD_CHARACTERS = 64 * 2**20
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """Whole records from the beginning of a text: how much of it, what was asked for, and where each is written."""

    characters: int
    rows: int
    cells: Cells
    spots: list[tuple[int, int]]


class Records(Protocol):
    """How records are written in one format. Messages name lines from 1."""

    def begin(self, text: str, *, is_last: bool) -> int | None:
        """Characters before the first record, which may be none; None when `text` is not enough to tell."""
        ...

    def take(self, text: str, place: Place, *, is_last: bool) -> Taken:
        """The whole records that `text` begins with. Raises `InvalidInput` naming the line."""
        ...

    def spelled(self, written: str, text: str) -> str:
        """`text` in the way of what it replaces."""
        ...

    def end(self) -> None:
        """After the last record. Raises `InvalidInput` for a column that was never there."""
        ...

    def seen(self) -> list[int]:
        """What `go_on` takes up: columns that were there."""
        ...

    def go_on(self, seen: list[int]) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """Consecutive records, and the place after them."""

    text: str
    cells: Cells
    end: Place
    _spots: list[tuple[int, int]]
    _records: Records

    def with_texts(self, texts: Sequence[str]) -> bytes:
        """The block with its texts replaced; one that is equal leaves what was written."""
        pieces: list[str] = []
        done = 0
        for (start, end), old, new in zip(self._spots, self.cells.texts, texts, strict=True):
            if new != old:
                pieces += (self.text[done:start], self._records.spelled(self.text[start:end], new))
                done = end
        pieces.append(self.text[done:])
        return "".join(pieces).encode()


def blocks(source: Source, records: Records, start: Place | None = None) -> Iterator[Block]:
    """The file in order: what stands before its records, unless `start` is past it, then blocks of records.

    Holds one block, and one record of up to 64 MiB. Raises `InvalidInput` naming the line.
    """
    text, is_last = "", False
    decode = Utf8()
    head = None
    while head is None:
        more = source.read(_BLOCK_BYTES)
        is_last = not more
        text += decode(more, text.count("\n"))
        head = records.begin(text, is_last=is_last)
    place = Place(len(text[:head].encode()), 0, text.count("\n", 0, head))
    if start is not None and start.offset:
        source.skip_to(start.offset)
        text, is_last, place, decode = "", False, start, Utf8()
    else:
        yield Block(text[:head], Cells(), place, [], records)
        text = text[head:]
    while text or not is_last:
        taken = records.take(text, place, is_last=is_last)
        if taken.characters:
            done = text[: taken.characters]
            place = Place(place.offset + len(done.encode()), place.rows + taken.rows, place.lines + done.count("\n"))
            yield Block(done, taken.cells, place, taken.spots, records)
            text = text[taken.characters :]
        if not is_last:
            if len(text) > LONGEST_RECORD_CHARACTERS:
                raise InvalidInput(f"line {place.lines + 1} begins a record of over 64 MiB: is a quote not closed?")
            # The longer a record grows, the more is read of it at once.
            more = source.read(max(_BLOCK_BYTES, len(text)))
            is_last = not more
            text += decode(more, place.lines + text.count("\n"))
    records.end()
