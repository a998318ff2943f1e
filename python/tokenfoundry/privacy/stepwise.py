"""Restoring a stream in steps: what each passes on is what the next gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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
