"""Recognizers of one's own find what they find in presidio-analyzer 2.2.366.

`tests/data/presidio/analyzer.json` was recorded by running `support.presidio_cases.analyzed` with the module
`presidio_analyzer` as the face and spaCy's `en_core_web_sm` behind it, which lemmatizes the words before a match.
"""

from __future__ import annotations

import json
from pathlib import Path

import tokenfoundry.compat.presidio as presidio
from support.presidio_cases import CALLS, TEXTS, analyzed

RECORDED = Path(__file__).resolve().parents[1] / "data" / "presidio" / "analyzer.json"


def test_every_text_and_call_gives_the_recorded_results() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert len(recorded) == len(TEXTS) * len(CALLS)
    assert sum(map(len, recorded)) > 80
    assert analyzed(presidio) == recorded
