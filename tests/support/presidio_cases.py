"""Findings and operators for an anonymizer, made from a seed, and what an anonymizer makes of them, as plain values."""

from __future__ import annotations

import random
from typing import Any

ENTITIES = ("PERSON", "PHONE_NUMBER", "URL")
SALT = "0123456789abcdef"

Case = dict[str, Any]


def cases(count: int, seed: int = 2366) -> list[Case]:
    """Short texts with overlapping findings, every operator, and parameters of which some are wrong."""
    draw = random.Random(seed)
    return [_case(draw) for _ in range(count)]


def outcome(case: Case, face: Any) -> dict[str, Any]:
    """What the anonymizer of the module `face` makes of a case; `error` when it refuses."""
    try:
        results = [face.RecognizerResult(*fields) for fields in case["results"]]
        operators = {entity: face.OperatorConfig(*_config(config)) for entity, config in case["operators"].items()}
        strategy = face.ConflictResolutionStrategy(case["strategy"])
        made = face.AnonymizerEngine().anonymize(case["text"], results, operators, strategy, case["join"])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
        return {"error": type(error).__name__}
    shown = [[item.start, item.end, item.entity_type, item.text, item.operator, item.score] for item in made.items]
    return {"text": made.text, "items": shown}


def _config(config: list[Any]) -> tuple[str, dict[str, Any]]:
    name, params = config
    return name, {"lambda": lambda text: text[::-1]} if params == "reverse" else dict(params)


def _case(draw: random.Random) -> Case:
    text = "".join(draw.choice("ab  c\n dé") for _ in range(draw.randint(0, 30)))
    results = []
    for _ in range(draw.randint(0, 6)):
        start = draw.randint(0, max(0, len(text) - 1))
        length = draw.choice((1, 2, 3, 5, 8))
        end = start + length if draw.random() < 0.02 else min(len(text), start + length)
        results.append([draw.choice(ENTITIES), start, end, draw.choice((0.1, 0.5, 0.5, 0.9))])
    return {
        "text": text,
        "results": results,
        "operators": draw.choice((_none, _one, _several, _hashes, _doubtful))(draw),
        "strategy": draw.choice(("merge_similar_or_contained", "remove_intersections")),
        "join": draw.random() < 0.7,
    }


def _none(draw: random.Random) -> dict[str, Any]:
    return {}


def _one(draw: random.Random) -> dict[str, Any]:
    return {"DEFAULT": ["replace", {"new_value": "X"}]}


def _several(draw: random.Random) -> dict[str, Any]:
    count = draw.choice((-1, 0, 2, 50))
    mask = {"masking_char": "*", "chars_to_mask": count, "from_end": draw.random() < 0.5}
    return {"PERSON": ["mask", mask], "URL": ["redact", {}], "PHONE_NUMBER": ["keep", {}]}


def _hashes(draw: random.Random) -> dict[str, Any]:
    hashed = {"hash_type": draw.choice(("sha256", "sha512")), "salt": SALT}
    return {"PERSON": ["hash", hashed], "DEFAULT": ["custom", "reverse"]}


def _doubtful(draw: random.Random) -> dict[str, Any]:
    mask = {"masking_char": "*", "chars_to_mask": 1, "from_end": True}
    choices: list[tuple[str, dict[str, Any]]] = [
        ("nope", {}),
        ("mask", {}),
        ("mask", {**mask, "masking_char": "**"}),
        ("mask", {**mask, "masking_char": ""}),
        ("mask", {**mask, "chars_to_mask": "1"}),
        ("mask", {**mask, "from_end": 0}),
        ("hash", {"hash_type": "md5"}),
        ("hash", {"salt": "short"}),
        ("hash", {"salt": ""}),
        ("replace", {"new_value": 3}),
        ("replace", {"new_value": ""}),
        ("encrypt", {}),
        ("encrypt", {"key": "short"}),
        ("custom", {"lambda": 4}),
    ]
    return {"DEFAULT": list(draw.choice(choices))}


TEXTS = (
    "zip 12345-6789, Mr. Bean and mrs.X",
    "number 1231 1232 1233 abc-12",
    "the zipcode here is 99999 ok",
    "Dr. Who Drs dr",
    "12345 zip 54321",
    "a-1 b-22_ é-3",
    "x1234561 77777",
    "Number: 4444441",
)
CALLS: tuple[dict[str, Any], ...] = (
    {},
    {"entities": ["ZIP"]},
    {"score_threshold": 0.4},
    {"context": ["zip"]},
    {"allow_list": ["12345"]},
    {"allow_list": ["^1.*1$"], "allow_list_match": "regex"},
)


def analyzed(face: Any, **engine: Any) -> list[list[list[Any]]]:
    """What the analyzer of the module `face` finds with recognizers of one's own, for each text and call."""

    class Judged(face.PatternRecognizer):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> bool | None:
            return {"1": True, "2": False}.get(pattern_text[-1])

    weak, strong = face.Pattern("weak", r"\b\d{5}\b", 0.05), face.Pattern("strong", r"\b\d{5}-\d{4}\b", 0.5)
    recognizers = [
        face.PatternRecognizer("ZIP", name="Zip", patterns=[weak, strong], context=["zip"]),
        face.PatternRecognizer("TITLE", name="Title", deny_list=["Mr.", "Mrs.", "Dr"], deny_list_score=0.7),
        Judged("NUMBER", name="Number", patterns=[face.Pattern("n", r"\d{3,6}", 0.3)], context=["number"]),
        face.PatternRecognizer("CODE", name="Code", patterns=[face.Pattern("c", r"(?<!\w)[a-z]+-\d+(?!\w)", 0.4)]),
    ]
    analyzer = face.AnalyzerEngine(registry=face.RecognizerRegistry(recognizers), **engine)
    return [
        sorted(
            [r.entity_type, r.start, r.end, round(r.score, 3)] for r in analyzer.analyze(text, language="en", **call)
        )
        for text in TEXTS
        for call in CALLS
    ]
