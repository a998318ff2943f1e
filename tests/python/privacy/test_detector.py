"""What is found in Italian and English sentences, with the exact span in code points; what must not be."""

from __future__ import annotations

import os
import random
import string
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput

DETECTOR = tf.Detector()

SENTENCES = [
    "Buongiorno, il mio dato è {}.",
    "{} è quello giusto 🍋",
    "Perché non usi {}, per favore?",
    "⚠️ Attenzione: ({}) – già comunicato",
    "e\u0301 scritto cosi\u0300: «{}»",
    "Please use {} instead; thanks!",
    "riga uno\n{}\nriga tre",
    "<b>{}</b>",
    "{}",
]

ODD = dict(
    zip(
        string.digits + string.ascii_uppercase,
        2 * (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
EVEN = {c: i for i, c in enumerate(string.digits)} | {c: i for i, c in enumerate(string.ascii_uppercase)}


def digits(count: int, random_source: random.Random) -> str:
    return "".join(random_source.choices(string.digits, k=count))


def with_luhn(number: str) -> str:
    for check in string.digits:
        doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(number + check))]
        if sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0:
            return number + check
    raise AssertionError(number)


def iban(country: str, bban: str) -> str:
    number = int("".join(str(int(c, 36)) for c in bban + country + "00"))
    return f"{country}{98 - number % 97:02d}{bban}"


def in_fours(text: str, gap: str = " ") -> str:
    return gap.join(text[i : i + 4] for i in range(0, len(text), 4))


def make_iban(source: random.Random) -> str:
    bban = source.choice(
        [
            ("IT", source.choice(string.ascii_uppercase) + digits(22, source)),
            ("DE", digits(18, source)),
            ("GB", "NWBK" + digits(14, source)),
            ("FR", digits(10, source) + "".join(source.choices(string.ascii_uppercase, k=11)) + digits(2, source)),
            ("NO", digits(11, source)),
            ("MT", "MALT" + digits(5, source) + "".join(source.choices(string.ascii_uppercase, k=18))),
        ]
    )
    value = iban(*bban)
    return source.choice([value, in_fours(value), value.lower(), in_fours(value, "\u00a0")])


def make_fiscal_code(source: random.Random) -> str:
    first = list(
        "".join(source.choices(string.ascii_uppercase, k=6))
        + digits(2, source)
        + source.choice("ACELMRT")
        + f"{source.randint(1, 28) + source.choice([0, 40]):02d}"
        + source.choice("ABCDEFGHILMZ")
        + f"{source.randint(1, 999):03d}"
    )
    for place in source.sample([6, 7, 9, 10, 12, 13, 14], source.choice([0, 0, 1, 3, 7])):
        first[place] = "LMNPQRSTUV"[int(first[place])]
    total = sum(ODD[c] if i % 2 == 0 else EVEN[c] for i, c in enumerate(first))
    code = "".join(first) + string.ascii_uppercase[total % 26]
    return source.choice([code, code.lower()])


def make_card(source: random.Random) -> str:
    prefix, size = source.choice([("4", 16), ("51", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15)])
    number = with_luhn(prefix + digits(size - 1 - len(prefix), source))
    if size == 15:
        return source.choice([number, f"{number[:4]} {number[4:10]} {number[10:]}"])
    return source.choice([number, in_fours(number), in_fours(number, "-")])


def make_phone(source: random.Random) -> str:
    mobile = "3" + source.choice("2346789") + digits(1, source)
    last = digits(7, source)
    return source.choice(
        [
            f"+39 {mobile} {last}",
            f"+39{mobile}{last}",
            f"0039 {mobile} {last}",
            f"{mobile} {last}",
            f"{mobile}-{last}",
            f"{mobile} {last[:3]} {last[3:]}",
            f"02 {source.randint(1, 9)}{digits(7, source)}",
            f"011/{source.randint(1, 9)}{digits(6, source)}",
            f"+44 20 7946 0{digits(3, source)}",
            f"+1 (555) {source.randint(2, 9)}{digits(2, source)}-{digits(4, source)}",
        ]
    )


def make_email(source: random.Random) -> str:
    return source.choice(["mario.rossi", "m+x", "a_b-c", "niccolò"]) + source.choice(
        ["@example.it", "@posta.example.co.uk", "@università.example.org"]
    )


MAKERS = {
    "IBAN_CODE": make_iban,
    "IT_FISCAL_CODE": make_fiscal_code,
    "CREDIT_CARD": make_card,
    "PHONE_NUMBER": make_phone,
    "EMAIL_ADDRESS": make_email,
}


@pytest.mark.parametrize("entity", MAKERS)
def test_a_generated_value_is_found_in_any_sentence_with_its_exact_span(entity: str) -> None:
    source = random.Random(entity)
    for _ in range(150):
        value = MAKERS[entity](source)
        for sentence in SENTENCES:
            text = sentence.format(value)
            found = [(f.entity, text[f.start : f.end]) for f in DETECTOR.detect(text)]
            assert found == [(entity, value)], text


@pytest.mark.parametrize(
    "text",
    [
        "ordine 12345678901234567890 del 02/12/2024",
        "pratica 2024/0123456, protocollo 0001234567",
        "il 02-12-2024 alle 06:30:15 e il 06.11.2023",
        "2024-02-12T06:30:00.123456Z 1707719400 1707719400123",
        "€ 1.234.567,89 oppure 333.123.456 euro, 0,0212345678",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "uuid 550e8400-e29b-41d4-a716-446655440000",
        "commit 3331234567890abcdef",
        "IT61X0542811101000000123456 e RSSMRA85T10A562T e 4111111111111112",
        "ISBN 978-88-04-66823-7, EAN 8001234567894, 4006381333931",
        "tabella: 12 34 56 78 90 12 34 56 78 90",
        "versione 3.11.2.104, porta 8080",
        "@dataclass def f(x): return x @ y.T",
        "3.14159265358979323846 2.718281828459045",
        "lat 45.464203, lon 9.189982",
        "tracking 00340434161094042557, SKU 0532-123456",
    ],
)
def test_hard_negatives_are_left_alone(text: str) -> None:
    assert DETECTOR.detect(text) == []


def test_random_runs_of_digits_are_no_phone_numbers() -> None:
    source = random.Random(11)
    detector = tf.Detector(["PHONE_NUMBER"])
    runs = [digits(source.randint(1, 25), source) for _ in range(20_000)]
    hits = [run for run in runs if detector.detect(f"valore {run} letto")]
    # What is left is Italian numbers dialled as 0039 and written without a gap: one run in ten thousand.
    assert all(run.startswith("0039") for run in hits)


def test_random_hexadecimal_is_nothing() -> None:
    source = random.Random(12)
    text = " ".join("".join(source.choices("0123456789abcdef", k=32)) for _ in range(5_000))
    assert DETECTOR.detect(text) == []


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_spans_lie_inside_any_text_in_order(text: str) -> None:
    end = 0
    for finding in DETECTOR.detect(text):
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text("a1 @.+-è🍋e\u0301(/", max_size=6),
            st.sampled_from(
                ["mario@example.it", "IT60X0542811101000000123456", "4111 1111 1111 1111", "+39 333 1234567"]
            ),
        ),
        max_size=8,
    )
)
def test_what_a_span_holds_is_found_again_by_itself(pieces: list[str]) -> None:
    text = "".join(pieces)
    for finding in DETECTOR.detect(text):
        if finding.entity in ("PHONE_NUMBER", "PERSON"):  # These may need the words beside them.
            continue
        value = text[finding.start : finding.end]
        assert DETECTOR.detect(value) == [tf.Finding(finding.entity, 0, len(value), finding.score)]


