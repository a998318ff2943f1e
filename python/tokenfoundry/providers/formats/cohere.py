"""Cohere's API, version 2: chat and embed.

Source: Cohere's API reference v2, and cohere-python, `cohere/v2/raw_client.py`.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.json_request import bearer, json_request, message_in, required_key, without
from tokenfoundry.providers.sse import JsonEvents

Body = dict[str, Any]

_PATHS = {"cohere": "/chat", "cohere_embeddings": "/embed"}


class CohereFormat:
    """Implements `Format`."""

    name = "cohere"
    dialects = frozenset(_PATHS)

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        wire: Body = {**without(body, "stream"), "model": to.model}
        if dialect == "cohere":
            wire["stream"] = stream
        elif "input_type" in to.options:
            wire["input_type"] = to.options["input_type"]
        return json_request(f"{to.base_url}{_PATHS[dialect]}", wire, bearer(required_key(to, self.name)))

    def framing(self, dialect: str) -> Framing:
        return JsonEvents(lambda event: event.get("type") == "message-end")

    def error_message(self, body: Any) -> str:
        return message_in(body, "message")
