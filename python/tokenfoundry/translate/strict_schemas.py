"""Which JSON schemas a provider holds a model to, character by character; others it refuses.

Sources: Anthropic's documentation ("Structured outputs", "JSON Schema limitations") and OpenAI's ("Structured model
outputs", "Supported schemas"). Both want every object closed; Anthropic knows no bounds on numbers, lengths and
patterns; OpenAI wants every property required.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_SUBSCHEMAS = ("items", "additionalItems")
_LISTS_OF_SUBSCHEMAS = ("anyOf", "allOf", "oneOf")
_NAMED_SUBSCHEMAS = ("properties", "$defs", "definitions")

_ANTHROPIC_KEYWORDS = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf"),
        *("$ref", "$defs", "definitions", "description", "title", "default", "format", "minItems"),
    }
)
_ANTHROPIC_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)


def anthropic_holds_to(schema: dict[str, Any]) -> bool:
    """Whether Anthropic can hold its model to this schema.

    >>> closed = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
    >>> anthropic_holds_to(closed), anthropic_holds_to({"type": "integer", "minimum": 1})
    (True, False)
    """
    return all(
        set(part) <= _ANTHROPIC_KEYWORDS
        and str(part.get("format", "date")) in _ANTHROPIC_FORMATS
        and part.get("minItems", 0) in (0, 1)
        and _is_closed(part)
        for part in _parts(schema)
    )


def openai_holds_to(schema: dict[str, Any]) -> bool:
    """Whether OpenAI can hold its model to this schema.

    >>> openai_holds_to({"type": "object", "properties": {"n": {}}, "required": [], "additionalProperties": False})
    False
    """
    return all(
        _is_closed(part) and all(name in _listed(part, "required") for name in _named(part, "properties"))
        for part in _parts(schema)
    )


def _is_closed(part: dict[str, Any]) -> bool:
    return not ("properties" in part or part.get("type") == "object") or part.get("additionalProperties") is False


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all those inside it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for name in _SUBSCHEMAS:
        yield from _parts(schema.get(name))
    for name in _LISTS_OF_SUBSCHEMAS:
        for each in _listed(schema, name):
            yield from _parts(each)
    for name in _NAMED_SUBSCHEMAS:
        for each in _named(schema, name).values():
            yield from _parts(each)


def _listed(schema: dict[str, Any], name: str) -> list[Any]:
    value = schema.get(name)
    return value if isinstance(value, list) else []


def _named(schema: dict[str, Any], name: str) -> dict[str, Any]:
    value = schema.get(name)
    return value if isinstance(value, dict) else {}
