"""Values that calls before had, and what of a value is sought: see `carried`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sized
from typing import Final

# Three letters, or five letters and digits.
_SAYS_ENOUGH = re.compile(r"(?:[\W\d_]*[^\W\d_]){3}|(?:[\W_]*[^\W_]){5}")
_MOST_READ: Final = 256
_WORD = re.compile(r"\w+")
_WORDS_ALONE: Final = bytes(code if code < 128 and _WORD.match(chr(code)) else 32 for code in range(256))
PERSON: Final = "PERSON"


def is_carried(value: str) -> bool:
    """Whether it says enough to be sought where it was not found.

    >>> [is_carried(value) for value in ("Abu", "Al", "10122", "123")]
    [True, False, True, False]
    """
    return _SAYS_ENOUGH.match(value[:_MOST_READ]) is not None


class Known:
    """Values that were found before, by their words: how many there are costs a text that has none of them nothing."""

    __slots__ = ("_by_word", "_names", "_words_of_names")

    def __init__(self) -> None:
        self._names: dict[bytes, list[tuple[str, set[bytes]]]] = {}
        self._words_of_names: set[str] = set()
        self._by_word: dict[bytes, list[tuple[str, str, str, set[bytes]]]] = {}

    def add(self, entity: str, value: str) -> None:
        """A value that may be sought from now on, if it says enough; of a name also each word that may be."""
        self._add(entity, value, "")
        if entity == PERSON:
            # Whether a word names somebody follows from the word: of all whose name has it, one is enough.
            words = {word for word in _WORD.findall(value) if word != value and word[0].isupper()}
            words.update([written for word in words for written in both_ways(word)])
            for word in words.difference(self._words_of_names):
                self._words_of_names.add(word)
                self._add(entity, word, value)
            if not value.isalpha() and is_carried(value):
                apart = _apart(words_in(value))
                self._names.setdefault(_rarest(apart, self._names), []).append((value, apart))

    def _add(self, entity: str, value: str, name: str) -> None:
        if is_carried(value):
            words = words_in(value)
            self._by_word.setdefault(_rarest(words, self._by_word), []).append((entity, value, name, words))

    def among(self, words: set[bytes]) -> Iterator[tuple[str, str, str]]:
        """Entity and value of those that may stand in a text of these words, and the name that it is a word of."""
        by_word = self._by_word
        for word in [*(by_word.keys() & words), b""]:
            for entity, value, name, needed in by_word.get(word, ()):
                if needed <= words:
                    yield entity, value, name

    def names_among(self, words: set[bytes]) -> Iterator[str]:
        """The names of several words that may stand in a text of these words, also joined and in any case."""
        names = self._names
        apart = _apart(words) if names else set()
        for word in [*(names.keys() & apart), b""]:
            for value, needed in names.get(word, ()):
                if needed <= apart:
                    yield value

    def __bool__(self) -> bool:
        return bool(self._by_word)


def _rarest(words: set[bytes], index: Mapping[bytes, Sized]) -> bytes:
    """The word by which the least are found."""
    return min(words, key=lambda word: len(index.get(word, ())), default=b"")


def _apart(words: set[bytes]) -> set[bytes]:
    """Words in small letters, taken apart where they are joined by underscores."""
    return set(b"_".join(words).lower().split(b"_"))


def words_in(text: str) -> set[bytes]:
    """The words in it, as far as they are ASCII: runs of those letters and digits."""
    return set(text.encode(errors="surrogatepass").translate(_WORDS_ALONE).split())


def both_ways(word: str) -> tuple[str, str]:
    """A word of a name, and in capitals, or if that is how it is written, with one."""
    return word, word.title() if word.isupper() else word.upper()
