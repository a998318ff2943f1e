"""Matching of Presidio's patterns in time linear in the text: the detector finds, nothing here backtracks."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tokenfoundry.compat.presidio.charset import EDGE, LAST_LETTER, escaped
from tokenfoundry.compat.presidio.syntax import Unsupported
from tokenfoundry.compat.presidio.translate import Case, cases
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Detector, Pattern

DEFAULT_FLAGS = re.DOTALL | re.MULTILINE | re.IGNORECASE  # Presidio's.

Span = tuple[int, int]
Order = tuple[int, int]  # A span's start and its end negated: the first and of these the longest comes first.

_WORDS_PER_CASE = 100
_SEARCHED_AGAIN = 4  # Characters for each of the text, at most.
_SEARCH_COST = 32  # What starting a search costs, in characters.
_CASE_NAME = re.compile(r"pattern R(\d+)C\d+X ")


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression and what it is called in messages."""

    label: str
    regex: str
    flags: int = DEFAULT_FLAGS

    def cases(self) -> tuple[Case, ...]:
        return cases(self.regex, self.flags)


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they stand, between characters that are of no word."""

    label: str
    words: tuple[str, ...]
    flags: int = DEFAULT_FLAGS

    def cases(self) -> tuple[Case, ...]:
        option = "(?i)" if self.flags & re.IGNORECASE else ""
        return tuple(
            Case(f"{option}(?:{'|'.join(''.join(map(escaped, word)) for word in some)})", 0, 0, whole_words=True)
            for group in _apart(self.words)
            for some in (group[at : at + _WORDS_PER_CASE] for at in range(0, len(group), _WORDS_PER_CASE))
        )


Rules = tuple[Rule | Words, ...]


class Matcher:
    """Finds the matches of several rules. Immutable; share it between threads.

    Raises `InvalidInput` with the label of the rule that is refused and the reason.
    """

    def __init__(self, rules: Rules) -> None:
        self._cases: list[tuple[int, Case]] = []  # In the order of the detector's patterns.
        patterns: list[Pattern] = []
        self._count = len(rules)
        for index, rule in enumerate(rules):
            try:
                for number, case in enumerate(rule.cases()):
                    self._cases.append((index, case))
                    patterns.append(Pattern(f"R{index}C{number}X", case.regex, score=1.0))
            except Unsupported as error:
                raise InvalidInput(f"{rule.label}: {error}") from None
        try:
            self._detector = Detector([], patterns=patterns, score_threshold=0.0, cache_dir="")
        except InvalidInput as error:
            raise InvalidInput(_with_label(str(error), rules)) from None

    def matches(self, text: str, accepted: Callable[[str], bool] | None = None) -> list[list[Span]]:
        """For each rule its matches in `text` that are `accepted`, in order and disjoint.

        Of those that start at one place it is the longest; the next begins where it ends, or later.
        """
        return _Search(self, text, accepted or (lambda _: True)).found()

    def _candidates(self, padded: str, start: int, end: int) -> Iterator[tuple[int, Span]]:
        """Rule and place of matches in `padded[start:end]`.

        Of those that end at one place the scanner gives the longest alone: of `\\d{2,4}` in `123456` it gives `3456`
        and not `56`. What a match before it cuts off must be searched again.
        """
        for pattern, match_start, match_end in self._detector.pattern_matches(padded[start:end]):
            rule, case = self._cases[pattern]
            first, last = start + match_start + case.lead, start + match_end - case.trail
            if not case.whole_words or not (_is_of_word(padded[first - 1]) or _is_of_word(padded[last])):
                yield rule, (first, last)


class _Search:
    """One text. Places are those in the text with an `EDGE` at both ends."""

    def __init__(self, matcher: Matcher, text: str, accepted: Callable[[str], bool]) -> None:
        self._matcher = matcher
        self._padded = f"{EDGE}{text}{EDGE}"
        self._accepted = accepted
        self._budget = _SEARCHED_AGAIN * len(self._padded) + _SEARCH_COST * 64
        self._border = max((max(case.lead, case.trail) for _, case in matcher._cases), default=0)

    def found(self) -> list[list[Span]]:
        waiting: list[list[Order]] = [[] for _ in range(self._matcher._count)]
        for rule, (start, end) in self._matcher._candidates(self._padded, 0, len(self._padded)):
            if self._accepted(self._padded[start:end]):
                waiting[rule].append((start, -end))
        return [self._disjoint(rule, queue) for rule, queue in enumerate(waiting)]

    def _disjoint(self, rule: int, queue: list[Order]) -> list[Span]:
        heapq.heapify(queue)
        found: list[Span] = []
        done = reach = 0  # The end of the last one found, and how far those go that it cut off.
        while queue or reach > done:
            start, end = (queue[0][0], -queue[0][1]) if queue else (len(self._padded), 0)
            if start < done:
                reach = max(reach, end)
                heapq.heappop(queue)
            elif reach > done and (start > done or end < reach) and self._budget > 0:
                for candidate in self._again(rule, done, reach):
                    heapq.heappush(queue, candidate)
                reach = done
            elif reach > done and start > done:  # A text made to cost time: rather too much is found than too little.
                done = min(reach, start)
                found[-1] = (found[-1][0], done - 1)
                reach = done
            else:
                heapq.heappop(queue)
                found.append((start - 1, end - 1))
                done = end
        return found

    def _again(self, rule: int, start: int, end: int) -> Iterator[Order]:
        """The candidates of one rule in a stretch, with what stands beside it in view."""
        low, high = max(0, start - self._border), min(len(self._padded), end + self._border)
        self._budget -= high - low + _SEARCH_COST
        for other, (first, last) in self._matcher._candidates(self._padded, low, high):
            if other == rule and first >= start and self._accepted(self._padded[first:last]):
                yield first, -last


@lru_cache(maxsize=256)
def matcher(rules: Rules) -> Matcher:
    """A `Matcher`, the one made before if it still is at hand: recognizers that come with each request cost nothing."""
    return Matcher(rules)


def _apart(words: Iterable[str]) -> list[list[str]]:
    """Groups in which no word begins or ends with another: the scanner gives the longest of those alone."""
    groups: list[tuple[list[str], set[str]]] = []
    for word in sorted(set(words), key=lambda word: (len(word), word)):
        inner = {part for at in range(1, len(word)) for part in (word[:at].lower(), word[at:].lower())}
        for group, known in groups:  # noqa: B007 - used below, whichever it is
            if not inner & known:
                break
        else:
            group, known = [], set()
            groups.append((group, known))
        group.append(word)
        known.add(word.lower())
    return [group for group, _ in groups]


def _is_of_word(character: str) -> bool:
    return character == "_" or (character.isalnum() and character <= LAST_LETTER)


def _with_label(message: str, rules: Rules) -> str:
    name = _CASE_NAME.match(message)
    return f"{rules[int(name[1])].label}: it {message[name.end() :]}" if name else message
