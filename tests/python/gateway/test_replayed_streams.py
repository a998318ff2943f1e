"""A kept reply comes as the stream that would have brought it: in its old pieces, and as the published API has it."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from openai import omit
from openai.types import Completion
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.streams.chat import ReplyBuilder
from tokenfoundry.gateway.streams.replay import NO_BORDERS, REPLAYS, BorderRecorder, Borders
from tokenfoundry.gateway.streams.replay.borders import pieces_of
from tokenfoundry.privacy import Redactor

TEXT = st.text(st.sampled_from("ab [_1]\nEMAIL_ADDRESSè"), max_size=60)
LENGTHS = st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 12)), max_size=30)


def recorded(pieces: list[tuple[str, int]]) -> Borders:
    recorder = BorderRecorder()
    for place, length in pieces:
        recorder.add(place, length)
    return recorder.borders()


@given(st.dictionaries(st.sampled_from("pqs"), TEXT), LENGTHS)
def test_whatever_the_borders_say_the_pieces_add_up_to_the_texts(
    texts: dict[str, str], pieces: list[tuple[str, int]]
) -> None:
    made: dict[str, str] = dict.fromkeys(texts, "")
    for place, piece in pieces_of(texts, recorded(pieces)):
        assert piece
        made[place] += piece
    assert made == texts


@given(st.lists(st.tuples(st.sampled_from("pq"), TEXT), max_size=20))
def test_recorded_pieces_come_again_in_their_order(pieces: list[tuple[str, str]]) -> None:
    texts: dict[str, str] = {}
    for place, piece in pieces:
        texts[place] = texts.get(place, "") + piece
    borders = recorded([(place, len(piece)) for place, piece in pieces])
    assert list(pieces_of(texts, borders)) == [(place, piece) for place, piece in pieces if piece]


@given(st.lists(st.sampled_from(["[EMAIL_ADDRESS_1]", "[PERSON_12]", "parola", " ", "\n", "x" * 70, "[", "]"])))
def test_a_text_of_unknown_borders_is_not_cut_inside_a_placeholder(words: list[str]) -> None:
    text = "".join(words)
    pieces = [piece for _, piece in pieces_of({"p": text}, NO_BORDERS)]
    assert "".join(pieces) == text
    for placeholder in ("[EMAIL_ADDRESS_1]", "[PERSON_12]"):
        assert sum(piece.count(placeholder) for piece in pieces) == text.count(placeholder)
    assert all(len(piece) <= 16 + 24 + text.count(" ") + text.count("\n") for piece in pieces)


def test_more_pieces_than_are_kept_end_as_some_words_at_a_time() -> None:
    recorder = BorderRecorder()
    for _ in range(60_000):
        recorder.add("p", 1)
    text = "a" * 60_000
    assert "".join(piece for _, piece in pieces_of({"p": text}, recorder.borders())) == text


# -- the dialects ------------------------------------------------------------------------------------------------------

CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "send", "arguments": '{"to": "[EMAIL_ADDRESS_1]"}'}},
    {"id": "c2", "type": "function", "function": {"name": "stop", "arguments": ""}},
]
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Ciao [PERSON_1], come va?"}, "finish_reason": "stop"},
        {
            "index": 1,
            "message": {"role": "assistant", "content": None, "reasoning_content": "Allora", "tool_calls": CALLS},
            "finish_reason": "tool_calls",
        },
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9},
}
COMPLETION = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "text": "Ciao a tutti", "finish_reason": "stop", "logprobs": None}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9},
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "thinking", "thinking": "Penso a [PERSON_1].", "signature": "c2ln"},
        {"type": "text", "text": "Ciao [PERSON_1]!", "citations": None},
        {"type": "tool_use", "id": "t1", "name": "send", "input": {"to": "[EMAIL_ADDRESS_1]", "n": 2}},
        {"type": "tool_use", "id": "t2", "name": "stop", "input": {}},
        {"type": "redacted_thinking", "data": "YWJj"},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 4},
}
OUTPUT_TEXT = {"type": "output_text", "text": "Ciao [PERSON_1]!", "annotations": []}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "completed",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Penso a [PERSON_1]."}]},
        {"type": "message", "id": "m_1", "role": "assistant", "status": "completed", "content": [OUTPUT_TEXT]},
        {"type": "function_call", "id": "f_1", "call_id": "c1", "name": "send", "arguments": '{"to": "x"}'},
    ],
    "usage": {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 9,
    },
}
MODELS: dict[str, tuple[dict[str, Any], Any]] = {
    "chat": (CHAT, ChatCompletionChunk),
    "completions": (COMPLETION, Completion),
    "messages": (MESSAGE, RawMessageStreamEvent),
    "responses": (RESPONSE, ResponseStreamEvent),
}


@pytest.mark.parametrize("dialect", MODELS)
def test_each_event_is_of_the_published_shape(dialect: str) -> None:
    reply, model = MODELS[dialect]
    adapter = TypeAdapter(model)
    for event in REPLAYS[dialect].events(reply, NO_BORDERS):
        if dialect == "completions":  # Streamed, its reason is null until the last chunk; the model is that of a reply.
            for choice in event["choices"]:
                choice["finish_reason"] = choice["finish_reason"] or "stop"
        adapter.validate_python(event)


@pytest.mark.parametrize("dialect", MODELS)
def test_the_pieces_of_a_replay_are_those_that_were_recorded(dialect: str) -> None:
    reply, _ = MODELS[dialect]
    replay = REPLAYS[dialect]

    def pieces(borders: Borders) -> list[tuple[str, int]]:
        return [step for event in replay.events(reply, borders) for step in replay.steps(event)]

    single = [(place, 1) for place, length in pieces(NO_BORDERS) for _ in range(length)]
    assert pieces(recorded(single)) == single
    assert len(pieces(NO_BORDERS)) < len(single)


ASKED = {endpoint.name: endpoint for endpoint in ENDPOINTS.values() if endpoint.name in MODELS}


@pytest.mark.parametrize("dialect", ASKED)
def test_a_replay_is_a_whole_stream_to_the_stream_of_its_dialect(dialect: str) -> None:
    reply, _ = MODELS[dialect]
    session = Redactor().session()
    assert session.values.assign("PERSON", "Maria Rossi") == "[PERSON_1]"
    stream = ASKED[dialect].stream({}, session)
    said = b"".join(map(stream.add, REPLAYS[dialect].events(reply, recorded([("0.content", 6), ("1", 6), ("1.0", 6)]))))
    assert stream.storable
    assert stream.body() == reply
    assert b"[PERSON_1]" not in said or dialect == "messages"  # Thoughts are signed there, and stay as they are.
    assert b"Maria Rossi" in said or dialect == "completions"


def test_a_replayed_chat_adds_up_to_its_reply() -> None:
    builder = ReplyBuilder()
    for event in REPLAYS["chat"].events(CHAT, NO_BORDERS):
        builder.add(event)
    assert builder.storable
    assert builder.body() == CHAT


def test_choices_that_came_in_turns_come_in_turns() -> None:
    borders = recorded([("1.reasoning_content", 3), ("0.content", 5), ("1.reasoning_content", 3), ("0.content", 20)])
    steps = [step for event in REPLAYS["chat"].events(CHAT, borders) for step in REPLAYS["chat"].steps(event)]
    assert [place for place, _ in steps[:4]] == [
        "1.reasoning_content",
        "0.content",
        "1.reasoning_content",
        "0.content",
    ]


def test_a_replayed_message_adds_up_to_its_reply() -> None:
    from anthropic.lib.streaming._messages import accumulate_event

    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for event in REPLAYS["messages"].events(MESSAGE, NO_BORDERS):
        parsed: Any = TypeAdapter(RawMessageStreamEvent).validate_python(event)
        snapshot = accumulate_event(event=parsed, current_snapshot=snapshot, json_bufs=buffers)
    made = Message.model_validate(snapshot.model_dump())
    assert made.model_dump(exclude_none=True) == Message.model_validate(MESSAGE).model_dump(exclude_none=True)


def test_a_replayed_response_adds_up_to_its_reply() -> None:
    from openai.lib.streaming.responses._responses import ResponseStreamState

    state: Any = ResponseStreamState(input_tools=[], text_format=omit)  # type: ignore[arg-type, var-annotated]
    for event in REPLAYS["responses"].events(RESPONSE, NO_BORDERS):
        state.handle_event(TypeAdapter(ResponseStreamEvent).validate_python(event))
    assert state._completed_response.output_text == "Ciao [PERSON_1]!"
    assert Response.model_validate(RESPONSE).output_text == "Ciao [PERSON_1]!"


@pytest.mark.parametrize("dialect", MODELS)
@pytest.mark.parametrize(
    "event",
    [
        {"choices": 3},
        {"choices": [3, {"delta": 4}, {"delta": {"tool_calls": [5, {"function": 6}]}}]},
        {"choices": [{"text": {"a": 1}}]},
        {"type": ["content_block_delta"]},
        {"type": "content_block_delta", "delta": 3},
        {"type": "content_block_delta", "delta": {"type": {}}},
        {"type": "response.output_text.delta", "delta": {}},
    ],
    ids=str,
)
def test_an_event_of_another_shape_has_no_pieces(dialect: str, event: dict[str, Any]) -> None:
    assert list(REPLAYS[dialect].steps(event)) == []
