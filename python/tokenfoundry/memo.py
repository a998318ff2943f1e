"""What was worked out of a text before: remembered under a keyed hash, never under the text.

A conversation is sent anew with each of its turns; what is known of its older messages need not be worked out again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from tokenfoundry.errors import InvalidInput

Value = TypeVar("Value")
Place = tuple[Hashable, bytes]
"""A scope and the keyed hash of a text."""

_KEY_BYTES: Final = 64
_NOWHERE: Final[Place] = (None, b"")
_LEAST_CHARACTERS: Final = 48  # Shorter texts are worked out about as fast as they are hashed.


class Memo(Generic[Value]):
    """Values by scope and text, the least recently used leaving first. Any thread.

    Nothing is shared between two scopes, and a hash says nothing outside this process: its key is random and new with
    each memo.

    >>> memo = Memo[int](capacity=2)
    >>> place = memo.place("claims", "a text of some length, as a message of a conversation is")
    >>> memo.get(place) is None
    True
    >>> memo.put(place, 7)
    >>> memo.get(place)
    7
    """

    __slots__ = ("_capacity", "_keyed", "_values")

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._keyed = hashlib.sha256(secrets.token_bytes(_KEY_BYTES))  # Copied for each text.
        self._values: dict[Place, Value] = {}

    def place(self, scope: Hashable, text: str | bytes) -> Place | None:
        """Where the value of this text is kept; None for a text too short to be worth it.

        Raises `InvalidInput` for a lone surrogate.
        """
        if len(text) < _LEAST_CHARACTERS:
            return None
        hashed = self._keyed.copy()
        try:
            hashed.update(text.encode() if isinstance(text, str) else text)
        except UnicodeEncodeError:
            raise InvalidInput("the text holds a lone surrogate, which is not valid Unicode") from None
        return scope, hashed.digest()

    def get(self, place: Place) -> Value | None:
        """The value kept there, if it still is."""
        value = self._values.pop(place, None)
        if value is not None:
            self._values[place] = value
        return value

    def put(self, place: Place, value: Value) -> None:
        """Keeps a value."""
        while len(self._values) >= self._capacity:
            # Another thread may have emptied it in between.
            self._values.pop(next(iter(self._values), _NOWHERE), None)
        self._values[place] = value

    def __len__(self) -> int:
        return len(self._values)
