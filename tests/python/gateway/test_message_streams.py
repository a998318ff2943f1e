"""A streamed message on its way to the client, judged by the models of Anthropic's own client. Shapes: the Anthropic
API reference, "Streaming Messages".
"""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from hypothesis import given
from hypothesis import strategies as st

from support.anthropic_upstream import events, message, parsed, text, thinking, tool_use
from support.sdk_shapes import check_error, check_event, check_message
from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.endpoints.messages import Messages
from tokenfoundry.gateway.streams.messages import MessageStream, replay
from tokenfoundry.privacy import RedactionSession, Redactor
from tokenfoundry.records import CallRecord

EMAIL = "mario.rossi@example.it"
REDACTOR = Redactor()
NAME = 'Anna "Nina" Bianchi\n'
SUMMARY = {"request_id": "r1", "cost": "0.1"}
RECORD = CallRecord(
    request_id="r1",
    at_ms=0,
    endpoint="messages",
    outcome="answered",
    status=200,
    alias="fast",
    currency="EUR",
    input_tokens=41,
    output_tokens=42,
)


def session() -> RedactionSession:
    made = REDACTOR.session()
    assert made.values.assign("EMAIL_ADDRESS", EMAIL) == "[EMAIL_ADDRESS_1]"
    assert made.values.assign("PERSON", NAME) == "[PERSON_1]"
    return made


def streamed(spoken: list[dict[str, Any]], *, json_text: bool = False, record: CallRecord = RECORD) -> bytes:
    stream = MessageStream(session(), json_text=json_text)
    raw = b"".join(map(stream.add, spoken))
    assert stream.finished
    return raw + stream.ending(record, SUMMARY)


def final_of(raw: bytes) -> Any:
    """The message that Anthropic's own client puts together of what reaches it."""
    snapshot, buffers = None, {}  # type: ignore[var-annotated]
    for name, data in parsed(raw):
        assert name == data["type"]
        event = check_event(data)
        if name != "ping":
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    return snapshot


REPLY = message(
    thinking("È [EMAIL_ADDRESS_1], [PERSON_1]."),
    text("Ciao [EMAIL_ADDRESS_1] [EMAIL"),
    tool_use("send", {"to": "[EMAIL_ADDRESS_1]", "text": "da [PERSON_1] [PERS"}),
    stop_reason="tool_use",
)


@pytest.mark.parametrize("piece_characters", [1, 2, 7, 100])
def test_blocks_are_restored_but_for_thinking_and_nothing_held_back_is_lost(piece_characters: int) -> None:
    final = final_of(streamed(events(REPLY, piece_characters=piece_characters)))
    assert final.content[0].thinking == "È [EMAIL_ADDRESS_1], [PERSON_1]."
    assert final.content[1].text == f"Ciao {EMAIL} [EMAIL"
    assert final.content[2].input == {"to": EMAIL, "text": f"da {NAME} [PERS"}
    assert final.stop_reason == "tool_use"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (12, 7)


PIECES = st.sampled_from(["[EMAIL_ADDRESS_1]", "[PERSON_1]", "[PERSON_9]", "[", "]", "_1]", "ciao ", "è", '"', "\n"])


@given(st.lists(PIECES, max_size=8), st.lists(PIECES, max_size=8), st.integers(1, 9))
def test_however_it_is_cut_a_stream_is_the_restored_reply(said: list[str], given_: list[str], size: int) -> None:
    reply = message(text("".join(said) or "."), tool_use("send", {"".join(given_): ["".join(given_)]}))
    whole = Messages().restore(reply, session(), {})
    final = final_of(streamed(events(reply, piece_characters=size)))
    assert final.content[0].text == whole["content"][0]["text"]
    assert final.content[1].input == whole["content"][1]["input"]


def test_a_value_is_escaped_inside_a_text_that_is_json() -> None:
    spoken = events(message(text('{"name": "[PERSON_1]"}')))
    assert final_of(streamed(spoken, json_text=True)).content[0].text == '{"name": "Anna \\"Nina\\" Bianchi\\n"}'


