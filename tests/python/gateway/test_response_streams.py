"""The stream of a response, event by event: restored, numbered, ended."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.streams.responses import ResponseStream
from tokenfoundry.privacy import RedactionSession, Redactor
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.responses_events import sequence

Body = dict[str, Any]
EMAIL = "mario.rossi@example.it"
QUOTED = 'via "Roma" 1'
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
RECORD = CallRecord(
    request_id="r",
    at_ms=0,
    endpoint="responses",
    outcome="answered",
    status=200,
    alias="a",
    currency="EUR",
    input_tokens=3,
    output_tokens=4,
)


@pytest.fixture
def session() -> RedactionSession:
    made = Redactor().session()
    assert made.redact(EMAIL) == "[EMAIL_ADDRESS_1]"
    made.values.assign("ADDRESS", QUOTED)
    return made


def response(text: str, **fields: Any) -> Body:
    """A response with a text in every kind of item, as the API shapes it."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "m",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "instructions": text,
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": text}]},
            {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]},
            {
                "id": "fc_1",
                "type": "function_call",
                "call_id": "c1",
                "name": "f",
                "arguments": json.dumps({"x": text}),
                "status": "completed",
            },
            {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c2", "name": "g", "input": text},
        ],
        "usage": None,
        **fields,
    }


def cut(events: list[Body], size: int) -> list[Body]:
    """The same events with every delta in pieces of `size` characters, as they come, in order."""
    made = []
    for event in events:
        if event["type"].endswith(".delta"):
            text = event["delta"]
            made += [{**event, "delta": text[at : at + size]} for at in range(0, len(text), size)]
        else:
            made.append(event)
    return made


def parsed(raw: bytes) -> list[Body]:
    events = []
    for block in raw.split(b"\n\n")[:-1]:
        name, data = block.split(b"\n")
        event = msgspec.json.decode(data.removeprefix(b"data: "))
        assert name == f"event: {event['type']}".encode()
        events.append(event)
    return events


def relayed(events: list[Body], session: RedactionSession, *, json_asked: bool = False) -> list[Body]:
    stream = ResponseStream(session, {}, json=json_asked)
    raw = b"".join(stream.add(event) for event in events)
    assert stream.finished
    return parsed(raw + stream.ending(RECORD, {"cost": "0"}))


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_every_event_that_tells_a_text_tells_the_callers_own(session: RedactionSession, size: int) -> None:
    events = relayed(cut(sequence(response("Scrivo a [EMAIL_ADDRESS_1]. [no")), size), session)
    assert b"EMAIL_ADDRESS" not in msgspec.json.encode(events)
    told = f"Scrivo a {EMAIL}. [no"
    deltas: dict[str, str] = {}
    for event in events:
        EVENT.validate_python(event, strict=True)
        if event["type"].endswith(".delta"):
            deltas[event["type"]] = deltas.get(event["type"], "") + event["delta"]
    assert deltas == {
        "response.reasoning_summary_text.delta": told,
        "response.output_text.delta": told,
        "response.function_call_arguments.delta": json.dumps({"x": told}),
        "response.custom_tool_call_input.delta": told,
    }
    final = Response.model_validate(events[-1]["response"], strict=True)
    assert final.output_text == told
    assert final.instructions == told
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == events[-1]["response"]["output"]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_value_with_quotes_stays_inside_the_json_it_is_told_in(session: RedactionSession, size: int) -> None:
    text = json.dumps({"via": "[ADDRESS_1]"})
    events = relayed(cut(sequence(response(text)), size), session, json_asked=True)
    told = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert json.loads(told) == {"via": QUOTED}
    final = Response.model_validate(events[-1]["response"])
    assert json.loads(final.output_text) == {"via": QUOTED}
    assert [event["text"] for event in events if event["type"] == "response.output_text.done"] == [told]
    [arguments] = [e["arguments"] for e in events if e["type"] == "response.function_call_arguments.done"]
    assert json.loads(json.loads(arguments)["x"]) == {"via": QUOTED}


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_numbers_stay_without_a_gap_though_deltas_are_held_back(session: RedactionSession, size: int) -> None:
    events = relayed(cut(sequence(response("[EMAIL_ADDRESS_1] [EMAIL")), size), session)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_what_is_held_back_is_told_before_the_event_that_ends_its_text(session: RedactionSession) -> None:
    kinds = [event["type"] for event in relayed(sequence(response("a [EMAIL")), session)]
    at = kinds.index("response.output_text.done")
    assert kinds[at - 1] == "response.output_text.delta"


