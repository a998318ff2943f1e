"""What the analyzer finds and what the anonymizer made of it, in Presidio's shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tokenfoundry.errors import InvalidInput


class InvalidParamError(InvalidInput):
    """A result, operator or parameter is wrong; `err_msg` says which."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.err_msg = message


class AnalysisExplanation:
    """Why something was found, for `return_decision_process=True`. Holds no value of the text."""

    def __init__(
        self,
        recognizer: str,
        original_score: float,
        pattern_name: str | None = None,
        pattern: str | None = None,
        validation_result: bool | None = None,
        textual_explanation: str | None = None,
        regex_flags: int | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.pattern_name = pattern_name
        self.pattern = pattern
        self.original_score = original_score
        self.score = original_score
        self.textual_explanation = textual_explanation
        self.score_context_improvement = 0.0
        self.supportive_context_word = ""
        self.validation_result = validation_result
        self.regex_flags = regex_flags

    def set_improved_score(self, score: float) -> None:
        """The score with what words beside it added."""
        self.score = score
        self.score_context_improvement = score - self.original_score

    def set_supportive_context_word(self, word: str) -> None:
        """The word that improved the score."""
        self.supportive_context_word = word

    def append_textual_explanation_line(self, text: str) -> None:
        """Adds a line to `textual_explanation`."""
        self.textual_explanation = text if self.textual_explanation is None else f"{self.textual_explanation}\n{text}"

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(self.__dict__)

    def __repr__(self) -> str:
        return str(self.to_dict())


class RecognizerResult:
    """One finding: `text[start:end]`, in code points, is an `entity_type` with `score` from 0 to 1.

    >>> RecognizerResult("PERSON", 0, 5, 0.85)
    type: PERSON, start: 0, end: 5, score: 0.85
    """

    RECOGNIZER_NAME_KEY: ClassVar = "recognizer_name"
    RECOGNIZER_IDENTIFIER_KEY: ClassVar = "recognizer_identifier"
    IS_SCORE_ENHANCED_BY_CONTEXT_KEY: ClassVar = "is_score_enhanced_by_context"

    def __init__(
        self,
        entity_type: str,
        start: int,
        end: int,
        score: float,
        analysis_explanation: AnalysisExplanation | None = None,
        recognition_metadata: dict[str, Any] | None = None,
    ) -> None:
        self.entity_type = entity_type
        self.start = start
        self.end = end
        self.score = score
        self.analysis_explanation = analysis_explanation
        self.recognition_metadata = recognition_metadata

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RecognizerResult:
        """A result from its JSON. Raises `InvalidParamError` for one that is wrong or lacks a field."""
        result = cls(*(data.get(name) for name in ("entity_type", "start", "end", "score")))  # type: ignore[arg-type]
        result.check()
        return result

    def check(self) -> None:
        """Raises `InvalidParamError` when a field is missing, of another type, or out of order."""
        check_span(self.start, self.end, self.entity_type)
        if self.score is None:
            raise InvalidParamError("Invalid input, analyzer result must contain score")

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(self.__dict__)

    def append_analysis_explanation_text(self, text: str) -> None:
        """Adds a line to the explanation, when there is one."""
        if self.analysis_explanation:
            self.analysis_explanation.append_textual_explanation_line(text)

    def intersects(self, other: RecognizerResult) -> int:
        """The number of characters in both."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def contained_in(self, other: RecognizerResult) -> bool:
        """Whether all of it is in `other`."""
        return other.contains(self)

    def contains(self, other: RecognizerResult) -> bool:
        """Whether all of `other` is in it."""
        return self.start <= other.start and other.end <= self.end

    def equal_indices(self, other: RecognizerResult) -> bool:
        """Whether both are at the same place."""
        return (self.start, self.end) == (other.start, other.end)

    def has_conflict(self, other: RecognizerResult) -> bool:
        """Whether `other` covers it, and at the same place is no less sure."""
        return self.score <= other.score if self.equal_indices(other) else other.contains(self)

    def _key(self) -> tuple[object, ...]:
        return self.entity_type, self.start, self.end, self.score

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecognizerResult) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __gt__(self, other: RecognizerResult) -> bool:
        return (self.start, self.end) > (other.start, other.end)

    def __lt__(self, other: RecognizerResult) -> bool:
        return other > self

    def __repr__(self) -> str:
        return f"type: {self.entity_type}, start: {self.start}, end: {self.end}, score: {self.score}"


class OperatorResult:
    """What an operator put in place of one finding; `start` and `end` are positions in the new text."""

    def __init__(
        self,
        start: int,
        end: int,
        entity_type: str,
        text: str | None = None,
        operator: str | None = None,
        score: float | None = None,
    ) -> None:
        check_span(start, end, entity_type)
        self.start = start
        self.end = end
        self.entity_type = entity_type
        self.text = text
        self.operator = operator
        self.score = score

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> OperatorResult:
        """An item from its JSON. Raises `InvalidParamError` for one that is wrong or lacks a field."""
        score = json.get("score")
        return cls(
            json.get("start"),  # type: ignore[arg-type]  # Checked by the constructor.
            json.get("end"),  # type: ignore[arg-type]
            json.get("entity_type"),  # type: ignore[arg-type]
            json.get("text"),
            json.get("operator"),
            None if score is None else float(score),
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(self.__dict__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OperatorResult) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.start, self.end, self.entity_type, self.operator, self.text

    def __repr__(self) -> str:
        return str(self.to_dict())


class EngineResult:
    """The new text and, from its end to its start, what was put in."""

    def __init__(self, text: str | None = None, items: list[OperatorResult] | None = None) -> None:
        self.text = text if text is not None else ""
        self.items = items if items is not None else []

    def to_dict(self) -> dict[str, Any]:
        """Text and items as plain values."""
        return {"text": self.text, "items": [item.to_dict() for item in self.items]}

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EngineResult) and (self.text, self.items) == (other.text, other.items)

    __hash__ = None  # type: ignore[assignment]  # Mutable, as Presidio's is.

    def __repr__(self) -> str:
        items = ",\n    ".join(map(str, self.items))
        return f"text: {self.text}\nitems:\n[\n    {items}\n]\n"


@dataclass
class DictAnalyzerResult:
    """The findings in one value of a dictionary: a list for a text, a list of lists for a list, results for a dict."""

    key: str
    value: Any
    recognizer_results: Sequence[RecognizerResult] | Sequence[Sequence[RecognizerResult]] | Iterator[DictAnalyzerResult]


DictRecognizerResult = DictAnalyzerResult


def check_span(start: object, end: object, entity_type: object) -> None:
    """Raises `InvalidParamError` unless this is a place in a text and a name."""
    for name, value in (("start", start), ("end", end)):
        if value is None:
            raise InvalidParamError(f"Invalid input, result must contain {name}")
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidParamError(f"Invalid parameter value for {name}: expected an integer")
    if not entity_type or not isinstance(entity_type, str):
        raise InvalidParamError("Invalid input, result must contain entity_type")
    assert isinstance(start, int)
    assert isinstance(end, int)
    if start < 0 or end < 0:
        raise InvalidParamError("Invalid input, result start and end must be positive")
    if start > end:
        raise InvalidParamError(f"Invalid input, start index '{start}' must be smaller than end index '{end}'")
