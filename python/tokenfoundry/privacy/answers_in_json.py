"""JSON text that a model writes, such as the arguments of a tool: each of its texts is looked at as itself, called what
its field is called, and written as JSON again: as it was written, up to the first character that is another one. What
is no JSON from some place on is plain text from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, Protocol

from tokenfoundry.privacy.json_in_text import JsonParts
from tokenfoundry.privacy.spelling import Spelling
from tokenfoundry.privacy.stepwise import InParts

_LEAST_DIGITS: Final = 9  # Of a number that may be a phone or a card number, as in a request.

_SPACE: Final = frozenset(" \t\r\n")
_WORDS: Final = ("true", "false", "null")
_NUMBER = re.compile(r"-?(\d+)(?:\.\d+)?")
_NUMBERS: Final = frozenset("0123456789+-.eE")
_IN_STRING = re.compile(r'[^"\\]+')
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}")


class Guard(Protocol):
    """See `AnswerGuard`."""

    @property
    def changed(self) -> bool: ...

    def feed(self, text: str) -> str: ...

    def close(self) -> str: ...


class GuardInParts(InParts):
    """One text, some parts of which may be JSON (`json_in_text`)."""

    __slots__ = ("_guards",)

    def __init__(self, make: Callable[[bool, str], Guard], before: str = "") -> None:
        """`make` makes the guard of a part, which is JSON or not, and stands behind some text: `before`, at first."""
        self._guards: list[Guard] = []
        guards = self._guards  # Not `self`: what refers to itself stays until the next collection.

        def kept(levels: int, said: str) -> Guard:
            guards.append(make(bool(levels), said))
            return guards[-1]

        super().__init__(JsonParts(), kept, before)

    @property
    def changed(self) -> bool:
        """Whether anything was replaced."""
        return any(guard.changed for guard in self._guards)


class JsonGuard:
    """One JSON text, in one piece or in many, as `AnswerGuard` otherwise. Not thread-safe."""

    __slots__ = (
        "_at_name",
        "_escape",
        "_guard",
        "_guard_of",
        "_high",
        "_nested",
        "_spelling",
        "_state",
        "_token",
        "changed",
    )

    def __init__(self, guard_of: Callable[[str], Guard]) -> None:
        """`guard_of` makes a guard for a text that is called so."""
        self._guard_of = guard_of
        self._nested: list[list[str]] = [["", ""]]  # A bracket, and the name of the field that its values stand in.
        self._at_name = False
        self._state: str = "between"  # Or in a "string", "name", "word", "number"; or "plain".
        self._token = ""
        self._guard: Guard | None = None
        self._spelling = Spelling()  # Of the string that has begun.
        self._escape = ""
        self._high = ""  # The first half of a character that is escaped in two, as it is written.
        self.changed = False

    def feed(self, text: str) -> str:
        """What can be passed on now."""
        passed: list[str] = []
        at = 0
        while at < len(text):
            if self._state == "plain":
                passed.append(self._plain().feed(text[at:]))
                break
            if self._state in ("string", "name"):
                at = self._string(text, at, passed)
            elif self._state in ("word", "number"):
                at = self._bare(text, at, passed)
            else:
                at = self._between(text, at, passed)
        return "".join(passed)

    def close(self) -> str:
        """The rest."""
        if self._state == "number":
            return self._number()
        if self._state in ("name", "string"):
            passed: list[str] = []
            self._take_half(passed)
            self._take(self._escape, self._escape, passed)
            return "".join([*passed, self._rest_of_string()])
        if self._state == "plain":
            return self._ended(self._plain(), "")
        rest, self._token = self._token, ""
        return rest

    # -- what stands between texts -------------------------------------------------------------------------------------

    def _between(self, text: str, at: int, passed: list[str]) -> int:
        character = text[at]
        if character == '"':
            is_name = self._at_name
            self._state = "name" if is_name else "string"
            self._guard, self._token = self._guard_of("" if is_name else self._nested[-1][1]), ""
        elif character in "{[":
            # The values of a list are called as the list is.
            self._nested.append([character, self._nested[-1][1]])
            self._at_name = character == "{"
        elif character in "}]":
            if len(self._nested) > 1:
                self._nested.pop()
            self._at_name = False
        elif character == ",":
            self._at_name = self._nested[-1][0] == "{"
        elif character == ":":
            self._at_name = False
        elif character in _NUMBERS and character not in "eE+.":
            self._state, self._token = "number", ""
            return at
        elif character not in _SPACE:
            self._state, self._token = "word", ""
            return at
        passed.append(character)
        return at + 1

    def _bare(self, text: str, at: int, passed: list[str]) -> int:
        """A number, or `true`, `false` or `null`."""
        while at < len(text):
            character = text[at]
            if self._state == "number" and character not in _NUMBERS:
                passed.append(self._number())
                return at
            token = self._token + character
            if self._state == "word" and not any(word.startswith(token) for word in _WORDS):
                # No JSON, but for a word that ended here.
                if self._token in _WORDS and (character in _SPACE or character in ',]}:[{"'):
                    passed.append(self._token)
                    self._state, self._token = "between", ""
                    return at
                self._state, self._guard = "plain", None
                passed.append(self._plain().feed(self._token))
                self._token = ""
                return at
            self._token = token
            at += 1
        return at

    def _number(self) -> str:
        token, self._token, self._state = self._token, "", "between"
        number = _NUMBER.fullmatch(token)
        if number is None or len(number[1].lstrip("0")) < _LEAST_DIGITS:
            return token
        guard = self._guard_of(self._nested[-1][1])
        made = guard.feed(number[1]) + guard.close()
        self.changed = self.changed or guard.changed
        return json.dumps(made, ensure_ascii=False) if guard.changed else token

    def _plain(self) -> Guard:
        if self._guard is None:
            self._guard = self._guard_of("")
        return self._guard

    # -- texts ---------------------------------------------------------------------------------------------------------

    def _string(self, text: str, at: int, passed: list[str]) -> int:
        if self._escape:
            return self._escaped_character(text, at, passed)
        character = text[at]
        if character == "\\":
            self._escape = "\\"
        elif character == '"':
            self._take_half(passed)
            passed += (self._rest_of_string(), '"')
            self._state, self._token = "between", ""
        else:
            run = _IN_STRING.match(text, at)
            assert run is not None, "anything but a quote and a backslash"
            self._take_half(passed)
            self._take(run[0], run[0], passed)
            return run.end()
        return at + 1

    def _escaped_character(self, text: str, at: int, passed: list[str]) -> int:
        escape = self._escape + text[at]
        if len(escape) > 2 and text[at] not in "0123456789abcdefABCDEF":
            # No escape: taken as it is written, and the character is looked at anew.
            self._take_half(passed)
            self._take(self._escape, self._escape, passed)
            self._escape = ""
            return at
        self._escape = escape
        if len(escape) == 2 and escape != "\\u":
            self._take_half(passed)
            self._take(_ESCAPES.get(escape[1], escape), escape, passed)
            self._escape = ""
        elif _UNICODE_ESCAPE.fullmatch(escape):
            self._take_unit(escape, passed)
            self._escape = ""
        return at + 1

    def _take_unit(self, escape: str, passed: list[str]) -> None:
        """A character, or the half of one, which waits for the other."""
        character = chr(int(escape[2:], 16))
        if self._high and "\udc00" <= character <= "\udfff":
            high, self._high = self._high, ""
            pair = chr(int(high[2:], 16)) + character
            self._take(pair.encode("utf-16", "surrogatepass").decode("utf-16"), high + escape, passed)
            return
        self._take_half(passed)
        if "\ud800" <= character <= "\udbff":
            self._high = escape
        else:
            self._take("\ufffd" if "\udc00" <= character <= "\udfff" else character, escape, passed)

    def _take_half(self, passed: list[str]) -> None:
        """Half a character whose other half does not come."""
        if self._high:
            high, self._high = self._high, ""
            self._take("\ufffd", high, passed)

    def _take(self, meant: str, written: str, passed: list[str]) -> None:
        if not meant:
            return
        self._spelling.take(meant, written)
        if self._state == "name":
            self._token += meant
        else:
            assert self._guard is not None, "a string is looked at"
            passed.append(self._spelling.of(self._guard.feed(meant)))

    def _rest_of_string(self) -> str:
        guard, self._guard = self._guard, None
        name = self._token if self._state == "name" else ""
        if self._state == "name":
            self._nested[-1][1] = name
        rest = self._spelling.of(self._ended(guard, name))
        self._spelling = Spelling()
        return rest

    def _ended(self, guard: Guard | None, text: str) -> str:
        assert guard is not None, "what ends has begun"
        made = guard.feed(text) + guard.close()
        self.changed = self.changed or guard.changed
        return made
