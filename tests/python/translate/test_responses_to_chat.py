"""What is asked as a response is said as a chat completion, and the answer is a response again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.privacy import Redactor
from tokenfoundry.prompt_tokens import responses_tokens
from tokenfoundry.tokens import Tokenizer
from tokenfoundry.translate import Untranslatable
from tokenfoundry.translate.responses_to_chat import ResponsesToChat

Body = dict[str, Any]
TRANSLATION = ResponsesToChat()
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def asked(given: Any = "Ciao", **fields: Any) -> Body:
    return {"model": "m", "input": given, **fields}


def said(**fields: Any) -> Body:
    return {"model": "m", "messages": [{"role": "user", "content": "Ciao"}], **fields}


CORRESPONDING: dict[str, tuple[Body, Body]] = {
    "text alone": (asked(), said()),
    "instructions": (
        asked(instructions="Breve."),
        {**said(), "messages": [{"role": "system", "content": "Breve."}, {"role": "user", "content": "Ciao"}]},
    ),
    "settings of the same name": (
        asked(temperature=0.1, top_p=0.5, user="u", store=False, stream=True, parallel_tool_calls=False),
        said(temperature=0.1, top_p=0.5, user="u", store=False, stream=True, parallel_tool_calls=False),
    ),
    "a provider's own field": (asked(top_k=7), said(top_k=7)),
    "the bound": (asked(max_output_tokens=64), said(max_completion_tokens=64)),
    "reasoning": (asked(reasoning={"effort": "low", "summary": "auto"}), said(reasoning_effort="low")),
    "verbosity": (asked(text={"verbosity": "low", "format": {"type": "text"}}), said(verbosity="low")),
    "an object": (asked(text={"format": {"type": "json_object"}}), said(response_format={"type": "json_object"})),
    "a schema": (
        asked(text={"format": {"type": "json_schema", "name": "n", "strict": True, "schema": {"type": "object"}}}),
        said(
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "n", "strict": True, "schema": {"type": "object"}},
            }
        ),
    ),
    "probabilities": (
        asked(include=["message.output_text.logprobs"], top_logprobs=2),
        said(logprobs=True, top_logprobs=2),
    ),
    "a function": (
        asked(
            tools=[{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}],
            tool_choice={"type": "function", "name": "f"},
        ),
        said(
            tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}],
            tool_choice={"type": "function", "function": {"name": "f"}},
        ),
    ),
    "a custom tool with a grammar": (
        asked(
            tools=[{"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}}],
            tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "c"}]},
        ),
        said(
            tools=[
                {
                    "type": "custom",
                    "custom": {
                        "name": "c",
                        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}},
                    },
                }
            ],
            tool_choice={
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": "c"}}]},
            },
        ),
    ),
}


@pytest.mark.parametrize(("body", "spoken"), CORRESPONDING.values(), ids=CORRESPONDING)
def test_each_field_is_said_in_the_words_of_chat(body: Body, spoken: Body) -> None:
    assert TRANSLATION.request(body) == spoken


def test_a_conversation_with_tools_becomes_messages_of_chat() -> None:
    items = [
        {"role": "developer", "content": [{"type": "input_text", "text": "Breve."}]},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Guarda"},
                {"type": "input_image", "image_url": "https://example.it/a.png", "detail": "low"},
                {"type": "input_file", "file_data": "data:text/plain;base64,QQ==", "filename": "a.txt"},
            ],
        },
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Cerco.", "annotations": []}],
        },
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
        {"type": "function_call_output", "call_id": "c1", "output": "uno"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "due"}]},
    ]
    assert TRANSLATION.request(asked(items))["messages"] == [
        {"role": "developer", "content": "Breve."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Guarda"},
                {"type": "image_url", "image_url": {"url": "https://example.it/a.png", "detail": "low"}},
                {"type": "file", "file": {"file_data": "data:text/plain;base64,QQ==", "filename": "a.txt"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Cerco.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "uno"},
        {"role": "tool", "tool_call_id": "c2", "content": "due"},
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (asked([{"type": "local_shell_call", "id": "x"}]), "input[0]"),
        (
            asked([{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]),
            "input[0].content[0]",
        ),
        (asked(tools=[{"type": "apply_patch"}]), "tools[0]"),
        (asked(tool_choice={"type": "apply_patch"}), "tool_choice"),
        (
            asked([{"type": "function_call_output", "output": [{"type": "input_image", "image_url": "data:,"}]}]),
            "input[0].output",
        ),
    ],
)
def test_what_chat_cannot_say_is_refused_by_its_field(body: Body, param: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        TRANSLATION.request(body)
    assert caught.value.param == param


def chat_reply(message: Body, finish: str = "stop") -> Body:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "served-1",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }


def test_a_whole_answer_is_a_valid_response_with_its_usage() -> None:
    body = asked(metadata={"a": "b"}, tools=[{"type": "function", "name": "f", "parameters": {}, "strict": True}])
    message = {
        "content": "Ecco.",
        "reasoning_content": "Penso.",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
    }
    made = TRANSLATION.reply(chat_reply(message, "tool_calls"), body)
    response = Response.model_validate(made, strict=True)
    assert response.output_text == "Ecco."
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.status == "completed"
    assert response.metadata == {"a": "b"}
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (9, 5, 14)
    assert response.usage.input_tokens_details.cached_tokens == 4
    assert response.usage.output_tokens_details.reasoning_tokens == 2


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_an_answer_that_was_cut_is_incomplete_and_says_why(finish: str, reason: str) -> None:
    response = Response.model_validate(TRANSLATION.reply(chat_reply({"content": "E"}, finish), asked()))
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == reason


def test_a_refusal_is_a_refusal() -> None:
    made = TRANSLATION.reply(chat_reply({"content": None, "refusal": "No."}), asked())
    assert made["output"][0]["content"] == [{"type": "refusal", "refusal": "No."}]


@pytest.mark.parametrize("reply", [{}, {"choices": []}, {"choices": [{"text": "x"}]}])
def test_a_reply_of_another_shape_is_the_providers_fault(reply: Body) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.reply(reply, asked())


TOKENIZER = Tokenizer.load("o200k_base")
REDACTOR = Redactor()
ODD: list[Any] = [None, 3, "x", [], ["x"], {}, {"x": 1}, [{"x": 1}], [[]]]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "field",
    ["content", "refusal", "reasoning_content", "tool_calls", "function_call", "annotations", "role"],
)
def test_whatever_stands_in_a_message_is_a_response_or_the_providers_fault(field: str, odd: Any) -> None:
    for choice in ({"message": {"content": "x", field: odd}}, {"message": {}, "logprobs": odd, "finish_reason": odd}):
        with suppress(ProviderError):
            Response.model_validate(
                TRANSLATION.reply({"choices": [choice], "usage": odd, "id": odd, "model": odd}, asked())
            )
        translator = TRANSLATION.events(asked())
        with suppress(ProviderError):
            translator.feed({"choices": [{"delta": {field: odd}, "logprobs": odd}], "usage": odd})
            translator.feed({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            translator.close()


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("field", ["output", "name", "arguments", "call_id", "summary", "id"])
@pytest.mark.parametrize("kind", ["function_call", "function_call_output", "reasoning", "custom_tool_call_output", ""])
def test_whatever_stands_in_an_item_is_said_or_refused(kind: str, field: str, odd: Any) -> None:
    body = asked([{"type": kind, field: odd}])
    with suppress(Refused, Untranslatable):
        Responses().check(body)
        responses_tokens(body, TOKENIZER)
        TRANSLATION.request(Responses().redact(body, REDACTOR.session()))


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "field", ["include", "tool_choice", "tools", "reasoning", "text", "top_logprobs", "instructions"]
)
def test_whatever_stands_in_a_field_is_said_or_refused(field: str, odd: Any) -> None:
    body = asked(**{field: odd})
    with suppress(Refused, Untranslatable):
        Responses().check(body)
        responses_tokens(body, TOKENIZER)
        TRANSLATION.request(Responses().redact(body, REDACTOR.session()))


def chunk(delta: Body, finish: str | None = None, **fields: Any) -> Body:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **fields}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "served-1",
        "choices": [choice],
    }


def streamed(*chunks: Body, body: Body | None = None) -> list[Body]:
    """The events, each valid by the client's own types, numbered without a gap."""
    translator = TRANSLATION.events(body or asked(stream=True))
    events = [event for each in chunks for event in translator.feed(each)] + translator.close()
    for event in events:
        EVENT.validate_python(event, strict=True)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


