"""Regular expressions in Python's syntax (`re`, and what is common of `regex`), as trees.

What no automaton can match is refused here with the reason: conditions, recursion, fuzzy matching.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tokenfoundry.compat.presidio.charset import (
    ANY,
    ASCII_SPACE,
    ASCII_WORD,
    DIGIT,
    EDGES,
    NEWLINE,
    SPACE,
    WORD,
    CharSet,
    category,
)
from tokenfoundry.errors import InvalidInput

_QUANTIFIER = re.compile(r"[*+?]|\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}")
_FLAGS = re.compile(r"\?(?P<on>[aimsu]*)(?:-(?P<off>[ims]+))?(?P<end>[:)])")
_FUZZY = re.compile(r"\{[eids](<|\}|:)")
_NAMED = re.compile(r"\?P?<([A-Za-z_]\w*)>")
_NAMED_BACK = re.compile(r"\?P=([A-Za-z_]\w*)\)")
_GROUP_BACK = re.compile(r"<(?:(\d+)|([A-Za-z_]\w*))>|(\d+)")
_LETTER_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "a": re.ASCII, "u": 0}
_KNOWN_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII | re.UNICODE
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_MAX_REPEAT = 1000
_MAX_DEPTH = 50
_MAX_LENGTH = 50_000


class Unsupported(InvalidInput):
    """The expression cannot be had, and why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    chars: CharSet


@dataclass(frozen=True, slots=True)
class Seq:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`high` None is without end. `kind`: greedy, lazy, or possessive (which an atomic group is too)."""

    item: Node
    low: int
    high: int | None
    kind: str = "greedy"


@dataclass(frozen=True, slots=True)
class Look:
    """A look-around. The anchors `^` and `$` are look-arounds for the edge of the text or a line."""

    item: Node
    behind: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    """`\\b`, or `\\B` when `negative`."""

    word: CharSet
    negative: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What a back-reference may refer to, by its number."""

    number: int
    item: Node


@dataclass(frozen=True, slots=True)
class Back:
    """The text that a group held, once more."""

    number: int


Node = Chars | Seq | Alt | Repeat | Look | Boundary | Group | Back
EMPTY = Seq(())


def parse(regex: str, flags: int) -> Node:
    """The tree of an expression. Raises `Unsupported`."""
    if len(regex) > _MAX_LENGTH:
        raise Unsupported(f"it is longer than {_MAX_LENGTH} characters")
    if flags & ~_KNOWN_FLAGS:
        raise Unsupported(f"the flag {re.RegexFlag(flags & ~_KNOWN_FLAGS)!r} is not supported")
    parser = _Parser(regex, flags)
    tree = parser.alternatives(0)
    if parser.flags_for_all & ~flags:  # They may stand in the middle, and hold from the start.
        return parse(regex, flags | parser.flags_for_all)
    if not parser.done:
        raise Unsupported(f"unbalanced parenthesis at {parser.at}")
    return tree


