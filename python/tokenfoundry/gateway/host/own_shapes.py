"""What a host says in a shape of its own: every text in it is restored, wherever it stands.

A stream is a row of values, JSON or text. A text that stands in the same place of several values may be one text in
pieces, so a placeholder may be cut between them: what may still become one is held back until the next piece. A text
that begins as the one before it in its place is told anew each time, and grows.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.privacy import RedactionSession

# The names and numbers that lead to a text in a value.
Place = tuple[str | int, ...]


class _Text:
    """What was said in one place."""

    __slots__ = ("grows", "last", "last_value", "pieces", "restorer", "varies")

    def __init__(self, session: RedactionSession, place: Place) -> None:
        self.restorer = session.stream(json="arguments" in place or None)
        self.pieces: list[str] = []
        self.last = ""
        self.last_value: Any = None  # The whole of the value that it last stood in, restored.
        self.varies = False
        self.grows = True

    def add(self, piece: str, session: RedactionSession, place: Place) -> str:
        """The next piece, restored."""
        if self.pieces:
            is_told_anew = bool(self.last) and piece.startswith(self.last)
            self.varies = self.varies or piece != self.last
            self.grows = self.grows and is_told_anew
            if is_told_anew and piece != self.last:
                self.restorer = session.stream(json="arguments" in place or None)
        self.pieces.append(piece)
        self.last = piece
        return self.restorer.feed(piece)

    @property
    def produced(self) -> str:
        """What never changes names the parts of the stream: it is said once."""
        if not self.varies or self.grows:
            return self.last
        return "".join(self.pieces)


class OwnShape:
    """The values of one stream, or one value."""

    def __init__(self, session: RedactionSession) -> None:
        self._session = session
        self._texts: dict[Place, _Text] = {}

    def restored(self, value: Any) -> Any:
        """A copy with the caller's own values; what may be the beginning of a placeholder is missing from it."""
        touched: list[_Text] = []
        made = self._restored(value, (), touched)
        for text in touched:
            text.last_value = made
        return made

    def _restored(self, value: Any, place: Place, touched: list[_Text]) -> Any:
        if isinstance(value, str):
            text = self._texts.get(place)
            if text is None:
                text = self._texts[place] = _Text(self._session, place)
            touched.append(text)
            return text.add(value, self._session, place)
        if isinstance(value, list):
            return [self._restored(item, (*place, number), touched) for number, item in enumerate(value)]
        if isinstance(value, dict):
            return {
                self._session.restore(name): self._restored(item, (*place, name), touched)
                for name, item in value.items()
            }
        return value

    def held_back(self) -> list[Any]:
        """The values that say what is still held back, now that no more will come: each as the last of its place."""
        made: list[Any] = []
        for place, text in self._texts.items():
            if rest := text.restorer.close():
                path = tuple(self._session.restore(name) if isinstance(name, str) else name for name in place)
                made.append(_with(text.last_value, path, rest))
        return made

    def produced(self) -> str:
        """All text that was said."""
        return "".join(text.produced for text in self._texts.values())


def _with(value: Any, place: Place, text: str) -> Any:
    """A copy with that text in that place."""
    if not place:
        return text
    first, *rest = place
    if isinstance(value, list):
        return [_with(item, tuple(rest), text) if number == first else item for number, item in enumerate(value)]
    return {name: _with(item, tuple(rest), text) if name == first else item for name, item in value.items()}
