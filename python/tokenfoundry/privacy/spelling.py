r"""How the characters of a string of JSON are written, for it to be written so again."""

from __future__ import annotations

import json
from collections import deque


class Spelling:
    r"""One string that comes in pieces. Not thread-safe.

    >>> spelling = Spelling()
    >>> for meant, written in ("caff", "caff"), ("\u00e8", r"\u00e8"), ("\n", r"\n"):
    ...     spelling.take(meant, written)
    >>> print(spelling.of("caff"), spelling.of("\u00e8\u00e8\n"))
    caff \u00e8è\n
    """

    __slots__ = ("_is_same", "_unsaid")

    def __init__(self) -> None:
        self._unsaid = deque[tuple[str, str]]()  # What is meant, and how it is written; plain text is as it is meant.
        self._is_same = True

    def take(self, meant: str, written: str) -> None:
        """What comes next."""
        if self._is_same:
            self._unsaid.append((meant, written))

    def of(self, text: str) -> str:
        """The next of what was taken, up to the first character that is another one. From there on it is written in the
        shortest way.
        """
        pieces: list[str] = []
        done = 0
        while self._is_same and done < len(text):
            meant, written = self._unsaid.popleft() if self._unsaid else ("", "")
            if text.startswith(meant, done) and meant:
                pieces.append(written)
                done += len(meant)
                continue
            size = _alike(meant, text[done:]) if meant == written else 0
            pieces.append(written[:size])
            done += size
            self._is_same = done == len(text)
            self._unsaid.appendleft((meant[size:], written[size:]))
        if done < len(text):
            self._unsaid.clear()
            pieces.append(json.dumps(text[done:], ensure_ascii=False)[1:-1])
        return "".join(pieces)


def _alike(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
