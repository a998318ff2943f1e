"""Messages in pieces (Anthropic API, "Streaming messages": event types and content block deltas)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tokenfoundry.gateway.streams.replay.borders import Borders, pieces_of

Body = dict[str, Any]

# Of a content block, by its type: the field that comes in pieces, the type of its deltas, and what they call it.
_PIECES: Mapping[str, tuple[str, str, str]] = {
    "text": ("text", "text_delta", "text"),
    "thinking": ("thinking", "thinking_delta", "thinking"),
    "tool_use": ("input", "input_json_delta", "partial_json"),
    "server_tool_use": ("input", "input_json_delta", "partial_json"),
    "mcp_tool_use": ("input", "input_json_delta", "partial_json"),
}
# The counts that the end of a stream tells; the others stand at its start alone.
_TOTALS = frozenset(
    {
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "output_tokens_details",
        "server_tool_use",
    }
)

_TEXT_OF_DELTA = {delta: name for _, delta, name in _PIECES.values()}


def steps(event: Body) -> Iterator[tuple[str, int]]:
    """The pieces of text in an event, each at the index of its content block."""
    if event.get("type") == "content_block_delta":
        delta = event.get("delta")
        if not isinstance(delta, dict):
            return
        text = delta.get(_TEXT_OF_DELTA.get(str(delta.get("type")), ""))
        if text and isinstance(text, str):
            yield str(event.get("index", 0)), len(text)


def events(reply: Body, borders: Borders) -> Iterator[Body]:
    """The events of a message, `message_stop` included."""
    usage = reply.get("usage") or {}
    start = {name: value for name, value in reply.items() if name not in ("content", "tokenfoundry")}
    ended = {name: start.pop(name) for name in ("stop_details", "container") if start.get(name) is not None}
    ended.update(stop_reason=reply.get("stop_reason"), stop_sequence=reply.get("stop_sequence"))
    start.update(content=[], stop_reason=None, stop_sequence=None, usage={**usage, "output_tokens": 0})
    totals = {name: count for name, count in usage.items() if name in _TOTALS}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(reply.get("content") or ()):
        yield from _block(index, block, borders)
    yield {"type": "message_delta", "delta": ended, "usage": totals}
    yield {"type": "message_stop"}


def _block(index: int, block: Body, borders: Borders) -> Iterator[Body]:
    """The events of one content block: its beginning, its deltas, its end."""
    field, kind, name = _PIECES.get(block.get("type", ""), ("", "", ""))
    empty = dict(block)
    if field:
        empty[field] = {} if field == "input" else ""
    signature = None
    if kind == "thinking_delta":
        signature, empty["signature"] = block.get("signature"), ""
    citations = empty.pop("citations") if kind == "text_delta" and block.get("citations") else ()
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for citation in citations:
        yield _delta(index, {"type": "citations_delta", "citation": citation})
    if field:
        value = block.get(field)
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode() if value else ""
        for _, piece in pieces_of({str(index): text}, borders):
            yield _delta(index, {"type": kind, name: piece})
    if signature is not None:
        yield _delta(index, {"type": "signature_delta", "signature": signature})
    yield {"type": "content_block_stop", "index": index}


def _delta(index: int, delta: Body) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": delta}
