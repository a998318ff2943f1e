"""The numbered stand-ins for personal data, and what they stand for.

Memory only: nothing here reaches a disk or a log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

# What looks like a numbered placeholder. A user's own text of this form is replaced too, so that it comes back as
# written and can never be taken for somebody's value.
NUMBERED: Final = re.compile(r"\[[A-Z][A-Z0-9_]*_[0-9]+\]")
LITERAL: Final = "LITERAL"


class PlaceholderMap(Mapping[str, str]):
    """Placeholder to value, in order of first occurrence. Only grows: a placeholder keeps its value.

    The same value of the same entity, character for character, has one number. `repr` shows how many there are,
    never a value.

    >>> values = PlaceholderMap()
    >>> values.assign("EMAIL_ADDRESS", "mario@example.it"), values.assign("EMAIL_ADDRESS", "anna@example.it")
    ('[EMAIL_ADDRESS_1]', '[EMAIL_ADDRESS_2]')
    >>> values.assign("EMAIL_ADDRESS", "mario@example.it")
    '[EMAIL_ADDRESS_1]'
    >>> values
    PlaceholderMap(2 values)
    """

    __slots__ = ("_last_number", "_longest", "_placeholders", "_values")

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._placeholders: dict[tuple[str, str], str] = {}
        self._last_number: dict[str, int] = {}
        self._longest = 0

    def assign(self, entity: str, value: str) -> str:
        """The placeholder of `value`, the one it has or a new one."""
        key = (entity, value)
        placeholder = self._placeholders.get(key)
        if placeholder is None:
            number = self._last_number.get(entity, 0) + 1
            placeholder = f"[{entity}_{number}]"
            self._last_number[entity] = number
            self._placeholders[key] = placeholder
            self._values[placeholder] = value
            self._longest = max(self._longest, len(placeholder))
        return placeholder

    @property
    def longest(self) -> int:
        """Characters of the longest placeholder, 0 if there is none."""
        return self._longest

    def __getitem__(self, placeholder: str) -> str:
        return self._values[placeholder]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"PlaceholderMap({len(self)} values)"
