"""The official clients' own models as judges of what the gateway writes, to clients and to providers: types strictly,
and no field they do not know.

Their models let unknown fields pass, so that is looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import anthropic.types as anthropic_types
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from anthropic.types.shared import ErrorResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import BaseModel, TypeAdapter

# What OpenAI-compatible servers add and every client that shows reasoning reads; and the gateway's own field.
_CHAT_EXTENSIONS = frozenset({"reasoning_content", "tokenfoundry"})
_MESSAGE_EXTENSIONS = frozenset({"tokenfoundry"})

# Anthropic's client has given these up with its newest models; its older ones still take them.
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})

Model = TypeVar("Model", bound=BaseModel)

_EVENT: TypeAdapter[Any] = TypeAdapter(anthropic_types.RawMessageStreamEvent)
_MESSAGES_REQUEST: dict[bool, TypeAdapter[Any]] = {
    False: TypeAdapter(MessageCreateParamsNonStreaming),
    True: TypeAdapter(MessageCreateParamsStreaming),
}
_CHAT_REQUEST: dict[bool, TypeAdapter[Any]] = {
    False: TypeAdapter(CompletionCreateParamsNonStreaming),
    True: TypeAdapter(CompletionCreateParamsStreaming),
}


def check_completion(value: Any) -> ChatCompletion:
    """A chat completion. Raises `ValidationError` or `AssertionError`."""
    return _checked(ChatCompletion.model_validate(value, strict=True), _CHAT_EXTENSIONS)


def check_chunk(value: Any) -> ChatCompletionChunk:
    """A chunk of a streamed chat completion."""
    return _checked(ChatCompletionChunk.model_validate(value, strict=True), _CHAT_EXTENSIONS)


def check_message(value: Any) -> anthropic_types.Message:
    """Anthropic's whole reply."""
    return _checked(anthropic_types.Message.model_validate(value, strict=True), _MESSAGE_EXTENSIONS)


def check_event(value: Any) -> Any:
    """An event of Anthropic's stream; a ping is no more than its type."""
    if value == {"type": "ping"}:
        return value
    return _checked(_EVENT.validate_python(value, strict=True), frozenset())


def check_error(value: Any) -> ErrorResponse:
    """Anthropic's error. `request_too_large` is documented, but the client has no model for it."""
    if value["error"]["type"] == "request_too_large":
        value = {**value, "error": {**value["error"], "type": "invalid_request_error"}}
    return _checked(ErrorResponse.model_validate(value, strict=True), frozenset())


def check_messages_request(body: dict[str, Any]) -> None:
    """A body for Anthropic."""
    known = {name: value for name, value in body.items() if name not in _SAMPLING}
    _read_all(_MESSAGES_REQUEST[bool(body.get("stream"))].validate_python(known, extra="forbid"))


def check_chat_request(body: dict[str, Any]) -> None:
    """A body of chat completions."""
    _read_all(_CHAT_REQUEST[bool(body.get("stream"))].validate_python(body, extra="forbid"))


def _read_all(value: Any) -> None:
    """Pydantic validates what is declared as an iterable only while it is read."""
    if isinstance(value, dict):
        for item in value.values():
            _read_all(item)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            _read_all(item)


def _checked(model: Model, allowed: frozenset[str]) -> Model:
    _refuse_unknown(model, allowed, type(model).__name__)
    return model


def _refuse_unknown(value: Any, allowed: frozenset[str], where: str) -> None:
    if isinstance(value, BaseModel):
        unknown = set(value.model_extra or ()) - allowed
        assert not unknown, f"{where} has fields that its model does not know: {sorted(unknown)}"
        for name in type(value).model_fields:
            _refuse_unknown(getattr(value, name), allowed, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _refuse_unknown(item, allowed, f"{where}[{index}]")
