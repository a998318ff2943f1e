"""Recognizers of your own, as Presidio has them: by pattern, by list of words, or by any code."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from tokenfoundry.compat.presidio.matcher import DEFAULT_FLAGS, Rule, Words, matcher
from tokenfoundry.compat.presidio.results import AnalysisExplanation, RecognizerResult
from tokenfoundry.errors import InvalidInput


class Pattern:
    """An expression in Python's syntax, with a name and the score of what it matches.

    Raises `InvalidInput` for a score outside 0 to 1; the expression is judged by the recognizer it is given to.

    >>> Pattern("zip", r"\\b\\d{5}\\b", 0.4)
    {"name": "zip", "score": 0.4, "regex": "\\\\b\\\\d{5}\\\\b"}
    """

    def __init__(self, name: str, regex: str, score: float) -> None:
        if not 0 <= score <= 1:
            raise InvalidInput(f"Invalid score: {score}. Score should be between 0 and 1")
        self.name = name
        self.regex = regex
        self.score = score

    @classmethod
    def from_dict(cls, pattern_dict: Mapping[str, Any]) -> Pattern:
        """A pattern from a mapping of its fields."""
        return cls(**pattern_dict)

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return {"name": self.name, "score": self.score, "regex": self.regex}

    def __repr__(self) -> str:
        return json.dumps(self.to_dict())


class EntityRecognizer(ABC):
    """Base of every recognizer, yours too.

    `analyze` is called with `nlp_artifacts=None`: there is no language model behind this.
    """

    MIN_SCORE: ClassVar = 0.0
    MAX_SCORE: ClassVar = 1.0

    def __init__(
        self,
        supported_entities: Iterable[str],
        name: str | None = None,
        supported_language: str = "en",
        version: str = "0.0.1",
        context: Sequence[str] | None = None,
        country_code: str | None = None,
        score_thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self.supported_entities = list(supported_entities)
        self.name = name or type(self).__name__
        self.supported_language = supported_language
        self.version = version
        self.context = list(context) if context else []
        self.score_thresholds = dict(score_thresholds or {})
        self.is_loaded = False
        self._country_code = country_code

    @property
    def id(self) -> str:
        """Tells this recognizer from others of its name."""
        return f"{self.name}_{id(self)}"

    def load(self) -> None:  # noqa: B027 - most have nothing to load
        """Called once before the first `analyze`."""

    @abstractmethod
    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """What is found of `entities` in `text`."""

    def supports(self, language: str) -> bool:
        """Whether texts in this language are for it."""
        return language == self.supported_language

    def get_supported_entities(self) -> list[str]:
        """The names of what it finds."""
        return self.supported_entities

    def get_supported_language(self) -> str:
        """The language whose texts it is for."""
        return self.supported_language

    def get_version(self) -> str:
        """Its version."""
        return self.version

    def country_code(self) -> str | None:
        """The country whose data it finds; None for any."""
        return self._country_code

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return {
            "supported_entities": self.supported_entities,
            "supported_language": self.supported_language,
            "name": self.name,
            "version": self.version,
        }

    @staticmethod
    def remove_duplicates(results: Iterable[RecognizerResult]) -> list[RecognizerResult]:
        """Without what a result of the same entity covers that is as sure, or scores 0; the surest first."""
        kept: list[RecognizerResult] = []
        near: list[RecognizerResult] = []  # Of the entity at hand, those that still reach to where we are.
        for result in sorted(set(results), key=lambda r: (r.entity_type, r.start, -r.end, -r.score)):
            near = [other for other in near if other.entity_type == result.entity_type and other.end >= result.start]
            covered = any(other.contains(result) and other.score >= result.score for other in near)
            if result.score > 0 and not covered:
                kept.append(result)
                near.append(result)
        return sorted(kept, key=lambda r: (-r.score, r.start, -r.end))

    @staticmethod
    def sanitize_value(text: str, replacement_pairs: Iterable[tuple[str, str]]) -> str:
        """`text` with the first of each pair replaced by the second."""
        for old, new in replacement_pairs:
            text = text.replace(old, new)
        return text


LocalRecognizer = EntityRecognizer


class PatternRecognizer(EntityRecognizer):
    """Finds one entity by patterns and by words that always are one (`deny_list`).

    Expressions are Python's; see the page beside this module for what cannot be had. Raises `InvalidInput` with the
    name of the recognizer and of the pattern, and the reason, for such a one.

    A subclass may judge matches: `validate_result` returns True for a proved one (its score becomes 1), False for
    none, None for no opinion; `invalidate_result` returns True for none.

    >>> recognizer = PatternRecognizer("ZIP", patterns=[Pattern("zip", r"(?<!\\d)\\d{5}(?!\\d)", 0.3)])
    >>> recognizer.analyze("Via Roma 1, 20121 Milano", ["ZIP"])
    [type: ZIP, start: 12, end: 17, score: 0.3]
    """

    def __init__(
        self,
        supported_entity: str,
        name: str | None = None,
        supported_language: str = "en",
        patterns: Sequence[Pattern] | None = None,
        deny_list: Sequence[str] | None = None,
        context: Sequence[str] | None = None,
        deny_list_score: float = 1.0,
        global_regex_flags: int | None = DEFAULT_FLAGS,
        version: str = "0.0.1",
        country_code: str | None = None,
        score_thresholds: Mapping[str, float] | None = None,
    ) -> None:
        if not supported_entity:
            raise InvalidInput("Pattern recognizer should be initialized with entity")
        if not patterns and not deny_list:
            raise InvalidInput("Pattern recognizer should be initialized with patterns or with deny list")
        if any(not isinstance(word, str) or not word for word in deny_list or ()):
            raise InvalidInput(f"recognizer {name or supported_entity}: the words of a deny list must be text")
        super().__init__([supported_entity], name, supported_language, version, context, country_code, score_thresholds)
        self.patterns = list(patterns or ())
        self.deny_list = list(deny_list or ())
        self.deny_list_score = deny_list_score
        self.global_regex_flags = int(global_regex_flags or 0)
        flags = self.global_regex_flags
        rules = tuple(Rule(f"recognizer {self.name}, pattern {p.name}", p.regex, flags) for p in self.patterns)
        words = (Words(f"recognizer {self.name}, deny list", tuple(self.deny_list), flags),) if deny_list else ()
        self._sources = self.patterns + [Pattern("deny_list", "", deny_list_score) for _ in words]
        self._matcher = matcher((*rules, *words))

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """What is found in `text`, the surest first, without what words beside it would add.

        `regex_flags`, when given, must be those of the recognizer: they are compiled in.
        """
        if regex_flags is not None and int(regex_flags) != self.global_regex_flags:
            raise InvalidInput(f"recognizer {self.name}: give the regex flags when it is made, as global_regex_flags")
        verdicts: dict[str, bool | None] = {}

        def accepted(match: str) -> bool:
            if match not in verdicts:
                verdict = self.validate_result(match)
                verdicts[match] = False if self.invalidate_result(match) else verdict
            return verdicts[match] is not False

        results = []
        for pattern, spans in zip(self._sources, self._matcher.matches(text, accepted), strict=True):
            for start, end in spans:
                verdict = verdicts.get(text[start:end])
                results.append(self._result(pattern, start, end, verdict))
        return self.remove_duplicates(results)

    def validate_result(self, pattern_text: str) -> bool | None:
        """For subclasses: whether a match is proved (True), is none (False), or neither."""
        return None

    def invalidate_result(self, pattern_text: str) -> bool | None:
        """For subclasses: True for a match that is none."""
        return None

    def _result(self, pattern: Pattern, start: int, end: int, verdict: bool | None) -> RecognizerResult:
        explanation = AnalysisExplanation(
            self.name,
            pattern.score,
            pattern.name,
            pattern.regex,
            verdict,
            f"Detected by `{self.name}` using pattern `{pattern.name}`",
            self.global_regex_flags,
        )
        explanation.score = self.MAX_SCORE if verdict else pattern.score
        return RecognizerResult(
            self.supported_entities[0], start, end, explanation.score, explanation, metadata_of(self)
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as `from_dict` takes them."""
        fields = super().to_dict()
        del fields["supported_entities"]
        return fields | {
            "supported_entity": self.supported_entities[0],
            "patterns": [pattern.to_dict() for pattern in self.patterns],
            "deny_list": self.deny_list,
            "context": self.context,
        }

    @classmethod
    def from_dict(cls, entity_recognizer_dict: Mapping[str, Any]) -> PatternRecognizer:
        """A recognizer from a mapping of its fields. Raises `InvalidInput` for an unknown or wrong one."""
        fields = dict(entity_recognizer_dict)
        plural = fields.pop("supported_entities", None)
        if plural and fields.get("supported_entity"):
            raise InvalidInput("a recognizer has both 'supported_entity' and 'supported_entities'")
        if plural:
            if len(plural) != 1:
                raise InvalidInput("a pattern recognizer finds one entity, not several")
            fields["supported_entity"] = plural[0]
        try:
            fields["patterns"] = [Pattern.from_dict(pattern) for pattern in fields.get("patterns") or ()]
            return cls(**fields)
        except TypeError as error:
            raise InvalidInput(f"recognizer {fields.get('name', '')!r}: {error}") from None


def metadata_of(recognizer: EntityRecognizer) -> dict[str, Any]:
    """What a result says about who found it."""
    return {
        RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
    }
