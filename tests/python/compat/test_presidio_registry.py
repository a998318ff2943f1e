"""`RecognizerRegistry` and Presidio's YAML files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tokenfoundry.compat.presidio import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
from tokenfoundry.compat.presidio.predefined import ENTITIES, OWN_NAME, recognizer_class
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import catalogue

FILE = r"""
supported_languages: [en, it]
global_regex_flags: 24
recognizers:
  - name: Zip code recognizer
    supported_languages:
      - language: en
        context: [zip]
      - language: it
        context: [cap]
    supported_entity: ZIP
    patterns:
      - name: zip
        regex: '\bZ\d{5}\b'
        score: 0.05
  - name: Titles
    supported_language: en
    supported_entity: TITLE
    deny_list: [Mr.]
    deny_list_score: 0.7
    type: custom
  - name: Everywhere
    supported_entity: WORD
    deny_list: [word]
  - name: Off
    supported_entity: OFF
    deny_list: [off]
    enabled: false
  - name: IbanRecognizer
    type: predefined
    supported_languages:
      - language: en
        context: [iban]
    score_thresholds: {IBAN_CODE: 0.9}
  - EmailRecognizer
  - name: Cards
    class_name: CreditCardRecognizer
    type: predefined
"""


@pytest.fixture
def registry(tmp_path: Path) -> RecognizerRegistry:
    path = tmp_path / "recognizers.yaml"
    path.write_text(FILE, encoding="utf-8")
    return RecognizerRegistry.from_yaml(path)


def test_a_file_is_read_recognizer_by_recognizer(registry: RecognizerRegistry) -> None:
    made = [(recognizer.name, recognizer.supported_language) for recognizer in registry.recognizers]
    assert made == [
        ("Zip code recognizer", "en"),
        ("Zip code recognizer", "it"),
        ("Titles", "en"),
        ("Everywhere", "en"),
        ("Everywhere", "it"),
        ("IbanRecognizer", "en"),
        ("EmailRecognizer", "en"),
        ("Cards", "en"),
    ]
    assert [recognizer.context for recognizer in registry.recognizers[:2]] == [["zip"], ["cap"]]
    assert registry.supported_languages == ["en", "it"]


def test_an_analyzer_finds_by_the_file(registry: RecognizerRegistry) -> None:
    analyzer = AnalyzerEngine(registry, supported_languages=["it", "en"])
    assert analyzer.get_supported_entities("it") == ["CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "WORD", "ZIP"]
    text = "cap Z20121 z20121 Mr. anna@example.it IT60X0542811101000000123456"  # The flags of the file: case counts.
    found = [(result.entity_type, round(result.score, 2)) for result in analyzer.analyze(text, "it")]
    assert found == [("EMAIL_ADDRESS", 1.0), ("IBAN_CODE", 1.0), ("ZIP", 0.4)]


def test_a_file_for_some_countries_leaves_out_the_others() -> None:
    registry = RecognizerRegistry()
    names = ["IbanRecognizer", "ItVatCodeRecognizer", "UsSsnRecognizer"]
    registry.add_recognizers_from_config({"supported_countries": ["IT"], "recognizers": names})
    assert registry.get_supported_entities() == ["IBAN_CODE", "IT_VAT_CODE"]
    assert registry.get_country_codes() == ["it"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("recognizers: [", "not YAML"),
        ("[]", "list 'recognizers'"),
        ("recognizers: {}", "list 'recognizers'"),
        ("recognizers: [3]", "must be a mapping"),
        ("recognisers: []\nrecognizers: []", "unknown keys: recognisers"),
        ("recognizers: [{name: A, type: remote}]", "recognizer 'A': its type"),
        ("recognizers: [{name: A, supported_entity: X, deny_list: [a], colour: red}]", "'A'.*colour"),
        (
            "recognizers: [{name: A, supported_entity: X, patterns: [{name: p, regex: '(\\w)\\1', score: 1}]}]",
            "A, pattern p",
        ),
        ("recognizers: [{name: A, supported_entity: X, patterns: [{name: p, regex: a, score: 3}]}]", "Invalid score"),
        ("recognizers: [{name: A, supported_entity: X, patterns: [{name: p}]}]", "'A'.*missing"),
        ("recognizers: [{name: A, supported_language: en, supported_languages: [it], deny_list: [a]}]", "has both"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "recognizers.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=f"^{path}: .*{reason}"):
        RecognizerRegistry().add_recognizers_from_yaml(path)


def test_what_has_no_counterpart_is_passed_over_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    registry = RecognizerRegistry()
    with caplog.at_level(logging.WARNING):
        registry.add_recognizers_from_config({"recognizers": ["AuAbnRecognizer", "NoSuchRecognizer"]})
    assert registry.recognizers == []
    assert "AuAbnRecognizer finds is not detected" in caplog.text
    assert "NoSuchRecognizer has no counterpart" in caplog.text


def test_the_predefined_ones_are_all_that_is_looked_for_by_default() -> None:
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    expected = {name for name, info in catalogue().items() if info.profile != "strict"}
    assert set(registry.get_supported_entities()) == expected
    assert "SpacyRecognizer" in [recognizer.name for recognizer in registry.recognizers]


def test_predefined_ones_may_be_had_for_some_countries_only() -> None:
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(countries=["IT"])
    found = registry.get_supported_entities()
    assert {"IT_FISCAL_CODE", "IBAN_CODE", "IT_HEALTH_CARD", "PERSON"} <= set(found)
    assert not [name for name in found if name.startswith(("DE_", "US_", "FR_", "UK_"))]


def test_every_name_makes_a_class_whose_entities_the_catalogue_has() -> None:
    for name in (*ENTITIES, OWN_NAME):
        recognizer = recognizer_class(name)()
        assert recognizer.name == name
        assert set(recognizer.supported_entities) <= set(catalogue())


def test_a_recognizer_is_removed_by_name_and_language() -> None:
    registry = RecognizerRegistry()
    fields = {"name": "Words", "supported_entity": "WORD", "deny_list": ["a"], "supported_languages": ["en", "it"]}
    registry.add_pattern_recognizer_from_dict(fields)
    registry.remove_recognizer("Words", language="it")
    assert [recognizer.supported_language for recognizer in registry.recognizers] == ["en"]
    registry.remove_recognizer("Words")
    assert registry.recognizers == []


def test_a_recognizer_comes_back_from_its_fields() -> None:
    made = PatternRecognizer.from_dict(
        {"name": "Zip", "supported_entity": "ZIP", "patterns": [{"name": "z", "regex": r"\d{5}", "score": 0.1}]}
    )
    assert PatternRecognizer.from_dict(made.to_dict()).to_dict() == made.to_dict()
