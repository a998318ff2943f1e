"""`count_chat` and `count_body`: prompts of every dialect, and clear errors for what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.counters import BYTES
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.endpoints.chat import Chat
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.prompt_tokens import chat_tokens, endpoint_in, messages_tokens, responses_tokens

HELLO = [{"role": "user", "content": "Quanto costa?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "cerca",
        "description": "Cerca una pratica",
        "parameters": {"type": "object", "properties": {"numero": {"type": "string"}}, "required": ["numero"]},
    },
}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.it/gatto.png"}}
MODELS = ["gpt-4o", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-flash", "grok-4", "acme-1"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"messages": None}, "messages: needs a list"),
        ({"messages": 5}, "messages: needs a list"),
        ({"messages": "Quanto costa?"}, "messages: needs a list"),
        ({"messages": HELLO[0]}, "messages: needs a list"),
        ({"tools": 5}, "tools: needs a list of objects"),
        ({"tools": TOOL}, "tools: needs a list of objects"),
        ({"response_format": 5}, "response_format: needs an object"),
        ({"response_format": "json"}, "response_format: needs an object"),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_by_its_name(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        tf.count_chat(**({"messages": HELLO, "model": "gpt-4o"} | arguments))


def test_a_conversation_is_any_sequence_of_messages() -> None:
    listed = tf.count_chat(HELLO, [TOOL], model="gpt-4o")
    assert tf.count_chat(tuple(HELLO), (TOOL,), model="gpt-4o") == listed
    assert tf.count_chat(HELLO, [], model="gpt-4o") == tf.count_chat(HELLO, model="gpt-4o")


@pytest.mark.parametrize("model", MODELS)
def test_each_thing_that_a_prompt_holds_counts(model: str) -> None:
    counts = [
        tf.count_chat(HELLO, model=model),
        tf.count_chat([{"role": "system", "content": "Breve."}, *HELLO], model=model),
        tf.count_chat([{"role": "system", "content": "Breve."}, *HELLO], [TOOL], model=model),
        tf.count_chat([{"role": "user", "content": [PICTURE, {"type": "text", "text": "Che cos'è?"}]}], model=model),
    ]
    assert [count.tokens for count in counts] == sorted({count.tokens for count in counts})
    assert all(count.tokens <= count.most for count in counts)
    named = tf.count_chat([{**HELLO[0], "name": "anna"}], model=model)
    assert named.tokens > counts[0].tokens


def test_a_schema_of_the_answer_counts() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    assert (
        tf.count_chat(HELLO, model="gpt-4o", response_format=schema).tokens
        > tf.count_chat(HELLO, model="gpt-4o").tokens
    )


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        ({"messages": HELLO}, "chat"),
        ({"prompt": "uno"}, "completions"),
        ({"input": ["uno", "due"]}, "embeddings"),
        ({"input": HELLO}, "responses"),
        ({"input": "uno", "instructions": "Breve."}, "responses"),
        ({"messages": HELLO, "system": "Breve.", "endpoint": "messages"}, "messages"),
    ],
)
def test_a_body_of_each_endpoint_is_counted(body: dict[str, Any], endpoint: str) -> None:
    assert endpoint_in(body) == endpoint
    told = tf.count_body({"model": "gpt-4o", **body})
    assert 0 < told.tokens <= told.most


def test_token_ids_count_as_many_as_they_are() -> None:
    assert tf.count_body({"model": "text-embedding-3-small", "input": [[1, 2], [3]]}).tokens == 3
    assert tf.count_body({"model": "davinci-002", "prompt": [1, 2]}).tokens == 2


def test_the_same_prompt_counts_alike_in_both_dialects_of_a_conversation() -> None:
    for model in ("gpt-4o", "claude-sonnet-4-5"):
        chat = tf.count_body({"messages": HELLO}, model=model, endpoint="chat")
        messages = tf.count_body({"messages": HELLO}, model=model, endpoint="messages")
        assert abs(chat.tokens - messages.tokens) <= 1


def test_tools_of_a_thousand_fields_are_counted_at_once() -> None:
    fields = {f"campo_{index}": {"type": "string", "description": "Un campo"} for index in range(1000)}
    tool = {"type": "function", "function": {"name": "molti", "parameters": {"type": "object", "properties": fields}}}
    assert 5_000 < tf.count_chat(HELLO, [tool] * 20, model="gpt-4o").tokens < 500_000


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({}, "messages: is missing"),
        ({"messages": None}, "messages: needs a list"),
        ({"messages": "Ciao"}, "messages: needs a list"),
        ({"messages": []}, "at least one message"),
        ({"messages": ["Ciao"]}, r"messages\[0\]"),
        ({"messages": [{"content": "Ciao"}]}, r"messages\[0\]"),
        ({"messages": [*HELLO, {"role": "user", "content": 7}]}, r"messages\[1\].content"),
        ({"messages": [{"role": "user", "content": ["Ciao"]}]}, r"messages\[0\].content"),
        ({"messages": [{"role": "assistant", "tool_calls": "f"}]}, "tool_calls"),
        ({"messages": HELLO, "tools": TOOL}, "tools: needs a list"),
        ({"messages": HELLO, "tools": ["f"]}, "tools: needs a list"),
        ({"messages": HELLO, "extra": {1, 2}.__iter__()}, "body: is not JSON"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "surrogate"),
        ({"messages": HELLO, "endpoint": "speech"}, "endpoint: should be one of"),
        ({"input": [], "endpoint": "responses"}, "input: needs"),
        ({"input": [7, "a"]}, "input: needs"),
        ({"input": "a", "endpoint": "responses", "instructions": 7}, "instructions: needs"),
        ({"prompt": {}}, "prompt: needs"),
        ({"prompt": [[1, "a"]]}, "prompt: needs"),
        ({"messages": HELLO, "system": 7, "endpoint": "messages"}, "system: needs"),
        ({"messages": HELLO, "output_config": [], "endpoint": "messages"}, "output_config: needs"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_its_path(body: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        tf.count_body(body, model="gpt-4o")


@pytest.mark.parametrize("model", [None, "", 7])
def test_a_count_needs_a_model(model: Any) -> None:
    with pytest.raises(InvalidInput, match="model: is missing"):
        tf.count_body({"messages": HELLO, "model": model})
    with pytest.raises(InvalidInput, match="body: needs an object"):
        tf.count_body([], model="gpt-4o")  # type: ignore[arg-type]


FIELDS = [
    *("role", "content", "type", "text", "image_url", "url", "tool_calls", "function", "name", "arguments", "id"),
    *("tool_call_id", "source", "data", "input", "parameters", "properties", "items", "anyOf", "enum", "format"),
]
BODIES = [
    *("messages", "input", "prompt", "tools", "functions", "system", "text", "response_format", "output_config"),
    *("output_format", "instructions", "suffix", "function_call"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
OF_MESSAGE = dict.fromkeys(("content", "tool_calls", "name", "tool_call_id"), JSON)
MESSAGE = st.fixed_dictionaries({"role": st.just("user")}, optional=OF_MESSAGE)


SENT = (
    st.sampled_from(["chat", "responses", "messages", "completions", "embeddings"]),
    st.dictionaries(st.sampled_from(BODIES), JSON | st.lists(MESSAGE, max_size=2), max_size=5),
    st.sampled_from(MODELS),
)
COUNTED: dict[str, tuple[Any, Any]] = {
    "chat": (Chat(), chat_tokens),
    "responses": (Responses(), responses_tokens),
    "messages": (Messages(), messages_tokens),
}


@given(*SENT)
def test_whatever_passed_the_check_of_the_gateway_is_counted(endpoint: str, body: dict[str, Any], model: str) -> None:
    if endpoint not in COUNTED:
        return
    of, count = COUNTED[endpoint]
    body |= {"max_tokens": 9}
    try:
        of.check(body)
    except Refused:
        return
    counter = tf.TokenCounter.for_model(model)
    for each in (counter.counter, BYTES):
        told = count(body, each, template=counter.family.template, model=model)
        assert 0 < told.tokens <= told.most


@given(*SENT)
def test_whatever_is_sent_is_counted_or_refused(endpoint: str, body: dict[str, Any], model: str) -> None:
    try:
        told = tf.count_body(body, model=model, endpoint=endpoint)
    except InvalidInput:
        return
    assert told.tokens <= told.most
