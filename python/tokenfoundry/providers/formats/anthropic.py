"""Anthropic's wire format: the Messages API.

Source: the Anthropic API reference ("Create a Message", "Streaming Messages", "Errors", "Versions", "Beta headers").

Options of the provider: `anthropic_version` (the version of the API, 2023-06-01), `anthropic_beta` (names of beta
features, separated by commas) and `prompt_cache` (`auto` marks what the provider's prompt cache should keep). A body
may name beta features too, in `anthropic_beta` as Amazon Bedrock has it: the client's header of that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tokenfoundry.providers.formats import Body, Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.prompt_cache import marked
from tokenfoundry.providers.sse import JsonEvents

_VERSION = "2023-06-01"


class Anthropic:
    """The format. Stateless."""

    name = "anthropic"
    dialects = frozenset({"messages"})

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        wire = {name: value for name, value in body.items() if name != "anthropic_beta"}
        wire |= {"model": to.model, "messages": _signed(body["messages"])}
        if stream:
            wire["stream"] = True
        if to.options.get("prompt_cache") == "auto":
            wire = marked(wire, model=to.model)
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if stream else "application/json",
            "anthropic-version": to.options.get("anthropic_version", _VERSION),
        }
        if to.key:
            headers["x-api-key"] = to.key
        if betas := _betas(to.options.get("anthropic_beta"), body.get("anthropic_beta")):
            headers["anthropic-beta"] = betas
        return WireRequest(f"{to.base_url}/messages", headers, msgspec.json.encode(wire))

    def framing(self, dialect: str) -> Framing:
        return MessageEvents()

    def error_message(self, body: Any) -> str:
        error = body.get("error") if isinstance(body, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        return message if isinstance(message, str) else ""


class MessageEvents:
    """The events of one stream, up to `message_stop`. Their names are dropped: each event says its `type` itself."""

    def __init__(self) -> None:
        self.ended = False
        self._events = JsonEvents()

    def feed(self, data: bytes) -> Iterator[Body]:
        for event in self._events.feed(data):
            yield event
            if event.get("type") == "message_stop":
                self.ended = True
                return


def _signed(turns: list[Body]) -> list[Body]:
    """The turns without thinking that has no signature: it comes from another provider, and Anthropic refuses it."""
    made = []
    for turn in turns:
        content = turn.get("content")
        if isinstance(content, list) and any(map(_is_unsigned, content)):
            content = [block for block in content if not _is_unsigned(block)]
            turn = {**turn, "content": content}
        if content != []:
            made.append(turn)
    return made


def _is_unsigned(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "thinking" and not block.get("signature")


def _betas(configured: str | None, asked: Any) -> str:
    """Names of beta features for the header, each once. What could break out of a header is dropped."""
    given = asked if isinstance(asked, list) else str(asked or "").split(",")
    names = [str(name).strip() for name in [*(configured or "").split(","), *given]]
    return ",".join(dict.fromkeys(name for name in names if name.isascii() and name.replace("-", "").isalnum()))