CALLS = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning_content": "Pen"}),
    chunk({"reasoning_content": "so."}),
    chunk({"content": "Ec"}),
    chunk({"content": "co."}),
    chunk({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}]}),
    chunk({"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "g", "arguments": '{"y"'}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
    chunk({"tool_calls": [{"index": 1, "function": {"arguments": ":2}"}}]}),
    chunk({}, "tool_calls"),
    {**chunk({}), "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}},
]


def test_a_stream_says_event_by_event_what_its_last_event_says_at_once() -> None:
    events = streamed(*CALLS)
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    response = Response.model_validate(events[-1]["response"], strict=True)
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert sorted(done, key=lambda item: item["id"]) == sorted(events[-1]["response"]["output"], key=lambda i: i["id"])
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "function_call"]
    assert response.output_text == "Ecco."
    calls = [item for item in response.output if item.type == "function_call"]
    assert [(call.call_id, call.name, call.arguments) for call in calls] == [("c1", "f", "{}"), ("c2", "g", '{"y":2}')]
    assert response.usage is not None
    assert response.usage.total_tokens == 14


def test_a_stream_and_a_whole_reply_end_as_the_same_output() -> None:
    whole = chat_reply(
        {
            "content": "Ecco.",
            "reasoning_content": "Penso.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": '{"y":2}'}},
            ],
        },
        "tool_calls",
    )
    without_ids = [
        [{name: value for name, value in item.items() if name != "id"} for item in output]
        for output in (TRANSLATION.reply(whole, asked())["output"], streamed(*CALLS)[-1]["response"]["output"])
    ]
    assert without_ids[0] == without_ids[1]


