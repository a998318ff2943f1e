"""What is wrong with a configuration, said by field path and in words, without the value: it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tokenfoundry.settings.fields import CURRENCY_PATTERN, NAME_PATTERN

Path = Sequence[str | int]

# Of a field that takes values of several kinds, pydantic adds the kind to the path, such as `tuple[str, ...]`.
_KIND = re.compile(r"(?:tuple|list|dict|set|frozenset|literal|constrained-\w+|function-\w+)\[.*\]", re.DOTALL)

_PATTERNS_IN_WORDS: Mapping[str, str] = {
    NAME_PATTERN: "at most 128 letters, digits and . _ : / @ -, and begin with a letter or digit",
    CURRENCY_PATTERN: "a currency code of ISO 4217, such as EUR",
}


class Problem(NamedTuple):
    """One thing that is wrong, and where: `budgets[0].window.anchor_day`."""

    path: str
    message: str


def dotted(path: Path) -> str:
    """A path as people write it.

    >>> dotted(("budgets", 0, "window", "tz"))
    'budgets[0].window.tz'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(sorted(known))}" if known else ""


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Every problem that the validation of `model` found."""
    return [_problem(details, model) for details in error.errors(include_url=False, include_input=False)]


def _problem(details: Any, model: type[BaseModel]) -> Problem:
    path: tuple[str | int, ...] = details["loc"]
    if path and path[-1] != "[key]":  # Names may be anything while they are not yet known to be wrong.
        path = tuple(step for step in path if not (isinstance(step, str) and _KIND.fullmatch(step)))
    kind: str = details["type"]
    context: Mapping[str, Any] = details.get("ctx", {})
    if path and path[-1] == "[key]":  # a name of a mapping, not its value
        name = str(path[-2])
        known = _literals(_annotation_at(model, path[:-2], want_key=True))
        return Problem(
            dotted(path[:-1]),
            f"unknown name{did_you_mean(name, known)}" if known else "is not a name that can stand here",
        )
    if kind == "extra_forbidden":
        return Problem(dotted(path), f"unknown field{did_you_mean(str(path[-1]), _fields_at(model, path[:-1]))}")
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS_IN_WORDS:
        return Problem(dotted(path), f"should be {_PATTERNS_IN_WORDS[context['pattern']]}")
    if kind == "greater_than":
        return Problem(dotted(path), f"should be above {context['gt']}")
    if kind == "too_short":
        return Problem(dotted(path), f"is empty: should have at least {context['min_length']}, or be left out")
    if kind == "missing":
        return Problem(dotted(path), "is required")
    if kind == "value_error":
        return Problem(dotted(path), str(context["error"]))
    if kind == "literal_error":
        return Problem(dotted(path), f"should be {context['expected']}")
    if kind in ("model_type", "dict_type"):
        return Problem(dotted(path), "should be a mapping of fields")
    if kind in ("tuple_type", "list_type", "frozen_set_type"):
        return Problem(dotted(path), "should be a list")
    return Problem(dotted(path), details["msg"].replace("Input should", "should"))


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The names that a file may use in the section at `path`."""
    section = _annotation_at(model, path)
    if not (isinstance(section, type) and issubclass(section, BaseModel)):
        return []
    return [field.alias or name for name, field in section.model_fields.items()]


def _annotation_at(model: type[BaseModel], path: Path, *, want_key: bool = False) -> Any:
    """The type of what stands at `path`, or of the names of the mapping there."""
    found: Any = model
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = next((each for name, each in found.model_fields.items() if step in (name, each.alias)), None)
            found = _bare(field.annotation) if field else None
        else:
            arguments = get_args(found)
            found = _bare(arguments[1] if get_origin(found) is dict else arguments[0]) if arguments else None
    if want_key:
        arguments = get_args(found)
        return _bare(arguments[0]) if arguments else None
    return found


def _bare(annotation: Any) -> Any:
    """An annotation without `Annotated` and `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            annotation = next(each for each in get_args(annotation) if each is not type(None))
        else:
            return annotation


def _literals(annotation: Any) -> list[str]:
    return list(get_args(annotation)) if get_origin(annotation) is Literal else []
