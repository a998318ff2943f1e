"""What is sent, what comes back, and what never shows."""

from __future__ import annotations

import json
import pickle
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import BlockedContent, InvalidInput, InvalidState
from tokenfoundry.privacy.carried import Sought, is_carried

DETECTOR = tf.Detector(patterns=[tf.Pattern("BADGE", r"EMP-\d+"), tf.Pattern("ODD", r"<.+>")])
IBAN = "IT60X0542811101000000123456"

# Pieces that meet at awkward places: values, placeholders, halves of placeholders, and what patterns may cut through.
PIECES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(
        f"mario@example.it|anna@example.it|{IBAN}|EMP-7|+39 333 1234567|[EMAIL_ADDRESS_1]|[LITERAL_1]|[BADGE_1]|"
        "[|]|_1]|[EMAIL_ADDRESS|[A_|[A_1|<|>|[EMP-1]|[[BADGE_2]]|\n| ".split("|")
    ),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_redact_then_restore_is_the_identity(text: str) -> None:
    redaction = tf.Redactor(DETECTOR).redact(text)
    assert redaction.restore(redaction.text) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_the_texts_of_a_session_all_come_back(texts: list[str]) -> None:
    session = tf.Redactor(DETECTOR).session()
    redacted = [session.redact(text) for text in texts]
    assert [session.restore(text) for text in redacted] == texts


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(["mask", "redact"]))
def test_every_numbered_placeholder_in_what_is_sent_is_our_own(text: str, action: str) -> None:
    session = tf.Redactor(DETECTOR, policy={"BADGE": action, "ODD": action}).session()
    sent = session.redact(text)
    assert set(re.findall(r"\[[A-Z][A-Z0-9_]*_[0-9]+\]", sent)) <= set(session.values)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_no_value_that_was_found_is_sent(text: str) -> None:
    detector = tf.Detector()
    redaction = tf.Redactor(detector).redact(text)
    found = {text[f.start : f.end] for f in redaction.findings}
    values = Sought({value: "ANY" for value in found if is_carried(value)})
    assert [redaction.text[start:end] for start, end, _ in values.places(redaction.text)] == []
    # Whether another word is a name follows from those around it, which are others now.
    assert [f for f in detector.detect(redaction.text) if f.entity != "PERSON"] == []


def test_the_same_value_has_one_number_and_numbers_count_by_entity() -> None:
    session = tf.Redactor(DETECTOR).session()
    first = session.redact(f"mario@example.it {IBAN} anna@example.it mario@example.it")
    assert first == "[EMAIL_ADDRESS_1] [IBAN_CODE_1] [EMAIL_ADDRESS_2] [EMAIL_ADDRESS_1]"
    assert session.redact("anna@example.it MARIO@example.it") == "[EMAIL_ADDRESS_2] [EMAIL_ADDRESS_3]"
    assert dict(session.values) == {
        "[EMAIL_ADDRESS_1]": "mario@example.it",
        "[IBAN_CODE_1]": IBAN,
        "[EMAIL_ADDRESS_2]": "anna@example.it",
        "[EMAIL_ADDRESS_3]": "MARIO@example.it",
    }
    assert session.counts == {"EMAIL_ADDRESS": 5, "IBAN_CODE": 1}
    assert session.sensitive
    assert not session.on_prem


def test_findings_tell_code_points_of_the_original() -> None:
    text = "🍋 è mario@example.it"
    redaction = tf.Redactor(DETECTOR).redact(text)
    assert redaction.findings == [tf.Finding("EMAIL_ADDRESS", 4, 20, 1.0)] == DETECTOR.detect(text)


def test_a_literal_placeholder_comes_back_as_written_and_takes_nobodys_value() -> None:
    redaction = tf.Redactor(DETECTOR).redact("[EMAIL_ADDRESS_1] mario@example.it [LITERAL_9]")
    assert redaction.text == "[LITERAL_1] [EMAIL_ADDRESS_1] [LITERAL_2]"
    assert redaction.restore("[LITERAL_1]=[EMAIL_ADDRESS_1]") == "[EMAIL_ADDRESS_1]=mario@example.it"
    assert redaction.session.counts == {"EMAIL_ADDRESS": 1}


def test_a_literal_alone_is_not_sensitive() -> None:
    session = tf.Redactor(DETECTOR).session()
    assert session.redact("[EMAIL_ADDRESS_1]") == "[LITERAL_1]"
    assert not session.sensitive


