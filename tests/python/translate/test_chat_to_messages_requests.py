"""Chat-completions bodies as Anthropic is told them, judged by the models of Anthropic's own client. Shapes: the
Anthropic API reference, "Create a Message".
"""

from __future__ import annotations

from typing import Any

import pytest

from support.sdk_shapes import check_messages_request
from tokenfoundry.translate import Untranslatable
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.chat_to_messages.reply_tool import REPLY_TOOL

PNG = "iVBORw0KGgo="
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it", "parameters": SCHEMA},
}
BODY: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "messages": [{"role": "user", "content": "Ciao"}],
    "max_tokens": 4000,
}


def said(**fields: Any) -> dict[str, Any]:
    made = ChatToMessages().request(BODY | fields)
    check_messages_request(made)
    return made


def turns(*messages: dict[str, Any]) -> Any:
    return said(messages=list(messages))["messages"]


def refused_param(**fields: Any) -> str | None:
    with pytest.raises(Untranslatable) as raised:
        said(**fields)
    return raised.value.param


def test_a_plain_question_is_said_plainly() -> None:
    assert said() == {
        "model": "claude-sonnet-4-5",
        "messages": [{"role": "user", "content": "Ciao"}],
        "max_tokens": 4000,
    }


def test_system_and_developer_messages_become_the_system_prompt_wherever_they_stand() -> None:
    made = said(
        messages=[
            {"role": "system", "content": "Uno."},
            {"role": "user", "content": "Ciao"},
            {"role": "developer", "content": [{"type": "text", "text": "Due."}]},
        ]
    )
    assert made["system"] == [{"type": "text", "text": "Uno."}, {"type": "text", "text": "Due."}]
    assert made["messages"] == [{"role": "user", "content": "Ciao"}]
    one = said(messages=[{"role": "system", "content": "Uno."}, {"role": "user", "content": "Ciao"}])
    assert one["system"] == "Uno."


def test_results_of_tools_are_one_turn_of_the_user_and_stand_first() -> None:
    def call(call_id: str) -> dict[str, Any]:
        return {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": '{"city": "Roma"}'}}

    made = turns(
        {"role": "user", "content": "Che tempo fa?"},
        {"role": "assistant", "content": None, "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "a", "content": "sole"},
        {"role": "user", "content": "E poi?"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "pioggia"}]},
    )
    assert made[1]["content"] == [
        {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Roma"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {"city": "Roma"}},
    ]
    assert made[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "sole"},
            {"type": "tool_result", "tool_use_id": "b", "content": "pioggia"},
            {"type": "text", "text": "E poi?"},
        ],
    }


def test_ids_that_anthropic_refuses_are_replaced_alike_in_call_and_result() -> None:
    call = {"id": "functions.weather:0", "type": "function", "function": {"name": "weather", "arguments": ""}}
    made = turns(
        {"role": "user", "content": "?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "functions.weather:0", "content": ""},
    )
    replaced = made[1]["content"][0]["id"]
    assert replaced.replace("_", "").isalnum()
    assert made[1]["content"][0]["input"] == {}
    assert made[2]["content"] == [{"type": "tool_result", "tool_use_id": replaced}]


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}},
            {"type": "image", "source": {"type": "url", "url": "https://example.it/a.png"}},
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                "title": "a.pdf",
            },
        ),
        (
            {"type": "file", "file": {"file_data": "data:text/plain;base64,Y2lhbw=="}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ciao"}},
        ),
        (
            {"type": "text", "text": "Vedi.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "text", "text": "Vedi.", "cache_control": {"type": "ephemeral"}},
        ),
    ],
)
def test_parts_become_blocks(part: dict[str, Any], block: dict[str, Any]) -> None:
    assert turns({"role": "user", "content": [{"type": "text", "text": "Ecco"}, part]})[0]["content"][1] == block


def test_texts_of_white_space_are_left_out_because_anthropic_refuses_them() -> None:
    made = turns(
        {"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": "Ciao"}]},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "Ci sei?"},
        {"role": "assistant", "content": "Certo, "},
    )
    assert made == [
        {"role": "user", "content": [{"type": "text", "text": "Ciao"}, {"type": "text", "text": "Ci sei?"}]},
        {"role": "assistant", "content": "Certo,"},
    ]


@pytest.mark.parametrize(
    ("choice", "said_choice"),
    [
        ("auto", None),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "weather"}}, {"type": "tool", "name": "weather"}),
    ],
)
def test_tools_and_the_choice_among_them_are_said(choice: Any, said_choice: Any) -> None:
    made = said(tools=[TOOL], tool_choice=choice)
    assert made["tools"] == [{"name": "weather", "description": "Tells it", "input_schema": SCHEMA}]
    assert made.get("tool_choice") == said_choice


