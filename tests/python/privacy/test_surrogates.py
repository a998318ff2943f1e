"""Surrogates: like somebody's, nobody's, the same for the same, and turned back."""

from __future__ import annotations

import ipaddress
import itertools
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.it import codicefiscale, iva

import tokenfoundry as tf
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy.pseudonyms import PseudonymKey
from tokenfoundry.privacy.surrogates import MAKERS, SURROGATES
from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.known import small_letters
from tokenfoundry.privacy.surrogates.name_tables import FAMILY_NAMES, GIVEN_NAMES
from tokenfoundry.privacy.surrogates.names import language_of, pieces_of

KEY = bytes(range(32))
DETECTOR = tf.Detector()
REDACTOR = tf.Redactor(DETECTOR, policy={"default": "surrogate"}, key=KEY)

VALUES = (
    "Mario Rossi|Anna Rossi|ROSSI|rossi|M. Rossi|Rossi|Jean-Pierre Dupont|Giulia D'Angelo|mario@example.it|"
    "anna.bianchi@example.it|IT60X0542811101000000123456|IT60 X054 2811 1010 0000 0123 456|+39 333 1234567|"
    "4111 1111 1111 1111|RSSMRA85T10A562S|partita IVA 00743110157|192.168.1.7|nato il 12/03/1980|[PERSON_1]|[|]|'|\n| |"
    ".|,|Brambilla|Serena|[LITERAL_1]|\u00e8"
)
PIECES = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.sampled_from(VALUES.split("|")))
TEXTS = st.lists(PIECES, max_size=10).map("".join)
SPACED = st.lists(PIECES, max_size=10).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEXTS, SPACED))
def test_surrogate_then_restore_is_the_identity(text: str) -> None:
    redaction = REDACTOR.redact(text)
    assert redaction.restore(redaction.text) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(SPACED, max_size=5), st.booleans())
def test_every_text_of_a_session_comes_back_whichever_came_first(texts: list[str], expected: bool) -> None:
    session = REDACTOR.session()
    if expected:
        session.expect(texts)
    redacted = [session.redact(text) for text in texts]
    assert [session.restore(text) for text in redacted] == texts
    assert [session.restore(session.redact(text)) for text in texts] == texts


@settings(max_examples=100, deadline=None)
@given(SPACED)
def test_what_was_found_is_not_in_what_is_sent(text: str) -> None:
    redaction = REDACTOR.redact(text)
    # A name that is in the tables may be another person's surrogate, never its own.
    assert all(text[f.start : f.end] not in redaction.text for f in redaction.findings if f.entity != "PERSON")


@settings(max_examples=150, deadline=None)
@given(SPACED, st.data())
def test_every_split_of_a_stream_restores_the_same(text: str, data: st.DataObject) -> None:
    redaction = REDACTOR.redact(text)
    sent = redaction.text
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    stream = redaction.stream()
    borders = [0, *cuts, len(sent)]
    made = "".join(stream.feed(sent[a:b]) for a, b in itertools.pairwise(borders))
    assert made + stream.close() == text


def test_every_two_part_split_of_an_answer_restores_as_the_whole() -> None:
    session = REDACTOR.session()
    sent = session.redact("Mario Rossi <mario@example.it>, +39 333 1234567, M. Bianchi; [PERSON_7]")
    for text, as_json in ((f"{sent} e {sent}x", False), (f'{{"a": "\\n{sent}"}}', True)):
        whole = session.restore(text, json=as_json)
        assert "mario@example.it" in whole
        assert "Mario" in whole
        for cut in range(len(text) + 1):
            stream = session.stream(json=as_json)
            assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.close() == whole


def test_a_person_stays_one_person_and_a_family_a_family() -> None:
    session = REDACTOR.session()
    given_name, family = session.redact("Mario Rossi").split()
    assert session.redact("Anna Rossi scrive a Mario Rossi").endswith(f"{family} scrive a {given_name} {family}")
    assert session.redact("MARIO ROSSI") == f"{given_name} {family}".upper()
    assert session.restore(f"Caro {given_name}, caro signor {family}!") == "Caro Mario, caro signor Rossi!"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Mario Rossi", "it"),
        ("John Smith", "en"),
        ("Jean Moreau", "fr"),
        ("Sabine Hoffmann", "de"),
        ("Jose Gomez", "es"),
    ],
)
def test_a_name_becomes_one_of_its_own_language_and_shape(name: str, language: str) -> None:
    assert language_of(name) == language
    given_name, family = tf.Redactor(DETECTOR, policy={"PERSON": "surrogate"}, key=KEY).redact(name).text.split()
    gender = next(kind for text, kind in pieces_of(name) if kind is not None)
    assert gender is not None
    assert given_name in GIVEN_NAMES[language][gender]
    assert family in FAMILY_NAMES[language]


