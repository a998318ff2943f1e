"""A YAML file whose problems are told with their lines."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings.load import Loader
from tokenfoundry.settings.problems import problems_of

Model = TypeVar("Model", bound=BaseModel)


class Lines:
    """Where in a file its values stand."""

    def __init__(self, name: str, root: yaml.Node | None) -> None:
        self.name = name
        self._root = root

    def at(self, path: Sequence[str | int]) -> int:
        """The line of the value at `path`, or of the nearest that there is on the way to it."""
        node, line = self._root, 1
        for step in path:
            found = _below(node, step)
            if found is None:
                break
            line, node = found
        return line

    def error(self, path: Sequence[str | int], message: str) -> ConfigError:
        """What is wrong at `path`."""
        return ConfigError(f"{self.name}, line {self.at(path)}: {message}")


class _DatesAsText(Loader):
    """A day that is none is told as the others are, with its field."""


_DatesAsText.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def read_with_lines(model: type[Model], path: str | PathLike[str]) -> tuple[Model, Lines]:
    """`model` from the file at `path`. Raises `ConfigError` that tells every problem with its line."""
    name = str(path)
    try:
        content = Path(path).read_bytes()
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}, line {line}: is not UTF-8 text: {error.reason}") from None
    except OSError as error:
        raise ConfigError(f"the file {name} cannot be read: {type(error).__name__}") from error
    try:
        values = yaml.load(text, Loader=_DatesAsText)
        lines = Lines(name, yaml.compose(text, Loader=_DatesAsText))
    except ConfigError as error:
        raise ConfigError(f"{name}, {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{name}, line {line}: is not YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{name}: is not YAML: {type(error).__name__}") from None
    try:
        return model.model_validate(values), lines
    except ValidationError as error:
        told = zip(error.errors(include_url=False, include_input=False), problems_of(error, model), strict=True)
        said = {
            ": ".join(filter(None, (f"{name}, line {lines.at(each['loc'])}", problem.path, problem.message)))
            for each, problem in told
        }
        raise ConfigError("\n".join(sorted(said, key=_line_of))) from None


def _line_of(said: str) -> tuple[int, str]:
    return int(said.split(", line ", 1)[1].split(":", 1)[0]), said


def _below(node: Any, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    return None
