"""The numbered stand-ins for personal data, and what they stand for.

Memory only: nothing here reaches a disk or a log. What a conversation keeps, `tokenfoundry.vault` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

# The entity of a user's own text that could be taken for a placeholder (`forms.literals_in`). It is replaced too, so
# that it comes back as written and can never be taken for somebody's value.
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

    def value_of(self, placeholder: str) -> str | None:
        """What it stands for; None when it stands for nothing."""
        return self._values.get(placeholder)

    def may_be(self, name: str, is_whole: bool = False) -> bool:
        """Whether the name of a placeholder of this map begins so; with `is_whole`, whether it is that.

        >>> values = PlaceholderMap()
        >>> _ = values.assign("EMAIL_ADDRESS", "mario@example.it")
        >>> values.may_be("EMAIL_ADD"), values.may_be("EMAIL_ADDRESS_2"), values.may_be("EMAIL_ADDRESS", True)
        (True, False, False)
        """
        entity, _, number = name.rpartition("_")
        last = self._last_number.get(entity)
        # Numbers have no gaps, so what is no greater than the last is one, or begins one.
        if last is not None and number.isdecimal() and number[0] != "0" and int(number) <= last:
            return True
        return not is_whole and any(f"{known}_".startswith(name) for known in self._last_number)

    @property
    def longest(self) -> int:
        """Characters of the longest placeholder as it is sent, 0 if there is none."""
        return self._longest

    def __getitem__(self, placeholder: str) -> str:
        return self._values[placeholder]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"PlaceholderMap({len(self)} values)"
