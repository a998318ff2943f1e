"""Tools as OpenAI shows them to its models: functions of a TypeScript namespace, in the place of their JSON schemas.

Not published; found by others by asking the API (github.com/hmarr/openai-chat-tokens), and checked against bills that
public tests recorded (`tests/python/tokens/test_recorded_bills.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

_DEEPEST = 64  # Schemas that nest deeper are no longer types that anybody reads.


def namespace_of(functions: Sequence[Mapping[str, Any]]) -> str:
    """The definitions of functions, each with `name`, and maybe `description` and `parameters`.

    >>> print(namespace_of([{"name": "ora", "description": "What time it is"}]))
    namespace functions {
    <BLANKLINE>
    // What time it is
    type ora = () => any;
    <BLANKLINE>
    } // namespace functions
    """
    lines = ["namespace functions {", ""]
    for function in functions:
        if isinstance(described := function.get("description"), str) and described:
            lines.append(f"// {described}")
        parameters = list(_properties(function.get("parameters"), 0))
        if parameters:
            lines += [f"type {function.get('name')} = (_: {{", *parameters, "}) => any;"]
        else:
            lines.append(f"type {function.get('name')} = () => any;")
        lines.append("")
    lines.append("} // namespace functions")
    return "\n".join(lines)


def _properties(schema: Any, depth: int, nested: int = 0) -> Iterator[str]:
    """The lines of an object's properties; `depth` is of objects, `nested` of whatever holds whatever."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return
    required = schema.get("required")
    indent = " " * 2 * depth
    for name, one in properties.items():
        # What is inside a parameter is shown without its description.
        if depth == 0 and isinstance(one, Mapping) and isinstance(one.get("description"), str):
            yield f"// {one['description']}"
        mark = "" if isinstance(required, list) and name in required else "?"
        yield f"{indent}{name}{mark}: {_type_of(one, depth, nested)},"


def _type_of(schema: Any, depth: int, nested: int) -> str:
    if not isinstance(schema, Mapping) or nested > _DEEPEST:
        return "any"
    if isinstance(options := schema.get("anyOf"), list):
        return " | ".join(_type_of(option, depth, nested + 1) for option in options)
    if isinstance(values := schema.get("enum"), list):
        return " | ".join(msgspec.json.encode(value).decode() for value in values)
    match schema.get("type"):
        case "object":
            inside = list(_properties(schema, depth + 1, nested + 1))
            return "\n".join(["{", *inside, "}"]) if inside else "object"
        case "array":
            return f"{_type_of(schema['items'], depth, nested + 1)}[]" if schema.get("items") else "any[]"
        case "integer":
            return "number"
        case str(named):
            return named
        case list(several):
            return " | ".join(map(str, several))
    return "any"
