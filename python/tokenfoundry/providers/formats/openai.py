"""OpenAI's wire format, and that of the many who speak it too.

Source: the OpenAI API reference, each endpoint under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tokenfoundry.providers.formats import Body, Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.form import form
from tokenfoundry.providers.sse import JsonEvents

_PATHS = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "images": "/images/generations",
    "moderations": "/moderations",
    "responses": "/responses",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
}
_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}

_ENDS_OF_RESPONSES = ("response.completed", "response.incomplete", "response.failed")

# Models that refuse `max_tokens` and take only its successor.
_REASONING_FAMILIES = ("o1", "o3", "o4", "gpt-5")


class OpenAI:
    name = "openai"
    dialects = frozenset(_PATHS)

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        wire = {**body, "model": to.model}
        if dialect == "chat":
            _name_the_bound(wire, to.model)
        if dialect in ("chat", "completions") and stream:
            wire["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        headers = {**_HEADERS, "authorization": f"Bearer {to.key}"} if to.key else dict(_HEADERS)
        if dialect == "transcriptions":
            headers["content-type"], data = form(wire)
        else:
            data = msgspec.json.encode(wire)
        if dialect == "speech":
            headers["accept"] = "audio/*, application/octet-stream"
        return WireRequest(to.base_url + _PATHS[dialect], headers, data)

    def framing(self, dialect: str) -> Framing:
        if dialect == "speech":
            return _Sound()
        return _ResponseEvents() if dialect == "responses" else JsonEvents()

    def error_message(self, body: Any) -> str:
        error = body.get("error") if isinstance(body, dict) else None
        message = error.get("message") if isinstance(error, dict) else error
        return message if isinstance(message, str) else ""


class _Sound:
    """Sound as it comes; its end is that of the body."""

    ended = False

    def feed(self, data: bytes) -> Iterator[Body]:
        yield {"sound": data}


class _ResponseEvents(JsonEvents):
    """A response has no `[DONE]`: it ends with the event that tells it whole."""

    def feed(self, data: bytes) -> Iterator[Body]:
        for event in super().feed(data):
            yield event
            if event.get("type") in _ENDS_OF_RESPONSES:
                self.ended = True
                return


def _name_the_bound(wire: Body, model: str) -> None:
    if "max_tokens" in wire and model.startswith(_REASONING_FAMILIES):
        bound = wire.pop("max_tokens")
        wire.setdefault("max_completion_tokens", bound)
