"""`AnalyzerEngine` and its recognizers: parameters, scores, order, and what is not detected."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tokenfoundry.compat.presidio import (
    AnalyzerEngine,
    BatchAnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from tokenfoundry.compat.presidio.predefined import IbanRecognizer  # type: ignore[attr-defined]
from tokenfoundry.errors import InvalidInput

TEXT = "Anna (anna@example.it), IBAN IT60X0542811101000000123456"
Found = list[tuple[str, str]]


@pytest.fixture(scope="module")
def analyzer() -> AnalyzerEngine:
    return AnalyzerEngine()


def values(text: str, results: list[RecognizerResult]) -> Found:
    return [(result.entity_type, text[result.start : result.end]) for result in results]


def zip_recognizer(**options: Any) -> PatternRecognizer:
    return PatternRecognizer("ZIP", patterns=[Pattern("zip", r"\b\d{5}\b", 0.05)], **options)


def test_only_the_entities_asked_for_are_found(analyzer: AnalyzerEngine) -> None:
    results = analyzer.analyze(TEXT, language="it", entities=["IBAN_CODE"])
    assert values(TEXT, results) == [("IBAN_CODE", "IT60X0542811101000000123456")]
    assert results[0].recognition_metadata is not None
    assert results[0].recognition_metadata["recognizer_name"] == "IbanRecognizer"


def test_a_decision_is_explained_when_asked_for(analyzer: AnalyzerEngine) -> None:
    plain = analyzer.analyze(TEXT, "en", entities=["IBAN_CODE"])
    explained = analyzer.analyze(TEXT, "en", entities=["IBAN_CODE"], return_decision_process=True)
    assert plain[0].analysis_explanation is None
    assert explained[0].analysis_explanation is not None
    assert "MOD 97-10" in str(explained[0].analysis_explanation.textual_explanation)
    assert "IT60" not in str(explained[0].analysis_explanation)


@pytest.mark.parametrize("entity", ["LOCATION", "NRP", "ORGANIZATION", "AU_TFN"])
def test_what_presidio_finds_and_this_does_not_is_warned_about(
    analyzer: AnalyzerEngine, caplog: pytest.LogCaptureFixture, entity: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert analyzer.analyze(TEXT, "en", entities=[entity]) == []
    assert f"no recognizer finds {entity}" in caplog.text
    with pytest.raises(InvalidInput, match=f"not looked for: {entity}"):
        AnalyzerEngine(strict=True).analyze(TEXT, "en", entities=[entity])


def test_an_entity_that_nobody_knows_is_refused_when_it_is_alone(analyzer: AnalyzerEngine) -> None:
    with pytest.raises(ValueError, match="No matching recognizers"):
        analyzer.analyze(TEXT, "en", entities=["BADGE"])
    assert len(analyzer.analyze(TEXT, "en", entities=["BADGE", "EMAIL_ADDRESS"])) == 1


def test_recognizers_for_one_call_join_in(analyzer: AnalyzerEngine) -> None:
    text = "20121 anna@example.it"
    found = analyzer.analyze(text, "en", ad_hoc_recognizers=[zip_recognizer()])
    assert values(text, found) == [("EMAIL_ADDRESS", "anna@example.it"), ("ZIP", "20121")]
    assert [entity for entity, _ in values(text, analyzer.analyze(text, "en"))] == ["EMAIL_ADDRESS"]
    assert "ZIP" not in analyzer.get_supported_entities()


def test_a_recognizer_of_yours_serves_its_language_only(analyzer: AnalyzerEngine) -> None:
    german = zip_recognizer(supported_language="de")
    assert analyzer.analyze("20121", "de", ad_hoc_recognizers=[german]) != []
    assert analyzer.analyze("20121", "en", ad_hoc_recognizers=[german]) == []


@pytest.mark.parametrize(
    ("text", "context", "score"),
    [
        ("value 20121", None, 0.05),
        ("zip 20121", None, 0.4),
        ("the Zipcode of it is 20121", None, 0.4),
        ("20121 zip", None, 0.05),
        ("value 20121", ["zip"], 0.4),
        ("zip a b c d e f g h 20121", None, 0.05),
    ],
)
def test_a_word_before_a_match_raises_its_score(
    analyzer: AnalyzerEngine, text: str, context: list[str] | None, score: float
) -> None:
    recognizer = zip_recognizer(context=["zip"])
    results = analyzer.analyze(text, "en", ["ZIP"], ad_hoc_recognizers=[recognizer], context=context)
    assert [result.score for result in results] == [pytest.approx(score)]


def test_the_bonus_of_a_word_is_explained(analyzer: AnalyzerEngine) -> None:
    recognizer = PatternRecognizer("ZIP", patterns=[Pattern("zip", r"\b\d{5}\b", 0.3)], context=["postal code"])
    (result,) = analyzer.analyze(
        "postal code: 20121", "en", ["ZIP"], ad_hoc_recognizers=[recognizer], return_decision_process=True
    )
    explanation = result.analysis_explanation
    assert explanation is not None
    assert (explanation.original_score, result.score) == (0.3, pytest.approx(0.65))
    assert explanation.supportive_context_word == "postal code"
    assert explanation.score_context_improvement == pytest.approx(0.35)


def test_outside_words_speak_for_catalogue_entities_too(analyzer: AnalyzerEngine) -> None:
    """Eleven digits with a check digit: a VAT number where the column says so."""
    text = "00743110157"
    without = [result.score for result in analyzer.analyze(text, "it", ["IT_VAT_CODE"])]
    found = analyzer.analyze(text, "it", ["IT_VAT_CODE"], context=["partita_iva"])
    assert values(text, found) == [("IT_VAT_CODE", text)]
    assert without == [] or without[0] < found[0].score


def test_the_threshold_of_a_call_wins_over_that_of_a_recognizer(analyzer: AnalyzerEngine) -> None:
    recognizer = zip_recognizer(score_thresholds={"default": 0.2})
    assert analyzer.analyze("20121", "en", ["ZIP"], ad_hoc_recognizers=[recognizer]) == []
    assert len(analyzer.analyze("20121", "en", ["ZIP"], ad_hoc_recognizers=[recognizer], score_threshold=0)) == 1
    assert analyzer.analyze(TEXT, "en", ["EMAIL_ADDRESS"], score_threshold=1.0) != []


def test_words_of_a_deny_list_are_found_in_any_case_with_its_score(analyzer: AnalyzerEngine) -> None:
    recognizer = PatternRecognizer("TITLE", deny_list=["Mr.", "Dott.ssa"], deny_list_score=0.6)
    text = "mr. Rossi e DOTT.SSA Bianchi, Mr.X"
    results = analyzer.analyze(text, "en", ["TITLE"], ad_hoc_recognizers=[recognizer])
    assert values(text, results) == [("TITLE", "mr."), ("TITLE", "DOTT.SSA")]
    assert {result.score for result in results} == {0.6}


@pytest.mark.parametrize(
    ("allowed", "how", "left"),
    [
        (["anna@example.it"], "exact", []),
        (["Anna@example.it"], "exact", ["anna@example.it"]),
        ([r"@example\.it$"], "regex", []),
        ([r"^example"], "regex", ["anna@example.it"]),
    ],
)
def test_allowed_values_are_left_out(analyzer: AnalyzerEngine, allowed: list[str], how: Any, left: list[str]) -> None:
    results = analyzer.analyze(TEXT, "en", ["EMAIL_ADDRESS"], allow_list=allowed, allow_list_match=how)
    assert [value for _, value in values(TEXT, results)] == left


def test_an_allowed_expression_that_could_hang_is_none(analyzer: AnalyzerEngine) -> None:
    with pytest.raises(InvalidInput, match=r"^allow_list: "):
        analyzer.analyze(TEXT, "en", allow_list=[r"(\w)\1"], allow_list_match="regex")
    with pytest.raises(InvalidInput, match="'exact' or 'regex'"):
        analyzer.analyze(TEXT, "en", allow_list_match="fuzzy")  # type: ignore[arg-type]


class EvenNumber(PatternRecognizer):
    def __init__(self) -> None:
        super().__init__("EVEN", patterns=[Pattern("digits", r"\d+", 0.1)])

    def validate_result(self, pattern_text: str) -> bool | None:
        return None if pattern_text == "0" else int(pattern_text) % 2 == 0

    def invalidate_result(self, pattern_text: str) -> bool | None:
        return pattern_text == "66"


def test_a_subclass_judges_its_matches() -> None:
    text = "1 2 0 66 44"
    results = EvenNumber().analyze(text, ["EVEN"])
    assert [(text[r.start : r.end], r.score) for r in results] == [("2", 1.0), ("44", 1.0), ("0", 0.1)]


class Shouting(EntityRecognizer):
    def load(self) -> None:
        self.loads = getattr(self, "loads", 0) + 1

    def analyze(self, text: str, entities: Any, nlp_artifacts: Any = None) -> list[RecognizerResult]:
        assert nlp_artifacts is None
        return [RecognizerResult("SHOUT", 0, len(text), 0.5)] if text.isupper() else []


def test_a_recognizer_of_any_code_is_loaded_once_and_named_in_its_results() -> None:
    shouting = Shouting(["SHOUT"], name="Ears")
    analyzer = AnalyzerEngine(RecognizerRegistry([shouting]))
    (result,) = [analyzer.analyze("AH", "en") for _ in range(2)][-1]
    assert shouting.loads == 1
    assert result.recognition_metadata is not None
    assert result.recognition_metadata["recognizer_name"] == "Ears"
    assert analyzer.get_supported_entities() == ["SHOUT"]


def test_results_are_the_surest_first_and_without_those_inside_others() -> None:
    results = [
        RecognizerResult("A", 0, 5, 0.5),
        RecognizerResult("A", 1, 3, 0.5),
        RecognizerResult("A", 1, 3, 0.9),
        RecognizerResult("B", 1, 3, 0.1),
        RecognizerResult("B", 7, 9, 0.0),
        RecognizerResult("A", 0, 5, 0.5),
    ]
    kept = EntityRecognizer.remove_duplicates(results)
    assert [(r.entity_type, r.start, r.score) for r in kept] == [("A", 1, 0.9), ("A", 0, 0.5), ("B", 1, 0.1)]


def test_a_predefined_recognizer_works_by_itself() -> None:
    recognizer = IbanRecognizer()
    assert recognizer.get_supported_entities() == ["IBAN_CODE"]
    assert values(TEXT, recognizer.analyze(TEXT, ["IBAN_CODE"])) == [("IBAN_CODE", "IT60X0542811101000000123456")]
    assert recognizer.analyze(TEXT, ["EMAIL_ADDRESS"]) == []


def test_a_dictionary_is_read_value_by_value_with_its_keys_as_context() -> None:
    row = {
        "mail": "anna@example.it",
        "notes": ["nothing", "bruno@example.it"],
        "inner": {"partita iva": "00743110157", "skipped": "anna@example.it"},
        "none": None,
    }
    analyzed = BatchAnalyzerEngine().analyze_dict(row, language="it", keys_to_skip=["inner.skipped"])
    found = {result.key: result.recognizer_results for result in analyzed}
    assert [result.entity_type for result in found["mail"]] == ["EMAIL_ADDRESS"]  # type: ignore[union-attr]
    assert [len(results) for results in found["notes"]] == [0, 1]  # type: ignore[arg-type]
    inner = {result.key: result.recognizer_results for result in found["inner"]}  # type: ignore[union-attr]
    assert [result.entity_type for result in inner["partita iva"]] == ["IT_VAT_CODE"]  # type: ignore[union-attr]
    assert (inner["skipped"], found["none"]) == ([], [])


def test_a_lone_surrogate_is_refused(analyzer: AnalyzerEngine) -> None:
    with pytest.raises(InvalidInput):
        analyzer.analyze("\ud800", "en")


@pytest.mark.parametrize(
    "make",
    [
        lambda: PatternRecognizer("", patterns=[Pattern("p", "a", 0.5)]),
        lambda: PatternRecognizer("X"),
        lambda: PatternRecognizer("X", deny_list=[""]),
        lambda: Pattern("p", "a", 1.5),
        lambda: PatternRecognizer.from_dict({"supported_entity": "X", "deny_list": ["a"], "colour": "red"}),
        lambda: PatternRecognizer.from_dict({"supported_entities": ["X", "Y"], "deny_list": ["a"]}),
        lambda: AnalyzerEngine(RecognizerRegistry(supported_languages=["it"]), supported_languages=["en"]),
        lambda: RecognizerRegistry().add_recognizer("IbanRecognizer"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_understood_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()
