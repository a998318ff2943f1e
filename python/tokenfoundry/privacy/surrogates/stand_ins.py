"""The surrogates of one session, and what they stand for. Memory only, as placeholders are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

from tokenfoundry.privacy.pseudonyms import PseudonymKey
from tokenfoundry.privacy.surrogates import MAKERS, PERSON
from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.known import KnownSurrogates, small_letters
from tokenfoundry.privacy.surrogates.names import PAIRED, cased_as, drawn_name, initial_for, language_of, pieces_of

_SINGLE_NAMES = 40  # Of a kind and language; further ones are two names, as single ones become rare.
_TRIES = 200  # Then the kind is as good as used up, and the value gets a placeholder.

_LOOK_BEHIND: Final = 6  # Characters that the patterns look back.
_RUN = re.compile(r"[^\W_]+")
_RUN_AFTER_ESCAPE = re.compile(r"\\[bfnrt]([^\W_]+)")
_WORD_OF_NAME = re.compile(r"[^\W\d_]{2,}(?:['\u2019-][^\W\d_]+)*")


class Keep(Protocol):
    """Keeps a surrogate of a value of that entity for the calls that follow; false when it is another value's there."""

    def __call__(self, entity: str, surrogate: str, value: str) -> bool: ...


class StandIns(KnownSurrogates):
    """Grows with the texts of a session. Not thread-safe; `repr` shows how many there are.

    A surrogate is never part of a text of the session that was seen before it was chosen, nor one of another value.
    """

    __slots__ = (
        "_by_value",
        "_drawn_names",
        "_keep",
        "_key",
        "_pieces",
        "_resumed",
        "_runs",
        "_seen",
        "_taken",
        "_unread",
        "_words",
    )

    def __init__(self, key: PseudonymKey, keep: Keep | None = None) -> None:
        """`keep` is told of each that is chosen: what it returns is whether it may be."""
        super().__init__()
        self._key = key
        self._keep = keep
        self._seen: dict[str, bool] = {}  # Texts, and whether surrogates were there before them.
        self._unread: list[str] = []  # Those of which the words are not yet in:
        self._runs: set[str] = set()
        self._by_value: dict[tuple[str, str], str] = {}
        self._resumed: dict[str, str] = {}  # Value to surrogate.
        self._pieces: dict[str, list[str]] = {}  # Of a surrogate: what is found in it.
        self._words: dict[str, str] = {}  # Words of names, in small letters, and what they became.
        self._drawn_names = Counter[tuple[int, str]]()  # How many of a kind and language.
        self._taken: set[str] = set()  # What they became, in small letters: in capitals it is still the same name.

    def see(self, texts: Iterable[str]) -> None:
        """Texts that will be redacted: no surrogate that is chosen from now on stands in them."""
        for text in texts:
            if text not in self._seen:
                self._seen[text] = bool(self._values)
                self._unread.append(text)

    def literals(self, text: str) -> list[tuple[int, int]]:
        """Where `text`, which the user wrote, holds a surrogate that was chosen before it was seen."""
        known = self._seen.get(text)
        if known is False:
            return []
        if known is None:
            self._unread.append(text)
        places = self.found(text) if self._values else []
        self._seen[text] = bool(places)
        return places

    def assign(self, entity: str, value: str) -> str | None:
        """The surrogate of a value, the one it has or a new one; None when none can be made."""
        known = self._by_value.get((entity, value)) or self._resumed.get(value)
        if known is not None:
            return known
        made = self._named(value) if entity == PERSON else self._drawn(entity, value)
        if made is not None:
            self._by_value[entity, value] = made
        return made

    def resume(self, surrogate: str, value: str) -> None:
        """A surrogate that an earlier session chose: the value has it from now on."""
        self._add(surrogate, value)
        self._resumed.setdefault(value, surrogate)
        if _WORD_OF_NAME.fullmatch(value) and _WORD_OF_NAME.fullmatch(surrogate):
            named = surrogate.title() if surrogate.isupper() or surrogate.islower() else surrogate
            self._words.setdefault(value.casefold(), named)
            self._taken.add(surrogate.casefold())

    def pieces(self, surrogate: str) -> list[str]:
        """What is found in a surrogate that was assigned: itself, or the words of a name."""
        known = self._pieces.get(surrogate)
        if known is None:
            known = self._pieces[surrogate] = [surrogate[start:end] for start, end in self.found(surrogate)]
        return known

    # -- choosing ------------------------------------------------------------------------------------------------------

    def _drawn(self, entity: str, value: str) -> str | None:
        for attempt in range(_TRIES):
            made = MAKERS[entity](value, Draw(self._key.seed(entity, value, attempt)))
            if made is None:
                return None
            if self._may_add(made, value, entity):
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
        if by_words or (whole.isascii() and whole[0].isalnum() and whole[-1].isalnum() and self._may_add(whole, name)):
            return whole
        return None

    def _word(self, word: str, kind: int, language: str) -> str | None:
        small = word.casefold()
        known = self._words.get(small)
        if known is not None:
            made = cased_as(word, known)
            if self._values.get(made) == word or self._may_add(made, word):
                return made
        first = 0 if self._drawn_names[kind, language] < _SINGLE_NAMES else PAIRED
        for attempt in range(first, first + _TRIES):
            drawn = drawn_name(kind, language, attempt, Draw(self._key.seed(PERSON, f"{kind} {small}", attempt)))
            made = cased_as(word, drawn)
            if drawn.casefold() not in self._taken and self._may_add(made, word):
                self._words.setdefault(small, drawn)
                self._taken.add(drawn.casefold())
                self._drawn_names[kind, language] += 1
                return made
        return None

    def _may_add(self, surrogate: str, value: str, entity: str = PERSON) -> bool:
        """Takes a surrogate, if it is free."""
        if not self._is_free(surrogate, value) or not (self._keep is None or self._keep(entity, surrogate, value)):
            return False
        self._add(surrogate, value)
        return True

    def _is_free(self, surrogate: str, value: str) -> bool:
        if surrogate == value or self._is_others(surrogate, value):
            return False
        for text in self._unread:
            small = text.lower()
            self._runs.update(_RUN.findall(small))
            if "\\" in text:
                self._runs.update(_RUN_AFTER_ESCAPE.findall(small))
        self._unread = []
        # It could be found in a text only where each of its words is one of the text.
        small = surrogate.lower()
        words = _RUN.findall(small)
        if f"{words[-1]}s" in self._runs:  # Read as its genitive.
            return False
        if not self._runs.issuperset(words):
            return True
        return len(words) > 1 and not any(small in small_letters(text) for text in self._seen)

    def __repr__(self) -> str:
        return f"StandIns({len(self)} values)"


class StandInStream:
    """Restores the surrogates of one stream, chunk by chunk: the pieces together are the restored whole."""

    __slots__ = ("_json", "_stand_ins", "_start", "_text")

    def __init__(self, stand_ins: StandIns, *, json: int) -> None:
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


Ends = tuple[bool, bool]
"""Whether a piece of a text has its beginning, and its end."""
WHOLE: Final = (True, True)


def may_stand(text: str, start: int, end: int, *, ends: Ends) -> bool:
    """Whether a surrogate in that place would be found again: it must not touch a word, nor the end of a piece."""
    if (start == 0 and not ends[0]) or (end == len(text) and not ends[1]):
        return False
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not any(character.isalnum() or character == "_" for character in around)