def test_what_the_user_wrote_forces_another_choice() -> None:
    first = REDACTOR.redact("Scrive Mario Rossi").text.split()[-1]
    other = REDACTOR.redact(f"Scrive Mario Rossi di via {first}")
    assert other.text.split()[2] != first
    assert other.restore(other.text) == f"Scrive Mario Rossi di via {first}"
    session = REDACTOR.session()
    texts = ["Scrive Mario Rossi", f"il vino {first}x di {first}"]
    session.expect(texts)
    assert session.redact(texts[0]).split()[-1] != first
    assert session.redact(texts[1]) == texts[1] or session.restore(session.redact(texts[1])) == texts[1]


def test_a_surrogate_that_comes_up_later_is_kept_as_written() -> None:
    session = REDACTOR.session()
    chosen = session.redact("Scrive Mario Rossi").split()[-1]
    sent = session.redact(f"la ditta {chosen}")
    assert session.restore(sent) == f"la ditta {chosen}"
    assert session.restore(session.redact(f"la ditta {chosen}")) == f"la ditta {chosen}"


def test_choices_follow_from_the_key_alone() -> None:
    text = "Mario Rossi, mario@example.it"
    again = tf.Redactor(DETECTOR, policy={"default": "surrogate"}, key=KEY)
    other = tf.Redactor(DETECTOR, policy={"default": "surrogate"}, key=bytes(32))
    assert REDACTOR.redact(text).text == again.redact(text).text != other.redact(text).text


def test_every_surrogate_is_of_its_kind_and_in_a_range_that_is_nobodys() -> None:
    key = PseudonymKey(KEY)
    for number in range(200):

        def made(entity: str, value: str, number: int = number) -> str:
            drawn = MAKERS[entity](value, Draw(key.seed(entity, value, number)))
            assert drawn is not None
            assert drawn.isascii()
            return drawn

        for value in ("IT60X0542811101000000123456", "DE89370400440532013000", "FR1420041010050500013M02606"):
            assert iban.is_valid(made("IBAN_CODE", value))
        for value in ("ES9121000418450200051332", "PT50000201231234567890154", "NL91ABNA0417164300"):
            assert iban.is_valid(made("IBAN_CODE", value))
        assert made("IBAN_CODE", "IT60X0542811101000000123456")[5:10] == "99999"
        assert luhn.is_valid(made("CREDIT_CARD", "4111111111111111"))
        assert luhn.is_valid(made("CREDIT_CARD", "378282246310005"))
        code = made("IT_FISCAL_CODE", "RSSMRA85T10A562S")
        assert codicefiscale.is_valid(code)
        assert code[11] == "Y"
        assert iva.is_valid(made("IT_VAT_CODE", "00743110157"))
        assert made("EMAIL_ADDRESS", "mario@example.it").partition("@")[2] in (
            "example.com",
            "example.net",
            "example.org",
        )
        assert re.fullmatch(r"\+39 6\d\d \d{3} \d{4}", made("PHONE_NUMBER", "+39 333 1234567"))
        assert re.fullmatch(r"\+1\d{3}55501\d\d", made("PHONE_NUMBER", "+12125557890"))
        assert ipaddress.ip_address(made("IP_ADDRESS", "8.8.8.8")).is_private
        assert made("IP_ADDRESS", "2a00::1").startswith("2001:db8:")
        assert re.fullmatch(r"\d\d/\d\d/19\d\d", made("DATE_OF_BIRTH", "12/03/1980"))
        assert made("MAC_ADDRESS", "AA:BB:CC:DD:EE:0F").startswith("00:00:5E:00:53:")
        assert made("US_SSN", "123-45-6789").startswith("666-")


def test_the_detector_takes_surrogates_for_what_they_stand_for() -> None:
    text = "mario@example.it IT60X0542811101000000123456 4111 1111 1111 1111 RSSMRA85T10A562S 10.1.2.3"
    sent = REDACTOR.redact(text).text
    assert [f.entity for f in DETECTOR.detect(sent)] == [f.entity for f in DETECTOR.detect(text)]
    assert "[" not in sent


