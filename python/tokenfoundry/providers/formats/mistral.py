"""Mistral's own API: chat in its own dialect, embeddings in OpenAI's.

Source: Mistral's API description as mistralai-python 3.7 is made from it, `mistralai/client/models`.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest, openai
from tokenfoundry.providers.formats.json_request import bearer, json_request, required_key, without
from tokenfoundry.providers.presets import PRESETS
from tokenfoundry.providers.sse import JsonEvents
from tokenfoundry.translate import Untranslatable

Body = dict[str, Any]

_PATHS = {"mistral": "/chat/completions", "embeddings": "/embeddings"}


class MistralFormat:
    """Implements `Format`."""

    name = "mistral"
    dialects = PRESETS["mistral"].serves

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        wire: Body = {**body, "model": to.model}
        if dialect == "mistral":
            wire["stream"] = stream
        else:
            wire = _embeddings(wire)
        return json_request(f"{to.base_url}{_PATHS[dialect]}", wire, bearer(required_key(to, self.name)))

    def framing(self, dialect: str) -> Framing:
        return JsonEvents()

    def error_message(self, body: Any) -> str:
        return openai.error_message(body)


def _embeddings(body: Body) -> Body:
    """OpenAI calls the size of a vector `dimensions`; Mistral knows no `user`, and no tokens as input."""
    wire = without(body, "dimensions", "user")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if not all(isinstance(text, str) for text in texts):
        raise Untranslatable("this provider embeds texts, not tokens", param="input")
    if body.get("dimensions") is not None:
        wire["output_dimension"] = body["dimensions"]
    return wire
