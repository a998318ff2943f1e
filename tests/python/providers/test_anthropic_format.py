"""Anthropic's wire format. Shapes: the Anthropic API reference, "Versions", "Beta headers", "Streaming Messages",
"Errors".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.anthropic_upstream import error, events, framed, message, text, thinking
from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.formats import Endpoint, WireRequest
from tokenfoundry.providers.formats.anthropic import Anthropic

FORMAT = Anthropic()
BODY: dict[str, Any] = {"model": "fast", "max_tokens": 9, "messages": [{"role": "user", "content": "Ciao"}]}


def request(body: dict[str, Any] = BODY, *, stream: bool = False, **options: str) -> WireRequest:
    to = Endpoint("https://api.example/v1", "claude-sonnet-4-5", "sk-1", options)
    return FORMAT.request("messages", body, to, stream=stream, now_ms=0)


def test_a_request_names_the_model_the_key_and_the_version() -> None:
    made = request()
    assert made.url == "https://api.example/v1/messages"
    assert made.headers == {
        "content-type": "application/json",
        "accept": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "sk-1",
    }
    assert json.loads(made.body) == {**BODY, "model": "claude-sonnet-4-5"}
    assert "sk-1" not in repr(made)


def test_a_stream_is_asked_for_in_the_body() -> None:
    assert json.loads(request(stream=True).body)["stream"] is True


def test_a_node_without_a_key_gets_none() -> None:
    made = FORMAT.request("messages", BODY, Endpoint("http://node/v1", "m", None), stream=False, now_ms=0)
    assert "x-api-key" not in made.headers


def test_version_and_beta_features_come_from_the_options_and_the_body() -> None:
    body = {**BODY, "anthropic_beta": ["b-2025-01-01", "a-2024-01-01", "bad\r\nx-evil: 1"]}
    made = request(body, anthropic_version="2024-01-01", anthropic_beta="a-2024-01-01, c-2025-05-05")
    assert made.headers["anthropic-version"] == "2024-01-01"
    assert made.headers["anthropic-beta"] == "a-2024-01-01,c-2025-05-05,b-2025-01-01"
    assert "anthropic_beta" not in json.loads(made.body)


def test_thinking_without_a_signature_stays_behind_because_anthropic_refuses_it() -> None:
    turns = [
        {"role": "user", "content": "Ciao"},
        {"role": "assistant", "content": [thinking("altrui", ""), text("Ecco.")]},
        {"role": "assistant", "content": [thinking("altrui", "")]},
        {"role": "assistant", "content": [thinking("suo", "c2ln"), text("Ecco.")]},
    ]
    sent = json.loads(request({**BODY, "messages": turns}).body)["messages"]
    assert sent == [turns[0], {"role": "assistant", "content": [text("Ecco.")]}, turns[3]]


def test_a_marked_prompt_is_sent_when_the_provider_is_set_to() -> None:
    body = {**BODY, "tools": [{"name": "x", "description": "parola " * 2000, "input_schema": {"type": "object"}}]}
    assert b"cache_control" not in request(body).body
    assert b"cache_control" not in request(body, prompt_cache="off").body
    assert json.loads(request(body, prompt_cache="auto").body)["tools"][0]["cache_control"] == {"type": "ephemeral"}


@given(st.lists(st.integers(1, 400), max_size=30))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    spoken = events(message(thinking("Perché?"), text("Così è.")))
    raw = b"".join(map(framed, spoken)) + b"event: late\ndata: {}\n\n"
    framing = FORMAT.framing("messages")
    seen, start = [], 0
    for size in [*cuts, len(raw)]:
        seen += list(framing.feed(raw[start : start + size]))
        start += size
        if framing.ended:
            break
    assert seen == spoken
    assert framing.ended


@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: [1]\n\n", b"data: \xff\n\n"])
def test_what_is_no_event_is_an_error_of_the_provider(data: bytes) -> None:
    with pytest.raises(ProviderError):
        list(FORMAT.framing("messages").feed(data))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (error("invalid_request_error", "max_tokens: too large"), "max_tokens: too large"),
        ({"error": "x"}, ""),
        ({"error": {"message": 7}}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_an_error_reply_says_what_it_says(body: Any, said: str) -> None:
    assert FORMAT.error_message(body) == said
