"""Where the texts of a streamed answer were cut, kept as lengths, and the same texts cut so again.

A *place* is one text of an answer that comes in pieces: the content of a choice, the arguments of a tool call. Lengths
are code points of the placeholder form, in which answers are kept: restoring what was cut inside a placeholder holds
its beginning back, as in the stream that was first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_MOST_PIECES = 50_000  # Of one answer; what comes after them is one piece.

# A text whose borders nobody knows is cut between these: a placeholder, a word or a part of a long one, with the space
# before it.
_ATOM = re.compile(r"\s*(?:\[[A-Z][A-Z0-9_]*\]|[^\s\[]{1,24}|\[)|\s+\Z")
_PIECE = 16  # Code points of such a piece, at least.


class Borders(msgspec.Struct, frozen=True, array_like=True):
    """The pieces in the order in which they came: runs of one place each, `[place, length, length, ...]`, the place as
    its position in `places`.
    """

    places: tuple[str, ...] = ()
    runs: tuple[tuple[int, ...], ...] = ()


NO_BORDERS = Borders()


class BorderRecorder:
    """Takes down the pieces of one stream."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._runs: list[list[int]] = []
        self._last = ""
        self._count = 0

    def add(self, place: str, length: int) -> None:
        """The next piece: `length` code points of the text at `place`."""
        if not length or self._count >= _MOST_PIECES:
            return
        self._count += 1
        if place == self._last:
            self._runs[-1].append(length)
            return
        self._last = place
        self._runs.append([self._places.setdefault(place, len(self._places)), length])

    def borders(self) -> Borders:
        """All that was taken down."""
        return Borders(tuple(self._places), tuple(map(tuple, self._runs)))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list of an event that nobody has checked yet."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def pieces_of(texts: Mapping[str, str], borders: Borders) -> Iterator[tuple[str, str]]:
    """Each place and its next piece, never empty; those of a place together are its text.

    Cut at `borders`; what they do not say, all of it when there are none, is cut into some words at a time.

    >>> list(pieces_of({"a": "uno due"}, Borders(("a",), ((0, 2, 3),))))
    [('a', 'un'), ('a', 'o d'), ('a', 'ue')]
    """
    done = dict.fromkeys(texts, 0)
    for run in borders.runs:
        place = borders.places[run[0]]
        text = texts.get(place, "")
        for length in run[1:]:
            start = done.get(place, 0)
            if start >= len(text):
                break
            done[place] = start + length
            yield place, text[start : start + length]
    for place, text in texts.items():
        for piece in _words(text[done[place] :]):
            yield place, piece


def _words(text: str) -> Iterator[str]:
    """Some words at a time."""
    start = 0
    for atom in _ATOM.finditer(text):
        if atom.end() - start >= _PIECE:
            yield text[start : atom.end()]
            start = atom.end()
    if start < len(text):
        yield text[start:]
