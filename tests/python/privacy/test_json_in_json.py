"""JSON inside the texts of JSON, as deep as it goes: a value that comes back leaves every level of it whole."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.privacy.json_in_text import Json
from tokenfoundry.privacy.json_levels import JsonLevels, json_levels

AWKWARD = 'Mario "il \\ Duro"\nRossi'
VALUES = {"[PERSON_1]": AWKWARD}


def nested(value: Any, levels: int) -> str:
    """JSON in which `value` stands so deep, and before and behind it something less deep."""
    text = json.dumps({"who": value})
    for _ in range(levels - 1):
        text = json.dumps(["[PERSON_1] [nota]", {"in": text, "a": "[PERSON_1]"}])
    return text


def deepest(text: str, levels: int) -> Any:
    """The value in it, each level read as JSON."""
    for _ in range(levels - 1):
        first, then = json.loads(text)
        assert (first, then["a"]) == (f"{AWKWARD} [nota]", AWKWARD)
        text = then["in"]
    return json.loads(text)["who"]


def told(session: tf.RedactionSession, pieces: list[str], json: Json) -> str:
    stream = session.stream(json=json)
    return "".join([*map(stream.feed, pieces), stream.close()])


@pytest.mark.parametrize("answers", [None, {"default": "redact"}])
@pytest.mark.parametrize("as_json", [True, None])
@pytest.mark.parametrize("written", ["[PERSON_1]", "**[ person_1 ]**", r"\[PERSON\_1\]", "\u3010PERSON_1\u3011"])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_value_is_escaped_once_for_each_level_however_the_text_is_cut(
    levels: int, written: str, as_json: Json, answers: dict[str, str] | None
) -> None:
    session = tf.Redactor(answers=answers).resumed(VALUES)
    text = nested(written, levels)
    whole = session.restore(session.guarded(text, json=as_json), json=as_json)
    assert deepest(whole, levels).strip("*") == AWKWARD
    assert told(session, list(text), as_json) == whole
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]], as_json) == whole


def test_so_is_the_value_of_a_surrogate() -> None:
    session = tf.Redactor(policy={"default": "surrogate"}, key=bytes(32)).session()
    value = "Via Garibaldi 14\n20121 Milano"
    street = session.redact(value)
    assert street != value
    text = json.dumps({"a": json.dumps({"b": f"\n{street}"})})
    whole = session.restore(text, json=True)
    assert json.loads(json.loads(whole)["a"]) == {"b": f"\n{value}"}
    assert session.restore(text, json=None) == whole
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]], True) == whole


@pytest.mark.parametrize(
    "inside",
    [
        'Ecco:\n```json\n{"a": "[PERSON_1]"}\n```\n[PERSON_1].',
        'Ecco [ {"a": "[PERSON_1]"}, "[PERSON_1]"] [PERSON_1].',
        'x [1, "[PERSON_1]"] {[PERSON_1]}',
        "[1] [PERSON_1]",
        "```\n[PERSON_1]",
        '"[PERSON_1]"',
        "[]",
    ],
)
def test_the_text_of_a_field_is_read_as_an_answer_is(inside: str) -> None:
    session = tf.Redactor().resumed(VALUES)
    text = json.dumps([inside, {inside: inside}])
    said = session.restore(inside, json=None)
    for as_json in (True, None):
        whole = session.restore(text, json=as_json)
        assert json.loads(whole) == [said, {said: said}]
        for cut in range(len(text) + 1):
            assert told(session, [text[:cut], text[cut:]], as_json) == whole


WRITTEN = (
    r'[PERSON_1]|{"|"|\"|\\\"|{\|}|[|]|\|\u005b|\u00|\n|a|1|```|json|\ud83c|:|,| |~~~|{"a": "|{\"a\": \"|\u007b\u0022'
)
PIECES = st.lists(st.sampled_from([*WRITTEN.split("|"), "\n"]), max_size=14)


@settings(max_examples=400, deadline=None)
@given(PIECES, st.sampled_from([True, None]))
def test_any_text_has_the_same_levels_however_it_is_cut(pieces: list[str], as_json: Json) -> None:
    text = "".join(pieces)
    whole = json_levels(text, as_json)
    assert "".join(part for _, part in whole) == text
    for cut in (pieces, list(text)):
        levels = JsonLevels(as_json)
        made = [level for piece in cut for level in levels.feed(piece)] + levels.close()
        grouped = [
            (depth, "".join(part for _, part in group))
            for depth, group in itertools.groupby((level for level in made if level[1]), lambda level: level[0])
        ]
        assert grouped == [level for level in whole if level[1]]
    session = tf.Redactor().resumed(VALUES)
    assert told(session, pieces, as_json) == told(session, list(text), as_json) == session.restore(text, json=as_json)


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=2).map(json.dumps), max_leaves=4))
def test_json_without_a_placeholder_is_left_as_it_is_written(text: str) -> None:
    session = tf.Redactor().resumed(VALUES)
    assert session.restore(text, json=True) == text == session.restore(text, json=None)
