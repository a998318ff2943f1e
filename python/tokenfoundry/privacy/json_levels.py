"""How deep in JSON each part of a text stands: JSON has texts in it that are JSON once more, such as the arguments of a
tool in the arguments of another, and what comes back into one is escaped once for each level.
"""

from __future__ import annotations

import json as json_module
import re
from bisect import bisect_right
from collections import deque
from itertools import accumulate
from typing import Final

from tokenfoundry.privacy.json_in_text import Json, JsonParts

Level = tuple[int, str]
"""In how many JSON texts it stands, and what it says, as it is written."""

# What stands between strings, and strings in which no JSON can be: no bracket that it may begin with is in them, and no
# fence.
_PLAIN = re.compile(r'[^"]*+(?:"(?:[^"\\`~{\[]++|\[(?=[A-Z])|\\(?:[^u]|u(?!00[567])))*+"[^"]*+)*+', re.DOTALL)
_IN_STRING = re.compile(r'[^"\\]+')
_UNICODE_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{0,4}")
_LONGEST_ESCAPE: Final = 6
_MEANT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def escaped(text: str, levels: int) -> str:
    r"""`text` for the inside of a string that stands so deep in JSON.

    >>> print(escaped('"', 1), escaped('"', 2))
    \" \\\"
    """
    for _ in range(levels):
        text = json_module.dumps(text, ensure_ascii=False)[1:-1]
    return text


def unescaped(text: str, levels: int) -> str | None:
    """What stands so deep in JSON, as it is meant; None when it cannot be read."""
    for _ in range(levels):
        try:
            text = json_module.loads(f'"{text}"')
        except ValueError:
            return None
    return text if isinstance(text, str) else None


def json_levels(text: str, json: Json) -> list[Level]:
    r"""The parts of a whole text, no two of one level beside each other.

    >>> for level in json_levels(r'{"a": "{\"b\": 1}"} fine', None):
    ...     print(*level)
    1 {"a": "
    2 {\"b\": 1}
    1 "}
    0  fine
    """
    levels = JsonLevels(json)
    made: list[Level] = []
    for depth, part in [*levels.feed(text), *levels.close()]:
        if made and made[-1][0] == depth:
            made[-1] = depth, made[-1][1] + part
        else:
            made.append((depth, part))
    return made


class LevelsOf:
    """How deep in JSON the places of an answer stand; it is looked at when one is asked about."""

    __slots__ = ("_ends", "_levels", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._levels: list[int] = []
        self._ends: list[int] = []

    def at(self, place: int) -> int:
        """How deep the character there stands."""
        if not self._levels:
            parts = json_levels(self._text, None)
            self._levels = [levels for levels, _ in parts]
            self._ends = list(accumulate(len(part) for _, part in parts))
        return self._levels[bisect_right(self._ends, place)]


class JsonLevels:
    """One text that comes in pieces; `json` says what it is itself. Not thread-safe."""

    __slots__ = ("_parts", "_strings")

    def __init__(self, json: Json) -> None:
        self._parts = None if json else JsonParts()
        self._strings = _Strings()

    def feed(self, text: str) -> list[Level]:
        """What is decided now."""
        return self._strings.feed(text) if self._parts is None else self._leveled(self._parts.feed(text))

    def close(self) -> list[Level]:
        """The rest."""
        rest = [] if self._parts is None else self._leveled(self._parts.close())
        return rest + self._strings.close()

    def _leveled(self, parts: list[tuple[bool, str]]) -> list[Level]:
        made: list[Level] = []
        for is_json, part in parts:
            made += self._strings.feed(part) if is_json else [*self._strings.close(), (0, part)]
        return made


class _Strings:
    """JSON, of which each string may hold some more."""

    __slots__ = ("_escape", "_inside", "_unsaid")

    def __init__(self) -> None:
        self._inside: JsonLevels | None = None  # What stands in the string that has begun.
        self._unsaid = deque[tuple[int, str]]()  # What of it is not decided: how many characters, and as written.
        self._escape = ""

    def feed(self, text: str) -> list[Level]:
        made: list[Level] = []
        at = 0
        while at < len(text):
            if self._inside is None:
                plain = _PLAIN.match(text, at)
                assert plain is not None, "what stands between strings may be nothing"
                at = min(plain.end() + 1, len(text))
                made.append((1, text[plain.start() : at]))
                if plain.end() < at:
                    self._inside = JsonLevels(None)
            elif self._escape or text[at] == "\\":
                at = self._escaped_character(text, at, made)
            elif text[at] == '"':
                made += [*self.close(), (1, '"')]
                at += 1
            else:
                run = _IN_STRING.match(text, at)
                assert run is not None, "anything but a quote and a backslash"
                self._take(run[0], run[0], made)
                at = run.end()
        return made

    def close(self) -> list[Level]:
        """What is left of a string that ends here."""
        made: list[Level] = []
        if self._inside is not None:
            self._take(self._escape, self._escape, made)
            made += [(1 + depth, self._written(len(part))) for depth, part in self._inside.close()]
        self._inside, self._escape = None, ""
        return made

    def _escaped_character(self, text: str, at: int, made: list[Level]) -> int:
        escape = self._escape + text[at]
        if len(escape) > 2 and _UNICODE_ESCAPE.fullmatch(escape) is None:
            # No escape: taken as it is written, and the character is looked at anew.
            self._take(self._escape, self._escape, made)
            self._escape = ""
            return at
        self._escape = escape
        if len(escape) == _LONGEST_ESCAPE or (len(escape) == 2 and escape[1] != "u"):
            # Half a character stays half a one: what is JSON does not depend on it.
            meant = chr(int(escape[2:], 16)) if len(escape) > 2 else _MEANT.get(escape[1], escape[1])
            self._take(meant, escape, made)
            self._escape = ""
        return at + 1

    def _take(self, meant: str, written: str, made: list[Level]) -> None:
        assert self._inside is not None, "it stands in a string"
        self._unsaid.append((len(meant), written))
        made += [(1 + depth, self._written(len(part))) for depth, part in self._inside.feed(meant)]

    def _written(self, size: int) -> str:
        """So many characters as they are written."""
        pieces: list[str] = []
        while size:
            count, written = self._unsaid.popleft()
            if count > size:
                self._unsaid.appendleft((count - size, written[size:]))
                count, written = size, written[:size]
            pieces.append(written)
            size -= count
        return "".join(pieces)
