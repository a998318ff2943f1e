"""What was worked out of a text before: remembered under a keyed hash, never under the text.

A conversation is sent anew with each of its turns; what is known of its older messages need not be worked out again.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final, Generic, TypeVar

from tokenfoundry.errors import InvalidInput

Value = TypeVar("Value")

_KEY_BYTES: Final = 16
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

    __slots__ = ("_capacity", "_key", "_values")

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._values: dict[bytes, Value] = {}

    def place(self, scope: str, text: str | bytes) -> bytes | None:
        """Where the value of this text is kept; None for a text too short to be worth it.

        Raises `InvalidInput` for a lone surrogate.
        """
        if len(text) < _LEAST_CHARACTERS:
            return None
        try:
            written = text.encode() if isinstance(text, str) else text
            hashed = hashlib.blake2b(written, digest_size=_KEY_BYTES, key=self._key)
            hashed.update(b"\xff" + scope.encode())  # No scope holds this byte, so no text runs into one.
        except UnicodeEncodeError:
            raise InvalidInput("the text holds a lone surrogate, which is not valid Unicode") from None
        return hashed.digest()

    def get(self, place: bytes) -> Value | None:
        """The value kept there, if it still is."""
        value = self._values.pop(place, None)
        if value is not None:
            self._values[place] = value
        return value

    def put(self, place: bytes, value: Value) -> None:
        """Keeps a value."""
        while len(self._values) >= self._capacity:
            # Another thread may have emptied it in between.
            self._values.pop(next(iter(self._values), b""), None)
        self._values[place] = value

    def __len__(self) -> int:
        return len(self._values)