def test_one_tool_at_a_time_is_said_with_the_choice() -> None:
    assert said(tools=[TOOL], parallel_tool_calls=False)["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }


def test_allowed_tools_leave_the_others_out() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "weather"}}]}
    made = said(tools=[TOOL, other], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert [tool["name"] for tool in made["tools"]] == ["weather"]
    assert made["tool_choice"] == {"type": "any"}


def test_a_choice_without_tools_is_not_said() -> None:
    assert "tool_choice" not in said(tool_choice="auto")


def test_bounds_stops_and_user_are_said_by_anthropics_names() -> None:
    made = said(max_completion_tokens=9000, stop="FINE", user="u-1", service_tier="default", stream=True)
    assert made["max_tokens"] == 9000
    assert made["stop_sequences"] == ["FINE"]
    assert made["metadata"] == {"user_id": "u-1"}
    assert made["service_tier"] == "standard_only"
    assert made["stream"] is True


@pytest.mark.parametrize(
    ("model", "fields", "wanted"),
    [
        ("claude-sonnet-4-5", {"temperature": 1.7}, {"temperature": 1.0}),
        ("claude-sonnet-4-5", {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2}),
        ("claude-sonnet-4-5", {"top_p": 0.9}, {"top_p": 0.9}),
        ("claude-opus-4-8", {"temperature": 0.2}, {}),
        ("claude-sonnet-4-6", {"temperature": 0.2, "reasoning_effort": "low"}, {}),
    ],
)
def test_sampling_is_said_as_far_as_the_family_takes_it(
    model: str, fields: dict[str, Any], wanted: dict[str, Any]
) -> None:
    made = said(model=model, **fields)
    assert {name: made[name] for name in ("temperature", "top_p") if name in made} == wanted


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "said_effort"),
    [
        ("claude-opus-4-8", "high", {"type": "adaptive"}, "high"),
        ("claude-opus-4-8", "minimal", {"type": "adaptive"}, "low"),
        ("claude-opus-4-8", "xhigh", {"type": "adaptive"}, "xhigh"),
        ("claude-sonnet-4-6", "xhigh", {"type": "adaptive"}, "high"),
        ("claude-opus-5", "none", {"type": "disabled"}, None),
        ("claude-fable-5", "medium", None, "medium"),
        ("claude-sonnet-4-5", "medium", {"type": "enabled", "budget_tokens": 2000}, None),
        ("claude-sonnet-4-5", "low", {"type": "enabled", "budget_tokens": 1024}, None),
        ("claude-sonnet-4-5", "none", None, None),
        ("claude-3-5-haiku-20241022", "high", None, None),
    ],
)
def test_reasoning_effort_is_said_as_the_family_takes_it(
    model: str, effort: str, thinking: Any, said_effort: str | None
) -> None:
    made = said(model=model, reasoning_effort=effort)
    assert made.get("thinking") == thinking
    assert made.get("output_config", {}).get("effort") == said_effort


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 1024},
        {"tools": [TOOL], "tool_choice": "required"},
        {
            "messages": [
                {"role": "user", "content": "?"},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "a", "content": "sole"},
            ]
        },
    ],
    ids=["no room for a budget", "forced tool", "within a round of tools"],
)
def test_a_budget_of_thinking_is_not_asked_where_anthropic_refuses_it(fields: dict[str, Any]) -> None:
    assert "thinking" not in said(reasoning_effort="high", **fields)


def test_a_strict_schema_is_asked_of_a_family_that_can_be_held_to_it() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}
    made = said(response_format=wanted)
    assert made["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert "tools" not in made


def test_a_tool_is_strict_where_the_family_can_be_held_to_its_schema() -> None:
    def tool(schema: dict[str, Any]) -> dict[str, Any]:
        return {"type": "function", "function": {"name": "x", "parameters": schema, "strict": True}}

    bounded = {**SCHEMA, "properties": {"city": {"type": "string", "minLength": 1}}}
    assert [each.get("strict") for each in said(tools=[tool(SCHEMA), tool(bounded)])["tools"]] == [True, None]
    assert "strict" not in said(model="claude-sonnet-4-0", tools=[tool(SCHEMA)])["tools"][0]


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (
            "claude-sonnet-4-5",
            {
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {**SCHEMA, "maxProperties": 1}, "strict": True},
            },
        ),
        ("claude-sonnet-4-0", {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}),
        ("claude-sonnet-4-5", {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}),
        ("claude-sonnet-4-5", {"type": "json_object"}),
    ],
)
def test_other_json_is_asked_as_the_input_of_a_tool(model: str, wanted: dict[str, Any]) -> None:
    made = said(model=model, response_format=wanted)
    assert [tool["name"] for tool in made["tools"]] == [REPLY_TOOL]
    assert made["tool_choice"] == {"type": "tool", "name": REPLY_TOOL, "disable_parallel_tool_use": True}
    both = said(model=model, response_format=wanted, tools=[TOOL])
    assert [tool["name"] for tool in both["tools"]] == ["weather", REPLY_TOOL]
    assert both["tool_choice"]["type"] == "any"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logit_bias": {"1": 5}}, "logit_bias"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"functions": [{}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"stop": ["\n"]}, "stop"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0]"),
        ({"tools": [TOOL], "tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"response_format": {"type": "yaml"}}, "response_format"),
        ({"reasoning_effort": "colossal"}, "reasoning_effort"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
            "messages[0].content[0]",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
            "messages[0].content[0]",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://a"}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "x", "arguments": "{"}}],
                    }
                ]
            },
            "messages[0].tool_calls[0].function.arguments",
        ),
    ],
)
def test_what_anthropic_cannot_be_told_is_refused_by_its_name(fields: dict[str, Any], param: str) -> None:
    assert refused_param(**fields) == param


@pytest.mark.parametrize("field", ["guided_choice", "min_tokens", "web_search_options", "an_unknown_field"])
def test_a_field_that_would_change_the_answer_and_cannot_be_said_is_refused_by_its_name(field: str) -> None:
    assert refused_param(**{field: 2}) == field
    assert said(**{field: None}) == said()


def test_fields_that_only_tune_or_say_nothing_to_the_model_are_left_out() -> None:
    hints = {"seed": 7, "frequency_penalty": 0.5, "presence_penalty": 0.5, "verbosity": "low", "store": False}
    nothing = {"n": 1, "logprobs": False, "logit_bias": {}, "modalities": ["text"], "parallel_tool_calls": True}
    assert said(**hints, **nothing, metadata={"a": "b"}, stream_options={"include_usage": True}) == said()
