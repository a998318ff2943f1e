"""Chat completions and their chunks as Anthropic's replies and streams, judged by the models of Anthropic's own client.

Shapes of what comes: the OpenAI API reference, "The chat completion object" and "Chat streaming"; `reasoning_content`
as DeepSeek's API reference and vLLM's "Reasoning outputs" have it.
"""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from hypothesis import given
from hypothesis import strategies as st

from support.sdk_shapes import check_event, check_message
from support.upstream import chunk, completion, usage_of
from tokenfoundry.errors import ProviderError
from tokenfoundry.translate.messages_to_chat import MessagesToChat

BODY: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Ciao"}]}
TRANSLATION = MessagesToChat()


def reply_of(said: dict[str, Any], *, finish: str = "stop", **fields: Any) -> dict[str, Any]:
    reply = completion("", usage=usage_of(20, 7), finish=finish) | fields
    reply["choices"][0]["message"] = {"role": "assistant", "content": None} | said
    made = TRANSLATION.reply(reply, BODY)
    check_message(made)
    return made


def events_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    translator = TRANSLATION.events(BODY)
    made = [event for each in chunks for event in translator.feed(each)] + translator.close()
    for event in made:
        check_event(event)
    check_order(made)
    return made


def check_order(events: list[dict[str, Any]]) -> None:
    """One block after the other, each begun, continued and stopped ("Streaming Messages", "Event types")."""
    open_index, following = None, 0
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert open_index is None
                assert event["index"] == following
                open_index, following = following, following + 1
            case "content_block_delta":
                assert event["index"] == open_index
            case "content_block_stop":
                assert event["index"] == open_index
                open_index = None
            case "message_delta" | "message_stop":
                assert open_index is None


def final_of(events: list[dict[str, Any]]) -> Any:
    """The message that Anthropic's own client puts together."""
    snapshot, buffers = None, {}  # type: ignore[var-annotated]
    for event in events:
        snapshot = accumulate_event(event=check_event(event), current_snapshot=snapshot, json_bufs=buffers)
    return snapshot


def call(index: int, *, call_id: str | None = None, name: str | None = None, arguments: str = "") -> dict[str, Any]:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    head = {} if call_id is None else {"id": call_id, "type": "function"}
    return chunk({"tool_calls": [{"index": index, **head, "function": function}]})


def test_a_reply_keeps_its_text_reasoning_calls_and_counts() -> None:
    tool_call = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": '{"to": "è"}'}}
    usage = {
        **usage_of(20, 7),
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    made = reply_of(
        {"content": "Ecco.", "reasoning_content": "Penso.", "tool_calls": [tool_call]},
        finish="tool_calls",
        usage=usage,
        service_tier="default",
    )
    assert made["content"] == [
        {"type": "thinking", "thinking": "Penso.", "signature": ""},
        {"type": "text", "text": "Ecco."},
        {"type": "tool_use", "id": "c1", "name": "send", "input": {"to": "è"}},
    ]
    assert made["stop_reason"] == "tool_use"
    assert made["usage"] == {
        "input_tokens": 15,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 5,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 2},
        "service_tier": "standard",
    }


@pytest.mark.parametrize(
    ("finish", "stop_reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("function_call", "tool_use"),
        ("content_filter", "refusal"),
        ("eos", "end_turn"),
    ],
)
def test_each_reason_to_finish_has_anthropics_word(finish: str, stop_reason: str) -> None:
    assert reply_of({"content": "x"}, finish=finish)["stop_reason"] == stop_reason
    events = events_of([chunk({"content": "x"}), chunk({}, finish=finish)])
    assert events[-2]["delta"]["stop_reason"] == stop_reason


def test_a_stream_begins_with_the_message_and_ends_with_reason_and_usage() -> None:
    usage = {**chunk({}), "choices": [], "usage": usage_of(20, 7)}
    events = events_of(
        [chunk({"role": "assistant", "content": ""}), chunk({"content": "Ciao"}), chunk({}, finish="stop"), usage]
    )
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert events[-2]["usage"]["input_tokens"] == 20
    assert events[-2]["usage"]["output_tokens"] == 7
    assert final_of(events).content[0].text == "Ciao"


