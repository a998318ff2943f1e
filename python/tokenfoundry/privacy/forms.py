r"""The forms in which a placeholder comes back: as it was sent, or as a model writes it.

Models change the case of a placeholder, put spaces inside its brackets, and escape it for where they write it:

    [EMAIL_ADDRESS_1]   [email_address_1]   [ EMAIL_ADDRESS_1 ]   【EMAIL_ADDRESS_1】   ［EMAIL_ADDRESS_1］
    [EMAIL\_ADDRESS\_1]   \[EMAIL\_ADDRESS\_1\]   &#91;EMAIL_ADDRESS_1&#93;   and in JSON any of these as \u005b...

All of them are one placeholder. Markup around it (`**`, backticks) is no part of it and stays. Brackets come in pairs
of one kind, so that text which stood beside a value (a backslash before it, say) is never taken for a part of a form.
A bracket that is lost makes it something else, which is left alone.

Positions are code points of the text as it is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

_SPACE = r"[ \t\u00a0]{0,4}"
_UNIT = r"(?:[A-Za-z0-9_]|\\_|&\#95;)"
_NAME = rf"([A-Za-z]{_UNIT}{{0,95}})"
_INSIDE = rf"{_SPACE}{_NAME}{_SPACE}"
_HTML_OPEN = r"&(?:\#91|\#[xX]5[bB]|lbrack|lsqb);"
_HTML_CLOSE = r"&(?:\#93|\#[xX]5[dD]|rbrack|rsqb);"

_FORM = re.compile(
    rf"\[{_INSIDE}\]|\\\[{_INSIDE}\\\]|{_HTML_OPEN}{_INSIDE}{_HTML_CLOSE}|\uff3b{_INSIDE}\uff3d|\u3010{_INSIDE}\u3011"
)

# What a text may end with that can still become a form: nothing stands behind it.
_UNIT_BEGUN = r"(?:\\|&(?:\#(?:95?)?)?)?"
_HTML_CLOSE_BEGUN = r"(?:&(?:\#(?:93?|[xX](?:5[dD]?)?)?|r(?:b(?:r(?:a(?:ck?)?)?)?|s(?:qb?)?)?)?)?"
_HTML_OPEN_BEGUN = r"&(?:\#(?:91?|[xX](?:5[bB]?)?)?|l(?:b(?:r(?:a(?:ck?)?)?)?|s(?:qb?)?)?)?"


def _inside_begun(close_begun: str) -> str:
    return rf"{_SPACE}(?:{_NAME}(?:{_UNIT_BEGUN}|({_SPACE}){close_begun})?)?"


_PLAIN_BEGUN, _ESCAPED_BEGUN, _HTML_BEGUN = map(_inside_begun, ("", r"\\?", _HTML_CLOSE_BEGUN))
_BEGUN = re.compile(
    rf"(?:\\(?:\[{_ESCAPED_BEGUN})?|[\[\uff3b\u3010]{_PLAIN_BEGUN}|{_HTML_OPEN_BEGUN}|{_HTML_OPEN}{_HTML_BEGUN})\Z"
)
LONGEST_FORM: Final = 512  # Code points; a unit of a name may be written with five.

# In the bytes of JSON text: each begins with what a search can run to.
_BRACKET = re.compile(rb"\[(?:[ \t]|\xc2\xa0)*[A-Za-z\\]")
_ESCAPED_BRACKET = re.compile(rb"\\u(?:00[25]|[fF][fF]3|30)")
_HTML_BRACKET = re.compile(rb"&[#l]")
_WIDE_BRACKETS = (b"\xef\xbc\xbb", b"\xe3\x80\x90")


def may_hold_form(text: str) -> bool:
    """Whether there is any use in looking for a form in it: each has one of these characters in it.

    Every text of every call is asked, and a search for one character at a time is by far the fastest way to answer.
    """
    return "[" in text or "\\" in text or "&" in text or "\uff3b" in text or "\u3010" in text


# In JSON text any character may be an escape. These tell that reading the escapes may show a form that is not seen
# without it, or hide one.
_TELLING_ESCAPE = re.compile(r"\\(?:[\\\[\]_t]|u(?:00|[fF][fF]3|30))")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([^u]))")
ESCAPES: Final = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_OPENER_ESCAPE_BEGUN = re.compile(r"\\(?:u(?:0(?:0(?:[25])?)?|[fF](?:[fF]3?)?|3(?:01?)?)?)?\Z")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "/": "/", "\\": "\\"}


class Form(NamedTuple):
    """A placeholder as it stands in a text."""

    start: int
    end: int
    placeholder: str
    """As it was sent."""


def forms_in(text: str, *, json: int = False) -> Iterator[Form]:
    r"""Everything in `text` that is written as a placeholder, in order; `json` says in how many JSON texts it stands.

    >>> [form.placeholder for form in forms_in(r"\[email\_address\_1\] & [ BADGE_2 ]")]
    ['[EMAIL_ADDRESS_1]', '[BADGE_2]']
    """
    if not may_hold_form(text):
        return
    if json and _TELLING_ESCAPE.search(text):
        read = Unescaped(text)
        for start, end, placeholder in forms_in(read.text, json=json - 1):
            yield Form(read.position(start), read.position(end), placeholder)
        return
    for match in _FORM.finditer(text):
        assert match.lastindex is not None, "each form has a name"
        yield Form(match.start(), match.end(), f"[{_plain(match[match.lastindex])}]")


def may_hold_form_in_json(answer: bytes) -> bool:
    """The same of a JSON text, in which a bracket may be an escape and may be of the JSON itself."""
    return (
        _BRACKET.search(answer) is not None
        or _ESCAPED_BRACKET.search(answer) is not None
        or _HTML_BRACKET.search(answer) is not None
        or (not answer.isascii() and any(bracket in answer for bracket in _WIDE_BRACKETS))
    )


def literals_in(text: str, entities: Collection[str]) -> Iterator[Form]:
    r"""What in a user's own text could be taken for a placeholder, as text or inside JSON: what is written as ours
    are, and every other form of one of these entities. In order, disjoint.

    >>> [text for text in ("[A_1]", "[a_1]", "[b_1]", r"\u005ba_1]") for _ in literals_in(text, {"A"})]
    ['[A_1]', '[a_1]', '\\u005ba_1]']
    """
    if not may_hold_form(text):
        return
    found = [form for form in forms_in(text) if _is_literal(form, text, entities)]
    if _TELLING_ESCAPE.search(text):
        found += [form for form in forms_in(text, json=True) if _is_literal(form, text, entities)]
        found.sort()
    done = 0
    for form in found:
        if form.start >= done:
            yield form
            done = form.end


def _is_literal(form: Form, text: str, entities: Collection[str]) -> bool:
    placeholder = form.placeholder
    entity, _, number = placeholder[1:-1].rpartition("_")
    # As it is sent, any name is one: what it stands for may come from a policy that is no longer in force.
    return number.isdecimal() and (entity in entities or (bool(entity) and text[form.start : form.end] == placeholder))


def begun_at(text: str, may_be: Callable[[str, bool], bool], *, json: int = False) -> int:
    """Where an end of `text` begins that may still become a form; the length of `text` when there is none.

    `may_be` says whether a placeholder has a name that begins so, or with its second argument, that is so.
    """
    if json:
        return _begun_in_json(text, may_be, json)
    at = max(0, len(text) - LONGEST_FORM)
    while (match := _BEGUN.search(text, at)) is not None:
        if match.start() == len(text) or match.lastindex is None:
            return match.start()
        named = [group for group in match.groups() if group is not None]
        # What ends in a space behind its name has all of its name.
        if may_be(_plain(named[0]), len(named) > 1 and bool(named[1])):
            return match.start()
        at = match.start() + 1
    return len(text)


def _begun_in_json(text: str, may_be: Callable[[str, bool], bool], levels: int) -> int:
    read = None
    if _TELLING_ESCAPE.search(text) is not None:
        read = Unescaped(text)
        plain, end = read.text, read.end
    elif (begun := _ESCAPE_BEGUN.search(text)) is not None:
        plain, end = text[: begun.start()], begun.start()
    else:
        return begun_at(text, may_be)
    at = begun_at(plain, may_be, json=levels - 1)
    if at < len(plain):
        return at if read is None else read.position(at)
    return end if _OPENER_ESCAPE_BEGUN.match(text, end) else len(text)


def _plain(name: str) -> str:
    if "\\" in name or "&" in name:
        name = name.replace("\\", "").replace("&#95;", "_")
    return name.upper()


class Unescaped:
    """JSON text with its escapes read, and where each of its characters came from; an escape that has only begun at its
    end is left out.
    """

    def __init__(self, raw: str) -> None:
        pieces: list[str] = []
        self._read_ends: list[int] = []  # Where a run of plain characters begins: read, and raw.
        self._raw_ends: list[int] = []
        done = size = 0
        self._add(0, 0)
        for match in _ESCAPE.finditer(raw):
            plain = raw[done : match.start()]
            meant = chr(int(match[1], 16)) if match[1] else _MEANT.get(match[2], match[0])
            pieces += (plain, meant)
            size += len(plain)
            self._add(size, match.start())
            size += len(meant)
            done = match.end()
            self._add(size, done)
        begun = _ESCAPE_BEGUN.search(raw, done)
        self.end = len(raw) if begun is None else begun.start()
        pieces.append(raw[done : self.end])
        self.text = "".join(pieces)

    def _add(self, read: int, raw: int) -> None:
        self._read_ends.append(read)
        self._raw_ends.append(raw)

    def position(self, read: int) -> int:
        """Where in the raw text a character of the read one begins."""
        at = bisect_right(self._read_ends, read) - 1
        return self._raw_ends[at] + read - self._read_ends[at]
