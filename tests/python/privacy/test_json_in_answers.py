"""JSON that a model writes though nobody asked for it: found where it stands, and whole when values come back."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.privacy.json_in_text import JsonParts, may_hold_json

AWKWARD = 'Mario "il \\ Duro"\nRossi'
PARTS = {
    '{"a": "x}\\"y"} poi {"b"': ['{"a": "x}\\"y"}', '{"b"'],
    " \n [1, [true]]\n{}\nfine": ["[1, [true]]", "{}"],
    "[PERSON_1] scrive": [],
    "[ PERSON_1 ]": [],
    "[nota] e [nul": [],
    "[1] Vedi [2]": ["[1]"],
    'ciao\n```json\n{"a": [1, "`"]}\n```\npoi\n```\n[true, {"x": 1}]\n```x\n```\n[1]': [
        '{"a": [1, "`"]}',
        '[true, {"x": 1}]',
    ],
    '~~~~ JSONL\n{"a": 1}\n"b"\n~~~\n~~~~\n[1]': ['{"a": 1}', '"b"'],
    '```\n"a"\n```': [],
    '```python\ndef f(): return {"a": 1}\n```': ['{"a": 1}'],
    'Ho letto { "a": [1, {}] } e [ -1, null, ["b"]].': ['{ "a": [1, {}] }', '[ -1, null, ["b"]]'],
    '<tool_call>{"a": "}"}</tool_call>': ['{"a": "}"}'],
    '```python\nx = {\n  "a": 1}\n```\n[\n{\'a\': "b"}': ['{\n  "a": 1}'],
    'Vedi [1, 2], [nota "x"], {a: "b"}, {} e [[PERSON_1]]; [tru "x"] {1, "x"}': [],
    '{"a": [PERSON_1], "b": {"c": "d"}}': ['{"a": ', '{"c": "d"}'],
    'a [{"b" c': ['[{"b" '],
    'a {"b\nc" {"d"}': ['{"b', '{"d"}'],
    '```{"a": 1}\n```\nb': ['{"a": 1}'],
    f'a [{" " * 65}"b"] {{{" " * 64}"c"}} b [{"1, " * 50}"d"]': [f'{{{" " * 64}"c"}}'],
    '{"a": [PERSON_1], "b": 1}': ['{"a": '],
    '{"a": "b\nc"}': ['{"a": "b'],
    '{"a": 1,\n```\nx': ['{"a": 1,\n'],
    "```\n\n```\n{}": [],
    '  ```json\r\n  {"a": 1}\r\n  ```\r\n': ['{"a": 1}'],
}


def parts(pieces: list[str]) -> list[tuple[bool, str]]:
    reader = JsonParts()
    made = [part for piece in pieces for part in reader.feed(piece)] + reader.close()
    return [
        (is_json, "".join(text for _, text in group))
        for is_json, group in itertools.groupby(made, lambda part: part[0])
    ]


@pytest.mark.parametrize("text", PARTS)
def test_which_parts_of_a_text_are_json_follows_from_the_text_however_it_is_cut(text: str) -> None:
    whole = parts([text])
    assert [part for is_json, part in whole if is_json] == PARTS[text]
    assert "".join(part for _, part in whole) == text
    assert may_hold_json(text) or not any('"' in part for part in PARTS[text])
    assert parts(list(text)) == whole
    for first, second in itertools.combinations_with_replacement(range(len(text) + 1), 2):
        assert parts([text[:first], text[first:second], text[second:]]) == whole


PIECES = st.lists(
    st.sampled_from(["```", "json", "\n", "~~~", '{"', "{", '"', "}", "[", "]", " ", "\\", "1", "a", ":", "true", ","])
)


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_any_text_is_cut_into_the_same_parts(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert parts(pieces) == parts([text]) == parts(list(text))
    assert "".join(part for _, part in parts(pieces)) == text


def session_with(answers: dict[str, str] | None = None) -> tf.RedactionSession:
    values = {"[PERSON_1]": AWKWARD, "[EMAIL_ADDRESS_1]": "mario@example.it"}
    return tf.Redactor(answers=answers).resumed(values)


def told(session: tf.RedactionSession, pieces: list[str]) -> str:
    stream = session.stream(json=None)
    return "".join([*map(stream.feed, pieces), stream.close()])


def whole(session: tf.RedactionSession, text: str) -> str:
    return session.restore(session.guarded(text, json=None), json=None)


@pytest.mark.parametrize("answers", [None, {"default": "redact"}])
@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ('{"who": "[PERSON_1]", "n": [1]}', "", ""),
        (
            'Ecco [PERSON_1]:\n```json\n{"who": "[PERSON_1]", "n": [1]}\n```\n[PERSON_1] saluta.',
            f"Ecco {AWKWARD}:\n```json\n",
            f"\n```\n{AWKWARD} saluta.",
        ),
        ('```\n{"who": "\\u005bPERSON_1\\u005d", "n": [1]}\n```', "```\n", "\n```"),
        ('[PERSON_1]\n~~~\n{"who": "**[person_1]**", "n": [1]}', f"{AWKWARD}\n~~~\n", ""),
        ('Ecco [PERSON_1]: {"who": "[PERSON_1]"}, [PERSON_1].', f"Ecco {AWKWARD}: ", f", {AWKWARD}."),
        ('<tool_call>\n{"who": "[PERSON_1]"}</tool_call>', "<tool_call>\n", "</tool_call>"),
        ('```js\nf({\n  "who": "[PERSON_1]"})', "```js\nf(", ")"),
    ],
)
def test_a_value_that_comes_back_leaves_json_whole(
    text: str, before: str, after: str, answers: dict[str, str] | None
) -> None:
    session = session_with(answers)
    made = whole(session, text)
    assert made.startswith(before)
    assert made.endswith(after)
    decoded = json.loads(made[len(before) : len(made) - len(after)])
    assert decoded["who"].strip("*") == AWKWARD
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]]) == made
    assert told(session, list(text)) == made


@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "Ecco:\n\n  ```\n  {}\n  ```\nFatto, a presto.\n"])
def test_escapes_hide_nothing_new_in_json_that_nobody_asked_for(fence: str) -> None:
    session = session_with({"default": "redact"})
    inner = json.dumps({"nota": "anna\u0040example.it", "di": "Niccolò"}).replace("@", "\\u0040")
    value = {"mail": "anna@example.it", "codice_fiscale": "RSSMRA85T10A562S", "testo": inner, "a": "[EMAIL_ADDRESS_1]"}
    text = fence.replace("{}", json.dumps(value).replace("@", "\\u0040"))
    made = whole(session, text)
    decoded = json.loads(made[made.index("{") : made.rindex("}") + 1])
    assert decoded["mail"] == "[EMAIL_ADDRESS]"
    assert decoded["codice_fiscale"] == "[IT_FISCAL_CODE]"
    assert decoded["a"] == "mario@example.it"
    assert json.loads(decoded["testo"])["nota"] == "[EMAIL_ADDRESS]"
    for cut in range(0, len(text) + 1):
        assert told(session, [text[:cut], text[cut:]]) == made
    assert told(session, list(text)) == made


def test_text_that_only_looks_like_json_is_restored_as_it_is() -> None:
    session = session_with()
    for text in ("[PERSON_1]", "[1] [PERSON_1]", "{[PERSON_1]}", "`{}` [PERSON_1]"):
        assert whole(session, text) == told(session, list(text)) == text.replace("[PERSON_1]", AWKWARD)


def test_what_stands_before_json_still_speaks_for_what_stands_behind_it() -> None:
    session = session_with({"default": "redact"})
    text = 'Partita IVA del cliente:\n```json\n{"x": 1}\n```\n00743110157\n'
    assert whole(session, text).endswith("\n[IT_VAT_CODE]\n")
    assert told(session, list(text)) == whole(session, text)


@pytest.mark.parametrize("name", ["", "anna@example.it "])
def test_a_string_is_written_as_it_was_up_to_what_was_replaced_in_it(name: str) -> None:
    session = session_with({"default": "redact"})
    spelled = r"\u00e8 \d \x41 \/ \ud83d\ude00 \ud83d \q fine.\n"
    text = f'f({{"{spelled}{name}", "\\u00E8.\\ud83d": ["{spelled}'
    made = whole(session, text)
    assert made == text.replace(name or "\0", "[EMAIL_ADDRESS] ")
    for cut in range(len(text) + 1):
        assert told(session, [text[:cut], text[cut:]]) == made
    assert told(session, list(text)) == made


SAID = st.sampled_from(["[PERSON_1]", "[EMAIL_ADDRESS_1]", "a [person_1]", '"', "\\", "\n", "{", "[1]", "```", "c'è"])
VALUES = st.recursive(
    SAID | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SAID, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(SAID, VALUES, min_size=1, max_size=3)
PROSE = st.sampled_from(
    ["Ecco", "[PERSON_1]: ", "<tool_call>", "\n", " ", "f(", "[1] ", "`", "È così, ", "```json\n", "x = "]
)


SESSIONS = [session_with(answers) for answers in (None, {"default": "redact"})]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PROSE, max_size=4),
    OBJECTS | OBJECTS.map(lambda value: [1, value]),
    st.sampled_from([None, 2]),
    st.sampled_from(SESSIONS),
    st.data(),
)
def test_json_behind_any_prose_still_parses(
    before: list[str], value: object, indent: int | None, session: tf.RedactionSession, data: st.DataObject
) -> None:
    text = "".join(before) + json.dumps(value, indent=indent, ensure_ascii=data.draw(st.booleans())) + " [PERSON_1]."
    made = whole(session, text)
    decoded, end = json.JSONDecoder().raw_decode(made, len(whole(session, "".join(before))))
    assert made[end:] == f" {AWKWARD}."
    assert decoded == json.loads(session.restore(json.dumps(value), json=True))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    assert told(session, [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]) == made
