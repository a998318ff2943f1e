"""A value that was found in one text of a request stands in none of its texts."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.privacy.carried import Carried, Sought, merged
from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.known_values import is_carried

# Finds a code beside a word alone, as models of names do.
DETECTOR = tf.Detector(
    [],
    patterns=[
        tf.Pattern("CODE", r"codice \w+(?: \w+)?", score=0.9),
        tf.Pattern("BADGE", r"badge \w+", score=0.9),
        tf.Pattern("NAME", r"<[^<>]+>", score=0.9),
    ],
)


def redacted(*texts: str, policy: dict[str, str] | None = None) -> list[str]:
    session = tf.Redactor(DETECTOR, policy=policy).session()
    made = session.whole(lambda: [session.redact(text) for text in texts])
    assert session.on_prem or policy or [session.restore(text) for text in made] == list(texts)
    return made


def finding(start: int, end: int, entity: str = "A") -> Finding:
    return Finding(entity, start, end, 1.0)


def test_a_name_that_is_found_in_one_text_is_replaced_in_those_before_and_after_it() -> None:
    session = tf.Redactor().session()
    texts = ["Foglio 7 Abu", "Sono Giulia Bianchi", "Abu 0 Abu", "Giulia Bianchini e Giulia Bianchi_2"]
    made = session.whole(lambda: [session.redact(text) for text in texts])
    assert made[:3] == ["Foglio 7 [PERSON_1]", "Sono [PERSON_2]", "[PERSON_1] 0 [PERSON_1]"]
    assert [session.restore(text) for text in made] == texts
    assert session.counts["PERSON"] >= 4


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # On the borders of words alone, and in the same case.
        (["<Rossi>", "x <Rossi> Rossini Rossi_1 rossi"], ["[NAME_1]", "x [NAME_1] Rossini Rossi_1 rossi"]),
        # What says too little is nobody's.
        (["badge 1", "badge 1, 1"], ["[BADGE_1]", "[BADGE_1], 1"]),
        # A text that looks like a placeholder is still replaced by itself.
        (["codice A1", "[CODE_1]"], ["[CODE_1]", "[LITERAL_1]"]),
    ],
)
def test_what_is_carried(texts: list[str], expected: list[str]) -> None:
    assert redacted(*texts) == expected


@pytest.mark.parametrize(
    ("texts", "hidden"),
    [
        # The family's name, at the beginning of a sentence and inside one; the given name.
        (["Chiama Giulia Fabbrizi.", "Fabbrizi non c'e. Il Fabbrizi? Giulia!"], ["Fabbrizi", "Giulia"]),
        (["Anna Klein hat angerufen. Klein war da."], ["Klein", "Anna"]),
        (["Scrive Jean-Luc D'Amato.", "D'Amato e Amato, con Luc"], ["Amato", "Luc"]),
        (["ROSSI MARIO, nato a Roma", "Rossi e MARIO"], ["ROSSI", "Rossi", "MARIO"]),
        (["Assicurato: Ermanno Fumagalli\nFirma: FUMAGALLI", "E Fumagalli?"], ["FUMAGALLI"]),
    ],
)
def test_a_name_alone_is_replaced_where_it_was_found_in_full(texts: list[str], hidden: list[str]) -> None:
    session = tf.Redactor().session()
    made = session.whole(lambda: [session.redact(text) for text in texts])
    assert [session.restore(text) for text in made] == texts
    for name in hidden:
        assert not re.search(rf"\b{name}\b", " ".join(made)), made


@pytest.mark.parametrize("many", [0, 40])
def test_a_whole_name_is_replaced_where_it_is_joined_too(many: int) -> None:
    said = "Ermanno_Fumagalli CV_Ermanno-Fumagalli.pdf ermanno.fumagalli, niccolò-d-amato.docx Ermanno_Fumagallini"
    others = [f"Sono Giulia {name}ardi" for name in ("Bell", "Gu", "Lomb", "Pont", "Gherr", "Rich")]
    others += [f"Sono Piero {letter}{vowel}rardelli" for letter in "BCDFGLMN" for vowel in "aeio"] if many else []
    session = tf.Redactor().session()
    texts = ["Sono Ermanno Fumagalli, lui Niccolò D'Amato", *others, said, said.replace("ò", "\\u00f2")]
    made = session.whole(lambda: [session.redact(text, may_be_json=True) for text in texts])
    for each in made[-2:]:
        assert re.sub(r"\[PERSON_\d+\]", "#", each) == "# CV_#.pdf #, #.docx Ermanno_Fumagallini"
    assert [session.restore(text) for text in made[:-1]] == texts[:-1]


def test_words_that_are_part_of_a_name_stay_where_they_are_words() -> None:
    detector = tf.Detector()
    assert detector.words_of_name("Will Smith") == ("Smith",)
    assert detector.words_of_name("Theresa May") == ("Theresa",)
    assert detector.words_of_name("Dott. Ludwig van der Marchesi-Rossi d. J.") == ("Ludwig", "Marchesi", "Rossi")
    assert detector.words_of_name("Paris Al Ming Hilton") == ("Ming", "Hilton")
    assert detector.words_of_name("Rossi") == detector.words_of_name("") == ()
    session = tf.Redactor().session()
    texts = ["Chiama Will Smith e Theresa May.", "Will you come in May? May I? rossi, smithson, Smith_1"]
    made = session.whole(lambda: [session.redact(text) for text in texts])
    assert made[1] == texts[1]


@pytest.mark.parametrize(
    ("texts", "last"),
    [
        (["Gentile sig. Paolo Villa", "il sig. Villa ha una Villa; SIG. VILLA"], "il sig. # ha una Villa; SIG. #"),
        (["Dear Mr Tom Hill, Mr Hill paid."], "Dear Mr #, Mr # paid."),
        (["Mi chiamo Luca D'Angelo", "Il dott. D'Angelo"], "Il dott. #"),
    ],
)
def test_every_word_of_a_name_is_replaced_after_a_title(texts: list[str], last: str) -> None:
    session = tf.Redactor().session()
    made = session.whole(lambda: [session.redact(text) for text in texts])
    assert re.sub(r"\[PERSON_\d+\]", "#", made[-1]) == last
    assert [session.restore(text) for text in made] == texts


def test_a_name_alone_is_found_among_many_names_too() -> None:
    names = [f"Sono {given} {family}" for given in ("Giulia", "Marta", "Piero") for family in ("Fabbrizi", "Moretti")]
    more = [f"scrivi a u{number}@example.it" for number in range(20)]
    session = tf.Redactor().session()
    made = session.whole(lambda: [session.redact(text) for text in [*names, *more, "E Moretti? zz Piero"]])
    assert "Moretti" not in made[-1]
    assert "Piero" not in made[-1]
    assert session.restore(made[-1]) == "E Moretti? zz Piero"


def test_a_name_alone_is_replaced_in_one_text_by_itself_too() -> None:
    made = tf.Redactor().redact("Giulia Fabbrizi ha chiamato. Fabbrizi: 3, Giulia: 4")
    assert "Fabbrizi" not in made.text
    assert made.restore(made.text) == "Giulia Fabbrizi ha chiamato. Fabbrizi: 3, Giulia: 4"


def test_a_mask_and_a_hash_stand_in_every_place_too() -> None:
    texts = ["codice Rosa", "<codice Rosa>"]
    assert redacted(*texts, policy={"CODE": "mask", "NAME": "redact"}) == ["*******Rosa", "[NAME]"]


def test_values_that_overlap_are_one() -> None:
    made = merged([finding(0, 5)], [(3, 12, "B"), (20, 22, "B"), (4, 6, "C")])
    assert [(f.entity, f.start, f.end) for f in made] == [("B", 0, 12), ("B", 20, 22)]
    known = [finding(0, 5)]
    assert merged(known, [(1, 4, "B"), (0, 5, "B")]) is known


def test_a_value_that_a_finding_cut_is_replaced_whole() -> None:
    carried = Carried()
    carried.add(("Mario Rossi", "", False), [finding(0, 11)])
    carried.add(("di Mario Rossi", "", False), [finding(3, 8)])
    assert carried.seek()
    found = carried.findings(("di Mario Rossi", "", False))
    assert found is not None
    assert [(f.start, f.end) for f in found] == [(3, 14)]


def test_escapes_of_json_hide_no_value_that_was_found_elsewhere() -> None:
    session = tf.Redactor(DETECTOR).session()
    text = json.dumps({"note": 'di "<Niccolò>"'})
    said = session.whole(
        lambda: (session.redact("<Niccolò>"), session.redact("\\u003cNiccol\\u00f2\\u003e \\n", may_be_json=True))
    )
    assert said[0] == "[NAME_1]"
    assert "Niccol" not in said[1]
    assert session.redact(text, may_be_json=True)


WORDS = st.lists(st.sampled_from(["Abu", "Rossi", "Mario", "codice", "badge", "<", ">", "0", "\n", "[CODE_1]", "é"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS.map(" ".join), max_size=4))
def test_no_value_that_was_found_in_a_text_stands_in_any(texts: list[str]) -> None:
    redactor = tf.Redactor(DETECTOR)
    session = redactor.session()
    made = session.whole(lambda: [session.redact(text) for text in texts])
    found = [text[f.start : f.end] for text in texts for f in DETECTOR.detect(text)]
    sought = Sought({value: "ANY" for value in found if is_carried(value)})
    assert [list(sought.places(text)) for text in made] == [[] for _ in made]
    assert [session.restore(text) for text in made] == texts


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab ", min_size=1, max_size=4), max_size=8), st.text("ab ", max_size=30))
def test_many_values_are_found_where_few_are(values: list[str], text: str) -> None:
    named = {value: "X" for value in values if re.search(r"\w", value)}
    more = named | {f"unused{number}": "X" for number in range(100)}
    assert sorted(Sought(more).places(text)) == sorted(Sought(named).places(text))
