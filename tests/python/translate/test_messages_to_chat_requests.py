"""Anthropic's bodies as OpenAI-compatible providers are told them, judged by the models of OpenAI's own client. Shapes:
the OpenAI API reference, "Create chat completion".
"""

from __future__ import annotations

from typing import Any

import pytest

from support.anthropic_upstream import text, thinking, tool_use
from support.sdk_shapes import check_chat_request
from tokenfoundry.translate import Untranslatable
from tokenfoundry.translate.messages_to_chat import MessagesToChat

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL: dict[str, Any] = {"name": "weather", "description": "Tells it", "input_schema": SCHEMA}
BODY: dict[str, Any] = {
    "model": "qwen3-32b",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Ciao"}],
}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def said(**fields: Any) -> dict[str, Any]:
    made = MessagesToChat().request(BODY | fields)
    check_chat_request(made)
    return made


def messages(*turns: dict[str, Any]) -> Any:
    return said(messages=list(turns))["messages"]


def test_a_plain_question_is_said_plainly() -> None:
    assert said(temperature=0.3, top_p=0.9, top_k=5, stream=True) == {
        "model": "qwen3-32b",
        "stream": True,
        "temperature": 0.3,
        "top_p": 0.9,
        "messages": [{"role": "user", "content": "Ciao"}],
        "max_tokens": 100,
    }


def test_the_system_prompt_becomes_one_message() -> None:
    blocks = [text("Uno."), {**text("Due."), "cache_control": {"type": "ephemeral"}}]
    assert said(system=blocks)["messages"][0] == {"role": "system", "content": "Uno.\n\nDue."}
    assert said(system="Uno.")["messages"][0] == {"role": "system", "content": "Uno."}


def test_a_round_of_tools_becomes_calls_and_messages_of_the_tool() -> None:
    made = messages(
        {"role": "user", "content": "Che tempo fa?"},
        {
            "role": "assistant",
            "content": [
                thinking("Vediamo."),
                text("Guardo."),
                tool_use("weather", {"city": "Roma"}, "a"),
                tool_use("weather", {"city": "Pisa"}, "b"),
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "a",
                    "content": [text("sole"), {"type": "image", "source": PNG}],
                },
                {"type": "tool_result", "tool_use_id": "b", "is_error": True},
                text("E domani?"),
            ],
        },
    )
    assert made[1] == {
        "role": "assistant",
        "content": "Guardo.",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Roma"}'}},
            {"id": "b", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Pisa"}'}},
        ],
    }
    assert made[2:4] == [
        {"role": "tool", "tool_call_id": "a", "content": "sole"},
        {"role": "tool", "tool_call_id": "b", "content": ""},
    ]
    assert made[4] == {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            {"type": "text", "text": "E domani?"},
        ],
    }


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "image", "source": {"type": "url", "url": "https://example.it/a.png"}},
            {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}},
        ),
        (
            {"type": "document", "source": PDF, "title": "a.pdf"},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        ),
        (
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ciao"}, "title": "A"},
            {"type": "text", "text": "A\nciao"},
        ),
        (
            {"type": "document", "source": {"type": "content", "content": [text("uno"), text("due")]}},
            {"type": "text", "text": "uno\n\ndue"},
        ),
        (
            {"type": "search_result", "source": "kb/1", "title": "Orari", "content": [text("9-17")]},
            {"type": "text", "text": "Orari\nkb/1\n9-17"},
        ),
    ],
)
def test_blocks_become_parts(block: dict[str, Any], part: dict[str, Any]) -> None:
    assert messages({"role": "user", "content": [text("Ecco"), block]})[0]["content"][1] == part


@pytest.mark.parametrize(
    ("choice", "said_choice"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "any"}, "required"),
        ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_tools_and_the_choice_among_them_are_said(choice: dict[str, Any], said_choice: Any) -> None:
    made = said(tools=[TOOL], tool_choice={**choice, "disable_parallel_tool_use": True})
    function = {"name": "weather", "parameters": SCHEMA, "description": "Tells it"}
    assert made["tools"] == [{"type": "function", "function": function}]
    assert made["tool_choice"] == said_choice
    assert made["parallel_tool_calls"] is False


def test_the_rest_is_said_by_openais_names() -> None:
    made = said(
        stop_sequences=["FINE"],
        metadata={"user_id": "u-1"},
        service_tier="standard_only",
        output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
    )
    assert made["stop"] == ["FINE"]
    assert made["user"] == "u-1"
    assert made["service_tier"] == "default"
    assert made["response_format"]["json_schema"] == {"name": "reply", "schema": SCHEMA, "strict": False}


@pytest.mark.parametrize(
    ("model", "effort"),
    [("gpt-5-mini", "high"), ("openai/gpt-oss-120b", "high"), ("gpt-4o-mini", None), ("qwen3", None)],
)
def test_an_effort_is_said_to_models_that_take_one(model: str, effort: str | None) -> None:
    assert said(model=model, output_config={"effort": "max"}).get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("model", "budget_tokens", "effort"),
    [("gpt-5-mini", 1024, "low"), ("o3", 10_000, "medium"), ("gpt-5", 32_000, "high"), ("qwen3-32b", 32_000, None)],
)
def test_a_budget_of_thinking_is_an_effort_where_the_model_surely_takes_one(
    model: str, budget_tokens: int, effort: str | None
) -> None:
    thinking = {"type": "enabled", "budget_tokens": budget_tokens}
    assert said(model=model, thinking=thinking).get("reasoning_effort") == effort


def test_a_schema_is_strict_where_openai_can_hold_to_it() -> None:
    schema = {**SCHEMA, "required": ["city"], "additionalProperties": False}
    made = said(
        output_config={"format": {"type": "json_schema", "schema": schema}},
        tools=[{**TOOL, "input_schema": schema, "strict": True}, {**TOOL, "strict": True}],
    )
    assert made["response_format"]["json_schema"]["strict"] is True
    assert [tool["function"].get("strict") for tool in made["tools"]] == [True, None]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"container": "c"}, "container"),
        ({"mcp_servers": []}, "mcp_servers"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools[0]"),
        ({"tools": [TOOL], "tool_choice": {"type": "magic"}}, "tool_choice"),
        ({"output_config": {"format": {"type": "yaml"}}}, "output_config.format"),
        ({"system": [{"type": "image", "source": PNG}]}, "system[0]"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "content": [{"type": "image"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "messages[0].content[0].tool_use_id"),
    ],
)
def test_what_these_models_cannot_be_told_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Untranslatable) as raised:
        said(**fields)
    assert raised.value.param == param
