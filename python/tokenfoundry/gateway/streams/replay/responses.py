"""Responses in pieces (OpenAI API reference, "Streaming events" of the Responses API)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tokenfoundry.gateway.streams.replay.borders import Borders, pieces_of

Body = dict[str, Any]

# The texts that come in pieces, as their events are called, and the field of the `done` event that has them whole.
_DONE_FIELD: Mapping[str, str] = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_text": "text",
    "response.reasoning_summary_text": "text",
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.mcp_call_arguments": "arguments",
}
_DELTA = ".delta"

# Of an item whose one text comes in pieces: how its events are called, and its field.
_ITEM_TEXT: Mapping[str, tuple[str, str]] = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
    "mcp_call": ("response.mcp_call_arguments", "arguments"),
}
# Of a part of an item's content: how the events of its text are called, and its field.
_PART_TEXT: Mapping[str, tuple[str, str]] = {
    "output_text": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
    "reasoning_text": ("response.reasoning_text", "text"),
}
_SUMMARY = "response.reasoning_summary_text"


def steps(event: Body) -> Iterator[tuple[str, int]]:
    """The pieces of text in an event, each at its output item and its part of it."""
    kind = str(event.get("type"))
    if kind.endswith(_DELTA) and kind.removesuffix(_DELTA) in _DONE_FIELD:
        delta = event.get("delta")
        if delta and isinstance(delta, str):
            yield _place(kind.removesuffix(_DELTA), event), len(delta)


def _place(kind: str, event: Body) -> str:
    part = event.get("summary_index" if kind == _SUMMARY else "content_index", 0)
    return f"{event.get('output_index', 0)}.{part}{'s' if kind == _SUMMARY else ''}"


def events(reply: Body, borders: Borders) -> Iterator[Body]:
    """The events of a response, `response.completed` (or `response.incomplete`) included."""
    reply = {name: value for name, value in reply.items() if name != "tokenfoundry"}
    begun = {**reply, "status": "in_progress", "output": [], "usage": None}
    last = "response.incomplete" if reply.get("status") == "incomplete" else "response.completed"
    for number, event in enumerate(
        (
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
            *_output(reply, borders),
            {"type": last, "response": reply},
        )
    ):
        yield {**event, "sequence_number": number}


def _output(reply: Body, borders: Borders) -> Iterator[Body]:
    for index, item in enumerate(reply.get("output") or ()):
        at = {"item_id": item.get("id", ""), "output_index": index}
        yield {"type": "response.output_item.added", "output_index": index, "item": _empty(item)}
        for number, part in enumerate(item.get("summary") or ()):
            yield from _summary(part, {**at, "summary_index": number}, borders)
        for number, part in enumerate(item.get("content") or ()):
            yield from _part(part, {**at, "content_index": number}, borders)
        kind, field = _ITEM_TEXT.get(item.get("type", ""), ("", ""))
        if kind and isinstance(item.get(field), str):
            yield from _text(kind, item[field], at, borders)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _empty(item: Body) -> Body:
    """An item before its pieces came."""
    made = {name: [] if name in ("summary", "content") and value else value for name, value in item.items()}
    _, field = _ITEM_TEXT.get(item.get("type", ""), ("", ""))
    if field:
        made[field] = ""
    return {**made, "status": "in_progress"} if made.get("status") == "completed" else made


def _summary(part: Body, at: Body, borders: Borders) -> Iterator[Body]:
    yield {"type": "response.reasoning_summary_part.added", **at, "part": {**part, "text": ""}}
    yield from _text(_SUMMARY, part.get("text") or "", at, borders)
    yield {"type": "response.reasoning_summary_part.done", **at, "part": part}


def _part(part: Body, at: Body, borders: Borders) -> Iterator[Body]:
    kind, field = _PART_TEXT.get(part.get("type", ""), ("", ""))
    empty = {**part, field: ""} if field else part
    yield {"type": "response.content_part.added", **at, "part": empty}
    if field:
        extra: Body = {"logprobs": []} if kind == "response.output_text" else {}
        yield from _text(kind, part.get(field) or "", at, borders, extra)
        for number, annotation in enumerate(part.get("annotations") or ()):
            said = {"annotation_index": number, "annotation": annotation}
            yield {"type": "response.output_text.annotation.added", **at, **said}
    yield {"type": "response.content_part.done", **at, "part": part}


def _text(kind: str, text: str, at: Body, borders: Borders, extra: Body | None = None) -> Iterator[Body]:
    for _, piece in pieces_of({_place(kind, at): text}, borders):
        yield {"type": f"{kind}{_DELTA}", **at, "delta": piece, **(extra or {})}
    yield {"type": f"{kind}.done", **at, _DONE_FIELD[kind]: text, **(extra or {})}
