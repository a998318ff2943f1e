"""The texts of a run of rows, as formats give them and changes take them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(slots=True)
class Cells:
    """Texts of consecutive rows, row by row; a row may have several of one column, or none. `repr` shows how many.

    `rows` are numbers of the file from 1, `columns` are indices into the columns of the run.
    """

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, row: int, column: int, text: str) -> None:
        self.rows.append(row)
        self.columns.append(column)
        self.texts.append(text)

    def __repr__(self) -> str:
        return f"Cells({len(self.texts)} texts)"


class Place(NamedTuple):
    """How far a file of records was read: bytes of it, uncompressed, and the rows and line ends in them."""

    offset: int = 0
    rows: int = 0
    lines: int = 0


class Change(Protocol):
    """What a run does with the texts of a file."""

    def changed(self, cells: Cells) -> list[str]:
        """One text for each, in order. Raises `InvalidInput` or `BlockedContent` naming row and column."""
        ...

    def changed_note(self, name: str, text: str) -> str:
        """What becomes of a note of this name that the file carries beside its rows. Raises `BlockedContent`."""
        ...

    def sync(self) -> None:
        """Once it returns, what the texts given so far refer to survives a loss of power."""
        ...

    def state(self) -> dict[str, Any]:
        """What a run that goes on later has to know; no value of personal data."""
        ...

    def go_on(self, state: dict[str, Any]) -> None:
        """Takes up what `state` gave."""
        ...
