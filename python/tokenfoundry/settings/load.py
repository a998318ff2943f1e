"""From a YAML file, the environment and arguments to settings.

The file's decimals stay text until a field reads them: `0.1` in a price is a tenth, not the binary number next to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings.problems import Problem, dotted, problems_of
from tokenfoundry.settings.references import reference_problems

Model = TypeVar("Model", bound=BaseModel)

_PREFIX = "TF_"
_VARIABLE = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class Loader(yaml.SafeLoader):
    """Plain YAML, except that decimals and times of day stay text and a name stated twice is an error."""


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    stated: set[str] = set()
    for key_node, _ in node.value:  # before `<<` adds the names of other mappings, which may be stated again
        key, line = key_node.value, key_node.start_mark.line + 1
        if key_node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            raise ConfigError(f"line {line}: the name {key!r} is not text; put it in quotes")
        if key in stated:
            raise ConfigError(f"line {line}: {key} is stated twice")
        stated.add(key)
    loader.flatten_mapping(node)
    return {key_node.value: loader.construct_object(value_node, deep=True) for key_node, value_node in node.value}


def _whole_number(loader: Loader, node: yaml.ScalarNode) -> int | str:
    """YAML 1.1 reads 14:00 as 840, a number of base 60; here it is a time of day."""
    text: str = node.value
    return text if ":" in text else loader.construct_yaml_int(node)


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: node.value)
Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def yaml_file(path: str | PathLike[str]) -> Mapping[str, Any]:
    """The mapping in a YAML file. Raises `ConfigError` when there is none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration file {path} cannot be read: {error}") from error
    return yaml_text(text)


def yaml_text(text: str) -> Mapping[str, Any]:
    """The mapping in a YAML text; an empty text is an empty one. Raises `ConfigError` when it is something else."""
    values = _parse(text, "the configuration")
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"the configuration must be a mapping of fields, not a {type(values).__name__}")
    return values


def read(
    model: type[Model],
    values: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None,
    overrides: Mapping[str, Any] | None,
    source: str,
) -> Model:
    """`model` from the file's values, the environment and the overrides, the later before the earlier.

    `overrides` of None leaves the environment's `TF_` variables out. Raises `ConfigError` listing every problem.
    """
    environment = os.environ if environ is None else environ
    problems: list[Problem] = []
    merged: Any = _expand(values, environment, (), problems)
    if overrides is not None:
        for name in sorted(environment):
            if name.startswith(_PREFIX):
                merged = _with_variable(merged, name, environment[name], set(model.model_fields), problems)
        merged = _merge(merged, overrides)
    settings = None
    try:
        settings = model.model_validate(merged)
    except ValidationError as error:
        problems += problems_of(error, model)
    problems += reference_problems(merged)
    if problems or settings is None:
        raise _config_error(problems, source)
    return settings


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """One section from values that are taken as they stand: no `${NAME}` is expanded. Raises `ConfigError`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _config_error(problems_of(error, model), "") from None


def _config_error(problems: list[Problem], source: str) -> ConfigError:
    first, *others = {each.path: each for each in reversed(problems)}.values()  # of a field, only what was found first
    lines = [first.message, *(f"{each.path}: {each.message}" for each in others)]
    if source:
        count = f"{len(others) + 1} problems" if others else "1 problem"
        lines.append(f"({count} in {source})")
    return ConfigError("\n".join(lines), path=first.path)


def _parse(text: str, what: str) -> Any:
    try:
        return yaml.load(text, Loader=Loader)  # a subclass of SafeLoader
    except ConfigError:  # a ValueError too
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(f"{what} is not YAML{where}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{what} is not YAML: {type(error).__name__}") from None


def _expand(value: Any, environment: Mapping[str, str], path: tuple[str | int, ...], problems: list[Problem]) -> Any:
    """`value` with `${NAME}` and `${NAME:-default}` replaced in its texts; a name that is not set is a problem."""
    if isinstance(value, Mapping):
        return {key: _expand(each, environment, (*path, key), problems) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_expand(each, environment, (*path, index), problems) for index, each in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value

    def replacement(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        text = environment.get(found[2], found[3])
        if text is None:
            message = f"the environment variable {found[2]} is not set; set it, or write ${{{found[2]}:-default}}"
            problems.append(Problem(dotted(path), message))
            return found[0]
        return text

    return _VARIABLE.sub(replacement, value)


def _with_variable(values: Any, name: str, text: str, fields: set[str], problems: list[Problem]) -> Any:
    """`values` with what one `TF_` variable states.

    Other programs have `TF_` variables too, so a name that begins with no field is left alone, unless it nests as ours
    do and nearly is one.
    """
    steps = name.removeprefix(_PREFIX).split("__")
    first = steps[0].lower()
    if first not in fields:
        near = get_close_matches(first, sorted(fields), n=1, cutoff=0.8)
        if near and len(steps) > 1:
            problems.append(
                Problem(first, f"unknown field, from the environment variable {name}; did you mean {near[0]}?")
            )
        return values
    try:
        return _set(values, steps, _parse(text, f"the environment variable {name}"), name)
    except ConfigError as error:
        problems.append(Problem(first, str(error)))
        return values


def _set(values: Any, steps: list[str], value: Any, variable: str) -> Any:
    """A copy of `values` in which the place that `steps` lead to is `value`."""
    if not steps:
        return value
    step, rest = steps[0].lower(), steps[1:]
    if isinstance(values, list | tuple):
        if not step.isdecimal() or int(step) >= len(values):
            raise ConfigError(f"the environment variable {variable} names no item of a list of {len(values)}: {step!r}")
        index = int(step)
        return [_set(each, rest, value, variable) if at == index else each for at, each in enumerate(values)]
    known = dict(values) if isinstance(values, Mapping) else {}
    # A variable's name has neither lower case nor dashes: GPT_MINI names the target gpt-mini when there is one.
    key = next((each for each in known if str(each).lower().replace("-", "_") == step), step)
    known[key] = _set(known.get(key), rest, value, variable)
    return known


def _merge(below: Any, above: Any) -> Any:
    """`above` over `below`: mappings field by field, everything else whole."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: _merge(below.get(key), value) for key, value in above.items()}}
