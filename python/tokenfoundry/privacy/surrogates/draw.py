"""Choices that look random and follow from a seed alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draw:
    """Draws from one seed of 32 bytes: the same seed makes the same choices. Enough for about 60 digits.

    >>> draw = Draw(bytes(31) + b"9")
    >>> draw.digits(2), draw.one_of("ab")
    ('57', 'a')
    """

    __slots__ = ("_rest",)

    def __init__(self, seed: bytes) -> None:
        self._rest = int.from_bytes(seed)

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._rest, drawn = divmod(self._rest, bound)
        return drawn

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of them."""
        return items[self.below(len(items))]

    def digits(self, count: int) -> str:
        """That many digits."""
        return str(self.below(10**count)).zfill(count)


Maker = Callable[[str, Draw], str | None]
"""A value like this one, of the same kind and form, that can be nobody's; None when none can be made for it.

It is ASCII, begins with a letter, a digit or `+`, and ends with a letter or digit."""
