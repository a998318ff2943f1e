"""What a detector can be told: profiles, languages, lists, thresholds, patterns; and what it says of its findings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Detector, Pattern, catalogue, entities, validators

IBAN = "IT60X0542811101000000123456"


def found(detector: Detector, text: str) -> list[tuple[str, str]]:
    return [(finding.entity, text[finding.start : finding.end]) for finding in detector.detect(text)]


def test_each_profile_looks_for_all_of_the_one_before() -> None:
    minimal, default, strict = (set(entities(profile)) for profile in ("minimal", "default", "strict"))
    assert minimal < default < strict == set(catalogue())
    assert set(Detector(profile="minimal").entities) == minimal
    with pytest.raises(InvalidInput, match="unknown profile 'lax'; known: minimal, default, strict"):
        entities("lax")
    with pytest.raises(InvalidInput, match="unknown profile 'lax'"):
        Detector(profile="lax")  # type: ignore[arg-type]


def test_the_strict_profile_takes_what_is_less_sure() -> None:
    assert found(Detector(), "numero 00743110157") == []
    assert found(Detector(profile="strict"), "numero 00743110157") == [("IT_VAT_CODE", "00743110157")]


def test_a_call_narrows_entities_and_replaces_the_threshold() -> None:
    detector = Detector()
    text = f"mario@example.it {IBAN} numero 00743110157"
    assert [f.entity for f in detector.detect(text, entities=["IBAN_CODE"])] == ["IBAN_CODE"]
    assert "IT_VAT_CODE" in [f.entity for f in detector.detect(text, score_threshold=0.25)]
    with pytest.raises(InvalidInput, match="'BADGE' is not looked for; this detector looks for"):
        detector.detect(text, entities=["BADGE"])


def test_what_is_not_asked_for_never_stands_before_what_is() -> None:
    detector = Detector(patterns=[Pattern("LINE", "scrivi a [a-z@.]+", score=1.0)])
    text = "scrivi a mario@example.it"
    assert [f.entity for f in detector.detect(text, entities=["EMAIL_ADDRESS"])] == ["EMAIL_ADDRESS"]


def test_languages_say_whose_words_are_understood() -> None:
    text = "cellulare 3331234567"
    assert found(Detector(["PHONE_NUMBER"], languages=["it"]), text) == [("PHONE_NUMBER", "3331234567")]
    with pytest.raises(InvalidInput, match="unknown language 'xx'; known: de, en, es, fr, it"):
        Detector(languages=["xx"])


def test_deny_words_are_found_whole_and_in_any_case() -> None:
    detector = Detector(["EMAIL_ADDRESS"], deny={"PROJECT": ["Blue Fern", "Été", "C++ (x)"]})
    text = "BLUE FERN, blue ferns, été, l'été, “Été”, prété, c++ (X)"
    assert [value for _, value in found(detector, text)] == ["BLUE FERN", "été", "été", "Été", "c++ (X)"]


def test_a_denied_word_may_be_of_an_entity_of_the_catalogue() -> None:
    detector = Detector(["EMAIL_ADDRESS"], deny={"PERSON": ["Zorblax"]})
    assert found(detector, "Zorblax ha scritto") == [("PERSON", "Zorblax")]


def test_an_allowed_value_is_never_a_finding() -> None:
    detector = Detector(["EMAIL_ADDRESS"], allow=["info@example.it"])
    assert found(detector, "info@example.it, xinfo@example.it") == [("EMAIL_ADDRESS", "xinfo@example.it")]


def test_context_raises_a_pattern_and_lowers_nothing() -> None:
    detector = Detector([], patterns=[Pattern("BADGE", r"EMP-\d+", score=0.3, context=["matricola", "staff number"])])
    assert found(detector, "EMP-12") == []
    assert [(f.score, f.reason) for f in detector.detect("matricola EMP-12")] == [(0.65, "form, beside 'matricola'")]
    assert found(detector, "staffNumber: EMP-12") == [("BADGE", "EMP-12")]


def test_a_named_validator_drops_what_fails_and_proves_what_passes() -> None:
    detector = Detector([], patterns=[Pattern("LOYALTY", r"\d{4}-\d{4}", score=0.2, validator="luhn")])
    assert found(detector, "1234-5674 1234-5675") == [("LOYALTY", "1234-5674")]
    with pytest.raises(InvalidInput, match=r"pattern LOYALTY: unknown validator 'lune'; known: .*luhn"):
        Detector([], patterns=[Pattern("LOYALTY", r"\d+", validator="lune")])
    assert list(validators()) == sorted(validators())


def test_a_validator_in_python_sees_the_matched_text() -> None:
    seen: list[str] = []

    def is_even(value: str) -> bool:
        seen.append(value)
        return value.endswith("2")

    detector = Detector([], patterns=[Pattern("N", r"è\d+", validator=is_even)])
    assert found(detector, "🍋 è12 è13") == [("N", "è12")]
    assert seen == ["è12", "è13"]
    assert [len(f) for f in detector.detect_batch(["è2", "è3"])] == [1, 0]
    with pytest.raises(InvalidInput, match="cannot read a stream"):
        detector.stream()


@pytest.mark.parametrize(
    ("regex", "said"),
    [
        ("(", "LONG.*[Mm]issing"),
        ("a*", "LONG.*empty"),
        (r"(?=a)b", "LONG.*"),
        (r"(a)\1", "LONG.*"),
        ("(?:a{1,900}){1,900}", "LONG.*"),
        ("(?:(?:a?){300}b){300}", "LONG.*"),
        ("(?:x{1,200}y){1,200}z", "LONG is too large"),
        ("(.{0,200}a){50}", "LONG is too large: with its repeats written out it has 10050 characters, at most 4000"),
    ],
)
def test_a_bad_or_boundless_pattern_is_refused_with_its_name_and_the_reason(regex: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Detector([], patterns=[Pattern("LONG", regex)])


def test_explain_says_what_became_of_everything() -> None:
    detector = Detector(allow=["anna@example.it"])
    text = f"{IBAN} anna@example.it numero 00743110157"
    said = {(e.finding.entity, e.outcome) for e in detector.explain(text)}
    assert {("IBAN_CODE", "found"), ("EMAIL_ADDRESS", "allowed"), ("IT_VAT_CODE", "unsure")} <= said
    with_pattern = Detector(["IBAN_CODE"], patterns=[Pattern("TAIL", r"\d{6}", score=1.0)])
    assert [(e.finding.entity, e.outcome) for e in with_pattern.explain(IBAN)][:2] == [
        ("IBAN_CODE", "found"),
        ("TAIL", "overlapped"),
    ]


def test_every_finding_says_why() -> None:
    text = f"Mario Rossi, {IBAN}, passaporto YA1234567"
    assert [(f.entity, f.reason) for f in Detector().detect(text)] == [
        ("PERSON", "name tagger"),
        ("IBAN_CODE", "ISO 7064 MOD 97-10 and the country's structure"),
        ("IT_PASSPORT", "form, beside 'passaporto'"),
    ]


def test_a_batch_finds_what_single_calls_find() -> None:
    detector = Detector()
    texts = [f"riga {i}: mario{i}@example.it 🍋 {IBAN}" * (i % 7) for i in range(200)]
    assert detector.detect_batch(texts, threads=4) == [detector.detect(text) for text in texts]
    with pytest.raises(InvalidInput, match="surrogate"):
        detector.detect_batch(["fine", "\ud800"])


def test_name_margin_is_a_dial() -> None:
    text = "ciao sono marco, oggi con lucia e il dott. Pautasso; poi Rossi Bianchi e roma"
    counts = [len(Detector(["PERSON"], name_margin=margin).detect(text)) for margin in (-3.0, 0.0, 3.0, 30.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 0 == counts[-1]


PIECES = [
    "mario@example.it",
    IBAN,
    "Mario Rossi",
    "+39 333 1234567",
    "🍋",
    "e\u0301",
    "è",
    "\u200d",
    "𝕏",
    " ",
    "\n",
    "a",
    "1",
    "@",
    ".",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30).map("".join))
def test_positions_are_code_points_and_findings_disjoint_whatever_the_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(InvalidInput, match="surrogate"):
            Detector().detect(text)
        return
    detector = tf.Detector()
    findings = detector.detect(text)
    end = 0
    for finding in findings:
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end
        if finding.entity == "EMAIL_ADDRESS":
            assert "@" in text[finding.start : finding.end]
        if finding.entity == "IBAN_CODE":
            assert text[finding.start : finding.end].replace(" ", "").replace("-", "")[:2].isalpha()
    stream = detector.stream()
    half = len(text) // 2
    assert [*stream.feed(text[:half]), *stream.feed(text[half:]), *stream.close()] == findings


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30).map("".join), st.integers(0, 100))
def test_a_stream_redacts_as_a_whole_text_is_redacted(text: str, cut: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    redactor = tf.Redactor()
    stream = redactor.session().incoming()
    assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.close() == redactor.session().redact(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"patterns": ["x"]}, "patterns must be Pattern objects"),
        ({"deny": ["x"]}, "deny must map"),
        ({"deny": {"W": "x"}}, "must be a list"),
        ({"allow": "x"}, "allow must be a list"),
        ({"name_margin": 1e9}, "name_margin must be from -100 to 100"),
        ({"name_margin": float("nan")}, "name_margin"),
        ({"score_threshold": 2.0}, "score_threshold must be from 0 to 1"),
    ],
)
def test_a_wrong_argument_is_refused_with_a_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Detector(**arguments)


def test_a_wrong_argument_of_a_call_is_refused_with_a_sentence() -> None:
    detector = Detector()
    with pytest.raises(InvalidInput, match="score_threshold must be from 0 to 1"):
        detector.detect("x", score_threshold=float("nan"))
    with pytest.raises(InvalidInput, match="a list of texts"):
        detector.detect_batch("mario@example.it")
    assert detector.detect_batch(text for text in ["a@b.it"]) == [detector.detect("a@b.it")]
    with pytest.raises(InvalidInput, match="a name or a function"):
        Pattern("BADGE", "x", validator=5)  # type: ignore[arg-type]


def test_a_deny_list_may_hold_thousands_of_words() -> None:
    words = [f"Fern{index}" for index in range(2_000)]
    detector = Detector([], deny={"PROJECT": words}, cache_dir="")
    assert [value for _, value in found(detector, "FERN7 fern1999 fern2000")] == ["FERN7", "fern1999"]
