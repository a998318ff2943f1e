"""How much of what you labelled is found, and how much of what is found you labelled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final, NamedTuple

from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.html import span, table
from tokenfoundry.privacy import Detector, Finding

_AROUND: Final = 40
_SURE: Final = 1.959964  # Of a normal distribution, 95 % lie within so many standard deviations.


class Label(NamedTuple):
    """What somebody says is in a text: `text[start:end]`, in code points."""

    entity: str
    start: int
    end: int


class Interval(NamedTuple):
    """A share, and where it is with 95 % of certainty; all nan of nothing."""

    share: float
    low: float
    high: float


@dataclass(slots=True)
class EntityMeasure:
    """One kind: how many were labelled, how many were found, and how many of them are the same."""

    labelled: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> Interval:
        """Of what was found, how much is labelled."""
        return wilson(self.right, self.found)

    @property
    def recall(self) -> Interval:
        """Of what is labelled, how much was found."""
        return wilson(self.right, self.labelled)

    @property
    def f1(self) -> float:
        """The harmonic mean of both shares."""
        return 2 * self.right / (self.labelled + self.found) if self.labelled + self.found else math.nan


@dataclass(frozen=True, slots=True, repr=False)
class Mistake:
    """One that was missed, or found and not labelled. In a notebook it shows the text around it. `repr` does not."""

    entity: str
    text: str
    start: int
    end: int

    def _repr_html_(self) -> str:
        before = self.text[max(0, self.start - _AROUND) : self.start]
        after = self.text[self.end : self.end + _AROUND]
        return f"{escape(before)}{span(self.entity, self.text[self.start : self.end])}{escape(after)}"

    def __repr__(self) -> str:
        return f"Mistake({self.entity} at {self.start}..{self.end})"


@dataclass(slots=True)
class Measured:
    """Made by `measure`. In a notebook it shows itself as a table."""

    entities: dict[str, EntityMeasure] = field(default_factory=dict)
    missed: list[Mistake] = field(default_factory=list)
    invented: list[Mistake] = field(default_factory=list)

    def _repr_html_(self) -> str:
        rows = [
            [
                span(entity, entity),
                f"{of.labelled:,}",
                f"{of.found:,}",
                f"{of.right:,}",
                _shown(of.precision),
                _shown(of.recall),
                f"{of.f1:.1%}",
            ]
            for entity, of in sorted(self.entities.items())
        ]
        columns = ["entity", "labelled", "found", "right", "precision (95 %)", "recall (95 %)", "F1"]
        return table(columns, rows)

    def __repr__(self) -> str:
        shares = {
            entity: (round(of.precision.share, 3), round(of.recall.share, 3)) for entity, of in self.entities.items()
        }
        return f"Measured(precision and recall {shares})"


def measure(
    texts: Iterable[tuple[str, Sequence[Label | tuple[str, int, int]]]],
    detector: Detector | None = None,
    *,
    entities: Sequence[str] | None = None,
    overlap: float = 0.5,
) -> Measured:
    """Compares what `detector` finds with the labels of each text.

    A find is right if a label of the same entity has at least `overlap` of their union in common with it (1: the same
    place); each counts once. Only `entities` are judged, or those that are labelled anywhere: where a kind was never
    labelled, what is found of it is no mistake. Raises `InvalidInput` for a label that names no place in its text.

    >>> texts = [("Scrivi a anna@example.it", [("EMAIL_ADDRESS", 9, 24)]), ("niente", [])]
    >>> measure(texts)
    Measured(precision and recall {'EMAIL_ADDRESS': (1.0, 1.0)})
    """
    detector = detector or Detector()
    labelled = [(text, [Label(*label) for label in labels]) for text, labels in texts]
    for text, labels in labelled:
        for label in labels:
            if not 0 <= label.start < label.end <= len(text):
                raise InvalidInput(f"a label of {label.entity} names no place in its text: {label.start}..{label.end}")
    judged = set(entities) if entities is not None else {label.entity for _, labels in labelled for label in labels}
    measured = Measured({entity: EntityMeasure() for entity in sorted(judged)})
    for (text, labels), findings in zip(labelled, detector.detect_batch([text for text, _ in labelled]), strict=True):
        found = [finding for finding in findings if finding.entity in judged]
        _compare(measured, text, [label for label in labels if label.entity in judged], found, overlap)
    return measured


def wilson(right: int, of: int) -> Interval:
    """A share of `of` tries and its interval at 95 %.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    >>> [round(share, 3) for share in wilson(9, 10)]
    [0.9, 0.596, 0.982]
    """
    if not of:
        return Interval(math.nan, math.nan, math.nan)
    share, squared = right / of, _SURE**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = _SURE / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def _compare(measured: Measured, text: str, labels: list[Label], found: list[Finding], overlap: float) -> None:
    left = list(found)
    for label in labels:
        of = measured.entities[label.entity]
        of.labelled += 1
        same = next((finding for finding in left if _is_same(label, finding, overlap)), None)
        if same is None:
            measured.missed.append(Mistake(label.entity, text, label.start, label.end))
        else:
            left.remove(same)
            of.right += 1
    for finding in found:
        measured.entities[finding.entity].found += 1
    measured.invented += [Mistake(finding.entity, text, finding.start, finding.end) for finding in left]


def _is_same(label: Label, finding: Finding, overlap: float) -> bool:
    common = min(label.end, finding.end) - max(label.start, finding.start)
    union = max(label.end, finding.end) - min(label.start, finding.start)
    return label.entity == finding.entity and common > 0 and common >= overlap * union


def _shown(interval: Interval) -> str:
    if math.isnan(interval.share):
        return "none"
    return f"{interval.share:.1%} ({interval.low:.1%} to {interval.high:.1%})"
