"""The chunks of a streamed chat completion: their shape, and the reply they add up to (OpenAI API reference, "Chat
streaming").
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.usage import Usage

_MAX_TOOL_CALLS = 1024


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_TOOL_CALLS)] = 0
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_TOOL_CALLS)] = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _ChunkShape(msgspec.Struct):
    """The parts of a chunk that are looked into; all else may be anything."""

    choices: list[_Choice] | None = None


def decode_chunk(payload: bytes) -> dict[str, Any]:
    """A chunk whose shape can be relied on. Raises `ProviderError`, and what decoding raises."""
    chunk = msgspec.json.decode(payload)
    if not isinstance(chunk, dict):
        raise ProviderError("the provider sent an event that is not an object")
    if "error" in chunk:
        raise ProviderError("the provider reported an error in mid-stream")
    try:
        msgspec.convert(chunk, _ChunkShape)
    except msgspec.ValidationError:
        raise ProviderError("the provider sent a chunk of another shape") from None
    return chunk


class ReplyBuilder:
    """The chunks of a stream, put together to the reply that would have come without streaming, in placeholder form."""

    def __init__(self) -> None:
        self.head: dict[str, Any] = {}
        self.usage: Usage | None = None
        self.raw_usage: dict[str, Any] | None = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._whole = True

    def add(self, chunk: dict[str, Any]) -> None:
        """Takes one decoded chunk as the provider sent it. Raises `InvalidInput` for impossible usage."""
        if not self.head:
            self.head = {
                name: chunk[name] for name in ("id", "created", "model", "system_fingerprint") if name in chunk
            }
        if isinstance(chunk.get("usage"), dict):
            self.usage = Usage.from_body("openai", chunk)
            self.raw_usage = chunk["usage"]
        for choice in chunk.get("choices") or ():
            known = self._choices.setdefault(
                choice.get("index", 0), {"message": {"role": "assistant", "content": None}, "finish_reason": None}
            )
            self._add_delta(known["message"], choice.get("delta") or {})
            if choice.get("finish_reason") is not None:
                known["finish_reason"] = choice["finish_reason"]
            if choice.get("logprobs"):
                self._whole = False

    def _add_delta(self, message: dict[str, Any], delta: dict[str, Any]) -> None:
        for name, value in delta.items():
            if name == "role" or value is None:
                continue
            if name == "tool_calls":
                self._add_tool_calls(message.setdefault("tool_calls", []), value)
            elif isinstance(value, str):
                message[name] = (message.get(name) or "") + value
            else:
                # Kept for its text alone, which is counted; it cannot be put together, so it is not stored.
                self._whole = False
                message.setdefault(f"{name}_pieces", []).append(value)

    @staticmethod
    def _add_tool_calls(known: list[dict[str, Any]], deltas: list[dict[str, Any]]) -> None:
        for delta in deltas:
            index = delta.get("index", 0)
            while len(known) <= index:
                known.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
            call = known[index]
            call["id"] = delta.get("id") or call["id"]
            function = delta.get("function") or {}
            call["function"]["name"] += function.get("name") or ""
            call["function"]["arguments"] += function.get("arguments") or ""

    @property
    def finished(self) -> bool:
        """Whether every choice that began also ended."""
        return bool(self._choices) and all(choice["finish_reason"] is not None for choice in self._choices.values())

    @property
    def storable(self) -> bool:
        """Whether `body` says all that the chunks said."""
        return self.finished and self._whole

    def body(self) -> dict[str, Any]:
        """What was put together so far, as a chat completion."""
        choices = [{"index": index, **choice} for index, choice in sorted(self._choices.items())]
        body = {**self.head, "object": "chat.completion", "choices": choices}
        return {**body, "usage": self.raw_usage} if self.raw_usage is not None else body
