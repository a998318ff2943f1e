"""What the gateway answers against OpenAI's published API description, which is too large and too often renewed to
stand here: `openapi.json` of github.com/openai/openai-openapi. Runs when `OPENAI_OPENAPI` names the file.

The endpoints are asked through the gateway, with a provider that answers in the published shapes, and the answers on
record for every provider (`tests/data/wire`) are looked at too: they are made here.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from support.factories import config
from support.openai_provider import echo_everything
from support.serving import served
from support.upstream import Exchange, Upstream, completion, parse_sse, usage_of
from support.wire import Fixture, fixtures
from tokenfoundry.factory import TokenFactory

SPEC = os.environ.get("OPENAI_OPENAPI", "")
pytestmark = pytest.mark.skipif(not SPEC, reason="OPENAI_OPENAPI names no file")

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "Scrivi a mario.rossi@example.it"}]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
RESPONSE_TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
FILE = ("a.wav", io.BytesIO(b"RIFF" + bytes(5000)), "audio/wav")

# Path, what is sent as JSON or as a form with its file, and the schemas of a whole answer and of an event.
ASKED: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("chat/completions", CHAT, "", "CreateChatCompletionResponse", ""),
    ("chat/completions", {**CHAT, "tools": [TOOL], "n": 2}, "", "CreateChatCompletionResponse", ""),
    ("chat/completions", {**CHAT, "stream": True}, "", "", "CreateChatCompletionStreamResponse"),
    (
        "chat/completions",
        {**CHAT, "stream": True, "stream_options": {"include_usage": True}},
        "",
        "",
        "CreateChatCompletionStreamResponse",
    ),
    ("responses", {"input": "Ciao"}, "", "Response", ""),
    ("responses", {"input": "Ciao", "tools": [RESPONSE_TOOL]}, "", "Response", ""),
    ("responses", {"input": "Ciao", "stream": True, "tools": [RESPONSE_TOOL]}, "", "", "ResponseStreamEvent"),
    ("completions", {"prompt": "Ciao", "n": 2}, "", "CreateCompletionResponse", ""),
    ("embeddings", {"input": ["uno", "due"]}, "", "CreateEmbeddingResponse", ""),
    ("images/generations", {"prompt": "Un gatto"}, "", "ImagesResponse", ""),
    ("images/generations", {"prompt": "x", "stream": True, "partial_images": 1}, "", "", "ImageGenStreamEvent"),
    ("images/edits", {"prompt": "Un gatto"}, "image", "ImagesResponse", ""),
    ("images/edits", {"prompt": "x", "stream": "true", "partial_images": "1"}, "image", "", "ImageEditStreamEvent"),
    ("images/variations", {}, "image", "ImagesResponse", ""),
    ("audio/transcriptions", {}, "file", "CreateTranscriptionResponseJson", ""),
    ("audio/transcriptions", {"response_format": "verbose_json"}, "file", "CreateTranscriptionResponseVerboseJson", ""),
    ("audio/transcriptions", {"stream": "true"}, "file", "", "CreateTranscriptionResponseStreamEvent"),
    ("audio/translations", {}, "file", "CreateTranslationResponseJson", ""),
    ("audio/translations", {"response_format": "verbose_json"}, "file", "CreateTranslationResponseVerboseJson", ""),
    ("chat/completions", {"messages": "no list"}, "", "ErrorResponse", ""),
    ("responses", {}, "", "ErrorResponse", ""),
    ("nowhere", {}, "", "ErrorResponse", ""),
]


@cache
def validator(name: str) -> Draft202012Validator:
    described = _without_nullable(json.loads(Path(SPEC).read_text(encoding="utf-8")))
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": described["components"]})


def _without_nullable(value: Any) -> Any:
    """`nullable` is a word of OpenAPI 3.0 that the description still uses, and that JSON Schema does not know."""
    if isinstance(value, list):
        return [_without_nullable(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _without_nullable(each) for name, each in value.items()}
    return {"anyOf": [made, {"type": "null"}]} if made.pop("nullable", None) is True else made


def problems(name: str, value: Any) -> list[str]:
    found = validator(name).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


async def answer(exchange: Exchange) -> None:
    """As the description has every answer: with the fields of a chat that most providers leave out."""
    if exchange.path != "/v1/chat/completions" or exchange.body.get("stream"):
        await echo_everything(exchange)
        return
    message = {"role": "assistant", "content": "Ciao.", "refusal": None}
    choices = [
        {"index": index, "message": message, "finish_reason": "stop", "logprobs": None}
        for index in range(exchange.body.get("n") or 1)
    ]
    await exchange.answer({**completion("", usage=usage_of(20, 5)), "choices": choices})


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with Upstream(answer) as upstream:
        made = config(upstream.base_url, tmp_path_factory.mktemp("published") / "data")
        target = {**made["targets"]["small"], "max_output_tokens": 1000, "model": "served-1"}
        target["price"] = {**target["price"], "image": "0.04", "characters": "15"}
        endpoints = ["chat", "responses", "completions", "embeddings", "images", "image_edits", "image_variations"]
        target["endpoints"] = [*endpoints, "speech", "transcriptions", "translations", "moderations"]
        said_as_chat = {**target, "endpoints": ["chat"]}
        made |= {"targets": {"m": target, "chat-only": said_as_chat}, "aliases": {}, "routing": {}}
        with TokenFactory.from_config(made) as factory, served(factory.app()) as url:
            yield f"{url}/v1", factory.create_key()


@pytest.mark.parametrize("model", ["m", "chat-only"])
@pytest.mark.parametrize(("path", "body", "file", "whole", "event"), ASKED)
def test_an_answer_is_of_the_published_shape(
    gateway: tuple[str, str], model: str, path: str, body: dict[str, Any], file: str, whole: str, event: str
) -> None:
    if model == "chat-only" and path not in ("chat/completions", "responses", "completions"):
        pytest.skip("only what can be said as chat")
    url, key = gateway
    sent: dict[str, Any] = {"data": {"model": model, **body}, "files": {file: FILE}} if file else {}
    reply = httpx2.post(
        f"{url}/{path}",
        headers={"authorization": f"Bearer {key}", "cache-control": "no-store"},
        **(sent or {"json": {"model": model, **body}}),
    )
    if whole:
        told = reply.json()
        told.pop("tokenfoundry", None)
        assert problems(whole, told) == []
        return
    events = [each for each in _events(reply.content) if each != b"[DONE]"]
    assert events
    for each in events:
        each.pop("tokenfoundry", None)
        assert problems(event, each) == []


def _events(raw: bytes) -> list[Any]:
    """Also of streams whose events have names."""
    return parse_sse(b"\n\n".join(line for line in raw.split(b"\n") if line.startswith(b"data: ")) + b"\n\n")


def test_the_list_of_models_is_of_the_published_shape(gateway: tuple[str, str]) -> None:
    url, key = gateway
    assert (
        problems("ListModelsResponse", httpx2.get(f"{url}/models", headers={"authorization": f"Bearer {key}"}).json())
        == []
    )


@pytest.mark.parametrize("fixture", fixtures("reply"), ids=lambda fixture: fixture.name)
def test_the_answer_of_every_provider_is_of_the_published_shape(fixture: Fixture) -> None:
    schema = {"chat": "CreateChatCompletionResponse", "embeddings": "CreateEmbeddingResponse"}.get(fixture.dialect)
    if schema is None:
        pytest.skip("asked in another dialect")
    if fixture.asked.get("encoding_format") == "base64":
        pytest.skip("the description knows vectors of numbers alone")
    assert problems(schema, fixture.said().reply(fixture.data["reply"])) == []


@pytest.mark.parametrize("fixture", fixtures("events"), ids=lambda fixture: fixture.name)
def test_the_chunks_of_every_provider_are_of_the_published_shape(fixture: Fixture) -> None:
    if fixture.dialect != "chat":
        pytest.skip("asked in another dialect")
    for chunk in fixture.chunks([fixture.stream_bytes()]):
        assert problems("CreateChatCompletionStreamResponse", chunk) == []