def test_a_long_text_is_scanned_like_a_short_one() -> None:
    filler = "Lorem ipsum è già 🍋. " * 5_000
    text = filler + "mario@example.it " + filler
    found = DETECTOR.detect(text, entities=["EMAIL_ADDRESS"])
    assert found == [tf.Finding("EMAIL_ADDRESS", len(filler), len(filler) + 16, 1.0)]


def test_one_detector_serves_many_threads() -> None:
    text = ("x" * 5_000) + " mario@example.it"  # Long enough for the GIL to be released.
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.extend(len(DETECTOR.detect(text)) for _ in range(100)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 400


def test_a_detector_works_in_a_forked_process() -> None:
    DETECTOR.detect("mario@example.it")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if len(DETECTOR.detect("mario@example.it")) == 1 else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_lone_surrogate_is_invalid_input() -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        DETECTOR.detect("mario@example.it \ud800")


def test_an_unknown_entity_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"unknown entity 'SHOE_SIZE'; known: ABA_ROUTING_NUMBER, .*EMAIL_ADDRESS"):
        tf.Detector(["SHOE_SIZE"])
    with pytest.raises(InvalidInput, match="must be a list"):
        tf.Detector("IBAN_CODE")


@pytest.mark.parametrize("name", ["", "badge", "1BADGE", "BAD GE", "BADGE\n", "LITERAL", "BADGE_2", "È"])
def test_a_pattern_name_that_could_not_be_a_placeholder_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="pattern name"):
        tf.Pattern(name, "x")


def test_a_bad_regex_is_refused_with_the_patterns_name_and_hyperscans_reason() -> None:
    with pytest.raises(InvalidInput, match=r"pattern BADGE does not compile: .*parenthes"):
        tf.Detector(patterns=[tf.Pattern("GOOD", "x"), tf.Pattern("BADGE", r"EMP-(\d+")])
    with pytest.raises(InvalidInput, match="pattern BADGE can match the empty text"):
        tf.Detector(patterns=[tf.Pattern("BADGE", r"\d*")])


def test_the_compiled_patterns_are_kept_where_xdg_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    tf.Detector(["SECRET"])
    assert len(list((tmp_path / "xdg" / "tokenfoundry").glob("*.hsdb"))) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # To be ignored, says the specification.
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    tf.Detector(["SECRET"])
    assert len(list((tmp_path / "home" / ".cache" / "tokenfoundry").glob("*.hsdb"))) == 1


def test_a_cache_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    detector = tf.Detector(["EMAIL_ADDRESS"], cache_dir=tmp_path / "file" / "below")
    assert len(detector.detect("mario@example.it")) == 1