def test_tool_calls_that_interleave_become_blocks_one_after_the_other() -> None:
    events = events_of(
        [
            chunk({"reasoning_content": "Penso."}),
            chunk({"content": "Ecco."}),
            call(0, call_id="a", name="send", arguments='{"to"'),
            call(1, call_id="b", name="pay"),
            call(0, arguments=': "x"'),
            call(1, arguments='{"sum": '),
            call(0, arguments="}"),
            chunk({"content": " Fine."}),
            call(1, arguments="3}"),
            chunk({}, finish="tool_calls"),
        ]
    )
    final = final_of(events)
    assert [block.type for block in final.content] == ["thinking", "text", "tool_use", "tool_use", "text"]
    assert (final.content[2].id, final.content[2].name, final.content[2].input) == ("a", "send", {"to": "x"})
    assert (final.content[3].id, final.content[3].name, final.content[3].input) == ("b", "pay", {"sum": 3})
    assert final.content[4].text == " Fine."


def test_the_open_tool_call_goes_on_at_once() -> None:
    translator = TRANSLATION.events(BODY)
    translator.feed(call(0, call_id="a", name="send"))
    made = translator.feed(call(0, arguments="{}"))
    assert [event["delta"] for event in made] == [{"type": "input_json_delta", "partial_json": "{}"}]


def test_a_stream_without_an_end_says_no_end() -> None:
    translator = TRANSLATION.events(BODY)
    translator.feed(chunk({"content": "Ciao"}))
    assert translator.close() == []


def test_only_the_first_choice_is_told() -> None:
    final = final_of(events_of([chunk({"content": "a"}), chunk({"content": "b"}, index=1), chunk({}, finish="stop")]))
    assert [block.text for block in final.content] == ["a"]


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "overloaded"}},
        {"choices": ["x"]},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"tool_calls": ["x"]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 4096, "function": {"name": "x"}}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "x"}}]}}]},
    ],
)
def test_a_chunk_of_another_shape_is_an_error_of_the_provider(event: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.events(BODY).feed(event)


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"'])
def test_arguments_that_are_no_object_are_an_error_of_the_provider(arguments: str) -> None:
    tool_call = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": arguments}}
    with pytest.raises(ProviderError, match="no JSON object"):
        reply_of({"tool_calls": [tool_call]})


PIECES = st.one_of(
    st.tuples(st.just("content"), st.text(min_size=1, max_size=5)),
    st.tuples(st.just("reasoning_content"), st.text(min_size=1, max_size=5)),
    st.tuples(st.integers(0, 3), st.text(max_size=5)),
)


@given(st.lists(PIECES, max_size=25))
def test_whatever_interleaves_nothing_is_lost_and_blocks_stay_in_order(pieces: list[tuple[Any, str]]) -> None:
    chunks: list[dict[str, Any]] = [chunk({"role": "assistant", "content": ""})]
    calls: dict[int, str] = {}
    for place, said in pieces:
        if isinstance(place, str):
            chunks.append(chunk({place: said}))
        elif place in calls:
            chunks.append(call(place, arguments=said))
        else:
            chunks.append(call(place, call_id=f"c{place}", name=f"n{place}", arguments=said))
        if isinstance(place, int):
            calls[place] = calls.get(place, "") + said
    made = events_of([*chunks, chunk({}, finish="stop")])
    blocks: list[dict[str, Any]] = []
    for event in made:
        if event["type"] == "content_block_start":
            blocks.append({**event["content_block"], "said": ""})
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            blocks[-1]["said"] += delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
    said_of = {"text": "content", "thinking": "reasoning_content"}
    for kind, name in said_of.items():
        wanted = "".join(said for place, said in pieces if place == name)
        assert "".join(block["said"] for block in blocks if block["type"] == kind) == wanted
    assert {block["id"]: block["said"] for block in blocks if block["type"] == "tool_use"} == {
        f"c{place}": said for place, said in calls.items()
    }


def test_usage_that_cannot_be_is_an_error_of_the_provider_and_none_is_no_count() -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.reply(completion("x") | {"usage": {"prompt_tokens": -3}}, BODY)
    assert reply_of({"content": "x"}, usage=None)["usage"]["output_tokens"] == 0
