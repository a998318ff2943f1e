"""OpenAI's formats, and everybody who speaks them; `tokenfoundry.providers.presets` says who differs in what.

Source: OpenAI's published API description, and openai-python.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.providers.formats import Endpoint, Framing, WireRequest
from tokenfoundry.providers.formats.form import form
from tokenfoundry.providers.formats.json_request import JSON_HEADERS, bearer, json_request, message_in
from tokenfoundry.providers.presets import MaxTokensField, Preset
from tokenfoundry.providers.sse import JsonEvents
from tokenfoundry.translate import Untranslatable

Body = dict[str, Any]

PATHS = {
    "chat": "/chat/completions",
    "responses": "/responses",
    "completions": "/completions",
    "embeddings": "/embeddings",
    "images": "/images/generations",
    "image_edits": "/images/edits",
    "image_variations": "/images/variations",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
    "moderations": "/moderations",
}

_FORMS = frozenset({"image_edits", "image_variations", "transcriptions", "translations"})

# Models that refuse `max_tokens` and take only its successor.
_REASONING_FAMILIES = ("o1", "o3", "o4", "gpt-5")
_BOUNDS = ("max_tokens", "max_completion_tokens")
# Values of a refused field that ask for nothing.
_NOTHING: tuple[Any, ...] = (None, False, 0, {})


class OpenAIFormat:
    """Implements `Format` for one preset."""

    def __init__(self, name: str, preset: Preset) -> None:
        self.name = name
        self.preset = preset
        self.dialects = preset.serves

    def request(self, dialect: str, body: Body, to: Endpoint, *, stream: bool, now_ms: int) -> WireRequest:
        headers = {**bearer(to.key), **_account(to)}
        return post(
            f"{to.base_url}{PATHS[dialect]}", dialect, wire_body(dialect, body, to, self.preset, stream=stream), headers
        )

    def framing(self, dialect: str) -> Framing:
        return framing(dialect)

    def error_message(self, body: Any) -> str:
        return error_message(body)


def wire_body(dialect: str, body: Body, to: Endpoint, preset: Preset, *, stream: bool) -> Body:
    """The body as this provider takes it. Raises `Untranslatable` for a field that it refuses."""
    wire = {**body, "model": to.model}
    for name in preset.refuses:
        if wire.get(name) not in _NOTHING and not (name == "n" and wire[name] == 1):
            raise Untranslatable(f"this provider does not take {name}", param=name)
    if dialect in ("chat", "completions"):
        wire.pop("stream_options", None)
        if stream and preset.takes_stream_options:
            wire["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    if dialect == "chat":
        _name_the_bound(wire, _bound_field(to, preset))
        if not preset.knows_developer:
            wire["messages"] = [_as_system(message) for message in wire["messages"]]
    return wire


def post(url: str, dialect: str, wire: Body, headers: dict[str, str]) -> WireRequest:
    """What holds a file is posted as a form, all else as JSON; speech is answered with sound."""
    if dialect in _FORMS:
        content_type, data = form(wire)
        return WireRequest(url=url, headers={**JSON_HEADERS, **headers, "content-type": content_type}, body=data)
    if dialect == "speech":
        headers = {**headers, "accept": "audio/*, application/octet-stream"}
    return json_request(url, wire, headers)


def framing(dialect: str) -> Framing:
    """`[DONE]` ends the streams of OpenAI's older endpoints, an event of its own those of the newer."""
    if dialect == "responses":
        return JsonEvents(lambda event: event.get("type") in _RESPONSE_ENDS)
    if dialect == "speech":
        return _Sound()
    if dialect in ("images", "image_edits", "transcriptions"):
        return JsonEvents(lambda event: str(event.get("type", "")).endswith((".done", ".completed")))
    return JsonEvents()


class _Sound:
    """Sound as it comes; its end is that of the body."""

    ended = False

    def feed(self, data: bytes) -> Iterator[Body]:
        yield {"sound": data}


_RESPONSE_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})


def error_message(body: Any) -> str:
    """What an error reply says: `{"error": {"message": ...}}`, and what some servers answer instead."""
    return (
        message_in(body, "error", "message")
        or message_in(body, "error")
        or message_in(body, "message")
        or message_in(body, "detail")
    )


def _account(to: Endpoint) -> dict[str, str]:
    return {f"openai-{name}": to.options[name] for name in ("organization", "project") if name in to.options}


def _bound_field(to: Endpoint, preset: Preset) -> MaxTokensField:
    if (stated := to.options.get("max_tokens_field")) is not None:
        return "max_completion_tokens" if stated == "max_completion_tokens" else "max_tokens"
    if preset.max_tokens == "by_model":
        return "max_completion_tokens" if to.model.startswith(_REASONING_FAMILIES) else "as_asked"
    return preset.max_tokens


def _name_the_bound(wire: Body, field: MaxTokensField) -> None:
    """Puts the bound of the output in the one field that is taken; the smaller one when both were given."""
    if field == "as_asked":
        return
    bounds = [bound for name in _BOUNDS if (bound := wire.pop(name, None)) is not None]
    if bounds:
        wire[field] = min(bounds)


def _as_system(message: Body) -> Body:
    return {**message, "role": "system"} if message.get("role") == "developer" else message