def test_a_kind_without_surrogates_is_refused_when_named_and_pseudonymized_by_default() -> None:
    with pytest.raises(
        InvalidInput, match=r"SECRET has no surrogates that can be nobody's; those that do: CREDIT_CARD"
    ):
        tf.Redactor(DETECTOR, policy={"SECRET": "surrogate"})
    assert REDACTOR.policy.action("SECRET") == "pseudonymize"
    assert all(
        REDACTOR.policy.action(name) in ("surrogate", "allow") for name in SURROGATES if name in DETECTOR.entities
    )


def test_a_value_for_which_none_can_be_made_gets_a_placeholder() -> None:
    session = REDACTOR.session()
    assert session.redact("BE68539007547034") == "[IBAN_CODE_1]"
    assert session.restore("[IBAN_CODE_1]") == "BE68539007547034"


def test_another_session_goes_on_with_the_surrogates_of_one_before() -> None:
    session = REDACTOR.session()
    sent = session.redact("Mario Rossi, BE68539007547034, mario@example.it")
    later = REDACTOR.resumed(dict(session.restorable))
    assert later.restore(sent) == "Mario Rossi, BE68539007547034, mario@example.it"


def test_no_repr_shows_a_value_or_the_key() -> None:
    session = REDACTOR.session()
    session.redact("mario@example.it")
    assert "mario" not in repr(session) + repr(session._substitution) + repr(session._substitution.stand_ins) + repr(
        REDACTOR
    )
    assert KEY.hex() not in repr(PseudonymKey(KEY))


def test_many_names_never_share_a_surrogate() -> None:
    session = REDACTOR.session()
    people = [
        f"{first} {last}" for first in ("Mario", "Luigi", "Carla") for last in ("Rossi", "Neri", "Galli", "Costa")
    ]
    sent = [session.redact(f"Il signor {each} scrive.") for each in people]
    assert len(set(sent)) == len(people)
    assert [session.restore(text) for text in sent] == [f"Il signor {each} scrive." for each in people]


def test_both_ways_of_looking_find_the_same() -> None:
    session = REDACTOR.session()
    sent = session.redact(
        "Mario Rossi, M. Rossi, Rossi; mario@example.it +39 333 1234567 IT60 X054 2811 1010 0000 0123 456"
    )
    stand_ins = session._substitution.stand_ins
    assert stand_ins is not None
    for text in (sent, f"x{sent}", f"{sent}{sent}", f"\\n{sent}\\\\n{sent}_"):
        for as_json in (False, True):
            words = list(stand_ins._at_words(text, small_letters(text), 0, json=as_json))
            longest = dict(reversed(stand_ins._at_values(text, small_letters(text), 0, json=as_json)))
            assert words == sorted(longest.items())
            assert words


def test_surrogates_are_found_behind_every_escape_of_json() -> None:
    text = "a\nMario Rossi\tmario@example.it\u00a0Mario Rossi\u2014mario@example.it \u00abMario Rossi\u00bb"
    session = REDACTOR.session()
    sent = session.redact(text)
    assert len(session.restorable) >= 3
    for ascii_only in (False, True):
        written = json.dumps({"a": sent}, ensure_ascii=ascii_only)
        whole = session.restore(written, json=True)
        assert json.loads(whole) == {"a": text}
        for cut in range(len(written) + 1):
            stream = session.stream(json=True)
            assert stream.feed(written[:cut]) + stream.feed(written[cut:]) + stream.close() == whole


