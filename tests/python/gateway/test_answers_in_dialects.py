"""What a model adds of its own is handled alike in every dialect, in a whole reply and in a stream cut anywhere."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from support.anthropic_upstream import events, message, parsed, text, thinking, tool_use
from support.openai_provider import response
from tokenfoundry.gateway.endpoints.completions import Completions
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.endpoints.responses import Responses
from tokenfoundry.gateway.endpoints.transcriptions import Transcriptions
from tokenfoundry.privacy import RedactionSession, Redactor
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.responses_events import sequence

Body = dict[str, Any]
OWN, NEW = "mario@example.it", "anna@example.it"
SAID = f"Caro [EMAIL_ADDRESS_1], scriva a {NEW}.\nAnche +39 333 1234567, grazie."
TOLD = f"Caro {OWN}, scriva a [EMAIL_ADDRESS].\nAnche *************67, grazie."
ANSWERS = {"EMAIL_ADDRESS": "redact", "PHONE_NUMBER": {"action": "mask", "keep_last": 2}}
REDACTOR = Redactor(answers=ANSWERS)
RECORD = CallRecord(request_id="r", at_ms=0, endpoint="chat", outcome="answered", status=200, alias="a", currency="EUR")


@pytest.fixture
def session() -> RedactionSession:
    made = REDACTOR.session()
    assert made.redact(OWN) == "[EMAIL_ADDRESS_1]"
    return made


REPLY = message(
    thinking(f"Penso a {NEW}."),
    thinking("Nulla di nuovo, [EMAIL_ADDRESS_1].", signature="EqQBsecond"),
    text(SAID),
    tool_use("send", {"to": NEW, "partita_iva": "00743110157", "tel": 3331234567, "text": SAID, "n": [1, None]}),
    stop_reason="tool_use",
)


def check_message(content: list[Body]) -> None:
    assert content[0]["thinking"] == "Penso a [EMAIL_ADDRESS]."
    assert content[0]["signature"] == ""
    # Signed thinking stays in placeholder form.
    assert content[1]["thinking"] == "Nulla di nuovo, [EMAIL_ADDRESS_1]."
    assert content[1]["signature"] == "EqQBsecond"
    assert content[2]["text"] == TOLD
    assert content[3]["input"] == {
        "to": "[EMAIL_ADDRESS]",
        "partita_iva": "00743110157",
        "tel": "********67",
        "text": TOLD,
        "n": [1, None],
    }


def test_a_whole_message(session: RedactionSession) -> None:
    made = Messages().restore(REPLY, session, {})
    check_message(made["content"])
    assert made["id"] == REPLY["id"]


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_streamed_message(session: RedactionSession, size: int) -> None:
    stream = Messages().stream({"stream": True}, session)
    raw = b"".join(map(stream.add, events(REPLY, piece_characters=size)))
    assert NEW.encode() not in raw
    content: dict[int, Body] = {}
    for _, event in parsed(raw):
        if event["type"] == "content_block_start":
            content[event["index"]] = {"thinking": "", "text": "", "signature": None, "json": ""}
        elif event["type"] == "content_block_delta":
            block, delta = content[event["index"]], event["delta"]
            match delta["type"]:
                case "signature_delta":
                    block["signature"] = delta["signature"]
                case "input_json_delta":
                    block["json"] += delta["partial_json"]
                case kind:
                    block[kind.removesuffix("_delta")] += delta[kind.removesuffix("_delta")]
    content[3]["input"] = json.loads(content[3]["json"])
    check_message([content[at] for at in sorted(content)])


def test_thinking_that_was_changed_is_left_out_of_the_next_call(session: RedactionSession) -> None:
    changed = Messages().restore(REPLY, session, {})["content"]
    sent = Messages().redact(
        {"model": "m", "max_tokens": 1, "messages": [{"role": "assistant", "content": changed}]}, REDACTOR.session()
    )
    kinds = [block["type"] for block in sent["messages"][0]["content"]]
    assert kinds == ["thinking", "text", "tool_use"]
    assert sent["messages"][0]["content"][0]["signature"] == "EqQBsecond"


ARGUMENTS = json.dumps({"to": NEW, "me": "[EMAIL_ADDRESS_1]", "text": f"\n{NEW}\n", "tel": 3331234567})
TOLD_ARGUMENTS = {"to": "[EMAIL_ADDRESS]", "me": OWN, "text": "\n[EMAIL_ADDRESS]\n", "tel": "********67"}


def check_response(made: Body) -> None:
    summary, said, call = made["output"]
    assert summary["summary"][0]["text"] == f"su {TOLD}"
    assert said["content"][0]["text"] == TOLD
    assert json.loads(call["arguments"]) == TOLD_ARGUMENTS
    assert (made["id"], call["call_id"], said["id"]) == ("resp_1", "c1", "msg_1")


def test_a_whole_response(session: RedactionSession) -> None:
    check_response(Responses().restore(response(SAID, ARGUMENTS), session, {}))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_streamed_response(session: RedactionSession, size: int) -> None:
    stream = Responses().stream({"stream": True}, session)
    told: dict[tuple[str, int], str] = {}
    raw = b""
    for event in sequence(response(SAID, ARGUMENTS)):
        delta = event.get("delta")
        pieces = [{**event, "delta": delta[at : at + size]} for at in range(0, len(delta), size)] if delta else [event]
        raw += b"".join(stream.add(dict(piece)) for piece in pieces)
    raw += stream.ending(RECORD, {})
    assert NEW.encode() not in raw
    for block in raw.split(b"\n\n")[:-1]:
        event = msgspec.json.decode(block.partition(b"\ndata: ")[2])
        kind = event["type"]
        if kind.endswith(".delta"):
            place = kind.removesuffix(".delta"), event["output_index"]
            told[place] = told.get(place, "") + event["delta"]
        elif kind == "response.output_text.done":
            assert event["text"] == TOLD
        elif kind == "response.function_call_arguments.done":
            assert json.loads(event["arguments"]) == TOLD_ARGUMENTS
        elif kind == "response.completed":
            check_response(event["response"])
    assert told["response.output_text", 1] == TOLD
    assert json.loads(told["response.function_call_arguments", 2]) == TOLD_ARGUMENTS


def test_json_that_was_asked_for_stays_json(session: RedactionSession) -> None:
    said = json.dumps({"to": f"\t{NEW}", "me": '"[EMAIL_ADDRESS_1]"'})
    body = {"text": {"format": {"type": "json_object"}}}
    made = Responses().restore(response(said), session, body)
    assert json.loads(made["output"][1]["content"][0]["text"]) == {"to": "\t[EMAIL_ADDRESS]", "me": f'"{OWN}"'}


def test_a_completion_and_a_transcript_say_nothing_beside_their_text(session: RedactionSession) -> None:
    choice = {"index": 0, "text": f" {NEW}", "logprobs": {"tokens": [" anna"]}, "finish_reason": "stop"}
    made = Completions().restore({"id": "c", "choices": [choice]}, session, {})
    assert made["choices"][0]["text"] == " [EMAIL_ADDRESS]"
    assert NEW.partition("@")[0] not in json.dumps(made)
    segment = {"id": 0, "start": 0.0, "end": 1.0, "text": f" {NEW}", "tokens": [1, 2]}
    reply = {"text": NEW, "words": [{"word": "anna"}, {"word": "@example.it"}], "segments": [segment]}
    made = Transcriptions().restore(reply, session, {})
    assert made["text"] == "[EMAIL_ADDRESS]"
    assert made["words"] == made["segments"][0]["tokens"] == []
    assert "anna" not in json.dumps(made)


def test_a_reply_is_itself_where_nobody_looks_at_answers() -> None:
    plain = Redactor().session()
    reply = response(SAID)
    assert Responses().restore(reply, plain, {})["output"] == reply["output"]
