r"""Values that were found in one text of a request, wherever else they stand in it.

What is a value may follow from the words beside it, so the same one may be found here and missed there. What was found
once is sought in every text, character for character: not inside a word (letters, digits and underscores make words),
and not if it says too little to be anybody's, which is less than three letters and less than five letters and digits.
Where values overlap each other or a finding, all of it is one value. The words of somebody's name are values too, as
far as they name nothing else (`Detector.words_of_name`): whoever says "Mario Rossi" once may say "Rossi" from then on.
Its other words are sought directly after a title (`titles`), and all of it also where it is joined (`joined_names`). In
identifiers of tools and schemas no word of a name is sought: a tool called `Price` is nobody's.

A request in which nothing was found costs nothing, any other one substring search for each value in all texts at once;
of many values one pass over the words of all texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from msgspec.structs import replace

from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import ESCAPES, Unescaped
from tokenfoundry.privacy.joined_names import JoinedNames
from tokenfoundry.privacy.known_values import PERSON, Known, both_ways, is_carried, words_in
from tokenfoundry.privacy.titles import is_addressed, words_that_begin_as_names

_MOST_SOUGHT: Final = 64  # Of more values, the words of a text are faster to look at than the text for each value.
_WORD = re.compile(r"\w+")
_MOST_COUNTED: Final = 16  # Of more, it is faster to look at the words of all texts first.
_BETWEEN: Final = "\0"  # Texts that are searched at once.
_REASON: Final = "found elsewhere in the request"

Looked = tuple[str, str, bool]
"""A text, its label, and whether it may be JSON."""

WordsOfName = Callable[[str], Sequence[str]]
"""The words of a name that by themselves still name whoever bears it."""

Place = tuple[int, int, str]
"""Where a value stands, and of which entity it is."""


class Carried:
    """The texts of one request and what was found in them. Not thread-safe."""

    __slots__ = ("_found", "_is_any_found", "_missed", "_words_of_name", "identifiers")

    def __init__(self, words_of_name: WordsOfName = lambda name: ()) -> None:
        self._words_of_name = words_of_name
        self._found: dict[Looked, list[Finding]] = {}
        self._is_any_found = False
        self._missed: dict[Looked, list[Finding]] = {}
        self.identifiers: set[str] = set()
        """Texts in which no word of a name is sought: as identifiers of tools and schemas they go as they are."""

    def add(self, looked: Looked, findings: list[Finding]) -> None:
        """A text that was looked at."""
        self._found[looked] = findings
        self._is_any_found = self._is_any_found or bool(findings)

    def findings(self, looked: Looked) -> list[Finding] | None:
        """What is in a text, with what was missed at first; None for one that was not looked at."""
        missed = self._missed.get(looked)
        return self._found.get(looked) if missed is None else missed

    def seek(self, known: Known | None = None, protected: Collection[str] = ()) -> bool:
        """Whether any value that was found was missed in a text; or any that is `known`, of an entity among those that
        are `protected`.
        """
        if not self._is_any_found and not known:
            return False
        values: dict[str, str] = {}
        inside: list[str] = []
        for (text, _, may_be_json), findings in self._found.items():
            for finding in findings:
                value = text[finding.start : finding.end]
                inside.append(value)
                if may_be_json and "\\" in value:
                    value = Unescaped(value).text
                values.setdefault(value, finding.entity)
        texts = _BETWEEN.join([text for looked in self._found for text in _readings(looked)])
        parts, addressed = self._parts_of(values)
        if len(values) + len(parts) > _MOST_COUNTED:
            stray = self._stray_by_words(values, parts)
        else:
            found = _BETWEEN.join(inside)
            stray = [value for value in (*values, *parts) if texts.count(value) > found.count(value)]
        sought = {value: values.get(value, PERSON) for value in stray if is_carried(value)}
        names = [value for value, entity in values.items() if entity == PERSON and is_carried(value)]
        if known:
            words = words_in(texts)
            for entity, value, name in known.among(words):
                if entity not in protected or value in values or value in parts:
                    continue
                if not name or value in self._alone(name):
                    sought[value] = entity
                else:
                    addressed.add(value)
            if PERSON in protected:
                names += known.names_among(words)
        joined = JoinedNames(names).among(texts)
        if sought or addressed or joined:
            self._seek(sought, joined, Addressed(addressed))
        return bool(self._missed)

    def _seek(self, values: Mapping[str, str], joined: JoinedNames, addressed: Addressed) -> None:
        everywhere = Sought(values)
        # A name of one word is one of the words of a name.
        whole = {value: entity for value, entity in values.items() if entity != PERSON or not _is_one_word(value)}
        in_identifiers = Sought(whole) if self.identifiers else everywhere
        for looked, findings in self._found.items():
            is_identifier = looked[0] in self.identifiers
            places = [*_places(in_identifiers if is_identifier else everywhere, looked), *_places(joined, looked)]
            if not is_identifier:
                places += _places(addressed, looked)
            if places and (made := merged(findings, places)) is not findings:
                self._missed[looked] = made

    def _parts_of(self, values: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """What of the names among them is sought by itself, and what is only after a title."""
        alone: set[str] = set()
        addressed: set[str] = set()
        for name, entity in values.items():
            if entity == PERSON and not name.isalpha():
                alone.update(self._alone(name))
                addressed.update(words_that_begin_as_names(name))
        return alone.difference(values), addressed.difference(alone)

    def _alone(self, name: str) -> list[str]:
        """The words of a name that are sought, each in both ways in which names are written."""
        return [written for word in self._words_of_name(name) for written in both_ways(word)]

    def _stray_by_words(self, values: Collection[str], parts: Collection[str]) -> list[str]:
        """The values that may stand in the texts besides where they were found: a few too many, never one too few."""
        outside: list[str] = []
        for looked, findings in self._found.items():
            text, *read = _readings(looked)
            done = 0
            for finding in findings:
                outside.append(text[done : finding.start])
                done = finding.end
            outside += (text[done:], *read)
        present = words_in(_BETWEEN.join(outside))
        stray = [part for part in parts if words_in(part) <= present]
        # Each word of one stands outside of what was found, or in another value, which may be a part of it.
        words = {value: words_in(value) for value in values}
        times = Counter(chain.from_iterable(words.values()))
        present.update(word for word, count in times.items() if count > 1)
        return stray + [value for value in values if words[value] <= present]


def with_missed(text: str, findings: list[Finding], words_of_name: WordsOfName) -> list[Finding]:
    """The findings in one text, with the places in which their values were missed."""
    if not findings:
        return findings
    carried, looked = Carried(words_of_name), (text, "", True)
    carried.add(looked, findings)
    carried.seek()
    return carried.findings(looked) or findings


class Sought:
    """Some values, and where they stand in texts.

    >>> list(Sought({"Rossi": "PERSON", "Mario Rossi": "PERSON"}).places("Mario Rossi, Rossini"))
    [(6, 11, 'PERSON'), (0, 11, 'PERSON')]
    """

    __slots__ = ("_entities", "_heads")

    def __init__(self, entities: Mapping[str, str]) -> None:
        """`entities` of each value."""
        self._entities = entities
        self._heads: dict[str, list[tuple[str, int]]] = {}  # By the first word: values, and where in them it begins.
        if len(entities) > _MOST_SOUGHT:
            for value in entities:
                if (head := _WORD.search(value)) is not None:
                    self._heads.setdefault(head[0], []).append((value, head.start()))

    def places(self, text: str) -> Iterator[Place]:
        """Everywhere that a value stands, in no order; they may overlap."""
        for value, start in self._at_words(text) if self._heads else self._at_values(text):
            end = start + len(value)
            if not (_goes_on(text, start) or _goes_on(text, end)):
                yield start, end, self._entities[value]

    def _at_values(self, text: str) -> Iterator[tuple[str, int]]:
        for value in self._entities:
            at = text.find(value)
            while at >= 0:
                yield value, at
                at = text.find(value, at + 1)

    def _at_words(self, text: str) -> Iterator[tuple[str, int]]:
        for word in _WORD.finditer(text):
            for value, before in self._heads.get(word[0], ()):
                start = word.start() - before
                if start >= 0 and text.startswith(value, start):
                    yield value, start


class Addressed(Sought):
    """Words of names, and where they stand after a title."""

    __slots__ = ()

    def __init__(self, words: Collection[str]) -> None:
        super().__init__(dict.fromkeys(words, PERSON))

    def places(self, text: str) -> Iterator[Place]:
        """Everywhere that a word stands after a title."""
        return (place for place in super().places(text) if is_addressed(text, place[0]))


def merged(findings: list[Finding], places: Iterable[Place]) -> list[Finding]:
    """The findings with these places among them, in order and disjoint; what overlaps is one, called as the longest of
    it. The findings themselves when they have all places in them.
    """
    added = [Finding(entity, start, end, 1.0, _REASON) for start, end, entity in places]
    made: list[Finding] = []
    longest = 0  # Of what the last one is made of.
    for each in sorted([*findings, *added], key=lambda finding: (finding.start, -finding.end)):
        size = each.end - each.start
        if not made or each.start >= made[-1].end:
            made.append(each)
            longest = size
        elif each.end > made[-1].end:
            longer = each if size > longest else made[-1]
            made[-1] = replace(longer, start=made[-1].start, end=each.end, reason=_REASON)
            longest = max(longest, size)
    known = [(finding.start, finding.end) for finding in findings]
    return findings if [(finding.start, finding.end) for finding in made] == known else made


def _is_one_word(name: str) -> bool:
    return len(_WORD.findall(name)) == 1


def _readings(looked: Looked) -> list[str]:
    """A text as it is written, and as it reads as JSON where that is another one."""
    text, _, may_be_json = looked
    return [text, Unescaped(text).text] if may_be_json and ESCAPES.search(text) is not None else [text]


def _places(sought: Sought | JoinedNames, looked: Looked) -> Iterator[Place]:
    text, _, may_be_json = looked
    yield from sought.places(text)
    if may_be_json and ESCAPES.search(text) is not None:
        read = Unescaped(text)
        for start, end, entity in sought.places(read.text):
            yield read.position(start), read.position(end), entity


def _goes_on(text: str, at: int) -> bool:
    """Whether a word is cut there."""
    return 0 < at < len(text) and _is_word(text[at - 1]) and _is_word(text[at])


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
