"""The texts of a response: which are restored how, and which a model produced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.gateway.bodies.texts import restored, texts
from tokenfoundry.privacy import RedactionSession


def is_response(value: Any) -> bool:
    """Whether a decoded value has the shape of a response."""
    output = value.get("output") if isinstance(value, dict) else None
    return isinstance(output, list) and all(isinstance(item, dict) for item in output)


# What a response repeats of fields that do not change what a model answers, and says when there is none.
_REPEATED: dict[str, Any] = {"metadata": {}, "user": None, "safety_identifier": None, "prompt_cache_key": None}


def as_asked(response: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A copy that repeats what this caller said. A shared answer may repeat another's: these fields do not tell calls
    apart.
    """
    own = {name: default if body.get(name) is None else body[name] for name, default in _REPEATED.items()}
    return {name: own.get(name, value) for name, value in response.items()}


def restored_response(response: dict[str, Any], session: RedactionSession, *, json: bool) -> dict[str, Any]:
    """A copy of a response with the caller's own values. `json` says that its text is JSON."""
    made: dict[str, Any] = restored(response, session)
    if json:
        made["output"] = restored_output(response.get("output"), session, json=True)
    return made


def restored_output(value: Any, session: RedactionSession, *, json: bool) -> Any:
    """A copy of an output item, a part or a list of them, with the caller's own values."""
    made = restored(value, session)
    if json:
        for part, original in zip(_text_parts(made), _text_parts(value), strict=True):
            part["text"] = session.restore(original["text"], json=True)
    return made


def produced_texts(items: list[Any]) -> Iterator[str]:
    """The texts of output items that a model generated: not ids, types and states, which are the protocol's."""
    for item in items:
        for name, value in item.items():
            if name in ("content", "summary", "output"):
                for part in value if isinstance(value, list) else [value]:
                    made = part.items() if isinstance(part, dict) else [("text", part)]
                    yield from texts([text for field, text in made if field in ("text", "refusal")])
            elif name in ("arguments", "input", "name", "code", "action", "operation"):
                yield from texts(value)


def _text_parts(value: Any) -> Iterator[dict[str, Any]]:
    """The `output_text` parts in it, in order."""
    if isinstance(value, list):
        for item in value:
            yield from _text_parts(item)
    elif isinstance(value, dict):
        if value.get("type") == "output_text" and isinstance(value.get("text"), str):
            yield value
        elif isinstance(value.get("content"), list):
            yield from _text_parts(value["content"])
