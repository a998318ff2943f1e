"""The surrogates of one session, found again in what a model wrote, and turned back.

A model may write one in other letters, or with emphasis around it: `luca.brambilla@example.com` for the address that
was sent as `Luca.Brambilla@example.com`, `LUCA` or `_Luca_` for `Luca`, `Lucas` for what is Luca's. What comes back for
a name follows its letters. In small letters alone a name is left as it is, unless it was sent so: it is a word as well.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tokenfoundry.privacy.json_levels import escaped
from tokenfoundry.privacy.surrogates.names import cased_as

_MOST_SOUGHT = 100  # Of more surrogates it is faster to look at each word than for each surrogate;
_HEAD = 24  # Characters by which surrogates of one first word are told apart; all of a shorter one.
_FEW_CHARACTERS = 4  # and so it is of a text with less than this for each surrogate.

# Where one may begin: not inside a word. In JSON text the letters of an escape are no part of the word after it, be it
# a control character or one of the spaces, quotes and dashes that some write as escapes.
_ESCAPED_SIGN = r"(?:00(?:[aA]0|[aAbB][bB])|20[0-6][0-9a-fA-F]|3000)"
_BEGINS = re.compile(r"(?<![^\W_])(\+?[A-Za-z0-9]+|\+\Z)")
_BEGINS_IN_JSON = re.compile(
    rf"(?:(?<![^\W_])|(?<=\\[bfnrt])|(?<=\\u{_ESCAPED_SIGN}))(?=(\+?[A-Za-z0-9]+|\+\Z))[A-Za-z0-9+]"
)
_FIRST_WORD = re.compile(r"\+?[A-Za-z0-9]+")
_SMALL: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class KnownSurrogates:
    """Surrogates and their values. Only grows; not thread-safe."""

    __slots__ = ("_by_head", "_by_small", "_head_sizes", "_longest", "_sorted", "_values")

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._by_small: dict[str, str] = {}  # In small letters: the surrogate that was first.
        self._by_head: dict[str, list[str]] = {}  # All in small letters; of one head the longest first.
        self._head_sizes: dict[str, list[int]] = {}  # By the first word: the longest first.
        self._sorted: list[str] | None = None  # In small letters.
        self._longest = 0

    @property
    def values(self) -> dict[str, str]:
        """Surrogate to value."""
        return self._values

    def _add(self, surrogate: str, value: str) -> None:
        self._values[surrogate] = value
        small = surrogate.lower()
        if small in self._by_small:
            return
        self._by_small[small] = surrogate
        first = _FIRST_WORD.match(small)
        assert first is not None, "a surrogate begins with a letter, a digit or +"
        head = small[:_HEAD]
        alike = self._by_head.setdefault(head, [])
        alike.append(small)
        alike.sort(key=len, reverse=True)
        sizes = self._head_sizes.setdefault(first[0], [])
        if len(head) not in sizes:
            sizes.append(len(head))
            sizes.sort(reverse=True)
        self._longest = max(self._longest, len(surrogate))
        self._sorted = None

    def _is_others(self, surrogate: str, value: str) -> bool:
        """Whether it stands for another value, in any letters."""
        known = self._by_small.get(surrogate.lower())
        return surrogate in self._values or (known is not None and self._values[known].casefold() != value.casefold())

    # -- finding -------------------------------------------------------------------------------------------------------

    def found(self, text: str, start: int = 0, *, json: int = False) -> list[tuple[int, int]]:
        """The places of surrogates in `text` from `start` on, the longest of each place; in order, disjoint."""
        count = len(self._by_small)
        by_words = count > _MOST_SOUGHT or len(text) - start < _FEW_CHARACTERS * count
        look: Callable[..., Iterable[tuple[int, int]]] = self._at_words if by_words else self._at_values
        kept: list[tuple[int, int]] = []
        done = start
        for begin, end in look(text, small_letters(text), start, json=json):
            if begin >= done:
                kept.append((begin, end))
                done = end
        return kept

    def _at_words(self, text: str, small: str, start: int, *, json: int) -> Iterator[tuple[int, int]]:
        """What begins at each word: for many surrogates and a short text."""
        for word in (_BEGINS_IN_JSON if json else _BEGINS).finditer(text, start):
            begin, stop = word.span(1)
            sizes = self._head_sizes.get(small[begin:stop])
            end = self._end_of(text, small, begin, sizes) if sizes else 0
            if not end and small[stop - 1] == "s" and (sizes := self._head_sizes.get(small[begin : stop - 1])):
                end = self._end_of(text, small, begin, sizes)
            if end:
                yield begin, end

    def _end_of(self, text: str, small: str, begin: int, sizes: list[int]) -> int:
        """Where the longest surrogate ends that begins there; 0 when none does."""
        for size in sizes:
            for surrogate in self._by_head.get(small[begin : begin + size], ()):
                end = begin + len(surrogate)
                if small.startswith(surrogate, begin) and self._is_meant(text, begin, end):
                    return end
        return 0

    def _at_values(self, text: str, small: str, start: int, *, json: int) -> list[tuple[int, int]]:
        """Where each surrogate stands: for few of them and a long text. The longer of one place comes first."""
        begins = _BEGINS_IN_JSON if json else _BEGINS
        places = []
        for surrogate in self._by_small:
            at = small.find(surrogate, start)
            while at >= 0:
                end = at + len(surrogate)
                if begins.match(text, at) and self._is_meant(text, at, end):
                    places.append((at, end))
                at = small.find(surrogate, at + 1)
        return sorted(places, key=lambda place: (place[0], -place[1]))

    def _is_meant(self, text: str, begin: int, end: int) -> bool:
        """Whether no word goes on behind what is written as a surrogate, and its letters are those of one."""
        said = text[begin:end]
        if end < len(text) and text[end].isalnum():
            # The s of a genitive is no part of a name.
            goes_on = text[end] != "s" or text[end + 1 : end + 2].isalnum()
            if goes_on or said.islower() or not _is_name(said):
                return False
        return said in self._values or not (said.islower() and _is_name(said))

    # -- turning back --------------------------------------------------------------------------------------------------

    def restore(self, text: str, *, json: int = False) -> str:
        """`text` with the values in place of their surrogates, with `json` escaped for JSON."""
        return self.restored(text, 0, len(text), self.found(text, json=json), json=json)

    def restored(self, text: str, start: int, end: int, places: Iterable[tuple[int, int]], *, json: int) -> str:
        """`text[start:end]` with the values of the surrogates in these places that end in it."""
        pieces: list[str] = []
        for begin, stop in places:
            if stop > end:
                break
            value = self._value_of(text[begin:stop])
            pieces += (text[start:begin], escaped(value, json))
            start = stop
        pieces.append(text[start:end])
        return "".join(pieces)

    def _value_of(self, said: str) -> str:
        value = self._values.get(said)
        if value is not None:
            return value
        value = self._values[self._by_small[said.lower()]]
        if not _is_name(said):
            return value
        return cased_as(said, value.capitalize() if value.isupper() or value.islower() else value)

    def hidden(self, text: str) -> str:
        """`text` with nothing in place of each surrogate that says what it is."""
        pieces: list[str] = []
        done = 0
        for begin, end in self.found(text):
            pieces += (text[done:begin], "[]")
            done = end
        return "".join([*pieces, text[done:]])

    def undecided_from(self, text: str, start: int, *, json: int) -> int:
        """Where the end of `text` begins that may still become a surrogate; its length when there is none."""
        if self._sorted is None:
            self._sorted = sorted(self._by_small)
        begins = _BEGINS_IN_JSON if json else _BEGINS
        small = small_letters(text)
        for begin in begins.finditer(text, max(start, len(text) - self._longest - 1)):
            tail = small[begin.start() :]
            if tail[-1:] == "s" and tail[:-1] in self._by_small:
                return begin.start()
            at = bisect_left(self._sorted, tail)
            if at < len(self._sorted) and self._sorted[at].startswith(tail):
                return begin.start()
        return len(text)

    def __len__(self) -> int:
        return len(self._values)


def small_letters(text: str) -> str:
    """`text` in small letters, each character in its place."""
    small = text.lower()
    return small if len(small) == len(text) else text.translate(_SMALL)


def _is_name(said: str) -> bool:
    return said.replace("-", "").isalpha()
