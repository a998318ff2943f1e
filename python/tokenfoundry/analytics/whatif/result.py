"""What a replay found, by any axis."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tokenfoundry.errors import InvalidInput

AXES = ("project", "intent", "model", "target")


class Outcome(msgspec.Struct, kw_only=True):
    """Calls of one value of an axis, as they were and as they would have been. Amounts are nano units.

    `refused` and `unserved`: by a budget, and because no target of the configuration may serve them. What those had
    cost is in `spent_before_nano`, and nothing of it in `spent_after_nano`.
    """

    value: str = ""
    calls: int = 0
    hits_before: int = 0
    hits_after: int = 0
    refused: int = 0
    unserved: int = 0
    spent_before_nano: int = 0
    spent_after_nano: int = 0

    @property
    def saved_nano(self) -> int:
        """Negative when it would have cost more."""
        return self.spent_before_nano - self.spent_after_nano

    def add(self, other: Outcome) -> None:
        """Adds all of its numbers."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_NUMBERS = tuple(name for name in Outcome.__struct_fields__ if name != "value")


class WhatIf(msgspec.Struct, kw_only=True):
    """`cells` are by project, intent, model and target; the last two are those after the change ("" for what was not
    served), so that spending moves from one to the other.
    """

    currency: str
    cells: dict[tuple[str, ...], Outcome] = {}
    notes: list[str] = []

    def cell(self, *values: str) -> Outcome:
        """That of these values of the axes, made when it is new."""
        found = self.cells.get(values)
        if found is None:
            found = self.cells[values] = Outcome()
        return found

    @property
    def total(self) -> Outcome:
        """Of all calls."""
        total = Outcome()
        for cell in self.cells.values():
            total.add(cell)
        return total

    def by(self, axis: str) -> list[Outcome]:
        """A row for each value, those that change most first. Raises `InvalidInput` for an unknown axis."""
        if axis not in AXES:
            raise InvalidInput(f"by: {axis!r} is not one of {', '.join(AXES)}")
        rows: dict[str, Outcome] = {}
        for value, cell in self._values(axis):
            rows.setdefault(value, Outcome(value=value)).add(cell)
        return sorted(rows.values(), key=lambda row: (-abs(row.saved_nano), -row.spent_before_nano, row.value))

    def _values(self, axis: str) -> Iterator[tuple[str, Outcome]]:
        index = AXES.index(axis)
        for values, cell in self.cells.items():
            yield values[index], cell
