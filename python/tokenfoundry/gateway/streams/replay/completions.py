"""Text completions in pieces (OpenAI API reference, "Completions", `stream`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.gateway.streams.replay.borders import Borders, objects, pieces_of

Body = dict[str, Any]


def steps(event: Body) -> Iterator[tuple[str, int]]:
    """The pieces of text in a chunk, each at the index of its choice."""
    for choice in objects(event.get("choices")):
        text = choice.get("text")
        if text and isinstance(text, str):
            yield str(choice.get("index", 0)), len(text)


def events(reply: Body, borders: Borders) -> Iterator[Body]:
    """The chunks of a completion; the usage comes last, in a chunk without choices, when it is known."""
    head = {name: value for name, value in reply.items() if name not in ("choices", "usage", "tokenfoundry")}
    choices = {str(choice.get("index", 0)): choice for choice in reply["choices"]}
    texts = {place: choice["text"] for place, choice in choices.items() if choice.get("text")}
    for place, piece in pieces_of(texts, borders):
        yield {**head, "choices": [{"index": int(place), "text": piece, "finish_reason": None, "logprobs": None}]}
    for place, choice in choices.items():
        last = {"index": int(place), "text": "", "finish_reason": choice.get("finish_reason")}
        yield {**head, "choices": [{**last, "logprobs": choice.get("logprobs")}]}
    if isinstance(reply.get("usage"), dict):
        yield {**head, "choices": [], "usage": reply["usage"]}
