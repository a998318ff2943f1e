"""What a report says in spite of fields that nobody can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput

_MAX_FIELDS = 16  # That are left out of one report; with more it is none.
_DEPTH = 6  # Of what any report has inside each other.
_MAX_SHOWN = 10**24

# By which the whole is counted: without one of them the rest would be less than what was used.
_WHOLES = frozenset(
    {
        *("usage", "usageMetadata", "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens"),
        *("cache_read_input_tokens", "cache_creation_input_tokens", "inputTokens", "outputTokens"),
        *("cacheReadInputTokens", "cacheWriteInputTokens", "inputTextTokenCount", "token_count"),
        *("promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"),
        *("prompt_eval_count", "eval_count"),
    }
)


class FieldFault(InvalidInput):
    """The field `name` of `part` is not what it must be."""

    def __init__(self, said: str, part: Mapping[str, Any], name: str) -> None:
        super().__init__(f"usage: {said}")
        self.part = part
        self.name = name


def shown(value: Any) -> str:
    """A value in a sentence that is written down: numbers as they are, of all else the kind alone."""
    if isinstance(value, int) and abs(value) > _MAX_SHOWN:
        return "one of more than 24 digits"
    return repr(value) if isinstance(value, int | float) else f"a {type(value).__name__}"


def readable(
    reader: Callable[[Mapping[str, Any]], dict[str, Any] | None], body: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """What `reader` makes of a report without the fields that it refuses, and the first of its reasons. Nothing of one
    whose whole is told by such a field.

    >>> readable(lambda body: {"input_tokens": 9}, {})
    ({'input_tokens': 9}, '')
    """
    fault = ""
    for _ in range(_MAX_FIELDS):
        try:
            return reader(body) or {}, fault
        except FieldFault as error:
            fault = fault or str(error)
            if error.name in _WHOLES:
                break
            body = _without(body, error, _DEPTH)
        except InvalidInput as error:
            return {}, fault or str(error)
    return {}, fault


def _without(value: Any, field: FieldFault, depth: int) -> Any:
    """The value with that field left out, wherever in it the field's part is."""
    if isinstance(value, Mapping):
        kept = value.items()
        if value is field.part:
            return {name: each for name, each in kept if name != field.name}
        return {name: _without(each, field, depth - 1) for name, each in kept} if depth else value
    return [_without(each, field, depth - 1) for each in value] if isinstance(value, list) and depth else value
