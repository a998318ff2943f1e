"""Anthropic's replies and streams as chat completions, judged by the models of OpenAI's own client.

What Anthropic says is as in `support.anthropic_upstream`, which names its sources.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.anthropic_upstream import events, message, text, thinking, tool_use
from support.sdk_shapes import check_chunk, check_completion
from tokenfoundry.errors import ProviderError
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.chat_to_messages.reply_tool import REPLY_TOOL

BODY: dict[str, Any] = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Ciao"}]}
TRANSLATION = ChatToMessages(clock=lambda: 1_700_000_000_999)


def completion(reply: dict[str, Any]) -> dict[str, Any]:
    made = TRANSLATION.reply(reply, BODY)
    check_completion(made)
    return made


def chunks(spoken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    translator = TRANSLATION.events(BODY)
    made = [chunk for event in spoken for chunk in translator.feed(event)] + translator.close()
    for chunk in made:
        check_chunk(chunk)
    return made


def assembled(made: list[dict[str, Any]]) -> dict[str, Any]:
    """What the chunks add up to, as OpenAI's reference says they do."""
    said: dict[str, Any] = {"content": "", "reasoning_content": "", "refusal": "", "tool_calls": {}, "finish": None}
    for chunk in made:
        for choice in chunk["choices"]:
            for name in ("content", "reasoning_content", "refusal"):
                said[name] += choice["delta"].get(name) or ""
            for call in choice["delta"].get("tool_calls") or ():
                known = said["tool_calls"].setdefault(call["index"], {"id": None, "name": "", "arguments": ""})
                known["id"] = call.get("id") or known["id"]
                known["name"] += call["function"].get("name") or ""
                known["arguments"] += call["function"].get("arguments") or ""
            said["finish"] = choice["finish_reason"] or said["finish"]
    return said


def test_a_reply_keeps_its_texts_thinking_calls_and_counts() -> None:
    reply = message(
        thinking("Penso."), text("Uno. "), text("Due."), tool_use("send", {"to": "è"}), stop_reason="tool_use"
    )
    made = completion(reply)
    assert made["id"] == "msg_01"
    assert made["created"] == 1_700_000_000
    assert made["service_tier"] == "default"
    choice = made["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": "Uno. Due.",
        "refusal": None,
        "reasoning_content": "Penso.",
        "tool_calls": [{"id": "toolu_01", "type": "function", "function": {"name": "send", "arguments": '{"to":"è"}'}}],
    }
    assert made["usage"] == {
        "prompt_tokens": 20,
        "completion_tokens": 7,
        "total_tokens": 27,
        "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
    }


def test_thinking_is_counted_as_reasoning_where_anthropic_tells_it() -> None:
    usage = {"input_tokens": 1, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}
    made = completion(message(text("Ecco."), usage=usage))
    assert made["usage"]["completion_tokens_details"] == {"reasoning_tokens": 4}


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "stop"),
        ("something_new", "stop"),
    ],
)
def test_each_reason_to_stop_has_openais_word(stop_reason: str, finish_reason: str) -> None:
    reply = message(text("x"), tool_use("send", {}), stop_reason=stop_reason)
    assert completion(reply)["choices"][0]["finish_reason"] == finish_reason
    assert assembled(chunks(events(reply)))["finish"] == finish_reason


def test_a_refusal_is_explained_whole_and_streamed() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Non posso."}
    reply = message(stop_reason="refusal", stop_details=details)
    assert completion(reply)["choices"][0]["message"]["refusal"] == "Non posso."
    assert assembled(chunks(events(reply)))["refusal"] == "Non posso."


def test_a_call_of_the_reply_tool_is_the_text_of_the_reply() -> None:
    reply = message(tool_use(REPLY_TOOL, {"city": "Roma"}), stop_reason="tool_use")
    choice = completion(reply)["choices"][0]
    assert choice["message"]["content"] == '{"city":"Roma"}'
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "stop"
    said = assembled(chunks(events(reply)))
    assert (said["content"], said["tool_calls"], said["finish"]) == ('{"city":"Roma"}', {}, "stop")


def test_the_last_chunk_tells_the_usage() -> None:
    made = chunks(events(message(text("Ciao"))))
    assert made[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert made[-1]["choices"] == []
    assert made[-1]["usage"]["prompt_tokens"] == 20
    assert made[-1]["usage"]["completion_tokens"] == 7
    assert {chunk["id"] for chunk in made} == {"msg_01"}


def test_a_tool_that_takes_nothing_is_called_with_an_empty_object() -> None:
    spoken = events(message(tool_use("now", {}), stop_reason="tool_use"))
    silent = [event for event in spoken if event.get("delta", {}).get("type") != "input_json_delta"]
    assert assembled(chunks(silent))["tool_calls"] == {0: {"id": "toolu_01", "name": "now", "arguments": "{}"}}


def test_events_that_are_not_known_are_passed_over() -> None:
    spoken = events(message(text("Ciao")))
    spoken.insert(2, {"type": "something_new", "what": 1})
    assert assembled(chunks(spoken))["content"] == "Ciao"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 7}},
        {"type": "content_block_start", "index": 0},
        {"type": "message_stop"},
        {"type": 7},
        {},
    ],
)
def test_an_event_of_another_shape_is_an_error_of_the_provider(event: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.events(BODY).feed(event)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"content": "Ciao"},
        {"content": [{"type": "text"}]},
        {"content": [{"type": "tool_use", "id": 7}]},
        {"content": [], "usage": {"input_tokens": -1}},
        {"content": [], "usage": {"input_tokens": "9"}},
    ],
)
def test_a_reply_of_another_shape_is_an_error_of_the_provider(reply: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.reply(reply, BODY)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
BLOCKS = st.one_of(
    st.builds(text, st.text(min_size=1, max_size=12)),
    st.builds(thinking, st.text(max_size=12)),
    st.builds(tool_use, st.sampled_from(["send", "now"]), st.dictionaries(st.text(max_size=5), VALUES, max_size=3)),
)


@given(st.lists(BLOCKS, max_size=5), st.integers(1, 7))
def test_a_stream_says_what_the_whole_reply_says(blocks: list[dict[str, Any]], piece_characters: int) -> None:
    reply = message(*blocks, stop_reason="tool_use")
    whole = completion(reply)
    made = chunks(events(reply, piece_characters=piece_characters))
    said = assembled(made)
    wanted = whole["choices"][0]["message"]
    assert said["content"] == (wanted["content"] or "")
    assert said["reasoning_content"] == wanted.get("reasoning_content", "")
    calls = [said["tool_calls"][index] for index in sorted(said["tool_calls"])]
    asked = [call["function"] | {"id": call["id"]} for call in wanted.get("tool_calls", ())]
    assert [(call["id"], call["name"]) for call in calls] == [(call["id"], call["name"]) for call in asked]
    assert [json.loads(call["arguments"]) for call in calls] == [json.loads(call["arguments"]) for call in asked]
    assert said["finish"] == whole["choices"][0]["finish_reason"]
    assert made[-1]["usage"] == whole["usage"]
