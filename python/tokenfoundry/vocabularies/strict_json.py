"""JSON as a vocabulary must be: whole, in UTF-8, no name twice."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from tokenfoundry.errors import InvalidInput

T = TypeVar("T")


def loads(content: bytes) -> object:
    """The value that a file holds.

    Raises:
        InvalidInput: it is no JSON, or an object has a name twice.
    """
    try:
        text = content.decode("utf-8")
        if "\\ud" in text.lower():
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")  # A lone surrogate is no text.
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"it is damaged or cut: {error}") from None


def field(owner: dict[str, Any], name: str, kind: type[T]) -> T:
    """The value of a field that must be there.

    Raises:
        InvalidInput: it is not, or is of another kind.
    """
    value = owner.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidInput(f"`{name}` is {'missing' if value is None else f'no {kind.__name__}'}: it is damaged or cut")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a name twice")
    return found
