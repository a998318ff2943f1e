"""Every endpoint of OpenAI's API with the official client, served on loopback: redacted on the wire, restored in the
answer, valid by the client's own types, and booked.
"""

from __future__ import annotations

import asyncio
import io
import json
import queue
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types import Completion, ImagesResponse, ModerationCreateResponse
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from support.factories import config
from support.openai_provider import SOUND, echo_everything, response
from support.serving import served
from support.upstream import Exchange, Upstream, parse_sse
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord
from tokenfoundry.tokens import Tokenizer

EMAIL = "mario.rossi@example.it"
IBAN = "IT60X0542811101000000123456"
SAID = f"Scrivi a {EMAIL} e paga su {IBAN}."
SENT = "Scrivi a [EMAIL_ADDRESS_1] e paga su [IBAN_CODE_1]."
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(echo_everything) as running:
        yield running


@pytest.fixture
def factory(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    made = config(upstream.base_url, tmp_path / "data", cache={"enabled": True})
    target = made["targets"]["small"]
    made["targets"] |= {
        "native": {**target, "model": "served-1", "endpoints": ["chat", "responses", "completions"]},
        "text": {**target, "model": "text-1", "endpoints": ["completions"]},
        "painter": {**target, "endpoints": ["images"], "price": {"image": {"1024x1024": "0.04", "hd": "0.12"}}},
        "tokens-painter": {**target, "endpoints": ["images"], "max_output_tokens": 1000},
        "voice": {**target, "endpoints": ["speech"], "price": {"characters": "15"}},
        "ear": {**target, "endpoints": ["transcriptions"], "price": {"audio_second": "0.0001"}},
        "tokens-ear": {**target, "endpoints": ["transcriptions"], "max_output_tokens": 2000},
        "omni-moderation-latest": {**target, "endpoints": ["moderations"], "price": {"input": "0", "output": "0"}},
    }
    for name in ("painter", "voice", "ear"):
        made["targets"][name]["price"]["currency"] = "EUR"
    made["budgets"] = [
        {
            "name": "pictures",
            "match": {"project": "claims"},
            "unit": "images",
            "window": {"kind": "lifetime"},
            "hard": 5,
        },
        {"name": "sounds", "match": {"project": "claims"}, "unit": "audio", "window": {"kind": "lifetime"}, "hard": 3},
        {"name": "money", "match": {"project": "claims"}, "unit": "money", "window": {"kind": "lifetime"}, "hard": "9"},
    ]
    with TokenFactory.from_config(made) as running:
        yield running


@pytest.fixture
def client(factory: TokenFactory) -> Iterator[openai.OpenAI]:
    key = factory.create_key(project="claims")
    with served(factory.app()) as url, openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def _every_hold_is_settled(factory: TokenFactory) -> Iterator[None]:
    yield
    for balance in factory.ledger.balances():
        assert balance.held == 0, balance


def records(factory: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in factory.ledger.entries()]


def used(factory: TokenFactory, budget: str) -> int:
    return sum(balance.used for balance in factory.ledger.balances() if balance.budget == budget)


def strictly(model: type[BaseModel], reply: BaseModel) -> None:
    """Raises unless the reply is of the published shape, without any conversion."""
    model.model_validate_json(reply.model_dump_json(by_alias=True, exclude_unset=True), strict=True)


def sent(upstream: Upstream) -> Exchange:
    """The last request, in which no personal data may stand."""
    exchange = upstream.received[-1]
    assert EMAIL.encode() not in exchange.raw
    assert IBAN.encode() not in exchange.raw
    return exchange


# -- responses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "path"), [("native", "/v1/responses"), ("small", "/v1/chat/completions")])
def test_a_response_is_redacted_and_restored_natively_and_through_chat(
    client: openai.OpenAI, upstream: Upstream, model: str, path: str
) -> None:
    reply = client.responses.create(model=model, input=SAID, instructions=f"Firma {EMAIL}")
    assert reply.output_text == SAID
    assert reply.instructions == f"Firma {EMAIL}"
    assert sent(upstream).path == path
    assert SENT in sent(upstream).raw.decode()
    strictly(Response, reply)
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 5)
    assert reply.tokenfoundry["cost"] == "0.00003"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", ["native", "small"])
def test_a_streamed_response_is_restored_in_every_event(client: openai.OpenAI, upstream: Upstream, model: str) -> None:
    with client.responses.stream(model=model, input=SAID) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert "[EMAIL_ADDRESS_1]" not in "".join(map(repr, events))
    assert final.output_text == SAID
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == SAID
    assert [event.text for event in events if event.type == "response.output_text.done"] == [SAID]
    sent(upstream)