def test_the_pieces_of_two_blocks_that_are_open_together_never_mix() -> None:
    stream = MessageStream(session(), json_text=False)
    stream.add(events(message())[0])
    for index in (0, 1):
        stream.add({"type": "content_block_start", "index": index, "content_block": text("")})

    def piece(index: int, said: str) -> bytes:
        return stream.add(
            {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": said}}
        )

    assert piece(0, "[EMAIL_") == b""
    assert piece(1, "[PERSON") == b""
    assert parsed(piece(0, "ADDRESS_1]"))[0][1]["delta"]["text"] == EMAIL
    assert parsed(piece(1, "_1]"))[0][1]["delta"]["text"] == NAME


def test_the_reply_is_put_together_in_placeholder_form() -> None:
    stream = MessageStream(session(), json_text=False)
    for event in events(REPLY):
        stream.add(event)
    body = stream.body()
    check_message(body)
    assert body["content"] == REPLY["content"]
    assert body["stop_reason"] == "tool_use"
    assert body["usage"]["output_tokens"] == 7
    assert stream.storable
    assert stream.produced() == Messages().output_text(REPLY)


def test_what_was_produced_is_known_before_the_end() -> None:
    stream = MessageStream(session(), json_text=False)
    for event in events(REPLY)[:-4]:
        stream.add(event)
    assert not stream.finished
    assert not stream.storable
    assert stream.produced().startswith("È [EMAIL_ADDRESS_1], [PERSON_1].Ciao [EMAIL_ADDRESS_1] [EMAILsend{")


def test_the_end_waits_for_the_settlement_and_the_summary_stands_before_it_as_a_comment() -> None:
    stream = MessageStream(session(), json_text=False)
    sent = b"".join(map(stream.add, events(REPLY)))
    assert b"message_delta" not in sent
    assert b"message_stop" not in sent
    ending = stream.ending(RECORD, SUMMARY)
    before, after = ending.split(b': tokenfoundry {"request_id":"r1","cost":"0.1"}\n\n')
    assert [name for name, _ in parsed(before)] == ["message_delta"]
    assert [name for name, _ in parsed(after)] == ["message_stop"]


def test_usage_that_no_provider_told_is_what_was_counted() -> None:
    counted = CallRecord(
        **{name: getattr(RECORD, name) for name in RECORD.__struct_fields__} | {"cost_source": "estimated"}
    )
    final = final_of(streamed(events(REPLY), record=counted))
    assert (final.usage.input_tokens, final.usage.output_tokens) == (41, 42)


def test_several_ends_are_one_with_what_each_says() -> None:
    spoken = events(REPLY)
    spoken.insert(-2, {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 3}})
    spoken[-2]["delta"]["stop_sequence"] = "[EMAIL_ADDRESS_1]"
    final = final_of(streamed(spoken))
    assert (final.stop_reason, final.stop_sequence, final.usage.output_tokens) == ("tool_use", EMAIL, 7)


def test_events_and_deltas_that_are_not_known_are_passed_on_restored_and_not_stored() -> None:
    stream = MessageStream(session(), json_text=False)
    sent = b""
    for event in events(message(text("Ciao"))):
        sent += stream.add(event)
        if event["type"] == "content_block_start":
            delta = {"type": "hologram_delta", "of": "[EMAIL_ADDRESS_1]"}
            sent += stream.add({"type": "content_block_delta", "index": 0, "delta": delta})
            sent += stream.add({"type": "weather", "of": "[EMAIL_ADDRESS_1]"})
    known = parsed(sent)
    assert ("weather", {"type": "weather", "of": EMAIL}) in known
    assert [data["delta"]["of"] for _, data in known if data.get("delta", {}).get("of")] == [EMAIL]
    assert stream.finished
    assert not stream.storable


def test_tool_input_that_is_no_json_reaches_the_client_as_it_is_and_is_not_stored() -> None:
    spoken = events(message(tool_use("send", {})))
    spoken[-4]["delta"] = {"type": "input_json_delta", "partial_json": '{"to": '}
    stream = MessageStream(session(), json_text=False)
    sent = b"".join(map(stream.add, spoken))
    assert b'{\\"to\\": ' in sent
    assert stream.finished
    assert not stream.storable


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "content_block_delta", "index": 5, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": None}},
        {"type": "content_block_delta", "index": 0, "delta": {}},
        {"type": "content_block_start", "index": "0", "content_block": {"type": "text"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": 7}},
        {"type": "content_block_stop", "index": 9},
        {"type": "message_start", "message": {}},
        {"type": "message_delta"},
        {"type": "message_stop"},
        {"type": "x\nevent: y"},
        {"type": 7},
        {},
    ],
)
def test_an_event_of_another_shape_is_an_error_of_the_provider(event: dict[str, Any]) -> None:
    stream = MessageStream(session(), json_text=False)
    for begun in events(message(text("x")))[:3]:
        stream.add(begun)
    with pytest.raises(ProviderError):
        stream.add(event)


def test_an_event_before_the_start_is_an_error_of_the_provider() -> None:
    with pytest.raises(ProviderError):
        MessageStream(session(), json_text=False).add(events(message(text("x")))[2])


def test_an_error_in_mid_stream_has_anthropics_shape() -> None:
    raw = MessageStream(session(), json_text=False).error("upstream_error", "the provider is gone (request r1)")
    [(name, data)] = parsed(raw)
    assert name == "error"
    check_error(data)
    assert data["error"] == {"type": "api_error", "message": "the provider is gone (request r1)"}


def test_a_cached_reply_is_replayed_as_a_full_stream() -> None:
    cited = {"type": "page_location", "cited_text": "x", "document_index": 0, "start_page_number": 1}
    cited |= {"document_title": None, "end_page_number": 2, "file_id": None}
    reply = message(
        thinking("Penso.", "c2ln"),
        {"type": "redacted_thinking", "data": "c2Vs"},
        {**text("Ciao"), "citations": [cited]},
        tool_use("send", {"to": EMAIL}),
        tool_use("now", {}, "toolu_02"),
        stop_reason="tool_use",
    )
    raw = b"".join(replay({**reply, "tokenfoundry": SUMMARY}, RECORD, SUMMARY))
    final = final_of(raw)
    # The client adds what it parsed itself to the blocks that it puts together.
    blocks = [block.model_dump(exclude={"parsed_output"}) for block in final.content]
    assert blocks == [block.model_dump() for block in check_message(reply).content]
    assert final.stop_reason == "tool_use"
    assert final.usage.output_tokens == 7
    assert raw.count(b": tokenfoundry ") == 1


def test_an_end_without_usage_gets_what_was_counted() -> None:
    spoken = events(message(text("x")))
    del spoken[-2]["usage"]
    assert final_of(streamed(spoken)).usage.output_tokens == 42
