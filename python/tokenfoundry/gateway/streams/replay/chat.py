"""Chat completions in pieces (OpenAI API reference, "Chat streaming")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.gateway.streams.replay.borders import Borders, objects, pieces_of

Body = dict[str, Any]

# Of a message: what comes whole, with the first delta.
_WHOLE = frozenset({"role", "tool_calls"})
_TOOL = "tool_calls."


def steps(event: Body) -> Iterator[tuple[str, int]]:
    """The pieces of text in a chunk: `0.content`, `0.tool_calls.1` (its arguments)."""
    for choice in objects(event.get("choices")):
        index, delta = choice.get("index", 0), choice.get("delta")
        if not isinstance(delta, dict):
            continue
        for name, value in delta.items():
            if name == "tool_calls":
                for tool_call in objects(value):
                    function = tool_call.get("function")
                    arguments = function.get("arguments") if isinstance(function, dict) else None
                    if arguments and isinstance(arguments, str):
                        yield f"{index}.{_TOOL}{tool_call.get('index', 0)}", len(arguments)
            elif value and isinstance(value, str) and name != "role":
                yield f"{index}.{name}", len(value)


def events(reply: Body, borders: Borders) -> Iterator[Body]:
    """The chunks of a chat completion; the usage comes last, in a chunk without choices, when it is known."""
    head = {name: value for name, value in reply.items() if name not in ("object", "choices", "usage", "tokenfoundry")}
    head["object"] = "chat.completion.chunk"
    choices = {choice.get("index", 0): choice for choice in reply["choices"]}
    texts: dict[str, str] = {}
    for index, choice in choices.items():
        texts.update(_texts(index, choice["message"]))
        yield {**head, "choices": [_choice(index, _first_delta(choice["message"]))]}
    begun: set[str] = set()
    for place, piece in pieces_of(texts, borders):
        number, _, name = place.partition(".")
        index = int(number)
        if name.startswith(_TOOL):
            at = int(name.removeprefix(_TOOL))
            delta = _tool_delta(choices[index]["message"]["tool_calls"][at], at, piece, first=place not in begun)
            begun.add(place)
        else:
            delta = {name: piece}
        yield {**head, "choices": [_choice(index, delta)]}
    for index, choice in choices.items():
        for at, tool_call in enumerate(choice["message"].get("tool_calls") or ()):
            if f"{index}.{_TOOL}{at}" not in begun:  # One without arguments.
                yield {**head, "choices": [_choice(index, _tool_delta(tool_call, at, "", first=True))]}
        last = _choice(index, {})
        if choice.get("logprobs") is not None:
            last["logprobs"] = choice["logprobs"]
        yield {**head, "choices": [{**last, "finish_reason": choice.get("finish_reason")}]}
    if isinstance(reply.get("usage"), dict):
        yield {**head, "choices": [], "usage": reply["usage"]}


def _choice(index: int, delta: Body) -> Body:
    return {"index": index, "delta": delta, "finish_reason": None}


def _texts(index: int, message: Body) -> Iterator[tuple[str, str]]:
    for name, value in message.items():
        if value and isinstance(value, str) and name not in _WHOLE:
            yield f"{index}.{name}", value
    for at, tool_call in enumerate(message.get("tool_calls") or ()):
        arguments = (tool_call.get("function") or {}).get("arguments")
        if arguments and isinstance(arguments, str):
            yield f"{index}.{_TOOL}{at}", arguments


def _first_delta(message: Body) -> Body:
    """What is no text in pieces: the role, and fields such as annotations or sound."""
    delta: Body = {"role": message.get("role", "assistant")}
    for name, value in message.items():
        if name not in _WHOLE and not (value and isinstance(value, str)):
            delta[name] = value
    return delta


def _tool_delta(tool_call: Body, at: int, piece: str, *, first: bool) -> Body:
    """The first piece of a tool call says what it is; those after it bring arguments alone."""
    if not first:
        return {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}
    whole = {**tool_call, "index": at}
    if isinstance(whole.get("function"), dict):
        whole["function"] = {**whole["function"], "arguments": piece}
    return {"tool_calls": [whole]}
