"""Restoring a stream in steps: what each passes on is what the next gets; and in parts, which may be JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tokenfoundry.privacy.json_in_text import Json
from tokenfoundry.privacy.json_levels import JsonLevels
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.restore import StreamRestorer


class Step(Protocol):
    """Passes a text on in pieces, changed or not."""

    def feed(self, text: str) -> str:
        """What can be passed on now."""

    def close(self) -> str:
        """The rest."""


class StepwiseRestorer(StreamRestorer):
    """Restores what a step before it has passed on."""

    __slots__ = ("_before", "_restorer")

    def __init__(self, values: PlaceholderMap, before: Step, restorer: StreamRestorer) -> None:
        super().__init__(values)
        self._before: Step | None = before
        self._restorer = restorer

    def feed(self, chunk: str) -> str:
        return self._restorer.feed(chunk if self._before is None else self._before.feed(chunk))

    def close(self) -> str:
        rest = "" if self._before is None else self._restorer.feed(self._before.close())
        self._before = None
        return rest + self._restorer.close()


_CONTEXT = 256  # Characters before a part that say what is in it.


class Parts(Protocol):
    """One text that comes in pieces, cut into parts: of what kind each is, and what it says."""

    def feed(self, text: str) -> Sequence[tuple[int, str]]:
        """What is decided now."""

    def close(self) -> Sequence[tuple[int, str]]:
        """The rest."""


class InParts:
    """One text, each part of it treated as what it is. Not thread-safe."""

    __slots__ = ("_before", "_kind", "_make", "_parts", "_step")

    def __init__(self, parts: Parts, make: Callable[[int, str], Step], before: str = "") -> None:
        """`make` makes what treats a part of one kind, which stands behind some text: `before`, at first."""
        self._make = make
        self._parts = parts
        self._kind = 0
        self._step = make(0, before)
        self._before = before

    def feed(self, text: str) -> str:
        """What can be passed on now."""
        parts = self._parts.feed(text)
        if len(parts) == 1:
            return self._fed(*parts[0])
        return "".join([self._fed(kind, part) for kind, part in parts])

    def close(self) -> str:
        """The rest."""
        rest = [self._fed(kind, part) for kind, part in self._parts.close()]
        return "".join(rest) + self._step.close()

    def _fed(self, kind: int, part: str) -> str:
        rest = ""
        if kind != self._kind:
            rest = self._step.close()
            self._kind, self._step = kind, self._make(kind, self._before)
        self._before = part[-_CONTEXT:] if len(part) >= _CONTEXT else (self._before + part)[-_CONTEXT:]
        return rest + self._step.feed(part)


class LevelsRestorer(StreamRestorer):
    """Restores a text each part of which may stand deeper in JSON (`json_levels`)."""

    __slots__ = ("_in_parts",)

    def __init__(self, values: PlaceholderMap, make: Callable[[int], Step], *, json: Json) -> None:
        """`make` makes what restores a part so deep in JSON."""
        super().__init__(values)
        self._in_parts: InParts | None = InParts(JsonLevels(json), lambda levels, before: make(levels))

    def feed(self, chunk: str) -> str:
        return super().feed(chunk) if self._in_parts is None else self._in_parts.feed(chunk)

    def close(self) -> str:
        rest = "" if self._in_parts is None else self._in_parts.close()
        self._in_parts = None
        return rest + super().close()
