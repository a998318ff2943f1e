"""Anthropic's stream as chat-completion chunks."""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body
from tokenfoundry.translate.chat_to_messages.replies import BETWEEN_THOUGHTS, finish_reason, refusal_of, usage_of
from tokenfoundry.translate.chat_to_messages.reply_tool import REPLY_TOOL


class ChunksOfMessages:
    """One stream. Each event becomes the chunks that say the same; the last two are the finish and the usage."""

    def __init__(self, *, created: int) -> None:
        """`created` is the Unix time of the reply in seconds."""
        self._head: Body = {"id": "", "object": "chat.completion.chunk", "created": created, "model": ""}
        self._usage: Body = {}
        self._tools: dict[int, int] = {}  # the index of a block to that of its tool call
        self._silent: set[int] = set()  # blocks of tool calls whose input has not begun
        self._replies: set[int] = set()  # blocks whose input is the reply
        self._delta: Body = {}
        self._has_thought = False
        self._between_thoughts = ""  # due before the next piece

    def feed(self, event: Body) -> list[Body]:
        match event:
            case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
                return self._piece(index, delta)
            case {"type": "content_block_start", "index": int(index), "content_block": dict(block)}:
                return self._start(index, block)
            case {"type": "content_block_stop", "index": int(index)}:
                return self._input(index, "{}") if index in self._silent else []
            case {"type": "message_start", "message": dict(message)}:
                self._head |= {"id": str(message.get("id") or ""), "model": str(message.get("model") or "")}
                self._add_usage(message.get("usage"))
                return [self._chunk({"role": "assistant", "content": ""})]
            case {"type": "message_delta", "delta": dict(delta)}:
                self._delta |= {name: value for name, value in delta.items() if value is not None}
                self._add_usage(event.get("usage"))
                return []
            case {"type": "message_stop"}:
                return self._end()
            case {"type": "ping"}:
                return []
            case {"type": "error"}:
                raise ProviderError("the provider reported an error in mid-stream")
            case {"type": str(kind)} if kind not in _KNOWN:
                return []  # Anthropic adds kinds of events and asks clients to pass over those they do not know.
        raise ProviderError("the provider sent an event of another shape")

    def close(self) -> list[Body]:
        return []

    def _start(self, index: int, block: Body) -> list[Body]:
        match block:
            case {"type": "tool_use", "name": str(name)} if name == REPLY_TOOL:
                self._replies.add(index)
                return []
            case {"type": "tool_use", "id": str(call_id), "name": str(name)}:
                place = self._tools[index] = len(self._tools)
                self._silent.add(index)
                call = {"index": place, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
                return [self._chunk({"tool_calls": [call]})]
            case {"type": "text", "text": str(text)}:
                return [self._chunk({"content": text})] if text else []
            case {"type": "thinking", "thinking": str(thought)}:
                self._between_thoughts = BETWEEN_THOUGHTS if self._has_thought else ""
                return self._think(thought)
            case {"type": "text" | "thinking" | "tool_use"}:
                raise ProviderError("the provider sent a block of another shape")
        return []

    def _piece(self, index: int, delta: Body) -> list[Body]:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                return [self._chunk({"content": text})]
            case {"type": "input_json_delta", "partial_json": str(piece)}:
                return self._input(index, piece) if piece else []
            case {"type": "thinking_delta", "thinking": str(thought)}:
                return self._think(thought)
            case {"type": "text_delta" | "input_json_delta" | "thinking_delta"}:
                raise ProviderError("the provider sent a piece of another shape")
        return []

    def _think(self, thought: str) -> list[Body]:
        if not thought:
            return []
        self._has_thought = True
        between, self._between_thoughts = self._between_thoughts, ""
        return [self._chunk({"reasoning_content": between + thought})]

    def _input(self, index: int, piece: str) -> list[Body]:
        self._silent.discard(index)
        if index in self._replies:
            return [self._chunk({"content": piece})]
        if (place := self._tools.get(index)) is None:
            return []  # The input of a tool that the provider runs itself.
        return [self._chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})]

    def _end(self) -> list[Body]:
        stop_reason = self._delta.get("stop_reason")
        if stop_reason is None:
            raise ProviderError("the provider's stream ended without a reason")
        answered_by_tool = stop_reason == "tool_use" and not self._tools
        refusal = refusal_of(self._delta.get("stop_details"))
        chunks = [
            self._chunk(
                {} if refusal is None else {"refusal": refusal},
                finish="stop" if answered_by_tool else finish_reason(stop_reason),
            )
        ]
        if self._usage:
            chunks.append({**self._head, "choices": [], "usage": usage_of(self._usage)})
        return chunks

    def _add_usage(self, usage: Any) -> None:
        """The counts of later events are totals, so they replace earlier ones."""
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _chunk(self, delta: Body, *, finish: str | None = None) -> Body:
        return {**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


_KNOWN = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_start",
        "message_delta",
        "message_stop",
    }
)
