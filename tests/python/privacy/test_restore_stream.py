"""However a stream is cut, the restored pieces are the restored whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.errors import InvalidState

SESSION = tf.Redactor(tf.Detector(patterns=[tf.Pattern("B", "EMP[^ ]+")])).session()
SESSION.redact('mario@example.it anna@example.it EMP"7" EMP[B_1]')

TOKENS = [
    "[EMAIL_ADDRESS_1]",
    "[EMAIL_ADDRESS_2]",
    "[EMAIL_ADDRESS_3]",
    "[B_1]",
    "[B_2]",
    "[B_",
    "[",
    "]",
    "[[",
    "a",
    "è🍋",
]
TEXTS = st.lists(st.sampled_from(TOKENS), max_size=8).map("".join)


def restored(pieces: list[str], *, json: bool = False) -> str:
    stream = SESSION.stream(json=json)
    return "".join([*(stream.feed(piece) for piece in pieces), stream.close()])


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.booleans())
def test_every_cut_in_two_gives_the_whole(text: str, json: bool) -> None:
    whole = SESSION.restore(text, json=json)
    for cut in range(len(text) + 1):
        assert restored([text[:cut], text[cut:]], json=json) == whole


@pytest.mark.parametrize("text", ["[B_1]", "x[B_2]", "[[B_1]", "[B_1][B_2]", "[B_9]a[B", "[B_[B_1]"])
def test_every_way_to_cut_a_short_text_gives_the_whole(text: str) -> None:
    whole = SESSION.restore(text)
    places = range(1, len(text))
    for count in range(len(text)):
        for cuts in itertools.combinations(places, count):
            borders = [0, *cuts, len(text)]
            assert restored([text[a:b] for a, b in itertools.pairwise(borders)]) == whole


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 60), max_size=6))
def test_any_cuts_give_the_whole(text: str, cuts: list[int]) -> None:
    borders = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert restored([text[a:b] for a, b in itertools.pairwise(borders)]) == SESSION.restore(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_never_more_than_a_placeholder_is_held_back(text: str) -> None:
    stream = SESSION.stream()
    given_back = 0
    for fed, character in enumerate(text, start=1):
        given_back += len(stream.feed(character))
        assert len(SESSION.restore(text[:fed])) - given_back < max(map(len, SESSION.values))


def test_text_that_cannot_be_a_placeholder_is_passed_on_at_once() -> None:
    stream = SESSION.stream()
    assert stream.feed("ciao [1") == "ciao [1"
    assert stream.feed("[a") == "[a"
    assert stream.feed("[EMAIL_ADDRESS_123") == "[EMAIL_ADDRESS_123"  # Longer than any there is.
    assert stream.feed("[EMAIL_ADDRESS_") == ""
    assert stream.feed("1]") == "mario@example.it"


def test_a_stream_without_values_holds_nothing_back() -> None:
    stream = tf.Redactor(tf.Detector(["IBAN_CODE"])).session().stream()
    assert stream.feed("[EMAIL_ADDRESS_") == "[EMAIL_ADDRESS_"


def test_a_closed_stream_takes_nothing_more() -> None:
    stream = SESSION.stream()
    assert stream.feed("[EMAIL") == ""
    assert stream.close() == "[EMAIL"
    assert stream.close() == ""
    with pytest.raises(InvalidState, match="closed"):
        stream.feed("x")
