"""The vendors' own SDKs take what is sent and say the same of what is answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import cohere
import httpx
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import EventStreamJSONParser, create_parser
from botocore.validate import ParamValidator
from google.genai import types
from mistralai.client import models

from support.wire import Fixture, fixtures

Body = dict[str, Any]


def of(format_name: str, *having: str, dialect: str = "chat") -> list[Fixture]:
    found = [each for each in fixtures(*having) if each.settings.format == format_name and each.dialect == dialect]
    assert found
    return found


def named(fixture: Fixture) -> str:
    return fixture.name


def sent(fixture: Fixture) -> Body:
    body: Body = json.loads(fixture.request().body)
    return body


# -- Google ------------------------------------------------------------------------------------------------------------

GOOGLE_FIELDS: dict[str, Any] = {
    "contents": types.Content,
    "generationConfig": types.GenerationConfig,
    "safetySettings": types.SafetySetting,
    "systemInstruction": types.Content,
    "toolConfig": types.ToolConfig,
    "tools": types.Tool,
}


@pytest.mark.parametrize("fixture", [*of("gemini"), *of("vertex")], ids=named)
def test_google_genai_takes_each_part_of_a_request(fixture: Fixture) -> None:
    for name, value in sent(fixture).items():
        for each in value if isinstance(value, list) else [value]:
            made = GOOGLE_FIELDS[name].model_validate(each)
            assert made.model_dump(mode="json", by_alias=True, exclude_none=True) == url_safe(each)


def url_safe(value: Any) -> Any:
    """As the SDK writes bytes: base64 with - and _."""
    if isinstance(value, dict):
        return {
            name: base64.urlsafe_b64encode(base64.b64decode(each)).decode() if name == "data" else url_safe(each)
            for name, each in value.items()
        }
    return [url_safe(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("fixture", [*of("gemini", "reply"), *of("vertex", "reply")], ids=named)
def test_google_genai_reads_the_same_text_in_a_reply(fixture: Fixture) -> None:
    theirs = types.GenerateContentResponse.model_validate(fixture.data["reply"])
    for place, candidate in enumerate(theirs.candidates or ()):
        parts = (candidate.content.parts if candidate.content else None) or []
        message = fixture.data["answer"]["choices"][place]["message"]
        assert (message["content"] or "") == "".join(part.text for part in parts if part.text and not part.thought)
        calls = [part.function_call for part in parts if part.function_call]
        assert [(call.name, call.args) for call in calls] == [
            (call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls", ())
        ]


@pytest.mark.parametrize("fixture", of("gemini", "events"), ids=named)
def test_google_genai_takes_each_event_of_a_stream(fixture: Fixture) -> None:
    for event in fixture.data["events"]:
        types.GenerateContentResponse.model_validate(event)


# -- Cohere ------------------------------------------------------------------------------------------------------------


def cohere_client(answer: httpx.Response, seen: list[Body]) -> cohere.ClientV2:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append({"path": request.url.path, "body": json.loads(request.content)})
        return answer

    return cohere.ClientV2("key", httpx_client=httpx.Client(transport=httpx.MockTransport(handle)))


@pytest.mark.parametrize("fixture", of("cohere", "reply"), ids=named)
def test_cohere_would_send_the_same_and_read_the_same(fixture: Fixture) -> None:
    seen: list[Body] = []
    ours = sent(fixture)
    client = cohere_client(httpx.Response(200, json=fixture.data["reply"]), seen)
    theirs = client.chat(**{name: value for name, value in ours.items() if name != "stream"})
    assert seen == [{"path": "/v2/chat", "body": ours}]
    message = fixture.data["answer"]["choices"][0]["message"]
    content = theirs.message.content or []
    assert (message["content"] or "") == "".join(item.text for item in content if item.type == "text")
    assert [call.model_dump() for call in theirs.message.tool_calls or ()] == message.get("tool_calls", [])


@pytest.mark.parametrize("fixture", of("cohere", "events"), ids=named)
def test_cohere_reads_the_same_in_a_stream(fixture: Fixture) -> None:
    seen: list[Body] = []
    answer = httpx.Response(200, content=fixture.stream_bytes(), headers={"content-type": "text/event-stream"})
    ours = sent(fixture)
    client = cohere_client(answer, seen)
    events: Iterator[Any] = client.chat_stream(**{name: value for name, value in ours.items() if name != "stream"})
    told = list(events)
    assert seen == [{"path": "/v2/chat", "body": ours}]
    texts = [event.delta.message.content.text for event in told if event.type == "content-delta"]
    deltas = [choice["delta"] for chunk in fixture.data["chunks"] for choice in chunk["choices"]]
    assert "".join(text or "" for text in texts) == "".join(delta.get("content") or "" for delta in deltas)
    calls = [event.delta.message.tool_calls.function for event in told if event.type.startswith("tool-call-s")]
    begun = [call["function"]["name"] for delta in deltas for call in delta.get("tool_calls", ()) if "id" in call]
    assert [call.name for call in calls] == begun


def test_cohere_would_send_the_same_for_embeddings() -> None:
    (fixture,) = of("cohere", "reply", dialect="embeddings")
    seen: list[Body] = []
    ours = sent(fixture)
    theirs = cohere_client(httpx.Response(200, json=fixture.data["reply"]), seen).embed(**ours)
    assert seen == [{"path": "/v2/embed", "body": ours}]
    assert theirs.embeddings.float_ == [each["embedding"] for each in fixture.data["answer"]["data"]]


# -- Amazon ------------------------------------------------------------------------------------------------------------

SERVICE = botocore.session.Session().get_service_model("bedrock-runtime")


def with_bytes(value: Any) -> Any:
    """The request as botocore takes it: bytes where the wire has base64."""
    if isinstance(value, dict):
        return {name: base64.b64decode(each) if name == "bytes" else with_bytes(each) for name, each in value.items()}
    return [with_bytes(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("fixture", of("bedrock"), ids=named)
def test_botocore_takes_the_request(fixture: Fixture) -> None:
    operation = SERVICE.operation_model("ConverseStream" if fixture.stream else "Converse")
    params = {**with_bytes(sent(fixture)), "modelId": fixture.data["model"]}
    report = ParamValidator().validate(params, operation.input_shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("fixture", of("bedrock", "reply"), ids=named)
def test_botocore_reads_all_of_the_reply(fixture: Fixture) -> None:
    response = {"headers": {}, "status_code": 200, "body": json.dumps(fixture.data["reply"]).encode()}
    parsed = create_parser("rest-json").parse(response, SERVICE.operation_model("Converse").output_shape)
    del parsed["ResponseMetadata"]
    assert parsed == fixture.data["reply"]


@pytest.mark.parametrize("fixture", of("bedrock", "events"), ids=named)
def test_botocore_reads_all_of_the_stream(fixture: Fixture) -> None:
    shape = SERVICE.operation_model("ConverseStream").get_event_stream_output()
    buffer = EventStreamBuffer()
    buffer.add_data(fixture.stream_bytes())
    parser = EventStreamJSONParser()
    for message, event in zip(buffer, fixture.data["events"], strict=True):
        parsed = parser.parse(message.to_response_dict(), shape)
        ((name, payload),) = event.items()
        assert parsed == {name: {field: value for field, value in payload.items() if field != "p"}}


# -- Mistral -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", of("mistral"), ids=named)
def test_mistralai_takes_every_field_of_the_request(fixture: Fixture) -> None:
    model = models.ChatCompletionStreamRequest if fixture.stream else models.ChatCompletionRequest
    ours = sent(fixture)
    theirs = model.model_validate(ours).model_dump(mode="json", by_alias=True)
    assert_holds(theirs, ours)


def assert_holds(theirs: Any, ours: Any) -> None:
    """Whether all that we say is there; the SDK adds its defaults."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            assert name in theirs, name
            assert_holds(theirs[name], value)
    elif isinstance(ours, list):
        assert len(theirs) == len(ours)
        for one, other in zip(theirs, ours, strict=True):
            assert_holds(one, other)
    else:
        assert theirs == ours


def test_mistralai_takes_every_field_of_an_embedding_request() -> None:
    (fixture,) = of("mistral", dialect="embeddings")
    ours = sent(fixture)
    assert_holds(models.EmbeddingRequest.model_validate(ours).model_dump(mode="json", by_alias=True), ours)
    models.EmbeddingResponse.model_validate(fixture.data["reply"])


@pytest.mark.parametrize("fixture", of("mistral", "reply"), ids=named)
def test_mistralai_takes_the_reply(fixture: Fixture) -> None:
    theirs = models.ChatCompletionResponse.model_validate(fixture.data["reply"])
    assert theirs.choices[0].finish_reason == fixture.data["reply"]["choices"][0]["finish_reason"]


@pytest.mark.parametrize("fixture", of("mistral", "events"), ids=named)
def test_mistralai_takes_each_event_of_a_stream(fixture: Fixture) -> None:
    for event in fixture.data["events"]:
        models.CompletionChunk.model_validate(event)
