"""Which parts of a text that a model writes are JSON, though nobody asked for it: the text itself, one value or
several, or a value in a fenced block, in a sentence, between tags.

A value is JSON where it begins as one. At the beginning of the text or of a block that is an object or a list, in a
block that is said to be JSON a string too. Anywhere else it is brackets and then a quote: between them may be space,
and in a list numbers and words of JSON. It ends with its last bracket, or with what cannot be JSON: all else is plain.
So what is what follows from the text as far as it has come, and what is held back is at most what stands before the
quote.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Json = bool | None
"""Whether a text is JSON; None when that follows from the text, as it is said here."""

Part = tuple[bool, str]
"""Whether it is JSON, and what it says."""

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)")
_FENCE_BEGUN = re.compile(r"[ \t]*(?:`{0,2}|~{0,2}|`{3,}[^`]*|~{3,}[^`]*)")
_SAYS_JSON = re.compile(r"(?:geo|nd)?json[5cl]?\b", re.IGNORECASE)
_LONGEST_LINE: Final = 256  # Of one that opens or closes a block.

# What follows the bracket that a value begins with; all of a beginning that is not decided yet.
_OPENED = re.compile(r'\{[ \t\r\n]{0,64}["}]|\[[ \t\r\n]{0,64}(?:[\[\]{"0-9-]|true|false|null)')
_OPENED_BEGUN = re.compile(r"\{[ \t\r\n]{0,64}|\[[ \t\r\n]{0,64}(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)?")
_BEGINS_AS_ONE = re.compile(r"[ \t\r\n]*[{\[]")

# What a value begins with in the middle of a text, and a beginning of that which is not decided yet.
_BARE_THEN = r"(?:(?:-?[0-9][0-9.eE+-]*+|true|false|null)[ \t\r\n]*+,[ \t\r\n]*+)*+"
_LISTS = rf"(?:\[[ \t\r\n]{{0,64}}+{_BARE_THEN}){{0,4}}+"  # Of more, those inside.
_BARE_BEGUN = (
    r"(?:-?(?:[0-9][0-9.eE+-]*)?|true|false|null)[ \t\r\n]*|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|\{[ \t\r\n]{0,64}"
)
_OPENED_INSIDE = re.compile(rf'{_LISTS}(?:\{{[ \t\r\n]{{0,64}}+)?"')
_OPENED_INSIDE_BEGUN = re.compile(rf"{_LISTS}(?:{_BARE_BEGUN})")
_MOST_BEFORE: Final = 128  # Characters of it, with its quote.
_MAY_OPEN = re.compile(r'[{\[](?=[ \t\r\n"\[{0-9tfn-]|\Z)')
_FENCE_OR_OPENS = re.compile(rf"[`~]|{_MAY_OPEN.pattern}")
_SPACE = re.compile(r"[ \t\r\n]*")
# Between the strings of JSON: what changes the nesting, and what cannot stand there.
_MARK = re.compile(r"[^ \t\r\n,:0-9+\-.eEtrufalsn]")
_IN_STRING = re.compile(r'["\\\n]')


def may_hold_json(text: str) -> bool:
    """Whether any part of a whole text can be JSON that has a text in it."""
    return '"' in text and (_BEGINS_AS_ONE.match(text) is not None or _FENCE_OR_OPENS.search(text) is not None)


class JsonParts:
    """One text that comes in pieces. Not thread-safe.

    >>> parts = JsonParts()
    >>> parts.feed('Ecco:\\n```json\\n{"a":'), parts.feed(' 1}\\n```\\nFatto.'), parts.close()
    ([(False, 'Ecco:\\n```json\\n'), (True, '{"a":')], [(True, ' 1}'), (False, '\\n```\\nFatto.')], [])
    """

    __slots__ = ("_depth", "_escaped", "_fence", "_held", "_in_string", "_line", "_may_be_string", "_state")

    def __init__(self) -> None:
        self._state: Literal["beginning", "plain", "json"] = "beginning"
        self._held = ""  # What a value may begin with.
        self._line: str | None = ""  # What this line has, while it may still be that of a fence.
        self._fence = ""  # That opened the block.
        self._may_be_string = False
        self._depth = 0
        self._in_string = self._escaped = False

    def feed(self, text: str) -> list[Part]:
        """What is decided now."""
        if self._state == "beginning" and not self._held and text[:1].isalpha():
            self._state, self._line = "plain", None
        may_be_all = self._state == "plain" and not self._held and not (self._line or "").strip()
        if may_be_all and _FENCE_OR_OPENS.search(text) is None:
            self._pass_lines(text)
            return [(False, text)]
        parts: list[Part] = []
        if self._held:
            text, self._held = self._held + text, ""
        at = 0
        while at < len(text):
            is_json = self._state == "json"
            step = self._json if is_json else self._plain if self._state == "plain" else self._beginning
            end = step(text, at)
            if end > at and parts and parts[-1][0] == is_json:
                parts[-1] = is_json, parts[-1][1] + text[at:end]
            elif end > at:
                parts.append((is_json, text[at:end]))
            if self._held:
                break
            at = end
        return parts

    def close(self) -> list[Part]:
        """The rest."""
        held, self._held = self._held, ""
        return [(self._state == "json", held)] if held else []

    def _beginning(self, text: str, at: int) -> int:
        """Space, then what a value begins with or does not."""
        space = _SPACE.match(text, at)
        assert space is not None, "any text begins with some or none"
        end = space.end()
        if end > at:
            self._pass_lines(text[at:end])
        elif _OPENED.match(text, at) or (text[at] == '"' and self._may_be_string):
            self._open()
        elif _OPENED_BEGUN.fullmatch(text, at):
            self._held = text[at:]
        else:
            self._state = "plain"
        return end

    def _open(self) -> None:
        self._state, self._depth, self._line = "json", 0, None
        self._in_string = self._escaped = False

    def _json(self, text: str, at: int) -> int:
        """Where the value ends, or the text."""
        start = at
        while at < len(text):
            if self._in_string:
                at = self._string(text, at)
                if self._state != "json":
                    return at
                continue
            mark = _MARK.search(text, at)
            if mark is None:
                break
            at, character = mark.start(), mark[0]
            if character in "}]":
                self._depth -= 1
            elif character == "{" or (character == "[" and _OPENED.match(text, at)):
                self._depth += 1
            elif character == '"':
                self._in_string = True
            else:
                self._pass_lines(text[start:at])
                if character == "[" and _OPENED_BEGUN.fullmatch(text, at):
                    self._held = text[at:]
                else:  # A placeholder that nobody quoted, say.
                    self._state = "plain"
                return at
            at += 1
            if self._depth <= 0 and not self._in_string:
                self._state, self._line = "beginning", None
                return at
        self._pass_lines(text[start:])
        return len(text)

    def _string(self, text: str, at: int) -> int:
        if self._escaped:
            self._escaped = False
            return at + 1
        mark = _IN_STRING.search(text, at)
        if mark is None:
            return len(text)
        if mark[0] == "\\":
            self._escaped = True
        elif mark[0] == '"':
            self._in_string = False
            if self._depth == 0:
                self._state, self._line = "beginning", None
        else:
            self._state, self._line = "plain", None  # No string of JSON has a line's end in it.
            return mark.start()
        return mark.end()

    def _plain(self, text: str, at: int) -> int:
        """The rest of a line, which may be a fence, or what of it stands before a value."""
        end = text.find("\n", at) + 1 or len(text)
        for opener in _MAY_OPEN.finditer(text, at, end):
            start = opener.start()
            if _OPENED_INSIDE.match(text, start, start + _MOST_BEFORE):
                self._open()
                return start
            if len(text) - start < _MOST_BEFORE and _OPENED_INSIDE_BEGUN.fullmatch(text, start):
                self._held = text[start:]
                end = start
                break
        if end == at:
            return at
        if self._line is not None:
            self._line += text[at:end]
            if text[end - 1] == "\n":
                fence = _FENCE.fullmatch(self._line[:-1].rstrip("\r"))
                if fence is not None:
                    self._pass_fence(fence[1], fence[2].strip())
            elif len(self._line) > _LONGEST_LINE or _FENCE_BEGUN.fullmatch(self._line) is None:
                self._line = None
        if text[end - 1] == "\n":
            self._line = ""
        return end

    def _pass_fence(self, fence: str, said: str) -> None:
        if not self._fence:
            self._fence, self._state = fence, "beginning"
            self._may_be_string = _SAYS_JSON.match(said) is not None
        elif not said and fence.startswith(self._fence):
            self._fence, self._may_be_string = "", False

    def _pass_lines(self, text: str) -> None:
        """Text without a fence went by."""
        _, end, last = text.rpartition("\n")
        line = last if end else (self._line + last if self._line is not None else None)
        self._line = None if line is None or line.strip() else line