def test_a_text_that_comes_in_pieces_has_surrogates_up_to_its_ends() -> None:
    session = REDACTOR.session()
    stream = session.incoming()
    text = "mario@example.it\n" + "parole e altre parole\n" * 9000 + "anna@example.it"
    sent = "".join(map(stream.feed, (text[at : at + 1000] for at in range(0, len(text), 1000)))) + stream.close()
    assert "[" not in sent
    assert "@example.it" not in sent
    assert session.restore(sent) == text


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        ("mario.rossi@example.it", [str.upper, str.lower, str.title, "**{}**".format, "_{}_".format, "<{}>".format]),
        ("IT60 X054 2811 1010 0000 0123 456", [str.lower, "`{}`".format]),
        ("RSSMRA85T10A562S", [str.lower, "__{}__".format]),
    ],
)
def test_a_surrogate_in_other_letters_or_with_emphasis_comes_back(value: str, changes: list[Any]) -> None:
    session = REDACTOR.session()
    sent = session.redact(f"Ecco: {value}, va bene?").removeprefix("Ecco: ").removesuffix(", va bene?")
    assert sent != value
    for change in changes:
        said = f"Vedi {change(sent)} e {sent}."
        whole = session.restore(said)
        around = change(sent).lower().split(sent.lower())
        assert whole == f"Vedi {around[0]}{value}{around[1]} e {value}."
        for cut in range(len(said) + 1):
            stream = session.stream()
            assert stream.feed(said[:cut]) + stream.feed(said[cut:]) + stream.close() == whole


def test_a_name_comes_back_in_the_letters_of_its_surrogate_but_for_small_ones() -> None:
    session = REDACTOR.session()
    sent = session.redact("Chiama Mario Rossi, poi BIANCHI e giulia").split()
    given, family = sent[1], sent[2].rstrip(",")
    assert session.restore(f"{given.upper()} _{family}_ **{given} {family}**") == "MARIO _Rossi_ **Mario Rossi**"
    assert session.restore(f"{given.lower()} {family.lower()}") == f"{given.lower()} {family.lower()}"
    assert session.restore(sent[4].title()) == "Bianchi"


def test_the_s_of_a_genitive_stays_behind_the_name() -> None:
    session = REDACTOR.session()
    sent = session.redact("Ruft Ludwig Neumann an, oder mario@example.it?").split()
    given, family, address = sent[1], sent[2], sent[5].rstrip("?")
    said = f"{family}s {given}s, {family.upper()}s {family}'s {family}sa {family.lower()}s {address}s {given}s"
    whole = f"Neumanns Ludwigs, NEUMANNs Neumann's {family}sa {family.lower()}s {address}s Ludwigs"
    assert session.restore(said) == whole
    for cut in range(len(said) + 1):
        stream = session.stream()
        assert stream.feed(said[:cut]) + stream.feed(said[cut:]) + stream.close() == whole
    stream = session.stream()
    assert "".join([*map(stream.feed, said), stream.close()]) == whole


def test_no_surrogate_is_chosen_whose_genitive_a_user_wrote() -> None:
    name = REDACTOR.session().redact("Ruft Ludwig Neumann an").split()[2]
    session = REDACTOR.session()
    texts = [f"{name}s Idee", "Ruft Ludwig Neumann an"]
    session.expect(texts)
    made = [session.redact(text) for text in texts]
    assert [session.restore(text) for text in made] == texts
    assert name not in made[1]


def test_what_a_user_wrote_in_other_letters_is_still_his() -> None:
    session = REDACTOR.session()
    sent = session.redact("Scrivi a mario@example.it")
    address = sent.split()[-1]
    for text in (address.upper(), f"_{address.title()}_", f"x {address} y"):
        redacted = session.redact(text)
        assert address.lower() not in redacted.lower()
        assert session.restore(redacted) == text


def test_a_resumed_session_chooses_the_same_surrogates_again() -> None:
    texts = ["Mario Rossi, M. Rossi, ROSSI", "mario@example.it, +39 333 1234567", "IT60X0542811101000000123456 Mario"]
    first = tf.Redactor(policy={"default": "surrogate"}, key=bytes(32))
    other = tf.Redactor(policy={"default": "surrogate"}, key=bytes(31) + b"x")
    session = first.session()
    sent = [session.redact(text) for text in texts]
    resumed = other.resumed(dict(session.restorable))
    assert [resumed.redact(text) for text in texts] == sent
    assert dict(resumed.restorable) == dict(session.restorable)
    assert other.session().redact(texts[1]) != sent[1]


def test_surrogates_take_time_in_proportion_to_their_number() -> None:
    def taken(count: int) -> float:
        texts = [f"Scrivi a utente{number}@example.it, +39 333 {number:07d}" for number in range(count)]
        findings = [REDACTOR.detector.detect(text) for text in texts]
        session = REDACTOR.session()
        begun = time.process_time()
        for text, found in zip(texts, findings, strict=True):
            session.redact_findings(text, found)
        return (time.process_time() - begun) / count

    assert min(taken(4000) for _ in range(2)) < 4 * min(taken(500) for _ in range(2))
