"""A value restored inside JSON is escaped there, whole and streamed, in whatever dialect: the JSON still parses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.anthropic_upstream import answer_message, message, text
from support.factories import config
from support.openai_provider import response
from support.serving import served
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings
from tokenfoundry.translate.responses_events import sequence

VALUE = 'EMP "7"\\\n\t{🍋}\u2028/end'
# As models write JSON: plainly, with escapes, with Markdown's escapes inside, in another case.
WRITTEN = (
    '{"plain": "[BADGE_1]", "twice": ["[BADGE_1][BADGE_1]"], "escaped": "\\u005bbadge_1\\u005D", '
    '"markdown": "\\\\[BADGE\\\\_1\\\\]", "beside": "\\ud83c\\udf4b\\\\\\"[ badge_1 ]", "[BADGE_1]": [1, [2]], '
    '"other": "[BADGE_2] [1] \\\\u005bBADGE_1]"}'
)
READ = {
    "plain": VALUE,
    "twice": [VALUE + VALUE],
    "escaped": VALUE,
    "markdown": VALUE,
    "beside": f'🍋\\"{VALUE}',
    VALUE: [1, [2]],
    "other": "[BADGE_2] [1] \\u005bBADGE_1]",
}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": True}


async def provider(exchange: Exchange) -> None:
    if exchange.path == "/v1/messages":
        await answer_message(message(text(WRITTEN)))(exchange)
    elif exchange.path == "/v1/responses" and exchange.body.get("stream"):
        await exchange.start_stream()
        for event in sequence(response(WRITTEN)):
            await exchange.event(event)
        await exchange.end_stream()
    elif exchange.path == "/v1/responses":
        await exchange.answer(response(WRITTEN))
    else:
        await answer_with(WRITTEN)(exchange)


@pytest.fixture
def url(upstream: Upstream, tmp_path: Path) -> Iterator[str]:
    upstream.behave = provider
    badge = {"name": "BADGE", "regex": r"EMP[\s\S]+end", "score": 0.9}
    stated = config(upstream.base_url, tmp_path / "data", privacy={"patterns": [badge]}, cache={"enabled": False})
    stated["providers"]["claude"] = {"format": "anthropic", "base_url": upstream.base_url}
    stated["targets"]["claude"] = {**stated["targets"]["small"], "provider": "claude", "model": "claude-1"}
    stated["aliases"]["deep"] = ["claude"]
    native = {**stated["targets"]["small"], "model": "native-1", "endpoints": ["chat", "responses"]}
    stated["targets"]["native"] = native
    with TokenFactory(Settings.from_dict(stated)) as gateway, served(gateway.app()) as address:
        httpx_key = gateway.create_key()
        yield f"{address}|{httpx_key}"


MESSAGES = [{"role": "user", "content": f"JSON di: {VALUE}"}]
JSON_SCHEMA = {"name": "n", "schema": SCHEMA}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat, object": ("/v1/chat/completions", {"messages": MESSAGES, "response_format": {"type": "json_object"}}),
    "chat, schema": (
        "/v1/chat/completions",
        {"messages": MESSAGES, "response_format": {"type": "json_schema", "json_schema": JSON_SCHEMA}},
    ),
    "responses, object": ("/v1/responses", {"input": MESSAGES, "text": {"format": {"type": "json_object"}}}),
    "responses, schema": (
        "/v1/responses",
        {"input": MESSAGES, "text": {"format": {"type": "json_schema", **JSON_SCHEMA}}},
    ),
    "messages, schema": (
        "/v1/messages",
        {
            "messages": MESSAGES,
            "max_tokens": 500,
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
    ),
    # Nobody asked for JSON, and the model writes it.
    "chat": ("/v1/chat/completions", {"messages": MESSAGES}),
    "responses": ("/v1/responses", {"input": MESSAGES}),
    "messages": ("/v1/messages", {"messages": MESSAGES, "max_tokens": 500}),
}


@pytest.mark.parametrize("model", ["fast", "native", "deep"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("asked", ASKED)
def test_json_content_parses_to_the_callers_own_values(url: str, asked: str, stream: bool, model: str) -> None:
    address, key = url.split("|")
    path, body = ASKED[asked]
    sent = {"model": model, **body, **({"stream": True} if stream else {})}
    reply = httpx.post(address + path, json=sent, headers={"authorization": f"Bearer {key}"}, trust_env=False)
    assert reply.status_code == 200, reply.text
    content = streamed(reply.text) if stream else whole(reply.json())
    assert json.loads(content) == READ


def whole(body: dict[str, Any]) -> str:
    if "choices" in body:
        return str(body["choices"][0]["message"]["content"])
    if "output" in body:
        return "".join(part["text"] for item in body["output"] for part in item.get("content", ()))
    return "".join(block["text"] for block in body["content"])


def streamed(raw: str) -> str:
    said = ""
    for line in raw.split("\n"):
        event = json.loads(line[6:]) if line.startswith("data: {") else {}
        if event.get("type") == "response.output_text.delta":
            said += event["delta"]
        elif event.get("type") == "response.output_text.done":
            assert event["text"] == said, "what repeats a text whole says the same"
        elif event.get("type") == "content_block_delta":
            said += event["delta"].get("text", "")
        for choice in event.get("choices") or ():
            said += choice["delta"].get("content") or ""
    return said
