"""`AnonymizerEngine` and `DeanonymizeEngine`: operators applied to findings, with Presidio's rules and results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenfoundry.compat.presidio.conflicts import ConflictResolutionStrategy, joined_over_spaces, resolved
from tokenfoundry.compat.presidio.operators import (
    ANONYMIZERS,
    DEANONYMIZERS,
    Operator,
    OperatorConfig,
)
from tokenfoundry.compat.presidio.results import (
    DictRecognizerResult,
    EngineResult,
    InvalidParamError,
    OperatorResult,
    RecognizerResult,
)

_DEFAULT = "DEFAULT"

Operators = Mapping[str, OperatorConfig]


class _Engine:
    def __init__(self, operators: tuple[type[Operator], ...]) -> None:
        self._operators = {operator().operator_name(): operator for operator in operators}

    def _add(self, operator: type[Operator]) -> None:
        self._operators[operator().operator_name()] = operator

    def _remove(self, operator: type[Operator]) -> None:
        name = operator().operator_name()
        if self._operators.pop(name, None) is None:
            raise InvalidParamError(f"Operator {name} not found in the list")

    def _operate(
        self, text: str, entities: Iterable[RecognizerResult | OperatorResult], operators: Operators
    ) -> EngineResult:
        """From the end to the start. An entity that reaches into the one after it is cut off where that begins."""
        pieces: list[str] = []
        made: list[tuple[int, OperatorResult]] = []  # With the distance of its start from the end of the new text.
        rest, length = len(text), 0
        for entity in entities:
            if not 0 <= entity.start <= entity.end <= len(text):
                raise InvalidParamError(
                    f"Invalid analyzer result, start: {entity.start} and end: {entity.end}, "
                    f"while text length is only {len(text)}."
                )
            config = operators.get(entity.entity_type) or operators.get(_DEFAULT)
            if config is None:
                raise InvalidParamError(f"no operator for {entity.entity_type}, and no {_DEFAULT}")
            changed = self._changed(text[entity.start : entity.end], entity.entity_type, config)
            after = text[min(entity.end, rest) : rest]
            rest = entity.start
            pieces += (after, changed)
            length += len(after) + len(changed)
            item = OperatorResult(0, 0, entity.entity_type, changed, config.operator_name, entity.score)
            made.append((length, item))
        pieces.append(text[:rest])
        new_text = "".join(reversed(pieces))
        for from_end, item in made:
            item.start = len(new_text) - from_end
            item.end = item.start + len(item.text or "")
        return EngineResult(new_text, [item for _, item in made])

    def _changed(self, value: str, entity: str, config: OperatorConfig) -> str:
        operator_type = self._operators.get(config.operator_name)
        if operator_type is None:
            known = ", ".join(self._operators)
            raise InvalidParamError(f"Invalid operator class '{config.operator_name}'; known: {known}")
        operator = operator_type()
        params = {**config.params, "entity_type": entity}
        operator.validate(params)
        return operator.operate(value, params)


class AnonymizerEngine(_Engine):
    """Puts something else in place of what was found.

    >>> found = [RecognizerResult("PERSON", 0, 5, 0.9), RecognizerResult("PHONE_NUMBER", 10, 22, 0.75)]
    >>> masked = OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": 8, "from_end": True})
    >>> AnonymizerEngine().anonymize("Mario, tel 333 1234567", found, {"PHONE_NUMBER": masked}).text
    '<PERSON>, tel 333********'
    """

    def __init__(self) -> None:
        super().__init__(ANONYMIZERS)

    def anonymize(
        self,
        text: str,
        analyzer_results: Iterable[RecognizerResult],
        operators: Operators | None = None,
        conflict_resolution: ConflictResolutionStrategy = ConflictResolutionStrategy.MERGE_SIMILAR_OR_CONTAINED,
        merge_entities_with_spaces: bool = True,
    ) -> EngineResult:
        """The new text and what was put in, from its end to its start; `analyzer_results` stay as they are.

        `operators` map an entity, or `DEFAULT`, to what is done with it; without one it is replaced by its name in
        angle brackets. Overlapping findings of one entity become one, and so do neighbours with only spaces between;
        one inside another is dropped. Raises `InvalidParamError` for a finding outside the text and for an operator
        that is unknown or has wrong parameters.
        """
        copies = [_checked_copy(result) for result in analyzer_results]
        results = resolved(copies, conflict_resolution)
        if merge_entities_with_spaces:
            results = joined_over_spaces(text, results)
        results.sort(key=lambda result: (result.start, result.end), reverse=True)
        return self._operate(text, results, {_DEFAULT: OperatorConfig("replace"), **(operators or {})})

    def add_anonymizer(self, anonymizer_cls: type[Operator]) -> None:
        """Makes an operator of yours known under its name."""
        self._add(anonymizer_cls)

    def remove_anonymizer(self, anonymizer_cls: type[Operator]) -> None:
        """Makes an operator unknown. Raises `InvalidParamError` when it is already."""
        self._remove(anonymizer_cls)

    def get_anonymizers(self) -> list[str]:
        """The names of the known operators."""
        return list(self._operators)


class DeanonymizeEngine(_Engine):
    """Turns back what can be turned back.

    >>> config = {"PERSON": OperatorConfig("deanonymize_keep")}
    >>> DeanonymizeEngine().deanonymize("Ciao <PERSON>", [OperatorResult(5, 13, "PERSON")], config).text
    'Ciao <PERSON>'
    """

    def __init__(self) -> None:
        super().__init__(DEANONYMIZERS)

    def deanonymize(self, text: str, entities: Iterable[OperatorResult], operators: Operators) -> EngineResult:
        """The text with each of `entities`, the items of an anonymized text, as its operator makes it.

        Raises `InvalidParamError` for an item outside the text, an entity without an operator, and a value that the
        key does not open.
        """
        ordered = sorted(entities, key=lambda item: item.start, reverse=True)
        return self._operate(text, ordered, operators)

    def add_deanonymizer(self, deanonymizer_cls: type[Operator]) -> None:
        """Makes an operator of yours known under its name."""
        self._add(deanonymizer_cls)

    def remove_deanonymizer(self, deanonymizer_cls: type[Operator]) -> None:
        """Makes an operator unknown. Raises `InvalidParamError` when it is already."""
        self._remove(deanonymizer_cls)

    def get_deanonymizers(self) -> list[str]:
        """The names of the known operators."""
        return list(self._operators)


class BatchAnonymizerEngine:
    """`AnonymizerEngine` over lists and dictionaries.

    >>> BatchAnonymizerEngine().anonymize_list(["Mario", None], [[RecognizerResult("PERSON", 0, 5, 0.9)], []])
    ['<PERSON>', None]
    """

    def __init__(self, anonymizer_engine: AnonymizerEngine | None = None) -> None:
        self.anonymizer_engine = anonymizer_engine or AnonymizerEngine()

    def anonymize_list(
        self, texts: Sequence[Any], recognizer_results_list: Sequence[Sequence[RecognizerResult]], **kwargs: Any
    ) -> list[Any]:
        """Each text, number or truth value as anonymized text, anything else as it is.

        `kwargs` are those of `AnonymizerEngine.anonymize`. Raises `InvalidParamError` when there are not as many
        lists of results as texts.
        """
        results = recognizer_results_list or [()] * len(texts)
        if len(results) != len(texts):
            raise InvalidParamError(f"{len(texts)} texts, but {len(results)} lists of results")
        return [
            self.anonymizer_engine.anonymize(str(text), found, **kwargs).text if _is_plain(text) else text
            for text, found in zip(texts, results, strict=True)
        ]

    def anonymize_dict(self, analyzer_results: Iterable[DictRecognizerResult], **kwargs: Any) -> dict[str, Any]:
        """A dictionary whose results `BatchAnalyzerEngine.analyze_dict` gave, anonymized value by value."""
        anonymized: dict[str, Any] = {}
        for result in analyzer_results:
            value, found = result.value, result.recognizer_results
            if isinstance(value, dict):
                anonymized[result.key] = self.anonymize_dict(found, **kwargs)  # type: ignore[arg-type]
            elif isinstance(value, str):
                anonymized[result.key] = self.anonymizer_engine.anonymize(value, found, **kwargs).text  # type: ignore[arg-type]
            elif isinstance(value, Iterable):
                anonymized[result.key] = self.anonymize_list(list(value), found, **kwargs)  # type: ignore[arg-type]
            else:
                anonymized[result.key] = value
        return anonymized


def _is_plain(value: object) -> bool:
    return type(value) in (str, bool, int, float)


def _checked_copy(result: RecognizerResult) -> RecognizerResult:
    copy = RecognizerResult(result.entity_type, result.start, result.end, result.score)
    copy.check()
    return copy
