"""What a conversation has, opened: read from the books once, and added to by each call of this process, which is the
only one that writes them.
"""

from __future__ import annotations

from collections.abc import Collection

from tokenfoundry.privacy.known_values import Known
from tokenfoundry.privacy.placeholders import LITERAL


class Kept:
    """The values of one conversation and their numbers. Memory only; any thread."""

    __slots__ = ("entities", "id", "is_whole", "known", "last", "numbers", "surrogates", "values")

    def __init__(self, id: int, entities: Collection[str]) -> None:
        """`entities` are all that its placeholders can be of."""
        self.id = id
        self.entities = entities
        self.is_whole = True  # Or it has more than are read at once.
        self.numbers: dict[tuple[str, str], int] = {}
        self.values: dict[str, str] = {}  # By placeholder.
        self.last: dict[str, int] = {}  # Numbers, by entity.
        self.surrogates: dict[str, tuple[str, str]] = {}  # Entity and value, by surrogate.
        self.known = Known()

    def take(self, entity: str, value: str, number: int) -> None:
        """A value, and its number."""
        if (entity, value) in self.numbers:
            return
        self.numbers[entity, value] = number
        self.values[f"[{entity}_{number}]"] = value
        self.last[entity] = max(number, self.last.get(entity, 0))
        if entity != LITERAL:
            self.known.add(entity, value)

    def take_surrogate(self, entity: str, surrogate: str, value: str) -> None:
        """A surrogate, and its value."""
        self.surrogates[surrogate] = entity, value
        self.known.add(entity, value)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.surrogates)

    def __repr__(self) -> str:
        return f"Kept({len(self)} values)"
