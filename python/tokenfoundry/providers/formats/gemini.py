"""Google's Gemini API, and the same models on Vertex AI.

Source: google-genai, `google/genai/models.py` (paths and bodies) and `_api_client.py` (keys); "Thinking", "Thought
signatures" and "Embeddings" on ai.google.dev; "Text embeddings API" on cloud.google.com. On Vertex AI the key is an
access token of Google Cloud.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.json_request import bearer, json_request, message_in, required_key, without
from tokenfoundry.providers.sse import JsonEvents

Body = dict[str, Any]

# Models before Gemini 3 take a budget of thinking tokens and no level; "OpenAI compatibility" on ai.google.dev says
# which budget is which level.
_BUDGET_MODELS = ("gemini-2",)
_BUDGETS = {"MINIMAL": 1024, "LOW": 1024, "MEDIUM": 8192, "HIGH": 24576, "XHIGH": 24576}
# Gemini 3 refuses a function call of an earlier turn without the signature it gave with it; this one, from "Thought
# signatures", stands for a call that another model made.
_SIGNING_MODELS = ("gemini-3",)
_NO_SIGNATURE = "skip_thought_signature_validator"


class GeminiFormat:
    """Implements `Format`."""

    name = "gemini"
    dialects = frozenset({"gemini", "gemini_embeddings"})

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        headers = {"x-goog-api-key": required_key(to, self.name)}
        model = to.model.removeprefix("models/")
        if dialect == "gemini_embeddings":
            requests = [{**each, "model": f"models/{model}"} for each in body["requests"]]
            url = f"{to.base_url}/models/{quote(model)}:batchEmbedContents"
            return json_request(url, {**without(body, "model", "stream"), "requests": requests}, headers)
        return json_request(f"{to.base_url}/models/{_method(model, stream=stream)}", _body(body, model), headers)

    def framing(self, dialect: str) -> Framing:
        return JsonEvents()  # No event ends the stream: its bytes do.

    def error_message(self, body: Any) -> str:
        return error_message(body)


class VertexFormat:
    """Implements `Format`."""

    name = "vertex"
    dialects = frozenset({"gemini", "vertex_embeddings"})

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        headers = bearer(required_key(to, self.name))
        if dialect == "vertex_embeddings":
            url = f"{to.base_url}/models/{quote(to.model)}:predict"
            return json_request(url, without(body, "model", "stream"), headers)
        return json_request(f"{to.base_url}/models/{_method(to.model, stream=stream)}", _body(body, to.model), headers)

    def framing(self, dialect: str) -> Framing:
        return JsonEvents()  # No event ends the stream: its bytes do.

    def error_message(self, body: Any) -> str:
        return error_message(body)


def error_message(body: Any) -> str:
    """What an error reply says; a refused stream answers a list with one error."""
    return message_in(body[0] if isinstance(body, list) and body else body, "error", "message")


def _method(model: str, *, stream: bool) -> str:
    return f"{quote(model)}:streamGenerateContent?alt=sse" if stream else f"{quote(model)}:generateContent"


def _body(body: Body, model: str) -> Body:
    """The body for this model: without what is said in the URL, its thinking and signatures as the model takes them."""
    wire = without(body, "model", "stream")
    config = wire.get("generationConfig") or {}
    thinking = config.get("thinkingConfig") or {}
    if model.startswith(_BUDGET_MODELS) and thinking.get("thinkingLevel") in _BUDGETS:
        budget = {**without(thinking, "thinkingLevel"), "thinkingBudget": _BUDGETS[thinking["thinkingLevel"]]}
        wire["generationConfig"] = {**config, "thinkingConfig": budget}
    if model.startswith(_SIGNING_MODELS):
        wire["contents"] = [_signed(content) for content in wire["contents"]]
    return wire


def _signed(content: Body) -> Body:
    """The first function call of a turn carries the signature of the thought before it."""
    parts = content.get("parts") or []
    first = next((index for index, part in enumerate(parts) if "functionCall" in part), None)
    if content.get("role") != "model" or first is None or parts[first].get("thoughtSignature"):
        return content
    signed = {**parts[first], "thoughtSignature": _NO_SIGNATURE}
    return {**content, "parts": [*parts[:first], signed, *parts[first + 1 :]]}