def test_a_text_without_an_end_of_its_own_is_told_whole_when_its_item_ends(session: RedactionSession) -> None:
    events = [event for event in sequence(response("[EMAIL_ADDRESS_1")) if not event["type"].endswith("text.done")]
    told = relayed(events, session)
    assert "".join(e["delta"] for e in told if e["type"] == "response.output_text.delta") == "[EMAIL_ADDRESS_1"


def test_the_end_is_held_back_until_the_call_is_settled_and_tells_the_usage(session: RedactionSession) -> None:
    stream = ResponseStream(session, {}, json=False)
    *events, last = sequence(response("x"))
    for event in events:
        assert stream.add(event)
    assert not stream.finished
    assert stream.add(last) == b""
    [end] = parsed(stream.ending(RECORD, {"cost": "0.1"}))
    assert end["response"]["usage"]["total_tokens"] == 7
    assert end["response"]["tokenfoundry"] == {"cost": "0.1"}


def test_what_is_kept_is_the_last_event_in_placeholder_form(session: RedactionSession) -> None:
    whole = response("[EMAIL_ADDRESS_1]")
    stream = ResponseStream(session, {}, json=False)
    for event in sequence(whole):
        stream.add(event)
    assert stream.storable
    assert stream.body() == whole


def test_a_stream_that_is_cut_by_a_bound_is_finished_and_not_kept(session: RedactionSession) -> None:
    stream = ResponseStream(session, {}, json=False)
    for event in sequence(response("x", status="incomplete", incomplete_details={"reason": "max_output_tokens"})):
        stream.add(event)
    assert stream.finished
    assert not stream.storable


def test_what_was_produced_is_known_at_every_moment(session: RedactionSession) -> None:
    events = cut(sequence(response("uno due")), 3)
    stream = ResponseStream(session, {}, json=False)
    sizes = []
    for event in events:
        stream.add(event)
        sizes.append(len(stream.produced()))
    assert sizes == sorted(sizes)
    assert stream.produced() == "uno due" * 2 + "f" + '{"x": "uno due"}' + "g" + "uno due"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "message": "x", "code": None, "param": None},
        {"type": "response.failed", "response": {"output": []}},
        {},
        {"type": 3},
        {"type": "response.completed", "response": "x"},
        {"type": "response.completed", "response": {"output": ["x"]}},
        {"type": "response.output_item.done", "item": "x"},
    ],
)
def test_an_error_and_an_event_of_another_shape_end_the_stream(session: RedactionSession, event: Body) -> None:
    with pytest.raises(ProviderError):
        ResponseStream(session, {}, json=False).add(event)


def test_places_that_are_no_numbers_break_nothing(session: RedactionSession) -> None:
    stream = ResponseStream(session, {}, json=False)
    raw = stream.add({"type": "response.output_text.delta", "delta": "x", "output_index": [1], "content_index": {}})
    assert parsed(raw)[0]["delta"] == "x"


def test_an_error_is_an_event_of_the_dialect_with_the_next_number(session: RedactionSession) -> None:
    stream = ResponseStream(session, {}, json=False)
    stream.add(sequence(response("x"))[0])
    [error] = parsed(stream.error("upstream_error", "no more"))
    EVENT.validate_python(error, strict=True)
    assert (error["sequence_number"], error["code"], error["message"]) == (1, "upstream_error", "no more")
