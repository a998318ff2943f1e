"""A conversation said in the other dialect and back is the same conversation: roles, texts, calls and results."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.sdk_shapes import check_chat_request, check_messages_request
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.messages_to_chat import MessagesToChat

Body = dict[str, Any]

# Not of white space alone, nor ending in it: what Anthropic refuses is left out on the way.
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(lambda said: f"{said}.")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
INPUTS = st.dictionaries(TEXTS, VALUES, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> list[Body]:
    """Turns that alternate, each call answered by its result."""
    messages: list[Body] = [{"role": "system", "content": draw(TEXTS)}] if draw(st.booleans()) else []
    calls = 0
    for _ in range(draw(st.integers(1, 4))):
        messages.append({"role": "user", "content": draw(TEXTS)})
        said: Body = {"role": "assistant", "content": draw(TEXTS)}
        inputs = draw(st.lists(INPUTS, max_size=3))
        if inputs:
            said["tool_calls"] = [
                {
                    "id": f"call_{calls + place}",
                    "type": "function",
                    "function": {"name": "send", "arguments": json.dumps(given)},
                }
                for place, given in enumerate(inputs)
            ]
        messages.append(said)
        results = [
            {"role": "tool", "tool_call_id": f"call_{calls + place}", "content": draw(TEXTS)}
            for place in range(len(inputs))
        ]
        messages += results
        calls += len(inputs)
        if results:
            messages.append({"role": "assistant", "content": draw(TEXTS)})
    messages.append({"role": "user", "content": draw(TEXTS)})
    return messages


def decoded(messages: list[Body]) -> list[Body]:
    """With the arguments of calls as values, whose JSON may be written in several ways."""
    made = []
    for message in messages:
        calls = [
            {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
            for call in message.get("tool_calls", ())
        ]
        made.append({**message, "tool_calls": calls} if calls else message)
    return made


@given(conversations())
def test_a_chat_said_to_anthropic_and_back_is_the_same_chat(messages: list[Body]) -> None:
    body = {"model": "m", "max_tokens": 9, "messages": messages}
    said = ChatToMessages().request(body)
    check_messages_request(said)
    back = MessagesToChat().request(said)
    check_chat_request(back)
    assert decoded(back["messages"]) == decoded(messages)


@given(conversations())
def test_turns_said_to_openai_and_back_are_the_same_turns(messages: list[Body]) -> None:
    body = ChatToMessages().request({"model": "m", "max_tokens": 9, "messages": messages})
    assert ChatToMessages().request(MessagesToChat().request(body)) == body


@given(conversations())
def test_turns_alternate_and_results_follow_their_calls(messages: list[Body]) -> None:
    turns = ChatToMessages().request({"model": "m", "messages": messages})["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    for before, turn in itertools.pairwise(turns):
        blocks = before["content"] if isinstance(before["content"], list) else []
        called = [block["id"] for block in blocks if block["type"] == "tool_use"]
        answers = turn["content"] if isinstance(turn["content"], list) else []
        answered = [block["tool_use_id"] for block in answers if block["type"] == "tool_result"]
        assert answered == called or turn["role"] == "assistant"
