"""The OpenAI wire format: what is sent and how an answer is read. Pure functions, no I/O.

Source: the OpenAI API reference for chat completions and embeddings.
"""

from __future__ import annotations

from typing import Any

PATHS = {"chat": "/chat/completions", "embeddings": "/embeddings"}

# Models that refuse `max_tokens` and take only its successor.
_REASONING_FAMILIES = ("o1", "o3", "o4", "gpt-5")


def headers(key: str | None) -> dict[str, str]:
    """The headers of a call; a node without keys takes none."""
    common = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    return {**common, "authorization": f"Bearer {key}"} if key else common


def max_tokens_field(model: str) -> str:
    """The field in which this model takes the bound on its output."""
    return "max_completion_tokens" if model.startswith(_REASONING_FAMILIES) else "max_tokens"


def to_wire(body: dict[str, Any], *, endpoint: str, model: str, max_output_tokens: int) -> dict[str, Any]:
    """The body for this model.

    The output is bounded by `max_output_tokens` in the field that the caller used, or in the one the model takes when
    there was none; usage is always asked of a stream.
    """
    wire = {**body, "model": model}
    if endpoint == "chat":
        given = [field for field in ("max_tokens", "max_completion_tokens") if body.get(field) is not None]
        for field in given or [max_tokens_field(model)]:
            wire[field] = min(body.get(field) or max_output_tokens, max_output_tokens)
        if body.get("stream"):
            wire["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    return wire


def error_message(body: Any) -> str:
    """What an error reply says, or an empty string when it says nothing we can read."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""
