"""Chat is asked, another dialect is spoken: the whole walk stays what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from botocore import auth, awsrequest, credentials

from support.factories import config, factory
from support.upstream import Exchange, Upstream
from support.wire import amazon_message
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

Body = dict[str, Any]

EMAIL = "mario.rossi@example.it"
QUESTION: list[Any] = [{"role": "user", "content": f"Scrivi a {EMAIL}."}]
TEXT = "Ho scritto a [EMAIL_ADDRESS_1], «così»."
RESTORED = TEXT.replace("[EMAIL_ADDRESS_1]", EMAIL)
HALVES = (TEXT[:20], TEXT[20:])  # Cut inside the placeholder.
ARGUMENTS = {"to": "[EMAIL_ADDRESS_1]"}
TOOL: Any = {"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}
INPUT_TOKENS, OUTPUT_TOKENS = 20, 7
SECRET = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True)
class Vendor:
    """How one vendor answers with `TEXT` and a call of `send`."""

    reply: Body
    events: list[Body]
    path: str
    stream_path: str
    model: str = "model-1"
    key: str = "key-1"
    stream_type: str = "text/event-stream"

    def wire(self, event: Body) -> bytes:
        if self.stream_type == "text/event-stream":
            return b"data: " + json.dumps(event).encode() + b"\n\n"
        return amazon_message(event)


def google(*parts: Body, **more: Any) -> Body:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}], "responseId": "r"}


GOOGLE_CALL = {"functionCall": {"id": "c1", "name": "send", "args": ARGUMENTS}}
GOOGLE_USAGE = {
    "promptTokenCount": INPUT_TOKENS,
    "candidatesTokenCount": 4,
    "thoughtsTokenCount": 3,
    "totalTokenCount": 27,
}
COHERE_CALL = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": json.dumps(ARGUMENTS)}}
COHERE_USAGE = {"billed_units": {"input_tokens": float(INPUT_TOKENS), "output_tokens": float(OUTPUT_TOKENS)}}
AMAZON_USAGE = {"inputTokens": 15, "cacheReadInputTokens": 5, "outputTokens": OUTPUT_TOKENS, "totalTokens": 27}
MISTRAL_CALL = {"id": "aB3dE6gH9", "function": {"name": "send", "arguments": ARGUMENTS}}
MISTRAL_USAGE = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": 27}


def cohere_text(text: str) -> Body:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}


def amazon_text(text: str) -> Body:
    return {"contentBlockDelta": {"delta": {"text": text}, "contentBlockIndex": 0}}


def mistral(delta: Body, finish: str | None = None, **more: Any) -> Body:
    return {"id": "m", "model": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


VENDORS = {
    "gemini": Vendor(
        reply={**google({"text": TEXT}, GOOGLE_CALL, finishReason="STOP"), "usageMetadata": GOOGLE_USAGE},
        events=[
            *(google({"text": half}) for half in HALVES),
            {**google(GOOGLE_CALL, finishReason="STOP"), "usageMetadata": GOOGLE_USAGE},
        ],
        path="/models/model-1:generateContent",
        stream_path="/models/model-1:streamGenerateContent?alt=sse",
    ),
    "cohere": Vendor(
        reply={
            "id": "c",
            "finish_reason": "TOOL_CALL",
            "message": {
                "role": "assistant",
                "content": [{"type": "text", "text": TEXT}],
                "tool_calls": [COHERE_CALL],
            },
            "usage": COHERE_USAGE,
        },
        events=[
            {"type": "message-start", "id": "c", "delta": {"message": {"role": "assistant"}}},
            *map(cohere_text, HALVES),
            {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": COHERE_CALL}}},
            {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": COHERE_USAGE}},
        ],
        path="/chat",
        stream_path="/chat",
    ),
    "bedrock": Vendor(
        reply={
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"text": TEXT},
                        {"toolUse": {"toolUseId": "c1", "name": "send", "input": ARGUMENTS}},
                    ],
                }
            },
            "stopReason": "tool_use",
            "usage": AMAZON_USAGE,
            "metrics": {"latencyMs": 1},
        },
        events=[
            {"messageStart": {"role": "assistant"}},
            *map(amazon_text, HALVES),
            {
                "contentBlockStart": {
                    "start": {"toolUse": {"toolUseId": "c1", "name": "send"}},
                    "contentBlockIndex": 1,
                }
            },
            {
                "contentBlockDelta": {
                    "delta": {"toolUse": {"input": json.dumps(ARGUMENTS)}},
                    "contentBlockIndex": 1,
                }
            },
            {"messageStop": {"stopReason": "tool_use"}},
            {"metadata": {"usage": AMAZON_USAGE, "metrics": {"latencyMs": 1}}},
        ],
        path="/model/amazon.nova-v1%3A0/converse",
        stream_path="/model/amazon.nova-v1%3A0/converse-stream",
        model="amazon.nova-v1:0",
        key=SECRET,
        stream_type="application/vnd.amazon.eventstream",
    ),
    "mistral": Vendor(
        reply={
            "id": "m",
            "object": "chat.completion",
            "created": 1,
            "model": "x",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "tool_calls",
                    "message": {
                        "role": "assistant",
                        "content": [{"type": "text", "text": TEXT}],
                        "tool_calls": [MISTRAL_CALL],
                    },
                }
            ],
            "usage": MISTRAL_USAGE,
        },
        events=[
            *(mistral({"content": half}) for half in HALVES),
            mistral({"content": "", "tool_calls": [MISTRAL_CALL]}, "tool_calls", usage=MISTRAL_USAGE),
        ],
        path="/chat/completions",
        stream_path="/chat/completions",
    ),
}
every_vendor = pytest.mark.parametrize("name", VENDORS)


@contextmanager
def asking(name: str, upstream: Upstream, tmp_path: Path, **more: str) -> Iterator[tuple[TokenFactory, openai.OpenAI]]:
    vendor = VENDORS[name]
    (tmp_path / "key").write_text(vendor.key, encoding="utf-8")
    sections = config(upstream.base_url, tmp_path / "data")
    provider = {**sections["providers"]["upstream"], "format": name, "keys": [f"file:{tmp_path / 'key'}"], **more}
    if name == "bedrock":
        provider["options"] = {"region": "eu-south-1"}
    small = {**sections["targets"]["small"], "model": vendor.model}
    targets = {**sections["targets"], "small": small}
    with factory(upstream.base_url, tmp_path / "data", providers={"upstream": provider}, targets=targets) as gateway:
        yield gateway, gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)


def records(gateway: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]


def assert_settled(gateway: TokenFactory) -> None:
    (record,) = records(gateway)
    assert (record.outcome, record.input_tokens, record.output_tokens) == ("answered", INPUT_TOKENS, OUTPUT_TOKENS)
    assert gateway.ledger.holds() == []


@every_vendor
def test_an_answer_is_restored_and_settled_whoever_gives_it(name: str, upstream: Upstream, tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(VENDORS[name].reply)

    upstream.behave = answer
    with asking(name, upstream, tmp_path) as (gateway, client):
        reply = client.chat.completions.create(model="fast", messages=QUESTION, tools=[TOOL], max_tokens=50)
        (exchange,) = upstream.received
        assert exchange.path == f"/v1{VENDORS[name].path}"
        assert EMAIL not in exchange.raw.decode()
        assert "[EMAIL_ADDRESS_1]" in exchange.raw.decode()
        (choice,) = reply.choices
        assert choice.message.content == RESTORED
        (call,) = choice.message.tool_calls or ()
        assert call.type == "function"
        assert json.loads(call.function.arguments) == {"to": EMAIL}
        assert choice.finish_reason == "tool_calls"
        assert reply.usage is not None
        assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
        assert_settled(gateway)


@every_vendor
def test_a_stream_is_restored_and_settled_whoever_gives_it(name: str, upstream: Upstream, tmp_path: Path) -> None:
    vendor = VENDORS[name]

    async def answer(exchange: Exchange) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {vendor.stream_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        await exchange.send(head.encode())
        data = b"".join(map(vendor.wire, vendor.events))
        for at in range(0, len(data), 11):
            await exchange.piece(data[at : at + 11])
        await exchange.end_stream()

    upstream.behave = answer
    with asking(name, upstream, tmp_path) as (gateway, client):
        stream = client.chat.completions.create(
            model="fast",
            messages=QUESTION,
            tools=[TOOL],
            max_tokens=50,
            stream=True,
            stream_options={"include_usage": True},
        )
        text, arguments, finish, usage = "", "", None, None
        for chunk in stream:
            usage = chunk.usage or usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                for call in choice.delta.tool_calls or ():
                    arguments += (call.function.arguments if call.function else "") or ""
                finish = choice.finish_reason or finish
        assert upstream.received[0].path == f"/v1{vendor.stream_path}"
        assert (text, json.loads(arguments), finish) == (RESTORED, {"to": EMAIL}, "tool_calls")
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
        assert_settled(gateway)


@every_vendor
def test_a_stream_that_ends_before_its_answer_is_cut(name: str, upstream: Upstream, tmp_path: Path) -> None:
    vendor = VENDORS[name]

    async def answer(exchange: Exchange) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {vendor.stream_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        await exchange.send(head.encode())
        await exchange.piece(vendor.wire(vendor.events[0]))
        await exchange.end_stream()

    upstream.behave = answer
    with asking(name, upstream, tmp_path) as (gateway, client):
        stream = client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50, stream=True)
        with pytest.raises(openai.APIError, match="ended before its answer"):
            list(stream)
        (record,) = records(gateway)
        assert record.outcome == "cut"
        assert gateway.ledger.holds() == []


def test_what_cannot_be_said_is_a_bad_request_that_names_its_field(upstream: Upstream, tmp_path: Path) -> None:
    with asking("bedrock", upstream, tmp_path) as (gateway, client):
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="fast", messages=QUESTION, logprobs=True, max_tokens=50)
        assert caught.value.param == "logprobs"
        assert upstream.received == []
        (record,) = records(gateway)
        assert (record.cost_nano, record.output_tokens) == (0, 0)
        assert gateway.ledger.holds() == []


def test_what_a_preset_refuses_is_a_bad_request_and_costs_nothing(upstream: Upstream, tmp_path: Path) -> None:
    providers = {"upstream": {"format": "groq", "base_url": upstream.base_url}}
    with factory(upstream.base_url, tmp_path / "data", providers=providers) as gateway:
        client = gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="fast", messages=QUESTION, logprobs=True, max_tokens=50)
        assert caught.value.param == "logprobs"
        assert upstream.received == []
        assert gateway.ledger.holds() == []
        assert [record.cost_nano for record in records(gateway)] == [0]


def test_a_malformed_key_sends_nothing_costs_nothing_and_is_not_told(upstream: Upstream, tmp_path: Path) -> None:
    sections = config(upstream.base_url, tmp_path / "data")
    (tmp_path / "key").write_text("AKID:a:b:c", encoding="utf-8")
    provider = {
        **sections["providers"]["upstream"],
        "format": "bedrock",
        "keys": [f"file:{tmp_path / 'key'}"],
        "options": {"region": "eu-south-1"},
    }
    with factory(upstream.base_url, tmp_path / "data", providers={"upstream": provider}) as gateway:
        client = gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)
        with pytest.raises(openai.APIStatusError, match="ACCESS:SECRET") as caught:
            client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
        assert caught.value.status_code == 502
        assert "AKID" not in str(caught.value)
        assert gateway.ledger.holds() == []


@pytest.mark.parametrize("transport", ["auto", "aiohttp"])
def test_the_signature_is_good_for_what_arrives(transport: str, upstream: Upstream, tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(VENDORS["bedrock"].reply)

    upstream.behave = answer
    with asking("bedrock", upstream, tmp_path, client=transport) as (_, client):
        client.chat.completions.create(model="fast", messages=QUESTION, max_tokens=50)
    (exchange,) = upstream.received
    covered = ("content-type", "host", "x-amz-date")
    request = awsrequest.AWSRequest(
        method="POST",
        url=f"http://{exchange.headers['host']}{exchange.path}",
        headers={name: exchange.headers[name] for name in covered},
        data=exchange.raw,
    )
    request.context["timestamp"] = exchange.headers["x-amz-date"]
    access_key, secret_key = SECRET.split(":")
    signer = auth.SigV4Auth(credentials.Credentials(access_key, secret_key), "bedrock", "eu-south-1")
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert exchange.headers["authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("name", "reply", "path"),
    [
        (
            "gemini",
            {"embeddings": [{"values": [0.5, 1.0]}, {"values": [0.25, 0.0]}]},
            "/models/model-1:batchEmbedContents",
        ),
        (
            "cohere",
            {"embeddings": {"float": [[0.5, 1.0], [0.25, 0.0]]}, "meta": {"billed_units": {"input_tokens": 9}}},
            "/embed",
        ),
    ],
)
def test_embeddings_are_asked_in_the_vendors_own_words(
    name: str, reply: Body, path: str, upstream: Upstream, tmp_path: Path
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(reply)

    upstream.behave = answer
    with asking(name, upstream, tmp_path) as (gateway, client):
        made = client.embeddings.create(model="fast", input=["uno", f"scrivi a {EMAIL}"])
        assert [item.embedding for item in made.data] == [[0.5, 1.0], [0.25, 0.0]]
        (exchange,) = upstream.received
        assert exchange.path == f"/v1{path}"
        assert EMAIL not in exchange.raw.decode()
        (record,) = records(gateway)
        assert record.outcome == "answered"
        assert record.input_tokens > 0
        assert ("estimated" in record.flags or record.estimated) if name == "gemini" else record.input_tokens == 9
