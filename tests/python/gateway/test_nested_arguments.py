"""JSON in the arguments of a tool: what a caller sent comes back, whole and streamed, in each dialect."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from support.anthropic_upstream import events, message, parsed, tool_use
from support.openai_provider import response
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.privacy import RedactionSession, Redactor
from tokenfoundry.translate.responses_events import sequence

Body = dict[str, Any]
ADDRESS = "Via Garibaldi 14\n20121 Milano"
SAID = {"raw": "[STREET_ADDRESS_1]", "payload": json.dumps({"deep": [json.dumps({"to": "[STREET_ADDRESS_1]"})]})}
SIZES = [1, 3, 1000]


@pytest.fixture
def session() -> RedactionSession:
    made = Redactor().session()
    assert made.redact(ADDRESS) == "[STREET_ADDRESS_1]"
    return made


def check(arguments: Body) -> None:
    assert arguments["raw"] == ADDRESS
    [deep] = json.loads(arguments["payload"])["deep"]
    assert json.loads(deep) == {"to": ADDRESS}


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def events_in(raw: bytes) -> list[Body]:
    lines = [line.removeprefix(b"data: ") for line in raw.split(b"\n") if line.startswith(b"data: {")]
    return [msgspec.json.decode(line) for line in lines]


@pytest.mark.parametrize("field", ["arguments", "content"])
def test_what_was_sent_in_json_inside_json_comes_back(field: str) -> None:
    body = {field: json.dumps({"payload": json.dumps({"to": ADDRESS})})}
    session = Redactor().session()
    sent = redacted(body, session.redact)
    assert "Garibaldi" not in sent[field]
    back = json.loads(restored(sent, session)[field])
    assert json.loads(back["payload"]) == {"to": ADDRESS}


@pytest.mark.parametrize("size", SIZES)
def test_in_chat(session: RedactionSession, size: int) -> None:
    chat = ENDPOINTS["/v1/chat/completions"]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps(SAID)}}
    reply = {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [call]}}]}
    whole = chat.restore(reply, session, {})["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    check(json.loads(whole))
    stream = chat.stream({"stream": True}, session)
    raw = b""
    for at, piece in enumerate(pieces(json.dumps(SAID), size)):
        begun = {"id": "c", "type": "function"} if at == 0 else {}
        delta = {"tool_calls": [{"index": 0, **begun, "function": {"arguments": piece}}]}
        raw += stream.add({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    raw += stream.add({"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    calls = [call for event in events_in(raw) for call in event["choices"][0]["delta"].get("tool_calls", [])]
    assert "".join(call["function"].get("arguments", "") for call in calls) == whole


@pytest.mark.parametrize("size", SIZES)
def test_in_messages(session: RedactionSession, size: int) -> None:
    messages = ENDPOINTS["/v1/messages"]
    reply = message(tool_use("f", SAID), stop_reason="tool_use")
    whole = messages.restore(reply, session, {})["content"][0]["input"]
    check(whole)
    stream = messages.stream({"stream": True}, session)
    raw = b"".join(map(stream.add, events(reply, piece_characters=size)))
    told = [event["delta"].get("partial_json", "") for _, event in parsed(raw) if event["type"].endswith("block_delta")]
    assert json.loads("".join(told)) == whole


@pytest.mark.parametrize("size", SIZES)
def test_in_responses(session: RedactionSession, size: int) -> None:
    responses = ENDPOINTS["/v1/responses"]
    reply = response("Ecco.", json.dumps(SAID))
    whole = responses.restore(reply, session, {})["output"][-1]["arguments"]
    check(json.loads(whole))
    stream = responses.stream({"stream": True}, session)
    raw = b""
    for event in sequence(reply):
        cut = [{**event, "delta": piece} for piece in pieces(event["delta"], size)] if event.get("delta") else [event]
        raw += b"".join(stream.add(dict(piece)) for piece in cut)
    arguments = [event for event in events_in(raw) if ".function_call_arguments." in event["type"]]
    assert "".join(event.get("delta", "") for event in arguments) == arguments[-1]["arguments"] == whole
