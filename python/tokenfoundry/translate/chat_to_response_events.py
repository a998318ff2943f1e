"""The chunks of a streamed chat completion as the events of a streamed response.

An item of the output is open while its text comes: reasoning, then the message, then each tool call. One that follows
ends the one before it, but for tool calls, whose pieces may interleave: those end with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate.response_body import (
    ended,
    logprobs_of,
    message_item,
    reasoning_item,
    reasoning_of,
    response_of,
    text_part,
)
from tokenfoundry.translate.responses_events import Numbering, begin, empty_item, end
from tokenfoundry.translate.shapes import check_no_error

Body = dict[str, Any]

_MAX_TOOL_CALLS = 1024


@dataclass(slots=True)
class _Item:
    """An item of the output that is not done."""

    kind: str  # reasoning, message, function_call or custom_tool_call
    output_index: int
    body: Body
    pieces: list[str] = field(default_factory=list)
    # Of a message: the part that is open, and those that are done.
    part: str = ""
    parts: list[Body] = field(default_factory=list)
    logprobs: list[Body] = field(default_factory=list)

    @property
    def place(self) -> Body:
        return {"item_id": self.body["id"], "output_index": self.output_index}

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class ChatToResponseEvents:
    """See `tokenfoundry.translate.EventTranslator`. Translates the first choice."""

    def __init__(self, body: Body) -> None:
        self._asked = body
        self._numbering = Numbering()
        self._frame: Body | None = None
        self._items: list[_Item] = []  # of the output, in order
        self._done: dict[int, Body] = {}
        self._calls: dict[int, _Item] = {}  # by the index that the chunks name
        self._finish_reason: Any = None
        self._usage: Any = None

    def feed(self, event: Body) -> list[Body]:
        check_no_error(event)
        events: list[Body] = []
        if self._frame is None:
            self._frame = response_of(event, self._asked)
            events += begin(self._numbering, self._frame)
        if isinstance(event.get("usage"), dict):
            self._usage = event["usage"]
        choices = event.get("choices") or ()
        if not isinstance(choices, list | tuple) or not all(isinstance(choice, dict) for choice in choices):
            raise ProviderError("the provider sent a chunk of another shape")
        for choice in choices:
            if choice.get("index", 0) == 0:
                events += self._choice(choice)
        return events

    def close(self) -> list[Body]:
        if self._frame is None or self._finish_reason is None:
            raise ProviderError("the provider's stream ended before its answer did")
        events = self._end_all()
        if not self._items:
            # An answer of nothing is a message without parts.
            self._open("message", message_item([], self._id), events)
            events += self._end_all()
        output = [self._done[item.output_index] for item in self._items]
        response = ended(self._frame, output, self._finish_reason, self._usage)
        return [*events, end(self._numbering, response)]

    @property
    def _id(self) -> str:
        assert self._frame is not None, "an item follows the first chunk"
        response_id: str = self._frame["id"]
        return response_id.removeprefix("resp_")

    def _choice(self, choice: Body) -> list[Body]:
        delta = choice.get("delta") or {}
        if not isinstance(delta, dict):
            raise ProviderError("the provider sent a chunk of another shape")
        events: list[Body] = []
        if reasoning := reasoning_of(delta):
            events += self._reasoning(reasoning)
        for part, kind in (("content", "output_text"), ("refusal", "refusal")):
            if isinstance(delta.get(part), str) and delta[part]:
                events += self._text(kind, delta[part], choice.get("logprobs"))
        calls = delta.get("tool_calls") or ()
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            events += self._call(call, position)
        if choice.get("finish_reason") is not None:
            self._finish_reason = choice["finish_reason"]
        return events

    def _open(self, kind: str, body: Body, events: list[Body]) -> _Item:
        item = _Item(kind, len(self._items), body)
        self._items.append(item)
        added = self._numbering.event(
            "response.output_item.added", output_index=item.output_index, item=empty_item(body)
        )
        events.append(added)
        return item

    def _current(self, kind: str, events: list[Body]) -> _Item | None:
        """The open item of that kind; ends what else is open."""
        item = self._items[-1] if self._items else None
        if item is not None and item.kind == kind and item.output_index not in self._done:
            return item
        events += self._end_all()
        return None

    def _reasoning(self, text: str) -> list[Body]:
        events: list[Body] = []
        item = self._current("reasoning", events)
        if item is None:
            item = self._open("reasoning", reasoning_item("", f"{self._id}_{len(self._items)}"), events)
        item.pieces.append(text)
        events.append(self._numbering.event("response.reasoning_text.delta", **item.place, content_index=0, delta=text))
        return events

    def _text(self, kind: str, text: str, logprobs: Any) -> list[Body]:
        events: list[Body] = []
        item = self._current("message", events)
        if item is None:
            named = self._id if not self._items else f"{self._id}_{len(self._items)}"
            item = self._open("message", message_item([], named), events)
        if item.part != kind:
            events += self._end_part(item)
            item.part = kind
            empty = text_part("") if kind == "output_text" else {"type": "refusal", "refusal": ""}
            events.append(self._in_part(item, "response.content_part.added", part=empty))
        item.pieces.append(text)
        stated = {}
        if kind == "output_text":
            of_delta = logprobs_of(logprobs.get("content") if isinstance(logprobs, dict) else None)
            item.logprobs += of_delta
            stated = {"logprobs": of_delta}
        events.append(self._in_part(item, f"response.{kind}.delta", delta=text, **stated))
        return events

    def _call(self, call: Any, position: int) -> list[Body]:
        if not isinstance(call, dict):
            raise ProviderError("the provider sent a tool call of another shape")
        index = call.get("index", position)
        inner = call.get("custom") if isinstance(call.get("custom"), dict) else call.get("function")
        if not (type(index) is int and 0 <= index < _MAX_TOOL_CALLS and isinstance(inner, dict | None)):
            raise ProviderError("the provider sent a tool call of another shape")
        events: list[Body] = []
        item = self._calls.get(index)
        if item is None:
            if not self._calls:
                events += self._end_all()
            item = self._calls[index] = self._open_call(call, inner or {}, index, events)
        field_name = "input" if item.kind == "custom_tool_call" else "arguments"
        text = (inner or {}).get(field_name)
        if isinstance(text, str) and text:
            item.pieces.append(text)
            events.append(self._numbering.event(f"{_call_event(item)}.delta", **item.place, delta=text))
        return events

    def _open_call(self, call: Body, inner: Body, index: int, events: list[Body]) -> _Item:
        name = inner.get("name") if isinstance(inner.get("name"), str) else ""
        call_id = call.get("id") if isinstance(call.get("id"), str) else f"call_{self._id}_{index}"
        if isinstance(call.get("custom"), dict):
            body = {"id": f"ctc_{self._id}_{index}", "type": "custom_tool_call", "call_id": call_id, "name": name}
            return self._open("custom_tool_call", {**body, "input": ""}, events)
        body = {"id": f"fc_{self._id}_{index}", "type": "function_call", "call_id": call_id, "name": name}
        return self._open("function_call", {**body, "arguments": "", "status": "completed"}, events)

    def _end_all(self) -> list[Body]:
        events: list[Body] = []
        for item in self._items:
            if item.output_index not in self._done:
                events += self._end_item(item)
        return events

    def _end_item(self, item: _Item) -> list[Body]:
        events: list[Body] = []
        done = item.body
        match item.kind:
            case "message":
                events += self._end_part(item)
                done = {**done, "content": item.parts}
            case "reasoning":
                done = {**done, "content": [{"type": "reasoning_text", "text": item.text}]}
                ending = {"content_index": 0, "text": item.text}
                events.append(self._numbering.event("response.reasoning_text.done", **item.place, **ending))
            case _:
                text_field = "input" if item.kind == "custom_tool_call" else "arguments"
                done = {**done, text_field: item.text}
                told = {text_field: item.text}
                if item.kind == "function_call":
                    told["name"] = done["name"]
                events.append(self._numbering.event(f"{_call_event(item)}.done", **item.place, **told))
        self._done[item.output_index] = done
        events.append(self._numbering.event("response.output_item.done", output_index=item.output_index, item=done))
        return events

    def _end_part(self, item: _Item) -> list[Body]:
        if not item.part:
            return []
        text = item.text
        if item.part == "refusal":
            part: Body = {"type": "refusal", "refusal": text}
            whole = self._in_part(item, "response.refusal.done", refusal=text)
        else:
            part = {**text_part(text), "logprobs": item.logprobs}
            whole = self._in_part(item, "response.output_text.done", text=text, logprobs=item.logprobs)
        events = [whole, self._in_part(item, "response.content_part.done", part=part)]
        item.parts.append(part)
        item.part, item.pieces, item.logprobs = "", [], []
        return events

    def _in_part(self, item: _Item, kind: str, **fields: Any) -> Body:
        return self._numbering.event(kind, **item.place, content_index=len(item.parts), **fields)


def _call_event(item: _Item) -> str:
    return "response.custom_tool_call_input" if item.kind == "custom_tool_call" else "response.function_call_arguments"
