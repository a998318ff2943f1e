"""The surrogates of one session, and what they stand for. Memory only, as placeholders are."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tokenfoundry.privacy.pseudonyms import PseudonymKey
from tokenfoundry.privacy.surrogates import MAKERS, PERSON
from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.names import cased_as, drawn_name, initial_for, language_of, pieces_of

_TRIES = 400  # Then the kind is as good as used up, and the value gets a placeholder.
_HEAD = 2  # Characters by which surrogates are looked up.
_FEW_CHARACTERS = 4  # For each surrogate: then it is faster to look at each word than for each surrogate.

# Where one may begin: not inside a word. In JSON text the letter of an escape is no part of the word after it.
_BEGINS = re.compile(r"(?<!\w)[A-Za-z0-9+]")
_BEGINS_IN_JSON = re.compile(r"(?:(?<!\w)|(?<=\\[bfnrt]))[A-Za-z0-9+]")
_LOOK_BEHIND: Final = 2  # Characters that the patterns look back.


class StandIns:
    """Grows with the texts of a session. Not thread-safe; `repr` shows how many there are.

    A surrogate is never part of a text of the session that was seen before it was chosen, nor one of another value.
    """

    __slots__ = ("_by_head", "_by_value", "_key", "_longest", "_prefixes", "_seen", "_taken", "_values", "_words")

    def __init__(self, key: PseudonymKey) -> None:
        self._key = key
        self._seen: dict[str, bool] = {}  # Texts, and whether surrogates were there before them.
        self._values: dict[str, str] = {}
        self._by_value: dict[tuple[str, str], str] = {}
        self._words: dict[str, str] = {}  # Words of names, in small letters, and what they became.
        self._taken: set[str] = set()  # What they became, in small letters: in capitals it is still the same name.
        self._by_head: dict[str, list[str]] = {}
        self._prefixes: set[str] | None = None
        self._longest = 0

    @property
    def values(self) -> dict[str, str]:
        """Surrogate to value."""
        return self._values

    def see(self, texts: Iterable[str]) -> None:
        """Texts that will be redacted: no surrogate that is chosen from now on stands in them."""
        for text in texts:
            self._seen.setdefault(text, bool(self._values))

    def literals(self, text: str) -> list[tuple[int, int]]:
        """Where `text`, which the user wrote, holds a surrogate that was chosen before it was seen."""
        if self._seen.get(text) is False:
            return []
        places = self.found(text) if self._values else []
        self._seen[text] = bool(places)
        return places

    def assign(self, entity: str, value: str) -> str | None:
        """The surrogate of a value, the one it has or a new one; None when none can be made."""
        known = self._by_value.get((entity, value))
        if known is not None:
            return known
        made = self._named(value) if entity == PERSON else self._drawn(entity, value)
        if made is not None:
            self._by_value[entity, value] = made
        return made

    def resume(self, surrogate: str, value: str) -> None:
        """A surrogate that an earlier session chose."""
        self._add(surrogate, value)

    # -- choosing ------------------------------------------------------------------------------------------------------

    def _drawn(self, entity: str, value: str) -> str | None:
        for attempt in range(_TRIES):
            made = MAKERS[entity](value, Draw(self._key.seed(entity, value, attempt)))
            if made is None:
                return None
            if self._is_free(made, value):
                self._add(made, value)
                return made
        return None

    def _named(self, name: str) -> str | None:
        """The name with its words exchanged. The whole is remembered where its words alone would not give it back."""
        pieces, language = list(pieces_of(name)), language_of(name)
        made: list[str] = []
        by_words = True
        for text, kind in pieces:
            if kind is None:
                made.append(text)
            elif len(text) == 1:
                by_words = False
                made.append(initial_for(text, Draw(self._key.seed(PERSON, name, 0))))
            else:
                word = self._word(text, kind, language)
                if word is None:
                    return None
                made.append(word)
        whole = "".join(made)
        if not pieces or whole == name:
            return None
        if not by_words:
            if not (whole.isascii() and whole[0].isalnum() and whole[-1].isalnum() and self._is_free(whole, name)):
                return None
            self._add(whole, name)
        return whole

    def _word(self, word: str, kind: int, language: str) -> str | None:
        small = word.casefold()
        known = self._words.get(small)
        if known is not None:
            made = cased_as(word, known)
            if self._values.get(made) == word or self._may_add(made, word):
                return made
        for attempt in range(_TRIES):
            drawn = drawn_name(kind, language, attempt, Draw(self._key.seed(PERSON, f"{kind} {small}", attempt)))
            made = cased_as(word, drawn)
            if drawn.casefold() not in self._taken and self._may_add(made, word):
                self._words.setdefault(small, drawn)
                self._taken.add(drawn.casefold())
                return made
        return None

    def _may_add(self, surrogate: str, value: str) -> bool:
        if not self._is_free(surrogate, value):
            return False
        self._add(surrogate, value)
        return True

    def _is_free(self, surrogate: str, value: str) -> bool:
        if surrogate in self._values or surrogate == value:
            return False
        return not any(surrogate in text for text in self._seen)

    def _add(self, surrogate: str, value: str) -> None:
        self._values[surrogate] = value
        alike = self._by_head.setdefault(surrogate[:_HEAD], [])
        alike.append(surrogate)
        alike.sort(key=len, reverse=True)
        self._longest = max(self._longest, len(surrogate))
        self._prefixes = None

    # -- restoring -----------------------------------------------------------------------------------------------------

    def found(self, text: str, start: int = 0, *, json: bool = False) -> list[tuple[int, int]]:
        """The places of surrogates in `text` from `start` on, the longest of each place; in order, disjoint."""
        is_short = len(text) - start < _FEW_CHARACTERS * len(self._values)
        look: Callable[..., Iterable[tuple[int, int]]] = self._at_words if is_short else self._at_values
        kept: list[tuple[int, int]] = []
        done = start
        for begin, end in look(text, start, json=json):
            if begin >= done:
                kept.append((begin, end))
                done = end
        return kept

    def _at_words(self, text: str, start: int, *, json: bool) -> Iterator[tuple[int, int]]:
        """What begins at each word: for many surrogates and a short text."""
        for word in (_BEGINS_IN_JSON if json else _BEGINS).finditer(text, start):
            begin = word.start()
            for surrogate in self._by_head.get(text[begin : begin + _HEAD], ()):
                end = begin + len(surrogate)
                if text.startswith(surrogate, begin) and not _is_word(text, end):
                    yield begin, end
                    break

    def _at_values(self, text: str, start: int, *, json: bool) -> list[tuple[int, int]]:
        """Where each surrogate stands: for few of them and a long text. The longer of one place comes first."""
        begins = _BEGINS_IN_JSON if json else _BEGINS
        places = []
        for surrogate in self._values:
            at = text.find(surrogate, start)
            while at >= 0:
                end = at + len(surrogate)
                if begins.match(text, at) and not _is_word(text, end):
                    places.append((at, end))
                at = text.find(surrogate, at + 1)
        return sorted(places, key=lambda place: (place[0], -place[1]))

    def restore(self, text: str, *, json: bool = False) -> str:
        """`text` with the values in place of their surrogates, with `json` escaped for JSON."""
        return self.restored(text, 0, len(text), self.found(text, json=json), json=json)

    def restored(self, text: str, start: int, end: int, places: Iterable[tuple[int, int]], *, json: bool) -> str:
        """`text[start:end]` with the values of the surrogates in these places that end in it."""
        pieces: list[str] = []
        for begin, stop in places:
            if stop > end:
                break
            value = self._values[text[begin:stop]]
            pieces += (text[start:begin], json_module.dumps(value, ensure_ascii=False)[1:-1] if json else value)
            start = stop
        pieces.append(text[start:end])
        return "".join(pieces)

    def hidden(self, text: str) -> str:
        """`text` with nothing in place of each surrogate that says what it is."""
        pieces: list[str] = []
        done = 0
        for begin, end in self.found(text):
            pieces += (text[done:begin], "[]")
            done = end
        return "".join([*pieces, text[done:]])

    def undecided_from(self, text: str, start: int, *, json: bool) -> int:
        """Where the end of `text` begins that may still become a surrogate; its length when there is none."""
        if self._prefixes is None:
            self._prefixes = {each[:size] for each in self._values for size in range(1, len(each) + 1)}
        begins = _BEGINS_IN_JSON if json else _BEGINS
        for begin in begins.finditer(text, max(start, len(text) - self._longest)):
            if text[begin.start() :] in self._prefixes:
                return begin.start()
        return len(text)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"StandIns({len(self._values)} values)"


class StandInStream:
    """Restores the surrogates of one stream, chunk by chunk: the pieces together are the restored whole."""

    __slots__ = ("_json", "_stand_ins", "_start", "_text")

    def __init__(self, stand_ins: StandIns, *, json: bool) -> None:
        self._stand_ins = stand_ins
        self._json = json
        self._text = ""  # What is held back, behind the few characters that came before it.
        self._start = 0

    def feed(self, chunk: str) -> str:
        """What can be passed on now."""
        text, json = self._text + chunk, self._json
        cut = self._stand_ins.undecided_from(text, self._start, json=json)
        places = self._stand_ins.found(text, self._start, json=json)
        for begin, end in places:
            if begin < cut < end:
                cut = end
        passed = self._stand_ins.restored(text, self._start, cut, places, json=json)
        kept = max(0, cut - _LOOK_BEHIND)
        self._text, self._start = text[kept:], cut - kept
        return passed

    def close(self) -> str:
        """The rest."""
        text, start = self._text, self._start
        self._text, self._start = "", 0
        places = self._stand_ins.found(text, start, json=self._json)
        return self._stand_ins.restored(text, start, len(text), places, json=self._json)


def _is_word(text: str, at: int) -> bool:
    """Whether the character there belongs to the word before it."""
    return at < len(text) and (text[at].isalnum() or text[at] == "_")


def may_stand(text: str, start: int, end: int, *, is_whole: bool) -> bool:
    """Whether a surrogate in that place would be found again: it must not touch a word, nor the end of a piece."""
    if not is_whole and (start == 0 or end == len(text)):
        return False
    return not (start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")) and not _is_word(text, end)
