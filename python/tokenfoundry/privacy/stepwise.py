"""Restoring a stream in steps: what each passes on is what the next gets; and in parts, of which some are JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tokenfoundry.privacy.json_in_text import JsonParts
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.restore import StreamRestorer


class Step(Protocol):
    """Passes a text on in pieces, changed or not."""

    def feed(self, text: str) -> str:
        """What can be passed on now."""

    def close(self) -> str:
        """The rest."""


class StepwiseRestorer(StreamRestorer):
    """Restores what the steps before it have passed on."""

    __slots__ = ("_steps",)

    def __init__(self, values: PlaceholderMap, steps: Sequence[Step], *, json: bool) -> None:
        super().__init__(values, json=json)
        self._steps = steps

    def feed(self, chunk: str) -> str:
        for step in self._steps:
            chunk = step.feed(chunk)
        return super().feed(chunk)

    def close(self) -> str:
        rest, steps = "", self._steps
        self._steps = ()
        for step in steps:
            rest = step.feed(rest) + step.close()
        return (super().feed(rest) if steps else "") + super().close()


_CONTEXT = 256  # Characters before a part that say what is in it.


class InParts:
    """One text, each part of it treated as what it is (`json_in_text`). Not thread-safe."""

    __slots__ = ("_before", "_is_json", "_make", "_parts", "_step")

    def __init__(self, make: Callable[[bool, str], Step], before: str = "") -> None:
        """`make` makes what treats one part, which is JSON or not, and stands behind some text: `before`, at first."""
        self._make = make
        self._parts = JsonParts()
        self._is_json = False
        self._step = make(False, before)
        self._before = before

    def feed(self, text: str) -> str:
        """What can be passed on now."""
        parts = self._parts.feed(text)
        if len(parts) == 1:
            return self._fed(*parts[0])
        return "".join([self._fed(is_json, part) for is_json, part in parts])

    def close(self) -> str:
        """The rest."""
        rest = [self._fed(is_json, part) for is_json, part in self._parts.close()]
        return "".join(rest) + self._step.close()

    def _fed(self, is_json: bool, part: str) -> str:
        rest = ""
        if is_json is not self._is_json:
            rest = self._step.close()
            self._is_json, self._step = is_json, self._make(is_json, self._before)
        self._before = part[-_CONTEXT:] if len(part) >= _CONTEXT else (self._before + part)[-_CONTEXT:]
        return rest + self._step.feed(part)


class PartsRestorer(StreamRestorer):
    """Restores a text in parts."""

    __slots__ = ("_in_parts",)

    def __init__(self, values: PlaceholderMap, make: Callable[[bool, str], Step]) -> None:
        super().__init__(values)
        self._in_parts = InParts(make)

    def feed(self, chunk: str) -> str:
        return self._in_parts.feed(chunk)

    def close(self) -> str:
        values = self._values  # Not `self`: what refers to itself stays until the next collection.
        rest, self._in_parts = self._in_parts.close(), InParts(lambda is_json, before: StreamRestorer(values))
        return rest
