"""What a model adds of its own: found in answers before they are restored, whole or cut anywhere."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import BlockedContent
from tokenfoundry.privacy import StreamRestorer

KEY = bytes(range(32))
DETECTOR = tf.Detector(patterns=[tf.Pattern("BADGE", r"EMP-\d+")])
ANSWERS: Mapping[str, Any] = {
    "default": "redact",
    "PHONE_NUMBER": {"action": "mask", "keep_last": 2},
    "IBAN_CODE": "hash",
    "URL": "allow",
}
IBAN = "IT60X0542811101000000123456"


def session_with(policy: Mapping[str, Any] | None = None, answers: Mapping[str, Any] = ANSWERS) -> tf.RedactionSession:
    return tf.Redactor(DETECTOR, policy=policy, answers=answers, key=KEY).session()


def told(session: tf.RedactionSession, pieces: list[str], *, as_json: bool = False) -> str:
    stream = session.stream(json=as_json)
    return "".join([*map(stream.feed, pieces), stream.close()])


def whole(session: tf.RedactionSession, text: str, *, as_json: bool = False) -> str:
    return session.restore(session.guarded(text, json=as_json), json=as_json)


def test_what_is_new_is_replaced_and_the_callers_own_values_come_back() -> None:
    session = session_with()
    sent = session.redact("Sono Mario Rossi, mario@example.it")
    assert sent == "Sono [PERSON_1], [EMAIL_ADDRESS_1]"
    answer = f"Caro [PERSON_1] ([EMAIL_ADDRESS_1]), scriva ad anna@example.it o chiami +39 333 1234567. IBAN {IBAN}."
    made = whole(session, answer)
    hashed = session.guarded(IBAN)
    assert hashed.startswith("[IBAN_CODE:")
    assert made == (
        f"Caro Mario Rossi (mario@example.it), scriva ad [EMAIL_ADDRESS] o chiami *************67. IBAN {hashed}."
    )


def test_surrogates_in_an_answer_are_nothing_new() -> None:
    session = session_with({"default": "surrogate"})
    text = "Scrive Mario Rossi, mario@example.it, +39 333 1234567"
    sent = session.redact(text)
    assert "[" not in sent
    assert whole(session, sent) == text
    assert whole(session, f"{sent} e anna@example.it") == f"{text} e [EMAIL_ADDRESS]"


def test_a_call_without_a_policy_of_answers_restores_as_ever() -> None:
    redactor = tf.Redactor(DETECTOR)
    session = redactor.session()
    assert not session.guards
    assert type(session.stream()) is StreamRestorer
    assert session.guarded("anna@example.it") == "anna@example.it"


def test_a_blocked_answer_names_the_kind_and_not_the_value() -> None:
    session = session_with(answers={"IBAN_CODE": "block"})
    assert whole(session, "anna@example.it") == "anna@example.it"
    with pytest.raises(BlockedContent) as caught:
        session.guarded(f"Ecco: {IBAN}")
    assert caught.value.entity == "IBAN_CODE"
    assert IBAN not in str(caught.value)
    stream = session.stream()
    with pytest.raises(BlockedContent):
        [stream.feed(each) for each in f"Ecco: {IBAN}\nE altro ancora, che si legge fino in fondo.\n"]


def test_a_stream_holds_back_its_last_sentence_and_a_few_characters_alone() -> None:
    stream = session_with().stream()
    assert stream.feed("Buongiorno, signora. Il numero che cercava") == ""
    assert stream.feed(", quello dell'ufficio,") == "Buongiorno, signora. "
    passed = stream.feed(" e' 333 1234567 (cellulare)\nGrazie di averci scritto, a presto e buona giornata")
    assert passed == "Il numero che cercava, quello dell'ufficio, e' *********67 (cellulare)\n"
    assert stream.close() == "Grazie di averci scritto, a presto e buona giornata"


@pytest.mark.parametrize("between", ["\n", ",\n"])
def test_a_value_that_goes_on_over_the_end_of_a_line_is_one(between: str) -> None:
    session = session_with()
    text = f"Si trova qui:\nVia Garibaldi 12{between}10122 Torino\n" + "Una riga che non dice nulla di nessuno.\n" * 3
    made = whole(session, text)
    assert made.startswith("Si trova qui:\n[STREET_ADDRESS]\nUna riga")
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]]) == made
    assert told(session, list(text)) == made


def test_a_value_at_the_cut_of_a_long_line_is_not_cut() -> None:
    session = session_with()
    for before in range(16_350, 16_400, 3):
        text = "x" * 8000 + " " + "y" * (before - 8001) + " Via Garibaldi 12, 10122 Torino " + "z " * 100
        made = whole(session, text)
        assert "[STREET_ADDRESS]" in made
        assert "Torino" not in made
        assert told(session, [text[at : at + 97] for at in range(0, len(text), 97)]) == made


def test_a_secret_of_many_lines_is_held_back_until_it_ends() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 4 + "-----END PRIVATE KEY-----\n"
    session = session_with()
    made = told(session, list(f"Ecco la chiave:\n{key}Fatto.\n"))
    assert "MIIE" not in made
    assert made == whole(session, f"Ecco la chiave:\n{key}Fatto.\n")


def test_a_line_without_an_end_is_cut_between_words() -> None:
    session = session_with()
    text = "parola " * 4000 + "anna@example.it " + "parola " * 4000
    stream = session.stream()
    passed = "".join(map(stream.feed, (text[at : at + 50] for at in range(0, len(text), 50))))
    assert len(text) - len(passed) < 20_000
    made = passed + stream.close()
    assert "anna@" not in made
    assert made == whole(session, text)


TEXTS = [
    "a anna@example.it.",
    "chiami. 333 1234567 (cell)",
    f"EMP-7\n{IBAN} b",
    "[EMAIL_ADDRESS_1]EMP-12",
    "Anna Bianchi? EMP-1",
    "signor. Rossi, EMP-",
    "parola...') EMP-7!? EMP-8",
    "parola....... EMP-7",
]


@pytest.mark.parametrize("text", TEXTS)
def test_every_cut_in_two_or_three_of_a_short_text_is_told_as_the_whole(text: str) -> None:
    session = session_with()
    session.redact("mario@example.it")
    expected = whole(session, text)
    assert told(session, list(text)) == expected
    for first, second in itertools.combinations_with_replacement(range(len(text) + 1), 2):
        assert told(session, [text[:first], text[first:second], text[second:]]) == expected


WORDS = 'anna@example.it|+39 333 1234567|EMP-7|[EMAIL_ADDRESS_1]|[EMAIL|Anna Bianchi| |. |parole. |\n|x|è|"|\\'
PIECES = st.sampled_from([IBAN, *WORDS.split("|")])


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_every_cut_in_two_of_any_text_is_told_as_the_whole(text: str) -> None:
    session = session_with()
    session.redact("mario@example.it")
    expected = whole(session, text)
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]]) == expected


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), PIECES, st.floats(allow_nan=False, width=32)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(PIECES, inner, max_size=3)),
    max_leaves=8,
)


def shape(value: Any) -> Any:
    """What JSON says without its texts and numbers."""
    if isinstance(value, dict):
        return [shape(each) for each in value.values()]
    if isinstance(value, list):
        return [shape(each) for each in value]
    return value if isinstance(value, bool | None) else ""


@settings(max_examples=120, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_json_still_parses_and_keeps_its_shape_however_it_is_cut(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    session = session_with()
    session.redact("mario@example.it")
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    expected = whole(session, text, as_json=True)
    pairs = json.loads(expected, object_pairs_hook=lambda pairs: [item for _, item in pairs] or {})
    wanted = json.loads(text, object_pairs_hook=lambda pairs: [item for _, item in pairs] or {})
    assert shape(pairs) == shape(wanted)
    assert "anna@example.it" not in expected
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]], as_json=True) == expected


def test_the_texts_of_json_are_looked_at_as_themselves_and_called_as_their_fields() -> None:
    session = session_with()
    text = (
        '{"partita_iva": "00743110157", "n": "00743110157", "tel": 3331234567, "max": 1, "s": "\\nanna@example.it\\n"}'
    )
    assert json.loads(session.guarded(text, json=True)) == {
        "partita_iva": "[IT_VAT_CODE]",
        "n": "00743110157",
        "tel": "********67",
        "max": 1,
        "s": "\n[EMAIL_ADDRESS]\n",
    }
    escaped = '{"to": "anna\\u0040example.it", "bad": "\\ud83d", "smile": "\\ud83d\\ude00"}'
    assert json.loads(session.guarded(escaped, json=True)) == {"to": "[EMAIL_ADDRESS]", "bad": "\ud83d", "smile": "😀"}


def test_what_is_no_json_is_looked_at_as_plain_text() -> None:
    session = session_with()
    assert session.guarded("scriva a anna@example.it", json=True) == "scriva a [EMAIL_ADDRESS]"
    assert session.guarded('{"a": 1} e poi anna@example.it', json=True) == '{"a": 1} e poi [EMAIL_ADDRESS]'


def test_what_went_as_it_was_written_is_nothing_new() -> None:
    session = session_with({"EMAIL_ADDRESS": "on_prem"})
    session.redact("mario@example.it")
    assert session.on_prem
    answers = session.as_written()
    assert whole(answers, "mario@example.it e anna@example.it") == "mario@example.it e [EMAIL_ADDRESS]"
