"""Every field of every dialect that can hold a text is redacted, structure survives, and what cannot be read has a
policy of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from support.factories import factory
from support.upstream import Upstream
from tokenfoundry.gateway.bodies.unreadable import unreadable_in
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.privacy import Redactor

Body = dict[str, Any]
EMAIL, IBAN, CODE = "mario.rossi@example.it", "IT60X0542811101000000123456", "RSSMRA85T10A562S"
TEXT = f"scriva a {EMAIL}, conto {IBAN}, codice {CODE}"
VALUES = (EMAIL, IBAN, CODE, "Mario Rossi", "3331234567")
ARGUMENTS = json.dumps({"to": [EMAIL], "deep": {"code": CODE}, "tel": 3331234567, "partita_iva": "00743110157"})
SCHEMA: Body = {
    "type": "object",
    "description": f"es. {EMAIL}",
    "properties": {
        "card": {"type": "integer", "minimum": 3331234567, "maximum": 4111111111111111, "const": 4111111111111111},
        "code": {"type": "string", "enum": [CODE, "x"], "default": CODE, "description": TEXT},
        "n": {
            "enum": [3331234567, 4111111111111111],
            "exclusiveMaximum": 4111111111111111,
            "multipleOf": 378282246310005,
        },
    },
    "required": ["card"],
}

CHAT: Body = {
    "model": "fast",
    "user": EMAIL,
    "safety_identifier": EMAIL,
    "metadata": {"note": TEXT},
    "stop": ["STOP", EMAIL],
    "prediction": {"type": "content", "content": [{"type": "text", "text": TEXT}]},
    "response_format": {"type": "json_schema", "json_schema": {"name": "f", "description": TEXT, "schema": SCHEMA}},
    "tools": [{"type": "function", "function": {"name": "send", "description": TEXT, "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "send"}},
    "messages": [
        {"role": "system", "content": TEXT},
        {"role": "developer", "content": [{"type": "text", "text": TEXT}]},
        {"role": "user", "name": EMAIL, "content": [{"type": "text", "text": TEXT}, {"type": "text", "text": "ciao"}]},
        {
            "role": "assistant",
            "content": None,
            "refusal": TEXT,
            "reasoning_content": TEXT,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "send", "arguments": ARGUMENTS}}],
            "function_call": {"name": "send", "arguments": f"broken {TEXT}"},
        },
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"result": TEXT})},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": TEXT}]},
        {"role": "function", "name": "send", "content": TEXT},
        {"role": "user", "content": TEXT},
    ],
}
MESSAGES: Body = {
    "model": "fast",
    "max_tokens": 10,
    "system": [{"type": "text", "text": TEXT, "cache_control": {"type": "ephemeral"}}],
    "metadata": {"user_id": EMAIL},
    "stop_sequences": [EMAIL],
    "tools": [{"name": "send", "description": TEXT, "input_schema": SCHEMA}],
    "messages": [
        {"role": "user", "content": TEXT},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": TEXT},
                {"type": "tool_use", "id": "t1", "name": "send", "input": json.loads(ARGUMENTS)},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": TEXT},
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": TEXT}]},
                {"type": "document", "title": EMAIL, "context": TEXT, "source": {"type": "text", "data": TEXT}},
                {"type": "search_result", "source": EMAIL, "title": TEXT, "content": [{"type": "text", "text": TEXT}]},
            ],
        },
    ],
}
RESPONSES: Body = {
    "model": "fast",
    "instructions": TEXT,
    "user": EMAIL,
    "metadata": {"note": TEXT},
    "text": {"format": {"type": "json_schema", "name": "f", "schema": SCHEMA}},
    "tools": [{"type": "function", "name": "send", "description": TEXT, "parameters": SCHEMA}],
    "input": [
        {"role": "developer", "content": TEXT},
        {"role": "user", "content": [{"type": "input_text", "text": TEXT}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": TEXT}]},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": TEXT}]},
        {"type": "function_call", "call_id": "c1", "name": "send", "arguments": ARGUMENTS},
        {"type": "function_call_output", "call_id": "c1", "output": TEXT},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": TEXT}]},
        {"type": "custom_tool_call", "call_id": "c2", "name": "run", "input": TEXT},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": TEXT},
    ],
}
BODIES: dict[str, Body] = {
    "/v1/chat/completions": CHAT,
    "/v1/messages": MESSAGES,
    "/v1/responses": RESPONSES,
    "/v1/completions": {"model": "fast", "prompt": [TEXT, "x"], "suffix": TEXT, "user": EMAIL, "stop": [EMAIL]},
    "/v1/embeddings": {"model": "fast", "input": [TEXT, "x"], "user": EMAIL},
    "/v1/moderations": {"model": "fast", "input": [{"type": "text", "text": TEXT}]},
    "/v1/images/generations": {"model": "fast", "prompt": TEXT, "user": EMAIL},
    "/v1/audio/speech": {"model": "fast", "voice": "a", "input": TEXT, "instructions": TEXT},
}


def redacted(path: str, policy: Any) -> Body:
    endpoint: Endpoint = ENDPOINTS[path]
    endpoint.check(BODIES[path])
    return endpoint.redact(BODIES[path], Redactor(policy=policy, key=bytes(32)).session())


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("action", ["pseudonymize", "surrogate", "mask", "hash", "redact"])
def test_no_value_is_left_in_any_field(path: str, action: str) -> None:
    sent = json.dumps(redacted(path, {"default": action}), ensure_ascii=False)
    # The bounds of a schema are its author's numbers: see below.
    for bound in ("3331234567, 4111111111111111]", '"minimum": 3331234567'):
        sent = sent.replace(bound, "")
    assert all(value not in sent for value in VALUES)


@pytest.mark.parametrize("path", BODIES)
def test_names_types_and_structure_survive(path: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(item) for name, item in value.items()}
        if isinstance(value, list):
            return [shape(item) for item in value]
        return "text" if isinstance(value, str) else value

    def without_calls(value: Any) -> Any:
        """What a tool is called with may turn a number into a text; the rest may not."""
        if isinstance(value, dict):
            return {name: without_calls(item) for name, item in value.items() if name != "tel"}
        return [without_calls(item) for item in value] if isinstance(value, list) else value

    made = redacted(path, {"default": "pseudonymize"})
    assert shape(without_calls(made)) == shape(without_calls(BODIES[path]))
    assert set(made) == set(BODIES[path])


def test_arguments_stay_json_and_their_names_tell_what_their_values_are() -> None:
    made = redacted("/v1/chat/completions", {"default": "redact"})
    arguments = json.loads(made["messages"][3]["tool_calls"][0]["function"]["arguments"])
    assert arguments == {
        "to": ["[EMAIL_ADDRESS]"],
        "deep": {"code": "[IT_FISCAL_CODE]"},
        "tel": "[PHONE_NUMBER]",
        "partita_iva": "[IT_VAT_CODE]",
    }
    block = redacted("/v1/messages", {"default": "redact"})["messages"][1]["content"][1]
    assert block["input"] == arguments
    assert made["tools"][0]["function"]["name"] == block["name"] == "send"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/v1/chat/completions", ("tools", 0, "function", "parameters")),
        ("/v1/chat/completions", ("response_format", "json_schema", "schema")),
        ("/v1/messages", ("tools", 0, "input_schema")),
        ("/v1/responses", ("tools", 0, "parameters")),
        ("/v1/responses", ("text", "format", "schema")),
    ],
)
def test_the_numbers_of_a_schema_stay_numbers(path: str, place: tuple[str | int, ...]) -> None:
    schema: Any = redacted(path, {"default": "redact"})
    for step in place:
        schema = schema[step]
    assert schema["properties"]["card"] == SCHEMA["properties"]["card"]
    assert schema["properties"]["n"] == SCHEMA["properties"]["n"]
    assert schema["properties"]["code"]["default"] == "[IT_FISCAL_CODE]"
    assert schema["properties"]["code"]["enum"] == ["[IT_FISCAL_CODE]", "x"]


def test_a_number_called_like_a_bound_elsewhere_is_no_bound() -> None:
    body = {"model": "fast", "messages": [{"role": "user", "content": "x"}], "metadata": {"minimum": 4111111111111111}}
    made = ENDPOINTS["/v1/chat/completions"].redact(body, Redactor(policy={"default": "redact"}).session())
    assert made["metadata"] == {"minimum": "[CREDIT_CARD]"}


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
UNREADABLE: list[tuple[str, Any]] = [
    ("IMAGE", PICTURE),
    ("IMAGE", {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}}),
    ("AUDIO", {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
    ("FILE", {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}),
    ("FILE", {"type": "file", "file": {"file_id": "file-1"}}),
    ("IMAGE", {"type": "input_image", "image_url": "https://example.it/a.png"}),
    ("FILE", {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}),
    ("IMAGE", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}),
    ("IMAGE", {"type": "image", "source": {"type": "url", "url": "https://example.it/a.png"}}),
    ("FILE", {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}}),
    ("AUDIO", {"name": "file.wav", "content_type": "audio/wav", "data": b"RIFF"}),
    ("IMAGE", {"name": "file.png", "content_type": "image/png", "data": b"PNG"}),
    ("FILE", {"name": "file", "content_type": "application/octet-stream", "data": b""}),
]


@pytest.mark.parametrize(("kind", "part"), UNREADABLE)
def test_what_cannot_be_read_is_known_by_what_it_is_called(kind: str, part: Any) -> None:
    assert list(unreadable_in({"messages": [{"role": "user", "content": ["x", part]}], "file": part})) == [kind, kind]


def test_what_is_text_can_be_read() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": TEXT}}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"type": "image", "x": "y"}}}}
    assert not list(unreadable_in([*BODIES.values(), document, tool, {"type": "image"}]))


def ask_with_picture(upstream: Upstream, tmp_path: Path, unreadable: str, *, model: str) -> Any:
    with factory(upstream.base_url, tmp_path / "data", privacy={"unreadable": unreadable}) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": EMAIL}, PICTURE]}]
        return client.chat.completions.create(model=model, messages=messages)


def test_pictures_are_sent_refused_or_kept_on_prem_as_the_policy_says(upstream: Upstream, tmp_path: Path) -> None:
    ask_with_picture(upstream, tmp_path, "allow", model="fast")
    assert upstream.received[-1].body["messages"][0]["content"][1] == PICTURE
    with pytest.raises(openai.BadRequestError, match="does not let IMAGE leave") as raised:
        ask_with_picture(upstream, tmp_path, "block", model="fast")
    assert raised.value.code == "content_policy_violation"
    assert len(upstream.received) == 1
    ask_with_picture(upstream, tmp_path, "on_prem", model="auto")
    assert upstream.received[-1].body["model"] == "node-1"
    assert upstream.received[-1].body["messages"][0]["content"][0]["text"] == EMAIL
    with pytest.raises(openai.PermissionDeniedError) as refused:
        ask_with_picture(upstream, tmp_path, "on_prem", model="fast")
    assert refused.value.code == "residency"
    assert len(upstream.received) == 2
