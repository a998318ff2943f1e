"""The events of a streamed response: one whole response cut into them, and the parts that both makers of such streams
need (a reply from the cache, and a chat completion translated as it comes).

Source: the `ResponseStreamEvent` schemas of OpenAI's published API description.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]


class Numbering:
    """Numbers the events of one stream from 0, in the order in which they are made."""

    def __init__(self) -> None:
        self._next = 0

    def event(self, kind: str, **fields: Any) -> Body:
        number, self._next = self._next, self._next + 1
        return {"type": kind, "sequence_number": number, **fields}


def begin(numbering: Numbering, response: Body) -> list[Body]:
    """The first two events, of a response that has produced nothing yet."""
    begun = {
        **{name: value for name, value in response.items() if name != "usage"},
        "status": "in_progress",
        "output": [],
        "incomplete_details": None,
        "completed_at": None,
        "error": None,
    }
    return [numbering.event(f"response.{kind}", response=begun) for kind in ("created", "in_progress")]


def end(numbering: Numbering, response: Body) -> Body:
    """The last event: `response.completed`, or what else became of it."""
    status = response.get("status")
    kind = status if status in ("incomplete", "failed") else "completed"
    return numbering.event(f"response.{kind}", response=response)


def sequence(response: Body) -> list[Body]:
    """A whole response as the events of a stream, each text in one piece."""
    numbering = Numbering()
    events = begin(numbering, response)
    for index, item in enumerate(response.get("output") or ()):
        events += item_events(numbering, item, index)
    return [*events, end(numbering, response)]


def item_events(numbering: Numbering, item: Body, output_index: int) -> Iterator[Body]:
    """One item of the output, from `output_item.added` to `output_item.done`."""
    place = {"item_id": item.get("id") or "", "output_index": output_index}
    yield numbering.event("response.output_item.added", output_index=output_index, item=empty_item(item))
    match item.get("type"):
        case "message":
            for at, part in enumerate(item.get("content") or ()):
                yield from _part_events(numbering, part, {**place, "content_index": at})
        case "function_call":
            named = {"name": item.get("name") or ""}
            kind = "response.function_call_arguments"
            yield from _whole(numbering, kind, place, named, arguments=item.get("arguments"))
        case "custom_tool_call":
            yield from _whole(numbering, "response.custom_tool_call_input", place, input=item.get("input"))
        case "reasoning":
            for at, part in enumerate(item.get("summary") or ()):
                inner = {**place, "summary_index": at}
                yield numbering.event("response.reasoning_summary_part.added", **inner, part={**part, "text": ""})
                yield from _whole(numbering, "response.reasoning_summary_text", inner, text=part.get("text"))
                yield numbering.event("response.reasoning_summary_part.done", **inner, part=part)
            for at, part in enumerate(item.get("content") or ()):
                inner = {**place, "content_index": at}
                yield from _whole(numbering, "response.reasoning_text", inner, text=part.get("text"))
    yield numbering.event("response.output_item.done", output_index=output_index, item=item)


def empty_item(item: Body) -> Body:
    """The item before anything of it was produced."""
    begun = {name: value for name, value in item.items() if name != "encrypted_content"}
    match item.get("type"):
        case "message":
            return {**begun, "status": "in_progress", "content": []}
        case "function_call":
            return {**begun, "status": "in_progress", "arguments": ""}
        case "custom_tool_call":
            return {**begun, "input": ""}
        case "reasoning":
            begun.pop("content", None)
            return {**begun, "summary": []}
    return begun


def _part_events(numbering: Numbering, part: Body, place: Body) -> Iterator[Body]:
    kind, field = ("response.refusal", "refusal") if part.get("type") == "refusal" else ("response.output_text", "text")
    begun = {**part, field: ""}
    if "annotations" in begun:
        begun["annotations"] = []
    yield numbering.event("response.content_part.added", **place, part=begun)
    logprobs = {"logprobs": part.get("logprobs") or []} if field == "text" else {}
    yield from _whole(numbering, kind, {**place, **logprobs}, **{field: part.get(field)})
    for at, annotation in enumerate(part.get("annotations") or ()):
        yield numbering.event(
            "response.output_text.annotation.added", **place, annotation_index=at, annotation=annotation
        )
    yield numbering.event("response.content_part.done", **place, part=part)


def _whole(numbering: Numbering, kind: str, place: Body, at_end: Body | None = None, **text: Any) -> Iterator[Body]:
    """A text as a single delta and the event that ends it; `text` is its field there, beside those of `at_end`."""
    [(field, value)] = text.items()
    yield numbering.event(f"{kind}.delta", **place, delta=value or "")
    yield numbering.event(f"{kind}.done", **place, **(at_end or {}), **{field: value or ""})