@pytest.mark.parametrize("model", ["native", "small"])
def test_the_raw_events_are_valid_and_numbered_without_a_gap(client: openai.OpenAI, model: str) -> None:
    stream = client.responses.with_raw_response.create(model=model, input=SAID, stream=True)
    raw = stream.http_response.read()
    blocks = [block for block in raw.split(b"\n\n") if block]
    events = [json.loads(block.partition(b"\ndata: ")[2]) for block in blocks]
    for event in events:
        EVENT.validate_json(json.dumps(event), strict=True)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["tokenfoundry"]["cost"] == "0.00003"


async def test_the_asynchronous_client_streams_a_response(client: openai.OpenAI, upstream: Upstream) -> None:
    async with openai.AsyncOpenAI(api_key=client.api_key, base_url=client.base_url, max_retries=0) as asynchronous:
        stream = await asynchronous.responses.create(model="native", input=SAID, stream=True)
        text = "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])
        reply = await asynchronous.responses.create(model="native", input=f"Ancora: {SAID}")
    assert (text, reply.output_text) == (SAID, f"Ancora: {SAID}")


class Contact(BaseModel):
    email: str


@pytest.mark.parametrize("model", ["native", "small"])
def test_a_parsed_response_holds_the_callers_own_values(client: openai.OpenAI, model: str) -> None:
    reply = client.responses.parse(model=model, input=json.dumps({"email": EMAIL}), text_format=Contact)
    assert reply.output_parsed == Contact(email=EMAIL)


def test_a_tool_is_called_with_the_callers_own_values(client: openai.OpenAI, upstream: Upstream) -> None:
    tools: list[Any] = [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}]
    reply = client.responses.create(model="native", input=SAID, tools=tools)
    calls = [item for item in reply.output if item.type == "function_call"]
    assert [json.loads(call.arguments) for call in calls] == [{"testo": SAID}]
    sent(upstream)


def test_a_repeated_response_is_replayed_from_the_cache_to_the_one_who_asks(
    client: openai.OpenAI, upstream: Upstream
) -> None:
    client.responses.create(model="native", input=SAID)
    other = SAID.replace("mario.rossi", "anna.bianchi")
    with client.responses.stream(model="native", input=other) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == other
    assert len(upstream.received) == 1
    assert events[-1].type == "response.completed"


@pytest.mark.parametrize("model", ["native", "small"])
def test_a_response_from_the_cache_repeats_nothing_of_another_caller(
    client: openai.OpenAI, upstream: Upstream, model: str
) -> None:
    client.responses.create(model=model, input=SAID, metadata={"of": EMAIL}, user="anna")
    reply = client.responses.create(model=model, input=SAID, metadata={"of": "luca@example.it"}, user="luca")
    assert (reply.metadata, len(upstream.received)) == ({"of": "luca@example.it"}, 1)
    assert reply.user in (None, "luca")
    assert "anna" not in repr(reply)


