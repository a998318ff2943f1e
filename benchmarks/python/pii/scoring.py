"""Precision, recall and F1 of findings against truths.

A finding is right when it is of the truth's entity and shares with one of its extents at least half of what the two
cover together. Each truth is found once. A finding that is not right is wrong, except

- a piece of a truth of its own entity that was found by another piece (a date and its time),
- one over a truth that has the finding's entity as an alias (a fiscal code of 11 digits taken for a VAT number): the
  truth is missed all the same,
- a date without any digit: "yesterday" is one to some and not to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pii.items import Extent, Item, Truth


@dataclass(frozen=True, slots=True)
class Found:
    entity: str
    start: int
    end: int
    score: float = 1.0


@dataclass(slots=True)
class Score:
    """Counts of one entity. `exact` are the right ones that begin and end where they should."""

    right: int = 0
    exact: int = 0
    missed: int = 0
    wrong: int = 0

    def add(self, other: Score) -> None:
        self.right += other.right
        self.exact += other.exact
        self.missed += other.missed
        self.wrong += other.wrong

    @property
    def truths(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return _ratio(self.right, self.truths)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.right, 2 * self.right + self.missed + self.wrong)

    @property
    def exact_f1(self) -> float:
        """As if every finding with another border were wrong, and its truth missed."""
        return _ratio(2 * self.exact, 2 * self.right + self.missed + self.wrong)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """One item, one entity: the truths that were missed and the findings that are wrong."""

    score: Score
    missed: tuple[Truth, ...]
    wrong: tuple[Found, ...]


def overlap(first: Extent, second: Extent) -> float:
    """The part of what both cover together that both cover."""
    shared = min(first[1], second[1]) - max(first[0], second[0])
    return shared / (max(first[1], second[1]) - min(first[0], second[0])) if shared > 0 else 0.0


def _best(found: Found, truth: Truth) -> float:
    return max(overlap((found.start, found.end), extent) for extent in truth.extents)


def _mostly_inside(found: Found, truth: Truth) -> bool:
    widest = (min(start for start, _ in truth.extents), max(end for _, end in truth.extents))
    shared = min(found.end, widest[1]) - max(found.start, widest[0])
    return 2 * shared >= found.end - found.start


def judge(item: Item, findings: Sequence[Found], entity: str, *, at_least: float = 0.5) -> Judgement:
    """How the findings of one entity fare on one item. `at_least` is the overlap that makes one right; 0 is any."""
    truths = [truth for truth in item.truths if truth.entity == entity]
    candidates = [found for found in findings if found.entity == entity]
    pairs = sorted(
        (
            (_best(found, truth), -number, -place)
            for number, truth in enumerate(truths)
            for place, found in enumerate(candidates)
        ),
        reverse=True,
    )
    taken_truths: dict[int, int] = {}
    taken_findings: set[int] = set()
    for part, number, place in pairs:
        if part > 0 and part >= at_least and -number not in taken_truths and -place not in taken_findings:
            taken_truths[-number] = -place
            taken_findings.add(-place)

    score = Score(right=len(taken_truths), missed=len(truths) - len(taken_truths))
    for number, place in taken_truths.items():
        score.exact += (candidates[place].start, candidates[place].end) in truths[number].extents
    found_truths = [truths[number] for number in taken_truths]
    aliased = [truth for truth in item.truths if entity in truth.aliases]
    wrong = tuple(
        found
        for place, found in enumerate(candidates)
        if place not in taken_findings
        and not any(_mostly_inside(found, truth) for truth in [*found_truths, *aliased])
        and not (entity == "DATE_TIME" and not any(map(str.isdigit, item.text[found.start : found.end])))
    )
    score.wrong = len(wrong)
    missed = tuple(truth for number, truth in enumerate(truths) if number not in taken_truths)
    return Judgement(score, missed, wrong)


def total(items: Sequence[Item], findings: Sequence[Sequence[Found]], entity: str, *, at_least: float = 0.5) -> Score:
    score = Score()
    for item, found in zip(items, findings, strict=True):
        score.add(judge(item, found, entity, at_least=at_least).score)
    return score


def disjoint(findings: Iterable[Found]) -> list[Found]:
    """Of overlapping findings the surest, then the longest: what a user of a detector that reports all would keep.

    Dates yield to all else: a language model takes many a number for one.
    """
    kept: list[Found] = []
    for found in sorted(
        findings, key=lambda one: (one.entity == "DATE_TIME", -one.score, one.start - one.end, one.start)
    ):
        if all(found.end <= other.start or other.end <= found.start for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda one: one.start)


THRESHOLDS = (0.0, 0.2, 0.35, 0.5)


def best_threshold(
    items: Sequence[Item], findings: Sequence[Sequence[Found]], entities: Sequence[str]
) -> tuple[float, list[list[Found]]]:
    """The score below which a detector's findings are best left out, by mean F1 on these very items: in its favour."""

    def kept(threshold: float) -> list[list[Found]]:
        return [disjoint(one for one in found if one.score >= threshold) for found in findings]

    def mean(threshold: float) -> float:
        left = kept(threshold)
        return sum(total(items, left, entity).f1 for entity in entities)

    threshold = max(THRESHOLDS, key=mean)
    return threshold, kept(threshold)
