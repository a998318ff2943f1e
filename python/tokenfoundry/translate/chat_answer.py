"""What translations to chat make: replies and chunks in OpenAI's shape.

Source: OpenAI's API reference, "The chat completion object" and "The chat completion chunk object". A model's visible
reasoning stands in `reasoning_content`, as DeepSeek's API has it and vLLM and others followed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import ProviderError
from tokenfoundry.ids import uuid7
from tokenfoundry.translate import Body
from tokenfoundry.translate.chat_body import json_text
from tokenfoundry.usage import Usage

_MOST_ITEMS = 1024


class Head:
    """What all chunks of a stream, and a whole reply, have in common."""

    def __init__(self, id: Any, model: Any, created: int) -> None:
        """A new id stands for one that the provider did not give. `created` is Unix time in seconds."""
        self.id = id if isinstance(id, str) and id else f"chatcmpl-{uuid7()}"
        self.model = model if isinstance(model, str) else ""
        self.created = created

    def reply(self, choices: list[Body], usage: Body | None) -> Body:
        """A whole reply."""
        made = {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }
        return made if usage is None else {**made, "usage": usage}

    def chunk(self, delta: Body, *, index: int = 0, finish_reason: str | None = None, **more: Any) -> Body:
        """A chunk of one choice."""
        return self._chunk([{"index": index, "delta": delta, "finish_reason": finish_reason, **more}])

    def usage_chunk(self, usage: Body) -> Body:
        """The chunk that ends a stream whose client asked for its usage."""
        return {**self._chunk([]), "usage": usage}

    def _chunk(self, choices: list[Body]) -> Body:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


class ToChat:
    """What is asked in chat. The clock dates answers: the providers' own carry no time, and OpenAI's must."""

    asked = "chat"

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock

    def head(self, id: Any, model: Any) -> Head:
        """The head of an answer that is given now."""
        return Head(id, model, self._clock() // 1000)


MakeHead = Callable[[Any, Any], Head]


def message_of(*, text: str, tool_calls: list[Body], reasoning: str = "", **more: Any) -> Body:
    """An assistant's message. It has no content when it has only called tools."""
    message: Body = {"role": "assistant", "content": text if text or not tool_calls else None, "refusal": None}
    if reasoning:
        message["reasoning_content"] = reasoning
    if tool_calls:
        message["tool_calls"] = tool_calls
    return {**message, **more}


def tool_call(id: Any, name: str, arguments: str) -> Body:
    """A function call; a new id stands for one that the provider did not give."""
    given = id if isinstance(id, str) and id else f"call_{uuid7().replace('-', '')}"
    return {"id": given, "type": "function", "function": {"name": name, "arguments": arguments}}


def json_arguments(value: Any) -> str:
    """The arguments of a call as JSON text, which some providers give as an object."""
    return string(value, "arguments") or "{}" if not isinstance(value, dict) else json_text(value)


def chat_usage(dialect: str, body: Mapping[str, Any]) -> Body | None:
    """The usage that a reply or an event of that dialect reports, in OpenAI's shape: also one that cannot be true, but
    not what is no counts at all.
    """
    usage = Usage.reported(dialect, body)
    if usage is None or usage.is_unreadable:
        return None
    prompt_details = {"cached_tokens": usage.cache_read_tokens}
    if usage.cache_write_tokens:
        prompt_details["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": prompt_details,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def mapping(value: Any, what: str) -> Body:
    """`value`, which must be an object. Raises `ProviderError` otherwise."""
    if not isinstance(value, dict):
        raise ProviderError(f"the provider's {what} is no object")
    return value


def items(value: Any, what: str) -> list[Body]:
    """`value`, which must be a list of objects, or nothing. Raises `ProviderError` otherwise."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ProviderError(f"the provider's {what} is no list of objects")
    return value


def string(value: Any, what: str) -> str:
    """`value`, which must be a text, or nothing. Raises `ProviderError` otherwise."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProviderError(f"the provider's {what} is no text")
    return value


def index_of(item: Body, place: int, name: str = "index") -> int:
    """The index that an item states, else its place. Raises `ProviderError` for what is no index."""
    index = item.get(name)
    if index is None:
        return place
    if type(index) is not int or not 0 <= index < _MOST_ITEMS:
        raise ProviderError(f"the provider's {name} is no place in a list")
    return index
