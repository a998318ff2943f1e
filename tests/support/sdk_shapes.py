"""The official clients' own models as judges of what the gateway writes: types strictly, and no field they do not know.

Their models let unknown fields pass, so that is looked at afterwards.
"""

from __future__ import annotations

from typing import Any, TypeVar

import anthropic.types as anthropic_types
from anthropic.types.shared import ErrorResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, TypeAdapter

# What OpenAI-compatible servers add and every client that shows reasoning reads; and the gateway's own field.
_CHAT_EXTENSIONS = frozenset({"reasoning_content", "tokenfoundry"})
_MESSAGE_EXTENSIONS = frozenset({"tokenfoundry"})

Model = TypeVar("Model", bound=BaseModel)

_EVENT: TypeAdapter[Any] = TypeAdapter(anthropic_types.RawMessageStreamEvent)


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
