"""Asked in OpenAI's other dialects of a provider that speaks only Anthropic's: two translations, one redaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import Response

from support import anthropic_upstream
from support.factories import config
from support.serving import served
from support.upstream import Exchange, Upstream
from tokenfoundry.factory import TokenFactory

EMAIL = "mario.rossi@example.it"
SAID = f"Scrivi a {EMAIL}."


async def answer_in_messages(exchange: Exchange) -> None:
    """Thinks, says what it was told, and calls a tool with it if there is one."""
    assert EMAIL.encode() not in exchange.raw
    told = exchange.body["messages"][-1]["content"]
    text = told if isinstance(told, str) else told[-1]["text"]
    content = [anthropic_upstream.text(text)]
    if exchange.body.get("tools"):
        content.append(anthropic_upstream.tool_use("f", {"testo": text}))
    reply = anthropic_upstream.message(*content)
    if not exchange.body.get("stream"):
        await exchange.answer(reply)
        return
    await exchange.start_stream()
    for event in anthropic_upstream.events(reply):
        await exchange.event(event)
    await exchange.end_stream()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[openai.OpenAI]:
    with Upstream(answer_in_messages) as upstream:
        made = config(upstream.base_url, tmp_path / "data")
        made["providers"]["upstream"]["format"] = "anthropic"
        with TokenFactory.from_config(made) as factory:
            key = factory.create_key(project="claims")
            with (
                served(factory.app()) as url,
                openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0) as made_client,
            ):
                yield made_client
            assert factory.ledger.holds() == []


TOOLS: list[Any] = [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}]


def test_a_response_of_another_vendors_model_is_a_response(client: openai.OpenAI) -> None:
    reply = client.responses.create(model="fast", input=SAID, tools=TOOLS)
    assert reply.output_text == SAID
    assert [item.type for item in reply.output] == ["message", "function_call"]
    Response.model_validate_json(reply.model_dump_json(by_alias=True, exclude_unset=True), strict=True)
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 7)


def test_its_stream_is_a_stream_of_responses(client: openai.OpenAI) -> None:
    with client.responses.stream(model="fast", input=SAID, tools=TOOLS) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == SAID
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == SAID
    [arguments] = [event.arguments for event in events if event.type == "response.function_call_arguments.done"]
    assert EMAIL in arguments


def test_a_completion_of_another_vendors_model_is_a_completion(client: openai.OpenAI) -> None:
    assert client.completions.create(model="fast", prompt=SAID).choices[0].text == SAID
    chunks = client.completions.create(model="fast", prompt=SAID, stream=True)
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == SAID