def test_restore_is_a_single_pass() -> None:
    detector = tf.Detector(patterns=[tf.Pattern("NOTE", r"note: \[EMAIL_ADDRESS_1\]")])
    redaction = tf.Redactor(detector).redact("mario@example.it note: [EMAIL_ADDRESS_1]")
    assert redaction.text == "[EMAIL_ADDRESS_1] [NOTE_1]"
    assert redaction.restore("[NOTE_1]") == "note: [EMAIL_ADDRESS_1]"


def test_unknown_placeholders_stay() -> None:
    redaction = tf.Redactor(DETECTOR).redact("mario@example.it")
    answer = "[EMAIL_ADDRESS_2] [EMAIL_ADDRESS_01] [email address 1] [EMAIL_ADDRESS] [EMAIL_ADDRESS_1"
    assert redaction.restore(answer) == answer


def test_json_restore_keeps_the_json_whole() -> None:
    detector = tf.Detector(patterns=[tf.Pattern("NAME", 'Mario "Il Duro"\\\\\n.')])
    redaction = tf.Redactor(detector).redact('Mario "Il Duro"\\\nè')
    arguments = redaction.restore('{"name": "[NAME_1]"}', json=True)
    assert json.loads(arguments) == {"name": 'Mario "Il Duro"\\\nè'}


def test_each_action_does_what_it_says() -> None:
    text = f"mario@example.it {IBAN} 4111 1111 1111 1111 +39 333 1234567 EMP-7"
    redactor = tf.Redactor(
        DETECTOR,
        policy={"default": "redact", "IBAN_CODE": "mask", "CREDIT_CARD": "allow", "PHONE_NUMBER": "pseudonymize"},
    )
    redaction = redactor.redact(text)
    assert redaction.text == f"[EMAIL_ADDRESS] {'*' * 23}3456 4111 1111 1111 1111 [PHONE_NUMBER_1] [BADGE]"
    assert redaction.session.counts == {"EMAIL_ADDRESS": 1, "IBAN_CODE": 1, "PHONE_NUMBER": 1, "BADGE": 1}
    assert len(redaction.findings) == 4  # What is allowed is not looked for.
    assert dict(redaction.session.values) == {"[PHONE_NUMBER_1]": "+39 333 1234567"}


def test_a_mask_keeps_nothing_of_a_short_value_and_no_bracket() -> None:
    detector = tf.Detector([], patterns=[tf.Pattern("SHORT", "Q1234?"), tf.Pattern("CUT", r"zzzz\[A_1")])
    redactor = tf.Redactor(detector, policy={"default": "mask"})
    assert redactor.redact("Q123 Q1234").text == "**** *1234"
    assert redactor.redact("zzzz[A_1]").text == "*****A_1]"


def test_on_prem_is_remembered_and_restorable() -> None:
    session = tf.Redactor(DETECTOR, policy={"IBAN_CODE": "on_prem"}).session()
    assert session.redact("mario@example.it") == "[EMAIL_ADDRESS_1]"
    assert not session.on_prem
    assert session.redact(IBAN) == "[IBAN_CODE_1]"
    assert session.on_prem
    assert session.restore("[IBAN_CODE_1]") == IBAN


def test_a_blocked_entity_is_refused_without_its_value_and_leaves_the_session_alone() -> None:
    session = tf.Redactor(DETECTOR, policy={"IBAN_CODE": "block"}).session()
    session.redact("mario@example.it")
    with pytest.raises(BlockedContent) as caught:
        session.redact(f"anna@example.it è {IBAN}")
    assert (caught.value.entity, caught.value.start, caught.value.end) == ("IBAN_CODE", 18, 45)
    assert IBAN not in str(caught.value)
    assert session.counts == {"EMAIL_ADDRESS": 1}
    assert len(session.values) == 1


def test_an_allowed_entity_is_not_sensitive() -> None:
    session = tf.Redactor(DETECTOR, policy={"default": "allow"}).session()
    assert session.redact("mario@example.it") == "mario@example.it"
    assert (session.sensitive, session.counts) == (False, {})


