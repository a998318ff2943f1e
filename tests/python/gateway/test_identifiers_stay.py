"""What a program calls its tools and fields by is nobody's name, though a word of a name is the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tokenfoundry.gateway.bodies.unreadable import redacted_body
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.privacy import Redactor

SAID = "The customer is Mrs Katie Price."
SCHEMA = {
    "type": "object",
    "properties": {
        "Price": {"type": "string", "pattern": "^Price$", "enum": ["Price"]},
        "next": {"$ref": "#/$defs/Price"},
    },
    "$defs": {"Price": {"const": "Price"}},
    "required": ["Price"],
}
CALL = {"id": "c1", "type": "function", "function": {"name": "Price", "arguments": json.dumps({"Price": "of Price"})}}
FUNCTION = {"name": "Price", "parameters": SCHEMA}
REDACTOR = Redactor()


def sent(endpoint: Any, body: dict[str, Any]) -> dict[str, Any]:
    return redacted_body(endpoint, {"model": "m", **body}, REDACTOR.session())


@pytest.mark.parametrize(
    ("endpoint", "said", "identifiers"),
    [
        (
            Chat(),
            {"messages": [{"role": "user", "content": SAID}]},
            {
                "tools": [{"type": "function", "function": FUNCTION}],
                "tool_choice": {"type": "function", "function": {"name": "Price"}},
                "response_format": {"type": "json_schema", "json_schema": {"name": "Price", "schema": SCHEMA}},
            },
        ),
        (
            Responses(),
            {"input": [{"role": "user", "content": SAID}]},
            {
                "tools": [{"type": "function", **FUNCTION}, {"type": "mcp", "allowed_tools": ["Price"]}],
                "tool_choice": {"type": "function", "name": "Price"},
                "text": {"format": {"type": "json_schema", "name": "Price", "schema": SCHEMA}},
            },
        ),
        (
            Messages(),
            {"messages": [{"role": "user", "content": SAID}], "max_tokens": 9},
            {"tools": [{"name": "Price", "input_schema": SCHEMA}], "tool_choice": {"type": "tool", "name": "Price"}},
        ),
    ],
)
def test_words_of_a_name_stay_in_tools_and_schemas(
    endpoint: Any, said: dict[str, Any], identifiers: dict[str, Any]
) -> None:
    made = sent(endpoint, said | identifiers)
    assert "Katie" not in json.dumps(made.get("messages", made.get("input")))
    assert {name: made[name] for name in identifiers} == identifiers


def test_a_call_is_of_the_tool_it_names_and_what_it_says_is_redacted() -> None:
    messages = [
        {"role": "user", "content": SAID, "name": "Katie_Price"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "name": "Price", "content": "Price is here"},
    ]
    user, assistant, tool = sent(Chat(), {"messages": messages, "tools": [{"type": "function", "function": FUNCTION}]})[
        "messages"
    ]
    call = assistant["tool_calls"][0]["function"]
    assert (call["name"], [*json.loads(call["arguments"])], tool["name"]) == ("Price", ["Price"], "Price")
    assert "Price" not in call["arguments"].replace('"Price":', "")
    assert "Price" not in tool["content"]
    assert "Katie" not in user["name"]


def test_what_is_found_whole_is_replaced_in_identifiers_too() -> None:
    body = {"messages": [{"role": "user", "content": "codice fiscale RSSMRA85T10A562S"}]}
    made = sent(Chat(), body | {"tools": [{"type": "function", "function": {"name": "RSSMRA85T10A562S"}}]})
    assert made["tools"][0]["function"]["name"] == "[IT_FISCAL_CODE_1]"
