"""How hard a prompt looks: a number from 0 to 1, the same for the same prompt, without a model.

    score = 1 / (1 + exp(-(bias + sum of weight x feature)))        a feature is from 0 to 1

It is read from the last message of the user, redacted as it will be sent: what kind of words its instruction uses
(`lexicon.py`), and its outer features: length, turns, code, mathematics, tools, the length that is asked for. Of a long
text the words at its beginning and end count, where instructions stand; so a long document does not make a hard
question. The weights are fitted on labelled prompts in five languages (`scores.py`); 0.5 is the fitted threshold
between what a small model does well and what it does not.

About 28 us for a prompt of 1.2 KB, bounded for any prompt; it is only read when a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log2
from typing import NamedTuple

from tokenfoundry.routing.lexicon import STEM_LETTERS, function_words, stems
from tokenfoundry.routing.scores import BIAS, WEIGHTS

_HEAD_CHARACTERS = 500
_TAIL_CHARACTERS = 300
_SCANNED_CHARACTERS = 4096  # Of a long text, for the signs of code and mathematics.
_LEAST_INSTRUCTION = 16  # A shorter first paragraph is a greeting or a heading.

_STEMS = stems()
_KNOWN = frozenset(_STEMS)
_FUNCTION_WORDS = tuple(function_words().items())
_PUNCTUATION = ".,:;?!()'\"’"

# How many words of a kind make its feature 1.
_ENOUGH: Mapping[str, int] = {
    "lookup": 2,
    "work": 2,
    "judgement": 3,
    "mathematics": 3,
    "software": 4,
    "constraints": 4,
    "steps": 3,
    "brief": 2,
    "extensive": 2,
    "documents": 3,
}
_OUTER = "length turns tools output code symbols numbers questions clauses list body instruction english"
FEATURES = (*_ENOUGH, *_OUTER.split())


class Outline(NamedTuple):
    """What the score is read from beside the text."""

    turns: int = 1
    tools: int = 0
    max_output_tokens: int = 0


class Score(NamedTuple):
    """`features` are those that are not 0; `language` is it, en, fr, de, es or other."""

    value: float
    features: dict[str, float]
    language: str

    @property
    def contributions(self) -> dict[str, float]:
        """What each feature adds to the score before it is squeezed into 0 to 1, the largest first."""
        parts = {name: value * WEIGHTS[name] for name, value in self.features.items()}
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def score(text: str, outline: Outline = Outline()) -> Score:  # noqa: B008 (immutable)
    """The score of a prompt.

    >>> score("Translate into French: good morning").value < 0.5 < score("Prove that 2 has an irrational root").value
    True
    """
    features, language = features_of(text, outline)
    total = BIAS
    for name, value in features.items():
        total += WEIGHTS[name] * value
    return Score(1 / (1 + exp(-total)), features, language)


def features_of(text: str, outline: Outline) -> tuple[dict[str, float], str]:
    """The features that are not 0, and the language."""
    instruction = _instruction(text)
    plain = instruction.lower()
    for mark in _PUNCTUATION:
        plain = plain.replace(mark, " ")
    words = set(plain.split())
    counts: dict[str, int] = {}
    for stem in _KNOWN.intersection([word[:STEM_LETTERS] for word in words]):
        for kind in _STEMS[stem]:
            counts[kind] = counts.get(kind, 0) + 1
    found = {kind: min(1.0, count / _ENOUGH[kind]) for kind, count in counts.items()}
    language = _language(words)
    scanned = text if len(text) <= _SCANNED_CHARACTERS else text[:_SCANNED_CHARACTERS]
    # Bounds are where a feature has said all it can.
    amounts = (
        ("length", log2(1 + len(text)) / 14),
        ("turns", (outline.turns - 1) / 8),
        ("tools", outline.tools / 6),
        ("output", log2(1 + outline.max_output_tokens) / 12),
        ("code", (scanned.count("{") + scanned.count("()") + scanned.count(";\n") + 4 * scanned.count("```")) / 8),
        ("symbols", (scanned.count("=") + scanned.count("^")) / 6),
        ("numbers", len([word for word in words if "0" <= word < ":"]) / 6),
        ("questions", (instruction.count("?") - 1) / 2),
        ("clauses", (instruction.count(", ") + 2 * instruction.count("; ")) / 8),
        ("list", scanned.count("\n- ") / 6),
        ("body", 1 - len(instruction) / len(text) if text else 0.0),
        ("instruction", len(words) / 60),
        ("english", float(language == "en")),
    )
    for name, value in amounts:
        if value > 0:
            found[name] = min(1.0, value)
    return found, language


def language_of(text: str) -> str:
    """it, en, fr, de or es, by the most frequent words of each; other when none is ahead.

    >>> language_of("Qual è la capitale del Portogallo?"), language_of("42")
    ('it', 'other')
    """
    plain = text[:_HEAD_CHARACTERS].lower()
    for mark in _PUNCTUATION:
        plain = plain.replace(mark, " ")
    return _language(set(plain.split()))


def _instruction(text: str) -> str:
    """What is asked, of a text that may carry a document: its beginning and its end, up to an empty line."""
    if len(text) <= _HEAD_CHARACTERS:
        return text
    head, tail = text[:_HEAD_CHARACTERS], text[max(_HEAD_CHARACTERS, len(text) - _TAIL_CHARACTERS) :]
    cut = head.find("\n\n", _LEAST_INSTRUCTION)
    if cut > 0:
        head = head[:cut]
    return head + "\n" + tail.rpartition("\n\n")[2]


def _language(words: set[str]) -> str:
    best, second, language = 0, 0, "other"
    for name, frequent in _FUNCTION_WORDS:
        hits = len(frequent & words)
        if hits > best:
            best, second, language = hits, best, name
        elif hits > second:
            second = hits
    return language if best > second else "other"