def test_a_response_that_fails_in_mid_stream_ends_with_an_event_of_its_dialect(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    async def break_off(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event({"type": "response.created", "sequence_number": 0, "response": response("", usage=None)})
        delta = {"item_id": "msg_1", "output_index": 1, "content_index": 0, "logprobs": []}
        await exchange.event({"type": "response.output_text.delta", "sequence_number": 1, "delta": "uno due", **delta})
        exchange.reset()

    upstream.behave = break_off
    events = list(client.responses.create(model="native", input=SAID, stream=True))
    assert [event.type for event in events] == ["response.created", "response.output_text.delta", "error"]
    assert "the provider's reply" in events[-1].message  # type: ignore[union-attr]
    [record] = records(factory)
    assert (record.outcome, record.flags) == ("cut", ("uncertain", "estimated"))


def test_what_the_provider_would_keep_is_refused_with_a_reason(client: openai.OpenAI, upstream: Upstream) -> None:
    with pytest.raises(openai.BadRequestError, match="send the whole conversation in input") as caught:
        client.responses.create(model="native", input=SAID, previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"
    assert upstream.received == []


def test_what_chat_cannot_say_is_refused_and_costs_nothing(client: openai.OpenAI, factory: TokenFactory) -> None:
    with pytest.raises(openai.BadRequestError, match="takes no tool of type apply_patch"):
        client.responses.create(model="small", input="Ciao", tools=[{"type": "apply_patch"}])
    assert used(factory, "money") == 0


# -- completions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "path"), [("text", "/v1/completions"), ("small", "/v1/chat/completions")])
def test_a_completion_is_redacted_and_restored_natively_and_through_chat(
    client: openai.OpenAI, upstream: Upstream, model: str, path: str
) -> None:
    reply = client.completions.create(model=model, prompt=SAID, max_tokens=50)
    assert reply.choices[0].text == SAID
    assert sent(upstream).path == path
    strictly(Completion, reply)


@pytest.mark.parametrize("model", ["text", "small"])
def test_a_streamed_completion_is_restored(client: openai.OpenAI, upstream: Upstream, model: str) -> None:
    options: Any = {"include_usage": True}
    chunks = list(client.completions.create(model=model, prompt=SAID, stream=True, stream_options=options))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == SAID
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 25
    sent(upstream)


def test_choices_that_interleave_never_mix(client: openai.OpenAI, upstream: Upstream) -> None:
    prompts = [f"uno {EMAIL}", f"due {IBAN} e {EMAIL}"]
    texts = ["", "", "", ""]
    for chunk in client.completions.create(model="text", prompt=prompts, n=2, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == [prompts[0], prompts[0], prompts[1], prompts[1]]
    sent(upstream)


def test_a_prompt_of_token_ids_is_sent_as_redacted_text(client: openai.OpenAI, upstream: Upstream) -> None:
    ids = Tokenizer.load("o200k_base").encode(SAID)
    assert client.completions.create(model="text", prompt=ids).choices[0].text == SAID
    assert sent(upstream).body["prompt"] == SENT


def test_a_completion_without_a_bound_is_bounded_as_the_api_does(client: openai.OpenAI, upstream: Upstream) -> None:
    client.completions.create(model="text", prompt="Ciao")
    assert upstream.received[-1].body["max_tokens"] == 16


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ["uno", "due"]}, "prompt"),
        ({"prompt": "uno", "suffix": "fine"}, "suffix"),
        ({"prompt": "uno", "echo": True}, "echo"),
        ({"prompt": "uno", "best_of": 3}, "best_of"),
    ],
)
def test_what_only_a_text_model_can_do_is_refused_by_one_of_chat(
    client: openai.OpenAI, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model="small", **fields)
    assert caught.value.param == param


# -- images ------------------------------------------------------------------------------------------------------------


