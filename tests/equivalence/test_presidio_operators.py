"""The anonymizer makes of findings what presidio-anonymizer 2.2.366 makes of them.

`tests/data/presidio/anonymizer.jsonl` was recorded by running `support.presidio_cases.outcome` on `cases(300)` with
the module `presidio_anonymizer` as the face; `ENCRYPTED` by its operator `Encrypt`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tokenfoundry.compat.presidio as presidio
from support.presidio_cases import cases, outcome

RECORDED = Path(__file__).resolve().parents[1] / "data" / "presidio" / "anonymizer.jsonl"
ENCRYPTED = [
    ("WmZq4t7w!z%C&F)J", "JurK345xDxK8RbmnBjJw3Hp46yHkQyIZc8UB8_wu8H0=", "Anna Rossi"),
    ("WmZq4t7w!z%C&F)JWmZq4t7w", "qko433ifucedasq2eaerpq6Y0S4tUHmtwnyy2mFtrRE=", "città"),
    ("WmZq4t7w!z%C&F)JWmZq4t7w!z%C&F)J", "KtmvDL2b9cb7z9q7oW6rHUezQxGftp-dPE88pdtRuGY=", ""),
]


def test_every_recorded_case_has_the_recorded_outcome() -> None:
    lines = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    assert [line["case"] for line in lines] == cases(300)
    for line in lines:
        assert outcome(line["case"], presidio) == line["outcome"], line["case"]


def test_the_record_covers_refusals_joins_and_overlaps() -> None:
    outcomes = [json.loads(line)["outcome"] for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    assert {made.get("error") for made in outcomes} >= {None, "InvalidParamError"}
    assert sum("error" not in made and len(made["items"]) > 1 for made in outcomes) > 50


@pytest.mark.parametrize(("key", "encrypted", "text"), ENCRYPTED)
def test_what_presidio_encrypted_is_decrypted(key: str, encrypted: str, text: str) -> None:
    item = presidio.OperatorResult(2, 2 + len(encrypted), "PERSON", encrypted, "encrypt")
    config = {"PERSON": presidio.OperatorConfig("decrypt", {"key": key})}
    result = presidio.DeanonymizeEngine().deanonymize(f"> {encrypted}.", [item], config)
    assert result.text == f"> {text}."
    assert [(each.start, each.end, each.operator) for each in result.items] == [(2, 2 + len(text), "decrypt")]
