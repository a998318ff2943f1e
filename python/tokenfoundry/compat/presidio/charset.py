"""Sets of characters, as a regular expression's classes name them, with the algebra that look-arounds need.

Letters and digits are told apart up to U+052F: Latin, Greek and Cyrillic. What `\\w` means beyond them would make
patterns too large to compile, so other scripts count as no word character. `\\d` is 0-9.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

EDGE = "\U0010ffff"  # Stands before and after every text that is matched: a noncharacter, in nobody's text.
_LAST = ord(EDGE)
LAST_LETTER = "\u052f"
_LAST_LETTER = ord(LAST_LETTER)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CharSet:
    """A set of code points. `ranges` are inclusive, sorted and apart."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> CharSet:
        """The union of inclusive ranges in any order."""
        merged: list[Range] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def one(cls, character: str) -> CharSet:
        return cls(((ord(character), ord(character)),))

    def __or__(self, other: CharSet) -> CharSet:
        return CharSet.of((*self.ranges, *other.ranges))

    def __and__(self, other: CharSet) -> CharSet:
        return CharSet.of(
            (max(a, c), min(b, d)) for a, b in self.ranges for c, d in other.ranges if max(a, c) <= min(b, d)
        )

    def __sub__(self, other: CharSet) -> CharSet:
        return self & ~other

    def __invert__(self) -> CharSet:
        """Every other code point, `EDGE` among them."""
        holes: list[Range] = []
        start = 0
        for first, last in self.ranges:
            if start < first:
                holes.append((start, first - 1))
            start = last + 1
        if start <= _LAST:
            holes.append((start, _LAST))
        return CharSet(tuple(holes))

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def any_case(self) -> CharSet:
        """With the other case of every letter up to U+052F."""
        added = []
        for code in _codes(self):
            for other in (chr(code).lower(), chr(code).upper()):
                if len(other) == 1 and ord(other) <= _LAST_LETTER:
                    added.append((ord(other), ord(other)))
        return CharSet.of((*self.ranges, *added))

    def regex(self) -> str:
        """The set in Hyperscan's syntax.

        >>> CharSet.of([(48, 57)]).regex(), CharSet.one(".").regex()
        ('[0-9]', '\\\\.')
        """
        if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]:
            return escaped(chr(self.ranges[0][0]))
        high = bool(self.ranges) and self.ranges[-1][1] >= _LAST - 1  # Shorter said by what is left out.
        shown = (~self).ranges if high else self.ranges
        if high and not shown:
            return f"[\\x{{0}}-\\x{{{_LAST:x}}}]"
        body = "".join(
            escaped(chr(first)) if first == last else f"{escaped(chr(first))}-{escaped(chr(last))}"
            for first, last in shown
        )
        return f"[^{body}]" if high else f"[{body}]"


def _codes(chars: CharSet) -> Iterable[int]:
    for first, last in chars.ranges:
        yield from range(first, min(last, _LAST_LETTER) + 1)


def escaped(character: str) -> str:
    """One character in Hyperscan's syntax."""
    code = ord(character)
    return (
        character
        if character.isascii() and character.isalnum()
        else f"\\x{{{code:x}}}"
        if code > 126 or code < 33
        else f"\\{character}"
    )


def _where(predicate: Callable[[str], bool]) -> CharSet:
    return CharSet.of((code, code) for code in range(_LAST_LETTER + 1) if predicate(chr(code)))


EDGES = CharSet.one(EDGE)
NEWLINE = CharSet.one("\n")
ANY = ~EDGES
DIGIT = CharSet.of([(0x30, 0x39)])
SPACE = CharSet.of((code, code) for code in range(0x3001) if chr(code).isspace())
ASCII_SPACE = CharSet.of([(9, 13), (0x20, 0x20)])
ASCII_WORD = CharSet.of([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
WORD = ASCII_WORD | _where(lambda character: character.isalnum())


@cache
def category(name: str) -> CharSet | None:
    """The characters up to U+052F of a Unicode general category (`Lu`) or group of them (`L`); None if there is none.

    Source: Unicode Standard Annex #44, General Category Values.
    """
    chars = _where(lambda character: unicodedata.category(character).startswith(name))
    return chars if chars and len(name) <= 2 else None
