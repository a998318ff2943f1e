"""The numbered stand-ins for personal data, and what they stand for.

Memory only: nothing here reaches a disk or a log. What a conversation keeps, `tokenfoundry.vault` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tokenfoundry.errors import StoreError

if TYPE_CHECKING:
    from tokenfoundry.privacy.known_values import Known

# The entity of a user's own text that could be taken for a placeholder (`forms.literals_in`). It is replaced too, so
# that it comes back as written and can never be taken for somebody's value.
LITERAL: Final = "LITERAL"


class NoRoom(StoreError):
    """What keeps placeholders takes no more at this moment: wait for it in a thread, then redact from the start."""


class Overtaken(StoreError):
    """Another call has taken a number that this one was to have: redact from the start, keeping numbers one by one."""


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

    __slots__ = ("_last_number", "_placeholders", "_values")

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._placeholders: dict[tuple[str, str], str] = {}
        self._last_number: dict[str, int] = {}

    def assign(self, entity: str, value: str) -> str:
        """The placeholder of `value`, the one it has or a new one."""
        key = (entity, value)
        placeholder = self._placeholders.get(key)
        if placeholder is None:
            placeholder = self._add(entity, value, self._last_number.get(entity, 0) + 1)
        return placeholder

    def hold(self, placeholder: str, value: str) -> None:
        """Takes a placeholder of another map, with its number. It is new here, or has that value."""
        entity, _, number = placeholder[1:-1].rpartition("_")
        self._add(entity, value, int(number))

    def _add(self, entity: str, value: str, number: int) -> str:
        placeholder = f"[{entity}_{number}]"
        self._last_number[entity] = max(number, self._last_number.get(entity, 0))
        self._placeholders[entity, value] = placeholder
        self._values[placeholder] = value
        return placeholder

    def collect(self) -> None:
        """What is assigned from now on need not be kept before `keep` is called."""

    def keep(self) -> None:
        """Keeps what was assigned, where it is kept for the calls that follow. Nothing of it may leave before."""

    def known(self) -> Known | None:
        """Values that calls before had, if these go on with theirs."""
        return None

    def surrogates(self) -> Iterator[tuple[str, str]]:
        """Each surrogate that was kept by a call before, and its value."""
        return iter(())

    def keep_surrogate(self, entity: str, surrogate: str, value: str) -> bool:
        """Keeps a surrogate for the calls that follow, if they go on with these values; false when it is another
        value's there.
        """
        return True

    def renumbering(self) -> dict[str, str] | None:
        """Each placeholder as it would be numbered by itself, by first occurrence; None when each is so already.

        That is what calls have in common that say the same of other persons.
        """
        return None

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

    def __getitem__(self, placeholder: str) -> str:
        return self._values[placeholder]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"PlaceholderMap({len(self)} values)"
