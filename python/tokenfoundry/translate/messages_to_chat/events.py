"""Chat-completion chunks as Anthropic's stream.

Anthropic sends one block after the other, OpenAI may send pieces of several tool calls in turn. So one block is open at
a time, and its pieces go on at once; pieces of others wait until it is closed: a text or a thought as soon as something
else begins, a tool call at the end of the answer, because more of it may come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body
from tokenfoundry.translate.messages_to_chat.replies import stop_reason, thinking_of, usage_of
from tokenfoundry.translate.shapes import check_no_error, check_spoken

_MAX_TOOL_CALLS = 1024


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_TOOL_CALLS)] = 0
    function: _Function | None = None


class _Delta(msgspec.Struct):
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None


class _ChunkShape(msgspec.Struct):
    choices: list[_Choice] | None = None


@dataclass(slots=True)
class _Block:
    """One block: what begins it, and its pieces that were not sent yet. A tool call has the `place` of its call."""

    start: Body
    place: int | None = None
    waiting: list[Body] = field(default_factory=list)

    @property
    def kind(self) -> str:
        kind: str = self.start["type"]
        return kind


class EventsOfChunks:
    """One stream, of the first choice alone."""

    def __init__(self) -> None:
        self._begun = False
        self._open: _Block | None = None
        self._later: list[_Block] = []
        self._index = -1
        self._finish: Any = None
        self._usage: Any = None
        self._tier: Any = None

    def feed(self, event: Body) -> list[Body]:
        check_no_error(event)
        check_spoken(event, _ChunkShape)
        events = [] if self._begun else self._begin(event)
        if isinstance(event.get("usage"), dict):
            self._usage = event["usage"]
        self._tier = event.get("service_tier") or self._tier
        for choice in event.get("choices") or ():
            if choice.get("index", 0) == 0:
                events += self._pieces(choice.get("delta") or {})
                self._finish = choice.get("finish_reason") or self._finish
        return events

    def close(self) -> list[Body]:
        """The end. Nothing when the answer has none: then the stream was cut."""
        if self._finish is None:
            return []
        events = self._close_all()
        delta = {"stop_reason": stop_reason(self._finish), "stop_sequence": None}
        usage = {name: count for name, count in usage_of(self._usage).items() if name != "service_tier"}
        return [*events, {"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]

    def _begin(self, chunk: Body) -> list[Body]:
        self._begun = True
        message: Body = {
            "id": str(chunk.get("id") or ""),
            "type": "message",
            "role": "assistant",
            "model": str(chunk.get("model") or ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_of(None, chunk.get("service_tier")),  # It is told at the end.
        }
        return [{"type": "message_start", "message": message}]

    def _pieces(self, delta: Body) -> list[Body]:
        events: list[Body] = []
        if thought := thinking_of(delta):
            start = {"type": "thinking", "thinking": "", "signature": ""}
            events += self._say(start, {"type": "thinking_delta", "thinking": thought})
        for name in ("content", "refusal"):
            text = delta.get(name)
            if isinstance(text, str) and text:
                events += self._say({"type": "text", "text": ""}, {"type": "text_delta", "text": text})
        for call in delta.get("tool_calls") or ():
            events += self._call(call)
        return events

    def _say(self, start: Body, piece: Body) -> list[Body]:
        """A piece of a text or a thought."""
        last = self._later[-1] if self._later else self._open
        if last is None or last.kind != start["type"]:
            last = _Block(start)
            events = self._add(last)
        else:
            events = []
        return events + self._piece(last, piece)

    def _call(self, call: Body) -> list[Body]:
        """A piece of a tool call, which its `index` tells from the others."""
        place: int = call.get("index", 0)
        function = call.get("function") or {}
        known = [block for block in (self._open, *self._later) if block is not None and block.place == place]
        events: list[Body] = []
        if known:
            block = known[0]
        else:
            if not function.get("name"):
                raise ProviderError("the provider sent a tool call without the name of its tool")
            call_id = call.get("id") or f"call_{place}"
            block = _Block({"type": "tool_use", "id": str(call_id), "name": function["name"], "input": {}}, place)
            events += self._add(block)
        if arguments := function.get("arguments"):
            events += self._piece(block, {"type": "input_json_delta", "partial_json": str(arguments)})
        return events

    def _add(self, block: _Block) -> list[Body]:
        if self._open is not None and self._open.place is not None:
            self._later.append(block)
            return []
        return [*self._close_open(), *self._start(block)]

    def _piece(self, block: _Block, piece: Body) -> list[Body]:
        if block is self._open:
            return [{"type": "content_block_delta", "index": self._index, "delta": piece}]
        block.waiting.append(piece)
        return []

    def _start(self, block: _Block) -> list[Body]:
        self._open = block
        self._index += 1
        head: Body = {"type": "content_block_start", "index": self._index, "content_block": block.start}
        return [head, *(piece for waiting in block.waiting for piece in self._piece(block, waiting))]

    def _close_open(self) -> list[Body]:
        if self._open is None:
            return []
        self._open = None
        return [{"type": "content_block_stop", "index": self._index}]

    def _close_all(self) -> list[Body]:
        events = self._close_open()
        for block in self._later:
            events += [*self._start(block), *self._close_open()]
        self._later = []
        return events
