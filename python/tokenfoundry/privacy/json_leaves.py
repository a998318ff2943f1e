r"""JSON text that stays as it is written: what is found in its texts one by one, and where that stands between escapes.

The texts of data sets are read as those of requests are (`gateway.bodies.texts`), but keep their own spelling, so that
what was taken out can be put back character for character.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import Unescaped

# Of valid JSON: a text, and whether it is a name; a number; a bracket.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|(-?[0-9][0-9.eE+-]*)|[\[\]{}]')
_BEGINS: Final = ("{", "[")

# Of a character that JSON writes as two escapes.
HALVES: Final = re.compile("[\ud800-\udfff]")

# A number this long may be a phone or card number.
_LONG_NUMBER: Final = 10**8


def findings_in_leaves(text: str, look: Callable[[str, str], list[Finding]]) -> list[Finding] | None:
    r"""What `look` finds in each text, long number and field name of a JSON text, in order; None for what is no object
    or list of JSON. `look` is told what a text is called: as its field, or as the list that it stands in.

    >>> name = lambda text, label: [Finding("NAME", text.index("ò"), len(text), 1.0)] if label == "chi" else []
    >>> text = '{"chi": "Nicol\\u00f2", "n": 1}'
    >>> [text[found.start : found.end] for found in findings_in_leaves(text, name)]
    ['\\u00f2']
    """
    if not text.lstrip().startswith(_BEGINS):
        return None
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    found: list[Finding] = []
    labels = [""]
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            read = Unescaped(token[1])
            said = HALVES.sub("\ufffd", read.text)
            start = token.start(1)
            found += [
                replace(each, start=start + read.position(each.start), end=start + read.position(each.end))
                for each in look(said, "" if token[2] else labels[-1])
            ]
            if token[2]:
                labels[-1] = said
        elif token[3] is not None:
            if (number := _long_number(token[3])) and (of_number := look(number, labels[-1])):
                found.append(replace(of_number[0], start=token.start(), end=token.end()))
        elif token[0] in _BEGINS:
            labels.append(labels[-1])
        else:
            labels.pop()
    return found


def _long_number(token: str) -> str:
    """A number without its fraction; nothing for a short one."""
    try:
        number = int(token)
    except ValueError:
        number = int(float(token))
    return str(number) if abs(number) >= _LONG_NUMBER else ""
