"""Marks that make Anthropic's prompt cache keep the prefix of a prompt, where that pays.

The rule (Anthropic's documentation, "Prompt caching"): what is marked is written to the cache for five minutes at 1.25
times the price of input, and read from it at 0.1 times; a body takes four marks; a prefix shorter than the family's
minimum is not kept. The provider looks a prompt up in the order tools, system, turns.

A mark costs a quarter of its prefix once and saves nine tenths at each read, so it pays from 0.28 reads on. One body
does not say how often it will be followed, so this is assumed: a prompt with tools or with earlier turns belongs to a
conversation, of which at least one more call follows; a system prompt alone is taken for one that changes. Where that
is wrong, `expected_reads` says better.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.translate import Body
from tokenfoundry.translate.claude import family_of

_WRITE_PREMIUM = 0.25
_READ_SAVING = 0.9
_MAX_MARKS = 4
_BYTES_PER_TOKEN = 4
_MARK = {"type": "ephemeral"}

# Blocks that Anthropic marks; thinking cannot be, nor an empty text.
_MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result", "search_result"})


def marked(body: Body, *, model: str, expected_reads: float | None = None) -> Body:
    """A copy of a Messages body with marks, or the body itself when its caller set some or none would pay.

    `expected_reads` is how often a written prefix is read before it expires, when that is known.
    """
    if "cache_control" in body or _is_marked(body):
        return body
    reads = _assumed_reads(body) if expected_reads is None else expected_reads
    if reads * _READ_SAVING <= _WRITE_PREMIUM:
        return body
    least_bytes = family_of(model).cacheable_tokens * _BYTES_PER_TOKEN
    made = dict(body)
    prefix_bytes = marks = 0
    if tools := body.get("tools"):
        prefix_bytes += _size_bytes(tools)
        if prefix_bytes >= least_bytes and isinstance(tools[-1], dict):
            made["tools"] = [*tools[:-1], {**tools[-1], "cache_control": _MARK}]
            marks += 1
    if system := body.get("system"):
        prefix_bytes += _size_bytes(system)
        if prefix_bytes >= least_bytes and (content := _marked_content(system)) is not None:
            made["system"] = content
            marks += 1
    turns: list[Body] = list(body["messages"])
    for index in _stable_turns(turns)[: _MAX_MARKS - marks]:
        reached_bytes = prefix_bytes + _size_bytes(turns[: index + 1])
        if reached_bytes >= least_bytes and (content := _marked_content(turns[index].get("content"))) is not None:
            turns[index] = {**turns[index], "content": content}
    made["messages"] = turns
    return made


def _assumed_reads(body: Body) -> float:
    follows = any(isinstance(turn, dict) and turn.get("role") == "assistant" for turn in body["messages"])
    return 1.0 if follows or body.get("tools") else 0.0


def _stable_turns(turns: list[Body]) -> list[int]:
    """The turns of the user to mark: the last, which the next call reads, and the one before, which this call reads
    when the call before wrote it. A first turn alone may not be followed by another.
    """
    users = [index for index, turn in enumerate(turns) if turn.get("role") == "user"]
    return users[-2:] if len(users) > 1 else []


def _marked_content(content: Any) -> list[Body] | None:
    """The content with a mark on its last block; None where that takes none."""
    if isinstance(content, str):
        return [{"type": "text", "text": content, "cache_control": _MARK}] if content else None
    if not isinstance(content, list) or not content or not isinstance(content[-1], dict):
        return None
    last = content[-1]
    if last.get("type") not in _MARKABLE or last.get("text") == "":
        return None
    return [*content[:-1], {**last, "cache_control": _MARK}]


def _is_marked(value: Any) -> bool:
    if isinstance(value, dict):
        return any((name == "cache_control" and item is not None) or _is_marked(item) for name, item in value.items())
    return isinstance(value, list) and any(map(_is_marked, value))


def _size_bytes(value: Any) -> int:
    """The text in it, as bytes of JSON. What stands in base64 is left out: its tokens are not its bytes."""
    return len(msgspec.json.encode(_without_data(value)))


def _without_data(value: Any) -> Any:
    if isinstance(value, dict):
        binary = value.get("type") == "base64"
        return {name: "" if binary and name == "data" else _without_data(item) for name, item in value.items()}
    return [_without_data(item) for item in value] if isinstance(value, list) else value
