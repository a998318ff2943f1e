"""Names as files and fields without spaces have them: `Mario_Rossi`, `mario-rossi`, `CV_Mario.Rossi.pdf`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[^\W_]+(?:[_.-][^\W_]+)+")
_JOINTS: Final = "_-."
_MOST_SOUGHT: Final = 16  # Of more it is faster to look at all that is joined.


class JoinedNames:
    """Some names of several words, and where they stand joined, in letters of any case.

    >>> list(JoinedNames(["Mario Rossi"]).places("CV_mario-rossi.pdf, Mario Rossi, mario.rossini"))
    [(3, 14, 'PERSON')]
    """

    __slots__ = ("_names", "_sizes")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {words for name in names if len(words := tuple(_WORD.findall(name.lower()))) > 1}
        self._sizes = sorted({len(words) for words in self._names})

    def among(self, text: str) -> JoinedNames:
        """Those that may stand in a text."""
        if len(self._names) > _MOST_SOUGHT or not self._names:
            return self
        lowered = text.lower()
        return JoinedNames(
            " ".join(words) for words in self._names if any(joint.join(words) in lowered for joint in _JOINTS)
        )

    def __bool__(self) -> bool:
        return bool(self._names)

    def places(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Everywhere that one of them stands whole, and what it is."""
        for joined in _JOINED.finditer(text) if self._names else ():
            words = list(_WORD.finditer(text, *joined.span()))
            lowered = [word[0].lower() for word in words]
            for size in self._sizes:
                for first in range(len(words) - size + 1):
                    if tuple(lowered[first : first + size]) in self._names:
                        yield words[first].start(), words[first + size - 1].end(), "PERSON"
