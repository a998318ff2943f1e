"""What the recorded cases do not show of the anonymizer: keys, salts, batches, operators of yours, and extras."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tokenfoundry.compat.presidio import (
    AnonymizerEngine,
    BatchAnonymizerEngine,
    DeanonymizeEngine,
    DictRecognizerResult,
    InvalidParamError,
    Operator,
    OperatorConfig,
    OperatorResult,
    OperatorType,
    RecognizerResult,
)
from tokenfoundry.errors import MissingExtra

TEXT = "Anna scrive ad Anna"
FOUND = [RecognizerResult("PERSON", 0, 4, 0.9), RecognizerResult("PERSON", 15, 19, 0.9)]


@pytest.mark.parametrize("key", ["k" * 16, "k" * 24, b"k" * 32])
def test_encrypted_values_come_back(key: str | bytes) -> None:
    made = AnonymizerEngine().anonymize(TEXT, FOUND, {"PERSON": OperatorConfig("encrypt", {"key": key})})
    assert "Anna" not in made.text
    assert made.items[0].text != made.items[1].text
    back = DeanonymizeEngine().deanonymize(made.text, made.items, {"DEFAULT": OperatorConfig("decrypt", {"key": key})})
    assert back.text == TEXT
    assert [(item.start, item.end) for item in back.items] == [(15, 19), (0, 4)]


@pytest.mark.parametrize("encrypted", ["", "è", "AAAA", "A" * 44, "JurK345xDxK8RbmnBjJw3Hp46yHkQyIZc8UB8_wu8H0="])
def test_what_a_key_does_not_open_is_refused(encrypted: str) -> None:
    item = OperatorResult(0, len(encrypted), "PERSON")
    with pytest.raises(InvalidParamError, match="cannot be decrypted"):
        DeanonymizeEngine().deanonymize(encrypted, [item], {"PERSON": OperatorConfig("decrypt", {"key": "k" * 16})})


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tokenfoundry\[presidio\]'"):
        AnonymizerEngine().anonymize(TEXT, FOUND, {"PERSON": OperatorConfig("encrypt", {"key": "k" * 16})})


def test_equal_values_hash_alike_only_under_a_salt() -> None:
    hashed = AnonymizerEngine().anonymize(TEXT, FOUND, {"PERSON": OperatorConfig("hash")})
    assert hashed.items[0].text != hashed.items[1].text
    salted = AnonymizerEngine().anonymize(TEXT, FOUND, {"PERSON": OperatorConfig("hash", {"salt": b"s" * 16})})
    assert salted.items[0].text == salted.items[1].text


class Initial(Operator):
    def operate(self, text: str, params: dict[str, Any]) -> str:
        return f"{text[0]}. ({params['entity_type']})"

    def validate(self, params: dict[str, Any]) -> None:
        pass

    def operator_name(self) -> str:
        return "initial"

    def operator_type(self) -> OperatorType:
        return OperatorType.Anonymize


def test_an_operator_of_yours_is_known_until_it_is_removed() -> None:
    engine = AnonymizerEngine()
    engine.add_anonymizer(Initial)
    config = {"PERSON": OperatorConfig("initial")}
    assert engine.anonymize(TEXT, FOUND, config).text == "A. (PERSON) scrive ad A. (PERSON)"
    engine.remove_anonymizer(Initial)
    with pytest.raises(InvalidParamError, match="Invalid operator class 'initial'"):
        engine.anonymize(TEXT, FOUND, config)
    with pytest.raises(InvalidParamError, match="not found"):
        engine.remove_anonymizer(Initial)


def test_the_names_of_operators_are_presidios() -> None:
    assert AnonymizerEngine().get_anonymizers() == ["custom", "encrypt", "hash", "keep", "mask", "redact", "replace"]
    assert DeanonymizeEngine().get_deanonymizers() == ["decrypt", "deanonymize_keep"]


def test_arguments_stay_as_they_are() -> None:
    results = [RecognizerResult("PERSON", 0, 4, 0.1), RecognizerResult("PERSON", 2, 6, 0.9)]
    operators = {"URL": OperatorConfig("redact")}
    assert AnonymizerEngine().anonymize(TEXT, results, operators).text == "<PERSON>crive ad Anna"
    assert [(result.start, result.end, result.score) for result in results] == [(0, 4, 0.1), (2, 6, 0.9)]
    assert list(operators) == ["URL"]


def test_a_result_is_shown_and_written_as_json() -> None:
    made = AnonymizerEngine().anonymize(TEXT, FOUND[:1])
    assert json.loads(made.to_json()) == {
        "text": "<PERSON> scrive ad Anna",
        "items": [
            {"start": 0, "end": 8, "entity_type": "PERSON", "text": "<PERSON>", "operator": "replace", "score": 0.9}
        ],
    }
    assert "text: <PERSON> scrive" in str(made)


def test_a_configuration_does_not_show_its_key() -> None:
    assert "secret" not in repr(OperatorConfig("encrypt", {"key": "secret"}))


def test_a_key_without_operator_is_refused() -> None:
    with pytest.raises(InvalidParamError, match="no operator for PERSON"):
        DeanonymizeEngine().deanonymize(TEXT, [OperatorResult(0, 4, "PERSON")], {})


def test_dictionaries_and_lists_are_anonymized_value_by_value() -> None:
    results = [
        DictRecognizerResult("name", "Anna", FOUND[:1]),
        DictRecognizerResult("age", 40, []),
        DictRecognizerResult("others", ["Anna", 5], [FOUND[:1], []]),
        DictRecognizerResult("inner", {"name": "Anna"}, iter([DictRecognizerResult("name", "Anna", FOUND[:1])])),
    ]
    assert BatchAnonymizerEngine().anonymize_dict(results) == {
        "name": "<PERSON>",
        "age": 40,
        "others": ["<PERSON>", "5"],
        "inner": {"name": "<PERSON>"},
    }
    with pytest.raises(InvalidParamError, match="2 texts, but 1"):
        BatchAnonymizerEngine().anonymize_list(["a", "b"], [FOUND])


@pytest.mark.parametrize(
    "fields",
    [
        {"start": 0, "end": 4, "score": 1},
        {"start": None, "end": 4, "score": 1, "entity_type": "X"},
        {"start": "0", "end": 4, "score": 1, "entity_type": "X"},
        {"start": -1, "end": 4, "score": 1, "entity_type": "X"},
        {"start": 5, "end": 4, "score": 1, "entity_type": "X"},
        {"start": 0, "end": 4, "entity_type": "X"},
    ],
)
def test_a_wrong_result_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidParamError):
        RecognizerResult.from_json(fields)