def test_images_are_priced_by_their_size_and_counted(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.images.generate(model="painter", prompt=SAID, n=2, size="1024x1024")
    assert sent(upstream).body["prompt"] == SENT
    assert reply.data is not None
    assert [image.revised_prompt for image in reply.data] == [SAID, SAID]
    strictly(ImagesResponse, reply)
    assert reply.tokenfoundry["cost"] == "0.08"  # type: ignore[attr-defined]
    assert (used(factory, "pictures"), used(factory, "money")) == (2, 80_000_000)


def test_a_budget_of_images_refuses_what_would_cross_it(client: openai.OpenAI, upstream: Upstream) -> None:
    client.images.generate(model="painter", prompt="Un gatto", n=4)
    with pytest.raises(openai.RateLimitError, match="pictures"):
        client.images.generate(model="painter", prompt="Un gatto", n=2)
    client.images.generate(model="painter", prompt="Un gatto")
    assert len(upstream.received) == 2


def test_images_by_tokens_cost_what_was_reported_or_what_was_held(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reported = {"input_tokens": 10, "output_tokens": 500, "total_tokens": 510}

    async def paint(exchange: Exchange) -> None:
        body = {"created": 1, "data": [{"b64_json": "AA=="}]}
        await exchange.answer(body if "libero" in exchange.body["prompt"] else {**body, "usage": reported})

    upstream.behave = paint
    told = client.images.generate(model="tokens-painter", prompt="Un gatto")
    assert told.tokenfoundry["cost"] == "0.00101"  # type: ignore[attr-defined]
    untold = client.images.generate(model="tokens-painter", prompt="Un gatto libero")
    assert untold.tokenfoundry["estimated"] is True  # type: ignore[attr-defined]
    assert float(untold.tokenfoundry["cost"]) > 0.002  # type: ignore[attr-defined]
    assert used(factory, "pictures") == 2


def test_an_image_is_shown_while_it_is_made_and_costs_its_tokens(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    stream = client.images.generate(model="tokens-painter", prompt=SAID, stream=True, partial_images=2)
    events = list(stream)
    kinds = [event.type.removeprefix("image_generation.") for event in events]
    assert kinds == ["partial_image", "partial_image", "completed"]
    for event in events:
        type(event).model_validate_json(event.model_dump_json(exclude_unset=True), strict=True)
    assert sent(upstream).body["prompt"] == SENT
    assert events[-1].tokenfoundry["cost"] == "0.00061"  # type: ignore[union-attr]
    [entry] = factory.ledger.entries()
    assert (entry.amounts.images, entry.amounts.tokens) == (1, 310)


@pytest.mark.parametrize("fields", [{"stream": True, "n": 2}, {"partial_images": 2}, {"svg": {"model": "x"}}])
def test_what_bills_more_than_the_images_is_refused(client: openai.OpenAI, fields: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        client.images.generate(model="painter", prompt="Un gatto", extra_body=fields)


# -- sound -------------------------------------------------------------------------------------------------------------


def test_speech_comes_as_it_is_and_costs_its_characters(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.audio.speech.create(model="voice", voice="alloy", input=SAID)
    assert reply.read() == SOUND
    assert reply.response.headers["content-type"] == "audio/mpeg"
    assert sent(upstream).body["input"] == SENT
    assert used(factory, "money") == len(SENT) * 15_000
    assert used(factory, "sounds") == 1


def test_speech_is_passed_on_while_it_is_made(client: openai.OpenAI, upstream: Upstream) -> None:
    with client.audio.speech.with_streaming_response.create(model="voice", voice="alloy", input="Ciao") as reply:
        assert b"".join(reply.iter_bytes(1000)) == SOUND


def test_speech_that_is_cut_short_is_never_taken_for_the_whole(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 X\r\ncontent-type: audio/mpeg\r\ncontent-length: 999\r\n\r\nabc")
        exchange.writer.close()

    upstream.behave = cut
    with pytest.raises(openai.APIConnectionError):
        client.audio.speech.create(model="voice", voice="alloy", input="Ciao").read()
    assert used(factory, "money") == 4 * 15_000


def wave(seconds: int) -> bytes:
    rate = 8000
    sound = bytes(rate * 2 * seconds)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    body = form + struct.pack("<4sI", b"data", len(sound)) + sound
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def recording(seconds: int = 3) -> tuple[str, io.BytesIO, str]:
    return f"{EMAIL}.wav", io.BytesIO(wave(seconds)), "audio/wav"


def test_a_transcription_redacts_its_prompt_and_leaves_the_sound(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.audio.transcriptions.create(model="ear", file=recording(), prompt=SAID, temperature=0.2)
    assert isinstance(reply, Transcription)
    assert reply.text == SAID
    exchange = sent(upstream)
    assert wave(3) in exchange.raw
    assert SENT.encode() in exchange.raw
    assert b'filename="file.wav"' in exchange.raw
    assert b"small-1" in exchange.raw
    strictly(Transcription, reply)
    assert used(factory, "money") == 8 * 100_000
    assert used(factory, "sounds") == 1


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("text", f"{SAID}\n"),
        ("srt", f"1\n00:00:00,000 --> 00:00:03,500\n{SAID}\n\n"),
        ("vtt", f"WEBVTT\n\n00:00:00.000 --> 00:00:03.500\n{SAID}\n\n"),
    ],
)
def test_a_plain_answer_is_billed_exactly_too(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory, form: Any, answer: str
) -> None:
    reply: Any = client.audio.transcriptions.create(model="ear", file=recording(), prompt=SAID, response_format=form)
    assert reply == answer
    assert used(factory, "money") == 8 * 100_000


def test_a_verbose_transcription_is_of_the_published_shape(client: openai.OpenAI) -> None:
    reply = client.audio.transcriptions.create(
        model="ear", file=recording(), response_format="verbose_json", timestamp_granularities=["segment"], prompt=SAID
    )
    assert isinstance(reply, TranscriptionVerbose)
    assert reply.segments is not None
    assert reply.segments[0].text == f" {SAID}"
    strictly(TranscriptionVerbose, reply)


def test_a_transcription_whose_length_nobody_tells_costs_the_length_of_its_file(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    async def tell_nothing(exchange: Exchange) -> None:
        await exchange.answer({"text": "Ciao."})

    upstream.behave = tell_nothing
    client.audio.transcriptions.create(model="ear", file=recording(seconds=5))
    assert used(factory, "money") == 6 * 100_000  # the file is its sound and 44 bytes
    [record] = records(factory)
    assert (record.audio_seconds, record.cost_source) == (6, "estimated")


def test_a_transcription_that_streams_is_restored_and_costs_its_tokens(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    stream = client.audio.transcriptions.create(model="tokens-ear", file=recording(), prompt=SAID, stream=True)
    events = list(stream)
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == SAID
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == SAID
    assert SENT.encode() in sent(upstream).raw
    assert used(factory, "money") == 40 * 1000 + 20 * 2000
    assert used(factory, "sounds") == 1


def test_a_model_that_does_not_stream_its_transcriptions_says_so_and_costs_nothing(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    with pytest.raises(openai.BadRequestError, match="does not stream"):
        client.audio.transcriptions.create(model="ear", file=recording(), stream=True)
    assert used(factory, "money") == 0
    assert upstream.received == []


def test_a_budget_of_sounds_counts_speech_and_transcriptions(client: openai.OpenAI) -> None:
    for _ in range(3):
        client.audio.speech.create(model="voice", voice="alloy", input="Ciao")
    with pytest.raises(openai.RateLimitError, match="sounds"):
        client.audio.transcriptions.create(model="ear", file=recording())


# -- moderations -------------------------------------------------------------------------------------------------------


def test_a_moderation_judges_redacted_text_for_nothing(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.moderations.create(model="omni-moderation-latest", input=[SAID, f"Solo {EMAIL}"])
    assert sent(upstream).body["input"] == [SENT, "Solo [EMAIL_ADDRESS_1]"]
    assert isinstance(reply, ModerationCreateResponse)
    assert len(reply.results) == 2
    assert used(factory, "money") == 0
    parts: Any = [
        {"type": "text", "text": SAID},
        {"type": "image_url", "image_url": {"url": "https://example.it/a.png"}},
    ]
    client.moderations.create(input=parts)  # the API has a default
    assert sent(upstream).body["input"][0]["text"] == SENT


# -- clients that hang up ----------------------------------------------------------------------------------------------


async def speak_and_wait(exchange: Exchange) -> None:
    head = b"HTTP/1.1 200 X\r\ncontent-type: audio/mpeg\r\ncontent-length: 99999\r\n\r\n"
    await exchange.send(head + SOUND[:2000])
    await asyncio.Event().wait()


async def respond_and_wait(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event({"type": "response.created", "sequence_number": 0, "response": response("", usage=None)})
    delta = {"item_id": "msg_1", "output_index": 1, "content_index": 0, "logprobs": []}
    await exchange.event({"type": "response.output_text.delta", "sequence_number": 1, "delta": "uno due", **delta})
    await asyncio.Event().wait()


def test_a_client_that_hangs_up_on_speech_pays_its_characters_once(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    upstream.behave, ended = speak_and_wait, ended_calls(factory)
    with client.audio.speech.with_streaming_response.create(model="voice", voice="alloy", input="Ciao") as reply:
        assert next(reply.iter_bytes(1000)) == SOUND[:1000]
    record = ended.get(timeout=10)
    assert (record.outcome, record.status, record.characters) == ("cut", 499, 4)
    assert used(factory, "money") == 4 * 15_000
    assert len(factory.ledger.entries()) == 1


def test_a_client_that_hangs_up_on_a_response_pays_what_was_made_once(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    upstream.behave, ended = respond_and_wait, ended_calls(factory)
    with client.responses.create(model="native", input="Ciao", stream=True) as stream:
        assert [next(stream).type, next(stream).type][1] == "response.output_text.delta"
    record = ended.get(timeout=10)
    assert (record.outcome, record.status) == ("cut", 499)
    assert record.output_tokens == Tokenizer.load("o200k_base").count("uno due")
    assert len(factory.ledger.entries()) == 1


def ended_calls(factory: TokenFactory) -> queue.Queue[CallRecord]:
    """The records of calls as they end."""
    ended: queue.Queue[CallRecord] = queue.Queue()
    factory.on_record(ended.put)
    return ended


# -- what a model does not serve ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["voice", "omni-moderation-latest", "painter"])
def test_a_model_that_does_not_serve_an_endpoint_says_so(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError, match="does not serve responses"):
        client.responses.create(model=model, input="Ciao")


def test_a_stream_of_events_ends_as_the_dialect_has_it(client: openai.OpenAI) -> None:
    raw = client.completions.with_raw_response.create(model="text", prompt="Ciao", stream=True).http_response.read()
    assert parse_sse(raw)[-1] == b"[DONE]"
    raw = client.responses.with_raw_response.create(model="native", input="Ciao", stream=True).http_response.read()
    assert b"[DONE]" not in raw