class _Parser:
    def __init__(self, regex: str, flags: int) -> None:
        self.regex = regex
        self.flags = flags
        self.flags_for_all = 0
        self.groups = 0
        self.names: dict[str, int] = {}
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.regex)

    def peek(self) -> str:
        return self.regex[self.at : self.at + 1]

    def take(self) -> str:
        if self.done:
            raise Unsupported("it ends too early")
        self.at += 1
        return self.regex[self.at - 1]

    def skip(self, text: str) -> bool:
        if not self.regex.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def alternatives(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise Unsupported(f"groups are nested deeper than {_MAX_DEPTH}")
        branches = [self._sequence(depth)]
        while self.skip("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Alt(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while not self.done and self.peek() not in "|)":
            item = self._quantified(self._atom(depth))
            items.extend(item.items if isinstance(item, Seq) else [item])
        return items[0] if len(items) == 1 else Seq(tuple(items))

    def _quantified(self, item: Node) -> Node:
        while True:
            if _FUZZY.match(self.regex, self.at):
                raise Unsupported("fuzzy matching is not supported")
            found = _QUANTIFIER.match(self.regex, self.at)
            if found is None or found[0] in ("{}", "{,}"):
                return item
            self.at = found.end()
            kind = "lazy" if self.skip("?") else "possessive" if self.skip("+") else "greedy"
            low, high = _bounds(found)
            if isinstance(item, Look | Boundary):
                raise Unsupported("a look-around or anchor is repeated")
            item = Repeat(item, low, high, kind)

    def _atom(self, depth: int) -> Node:
        character = self.take()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return Chars(self._class())
        if character == ".":
            return Chars(ANY if self.flags & re.DOTALL else ANY - NEWLINE)
        if character == "^":
            return Look(Chars(EDGES | NEWLINE if self.flags & re.MULTILINE else EDGES), behind=True, negative=False)
        if character == "$":
            return self._end_anchor()
        if character == "\\":
            return self._escape()
        if character in "*+?":
            raise Unsupported(f"nothing to repeat at {self.at - 1}")
        return Chars(self._cased(CharSet.one(character)))

    def _end_anchor(self) -> Node:
        if self.flags & re.MULTILINE:
            return Look(Chars(EDGES | NEWLINE), behind=False, negative=False)
        return Look(Alt((Chars(EDGES), Seq((Chars(NEWLINE), Chars(EDGES))))), behind=False, negative=False)

    def _group(self, depth: int) -> Node:
        outer = self.flags
        if self.skip("?#"):
            self.at = self.regex.find(")", self.at) + 1
            if self.at == 0:
                raise Unsupported("a comment has no end")
            return EMPTY
        for opening, behind, negative in (("?=", 0, 0), ("?!", 0, 1), ("?<=", 1, 0), ("?<!", 1, 1)):
            if self.skip(opening):
                return Look(self._closed(depth), bool(behind), bool(negative))
        if self.skip("?>"):
            return Repeat(self._closed(depth), 1, 1, "possessive")
        if back := _NAMED_BACK.match(self.regex, self.at):
            self.at = back.end()
            return self._back(self.names.get(back[1], 0))
        number = 0
        if named := _NAMED.match(self.regex, self.at):
            self.at = named.end()
            number = self._new_group()
            self.names[named[1]] = number
        elif found := _FLAGS.match(self.regex, self.at):
            self.at = found.end()
            for letter in found["on"]:
                self.flags |= _LETTER_FLAGS[letter]
            for letter in found["off"] or "":
                self.flags &= ~_LETTER_FLAGS[letter]
            if found["end"] == ")":
                self.flags_for_all |= self.flags & ~outer
                return EMPTY
        elif self.peek() == "?":
            raise Unsupported(f"the group ({self.regex[self.at : self.at + 3]}... is not supported")
        else:
            number = self._new_group()
        inner = self._closed(depth)
        self.flags = outer
        return Group(number, inner) if number else inner

    def _new_group(self) -> int:
        self.groups += 1
        return self.groups

    def _back(self, number: int) -> Node:
        if not 0 < number <= self.groups:
            raise Unsupported("a back-reference refers to no group before it")
        return Back(number)

    def _closed(self, depth: int) -> Node:
        inner = self.alternatives(depth + 1)
        if not self.skip(")"):
            raise Unsupported("a parenthesis has no end")
        return inner

    def _escape(self) -> Node:
        character = self.take()
        if character in "bB":
            word = ASCII_WORD if self.flags & re.ASCII else WORD
            return Boundary(word, negative=character == "B")
        if character in "Az" or character == "Z":
            return Look(Chars(EDGES), behind=character == "A", negative=False)
        if character in "123456789":
            more = self.peek() if self.peek().isdecimal() else ""
            self.at += len(more)
            return self._back(int(character + more))
        if character == "g":
            back = _GROUP_BACK.match(self.regex, self.at)
            if back is None:
                raise Unsupported("\\g needs the number or name of a group")
            self.at = back.end()
            return self._back(int(back[1] or back[3] or self.names.get(back[2], 0)))
        return Chars(self._cased(self._escaped_set(character)))

    def _escaped_set(self, character: str) -> CharSet:
        ascii_only = bool(self.flags & re.ASCII)
        classes = {"d": DIGIT, "w": ASCII_WORD if ascii_only else WORD, "s": ASCII_SPACE if ascii_only else SPACE}
        if character in classes:
            return classes[character]
        if character.lower() in classes:
            return ANY - classes[character.lower()]
        if character in "pP":
            return self._property(negative=character == "P")
        return CharSet.one(self._escaped_character(character))

    def _escaped_character(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character in _HEX_DIGITS:
            digits = self.regex[self.at : self.at + _HEX_DIGITS[character]]
            self.at += len(digits)
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise Unsupported(f"\\{character}{digits} is no character") from None
        if character == "0":
            return "\0"
        if character == "N":
            name = re.compile(r"\{([^}]*)\}").match(self.regex, self.at)
            if name is None:
                raise Unsupported("\\N needs a name in braces")
            self.at = name.end()
            try:
                return unicodedata.lookup(name[1])
            except KeyError:
                raise Unsupported(f"no character is called {name[1]!r}") from None
        if character.isascii() and character.isalnum():
            raise Unsupported(f"the escape \\{character} is not supported")
        return character

    def _property(self, *, negative: bool) -> CharSet:
        found = re.compile(r"\{(\^?)(\w+)\}").match(self.regex, self.at)
        chars = category(found[2]) if found else None
        if found is None or chars is None:
            raise Unsupported("of \\p only general categories such as \\p{L} or \\p{Lu} are supported")
        self.at = found.end()
        return ANY - chars if negative != bool(found[1]) else chars

    def _class(self) -> CharSet:
        negative = self.skip("^")
        chars = CharSet(())
        first = True
        while first or self.peek() != "]":
            if self.regex.startswith("[:", self.at):
                raise Unsupported("POSIX classes such as [:alpha:] are not supported")
            first = False
            chars |= self._class_item()
        self.at += 1
        chars = self._cased(chars)
        return ANY - chars if negative else chars

    def _class_item(self) -> CharSet:
        low = self._class_member()
        if self.peek() != "-" or self.regex[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._class_member()
        (start, _), (end, _) = low.ranges[0], high.ranges[0]
        if low != CharSet.one(chr(start)) or high != CharSet.one(chr(end)) or end < start:
            raise Unsupported("a range in a class must go from one character up to another")
        return CharSet(((start, end),))

    def _class_member(self) -> CharSet:
        character = self.take()
        if character != "\\":
            return CharSet.one(character)
        escaped = self.take()
        return CharSet.one("\b") if escaped == "b" else self._escaped_set(escaped)

    def _cased(self, chars: CharSet) -> CharSet:
        return chars.any_case() if self.flags & re.IGNORECASE else chars


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if found[0] in simple:
        return simple[found[0]]
    low = int(found["low"] or 0)
    high = low if not found["comma"] else int(found["high"]) if found["high"] else None
    if max(low, high or 0) > _MAX_REPEAT:
        raise Unsupported(f"the repeat {found[0]} is over {_MAX_REPEAT}")
    if high is not None and high < low:
        raise Unsupported(f"the repeat {found[0]} has its bounds reversed")
    return low, high