def test_an_unknown_entity_or_action_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InvalidInput, match=r"unknown entity 'SHOE_SIZE' in the policy; known: ABA_ROUTING_NUMBER, .*default"
    ):
        tf.Redactor(DETECTOR, policy={"SHOE_SIZE": "block"})
    with pytest.raises(InvalidInput, match=r"unknown action 'hide' for IBAN_CODE in the policy; known: pseudonymize"):
        tf.Redactor(DETECTOR, policy={"IBAN_CODE": "hide"})
    with pytest.raises(InvalidInput, match="unknown action 'hide' for default"):
        tf.Redactor(DETECTOR, policy={"default": "hide"})
    with pytest.raises(InvalidInput, match="unknown entity 'CREDIT_CARD'"):
        tf.Redactor(tf.Detector(["IBAN_CODE"]), policy={"CREDIT_CARD": "mask"})


def test_no_repr_shows_a_value() -> None:
    redactor = tf.Redactor(DETECTOR, policy={"IBAN_CODE": "allow"})
    redaction = redactor.redact(f"mario@example.it {IBAN}")
    stream = redaction.stream()
    stream.feed("[EMAIL_ADD")
    session = redaction.session
    for thing in (redactor, redaction, session, session.values, stream, redaction.findings):
        assert "mario" not in repr(thing) + str(thing)
        assert IBAN not in repr(thing) + str(thing)


def test_a_lone_surrogate_is_invalid_input() -> None:
    with pytest.raises(InvalidInput):
        tf.Redactor(DETECTOR).redact("\udfff")


def test_a_label_tells_what_a_value_is_and_is_left_alone() -> None:
    session = tf.Redactor().session()
    assert session.redact("00743110157") == "00743110157"
    assert session.redact("00743110157", label="partita_iva") == "[IT_VAT_CODE_1]"
    assert session.redact("Soleil75!", label="password") == "[SECRET_1]"
    assert session.redact("anna@example.it", label="mario@example.it") == "[EMAIL_ADDRESS_1]"


def test_a_redacting_stream_takes_nothing_after_its_end_or_an_error() -> None:
    stream = tf.Redactor().session().incoming()
    stream.feed("ciao ")
    stream.close()
    with pytest.raises(InvalidState, match="closed"):
        stream.feed("4111111111111111")
    stream = tf.Redactor().session().incoming()
    with pytest.raises(InvalidInput, match="surrogate"):
        stream.feed("x\ud800")
    with pytest.raises(InvalidState, match="error"):
        stream.feed("mario@example.it")


def test_a_redactor_can_be_sent_to_another_process() -> None:
    redactor = tf.Redactor(
        tf.Detector(["EMAIL_ADDRESS"], patterns=[tf.Pattern("BADGE", r"EMP-\d+")], deny={"PROJECT": ["Fern"]}),
        policy={"BADGE": "redact"},
    )
    other = pickle.loads(pickle.dumps(redactor))
    text = "mario@example.it EMP-7 fern"
    assert other.redact(text).text == redactor.redact(text).text == "[EMAIL_ADDRESS_1] [BADGE] [PROJECT_1]"


def test_the_escapes_of_json_hide_nothing_from_a_redactor() -> None:
    redactor = tf.Redactor()
    text = (
        r'{"nota": "Sono Niccol\u00f2 \"Nico\" Fabbrizi", "a": "mario\u0040example.it", '
        r'"b": "{\"c\": \"Niccol\\u00f2 Fabbrizi\"}"}'
    )
    made = redactor.redact(text)
    assert [finding.entity for finding in made.findings] == ["PERSON", "EMAIL_ADDRESS", "PERSON"]
    assert not redactor.is_clean(text)
    for hidden in ("Niccol", "Fabbrizi", "mario"):
        assert hidden not in made.text
    assert made.restore("[EMAIL_ADDRESS_1]") == "mario@example.it"
    stream = made.stream()
    for back in (made.restore(made.text), "".join([*map(stream.feed, made.text), stream.close()])):
        said, was = json.loads(back), json.loads(text)
        assert json.loads(said.pop("b")) == json.loads(was.pop("b"))
        assert said == was


def test_a_value_found_beside_its_word_is_replaced_where_an_escape_hides_it() -> None:
    badge = tf.Pattern("BADGE", r"EMP-\d+", score=0.3, context=["matricola"])
    redactor = tf.Redactor(tf.Detector([], patterns=[badge]))
    text = "matricola EMP-7777" + " e poi altro" * 20 + r", dice E\u004dP-7777."
    made = redactor.redact(text)
    assert made.text == "matricola [BADGE_1]" + " e poi altro" * 20 + ", dice [BADGE_2]."
    assert made.restore(made.text) == text
