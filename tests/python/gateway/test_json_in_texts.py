"""JSON stands anywhere in a request: in what a user says, in the result of a tool, in what is embedded. Its escapes
neither hide a value nor cut one, and what was JSON stays JSON.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.gateway.bodies.texts import restored
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.privacy import Pattern, RedactionSession, Redactor
from tokenfoundry.privacy.detector import Detector

CHAT, EMBEDDINGS = ENDPOINTS["/v1/chat/completions"], ENDPOINTS["/v1/embeddings"]
REDACTOR = Redactor(Detector(patterns=[Pattern("BADGE", r"EMP<[^>]*>")]))

HIDDEN = [
    {"name": "Niccol\u00f2 Bianchi"},
    {"name": "J\u00fcrgen M\u00fcller"},
    {"to": "m\u00fcller@example.de"},
    {"who": '"Mario Rossi"'},
    {"said": 'Allora?\n"Chiamate Anna Verdi"'},
    {"born": "nato il 01/02/1980"},
    {"badge": 'EMP<a"b>'},
    {"iban": "IT60 X054 2811 1010 0000 0123 456"},
    [{"deep": {"name": "Niccol\u00f2 Bianchi", "smile": "\U0001f600"}}],
]


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


def sent(text: str, **message: Any) -> tuple[str, RedactionSession]:
    session = REDACTOR.session()
    body = {"model": "fast", "messages": [{"role": "user", "content": text, **message}]}
    return CHAT.redact(body, session)["messages"][0]["content"], session


@pytest.mark.parametrize("said", HIDDEN)
@pytest.mark.parametrize("written", [json.dumps, lambda said: json.dumps(said).replace("/", "\\/")])
def test_what_the_escapes_of_json_hide_is_found_and_json_stays_json(said: Any, written: Any) -> None:
    redacted, session = sent(written(said))
    assert len(session.values) == 1
    value = next(iter(session.values.values()))
    assert value in leaves(said)[0]
    assert not any(value in leaf for leaf in leaves(json.loads(redacted)))
    assert json.loads(session.restore(redacted, json=True)) == said


@pytest.mark.parametrize("said", HIDDEN)
@pytest.mark.parametrize("form", ["```json\n{}\n```", "Ecco: {}", "{},", "{}]"])
def test_json_inside_other_text_or_cut_short_hides_nothing_either(said: Any, form: str) -> None:
    text = form.replace("{}", json.dumps(said))
    redacted, session = sent(text)
    value = json.dumps(leaves(said)[0])[1:-1]
    assert session.values
    assert value not in redacted
    assert session.restore(redacted) == text


def test_a_value_has_one_placeholder_in_arguments_and_in_results() -> None:
    arguments = json.dumps({"who": "Niccol\u00f2 Bianchi"})
    call = {"id": "a", "type": "function", "function": {"name": "find", "arguments": arguments}}
    session = REDACTOR.session()
    messages = [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps({"found": "Niccol\u00f2 Bianchi"})},
    ]
    redacted = CHAT.redact({"model": "fast", "messages": messages}, session)
    assert dict(session.values) == {"[PERSON_1]": "Niccol\u00f2 Bianchi"}
    assert json.loads(redacted["messages"][1]["content"]) == {"found": "[PERSON_1]"}


def test_what_is_embedded_is_read_the_same_way() -> None:
    made = EMBEDDINGS.redact({"model": "fast", "input": [json.dumps(HIDDEN[0])]}, REDACTOR.session())
    assert json.loads(made["input"][0]) == {"name": "[PERSON_1]"}


PICTURE = {"name": "a.png", "content_type": "image/png", "data": b"x"}


@pytest.mark.parametrize(
    ("path", "field", "rest"),
    [
        ("/v1/images/generations", "prompt", {}),
        ("/v1/images/edits", "prompt", {"image": PICTURE}),
        ("/v1/audio/speech", "input", {"voice": "v"}),
        ("/v1/audio/transcriptions", "prompt", {"file": PICTURE}),
        ("/v1/completions", "prompt", {}),
        ("/v1/moderations", "input", {}),
    ],
)
@pytest.mark.parametrize("said", HIDDEN)
def test_what_escapes_hide_is_found_wherever_a_prompt_may_stand(
    path: str, field: str, rest: dict[str, Any], said: Any
) -> None:
    session = REDACTOR.session()
    made = ENDPOINTS[path].redact({"model": "fast", field: json.dumps(said), **rest}, session)[field]
    assert session.sensitive
    assert leaves(said)[0] not in leaves(json.loads(made))


@pytest.mark.parametrize("name", ["nota \\u006cudo@example.it", "x\\nludo@example.it", json.dumps(HIDDEN[0])])
@pytest.mark.parametrize("place", ["metadata", "properties"])
def test_the_name_of_a_field_hides_nothing_in_escapes_either(name: str, place: str) -> None:
    session = REDACTOR.session()
    schema = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {name: {}}}}}
    body = {"metadata": {name: "x"}} if place == "metadata" else {"tools": [schema]}
    made = CHAT.redact({"model": "fast", "messages": [], **body}, session)
    assert len(session.values) == 1
    assert not any(word in json.dumps(made) for word in ("udo@example", "Bianchi"))
    assert name.startswith("{") or restored(made, session) == {"model": "fast", "messages": [], **body}


def test_text_with_backslashes_that_is_no_json_is_left_as_it_is() -> None:
    for text in ["C:\\new\\table\\reports", r"\frac{1}{2}", "[\\n", '{"a": "\\x"}', "[" * 200 + "\\n" + "]" * 200]:
        assert sent(text)[0] == text


@given(st.text(alphabet=st.sampled_from('{}[]"\\ntu00f2:,/ Mario Rossi@example.it'), max_size=60))
def test_any_text_comes_back_as_it_was_or_as_the_same_json(text: str) -> None:
    redacted, session = sent(text)
    if redacted != text and session.restore(redacted) != text:
        assert json.loads(session.restore(redacted, json=True)) == json.loads(text)