def test_each_text_of_a_stream_is_what_its_deltas_add_up_to() -> None:
    events = streamed(*CALLS)
    deltas: dict[tuple[str, int], str] = {}
    for event in events:
        if event["type"].endswith(".delta"):
            place = (event["type"].removesuffix(".delta"), event["output_index"])
            deltas[place] = deltas.get(place, "") + event["delta"]
    done = {
        (event["type"].removesuffix(".done"), event["output_index"]): event.get("text", event.get("arguments"))
        for event in events
        if event["type"].endswith(".done") and ("text" in event or "arguments" in event)
    }
    assert deltas == done
    assert len(done) == 4


def test_an_answer_of_nothing_is_an_empty_message() -> None:
    response = Response.model_validate(streamed(chunk({"role": "assistant"}), chunk({}, "stop"))[-1]["response"])
    assert [item.type for item in response.output] == ["message"]
    assert response.output_text == ""


def test_a_stream_that_is_cut_by_its_bound_ends_incomplete() -> None:
    assert streamed(chunk({"content": "E"}), chunk({}, "length"))[-1]["type"] == "response.incomplete"


def test_a_stream_that_breaks_off_has_no_end() -> None:
    translator = TRANSLATION.events(asked())
    translator.feed(chunk({"content": "E"}))
    with pytest.raises(ProviderError):
        translator.close()


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "x"}},
        {"choices": ["x"]},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"tool_calls": ["x"]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": -1}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 10**9}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": "x"}]}}]},
    ],
)
def test_an_event_of_another_shape_is_the_providers_fault(event: Body) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.events(asked()).feed(event)
