"""Every dialect on record: what is sent, what comes of the answer, and that the official OpenAI SDK takes it."""

from __future__ import annotations

from itertools import chain, repeat

import msgspec
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from support.wire import Fixture, fixtures, pieces_of, same, starred
from tokenfoundry.providers.evidence import EVIDENCE, evidence_of
from tokenfoundry.providers.formats.registry import FORMATS


def each(*having: str):  # type: ignore[no-untyped-def]
    return pytest.mark.parametrize("fixture", fixtures(*having), ids=lambda fixture: fixture.name)


chat_streams = pytest.mark.parametrize(
    "fixture", [each for each in fixtures("events") if each.dialect == "chat"], ids=lambda fixture: fixture.name
)


@each()
def test_the_request_is_the_one_on_record(fixture: Fixture) -> None:
    made, expected = fixture.request(), fixture.data["request"]
    assert made.url == expected["url"]
    assert msgspec.json.decode(made.body) == expected["body"]
    headers = {name: value for name, value in made.headers.items() if name not in ("content-type", "accept")}
    assert headers == expected["headers"]


@each("reply")
def test_the_answer_is_the_one_on_record(fixture: Fixture) -> None:
    made = fixture.said().reply(fixture.data["reply"])
    assert same(made, fixture.data["answer"]), starred(made)


@each("reply")
def test_the_official_sdk_takes_the_answer(fixture: Fixture) -> None:
    made = fixture.said().reply(fixture.data["reply"])
    if fixture.dialect == "embeddings":
        if fixture.asked.get("encoding_format") != "base64":  # The SDK decodes base64 before its model sees it.
            CreateEmbeddingResponse.model_validate(made, strict=True)
    elif fixture.dialect == "messages":
        Message.model_validate(made, strict=True)
    else:
        ChatCompletion.model_validate(made, strict=True)


@each("events")
def test_the_chunks_are_those_on_record(fixture: Fixture) -> None:
    made = fixture.chunks([fixture.stream_bytes()])
    assert same(made, fixture.data["chunks"]), [starred(chunk) for chunk in made]


@each("events")
def test_the_official_sdk_takes_each_chunk(fixture: Fixture) -> None:
    for chunk in fixture.chunks([fixture.stream_bytes()]):
        if fixture.dialect == "messages":
            TypeAdapter(RawMessageStreamEvent).validate_python(chunk, strict=True)
        else:
            ChatCompletionChunk.model_validate(chunk, strict=True)


@each("events")
def test_a_stream_says_the_same_however_its_bytes_are_cut(fixture: Fixture) -> None:
    data = fixture.stream_bytes()

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(1, 40), max_size=60))
    def cut(sizes: list[int]) -> None:
        pieces = pieces_of(data, chain(iter(sizes), repeat(7)))
        assert same(fixture.chunks(pieces), fixture.data["chunks"])

    cut()


@chat_streams
def test_the_usage_of_a_stream_is_what_its_last_chunk_says(fixture: Fixture) -> None:
    events = fixture.said().events()
    list(events.feed(fixture.stream_bytes()))
    usage, last = events.usage, fixture.data["chunks"][-1]
    told = last["usage"]
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (told["prompt_tokens"], told["completion_tokens"])


def test_each_fixture_says_where_its_shapes_are_stated() -> None:
    assert all(fixture.data["source"] for fixture in fixtures())


def test_the_table_of_evidence_is_what_the_fixtures_are() -> None:
    by_format: dict[str, set[str]] = {}
    for fixture in fixtures():
        by_format.setdefault(fixture.settings.format, set()).update(fixture.data)
    tested = {
        name: "fixtures" if kinds & {"reply", "events"} else "request fixtures" for name, kinds in by_format.items()
    }
    assert {name: evidence.tested for name, evidence in EVIDENCE.items()} == {**tested, "openai": "fixtures"}
    assert all(evidence_of(name).tested == "untested" for name in FORMATS.keys() - tested.keys())
