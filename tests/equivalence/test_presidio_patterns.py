"""Translated expressions match what Python's `re` matches, on texts made to come close."""

from __future__ import annotations

import random
import re

import pytest

from tokenfoundry.compat.presidio.matcher import DEFAULT_FLAGS, Matcher, Rule

# Chosen so that the longest match from a place is also the first that a backtracking engine tries.
EXPRESSIONS = [
    r"\b\d{5}(?:-\d{4})?\b",
    r"(?<!\d)\d{2,3}(?!\d)",
    r"(?<!\w)[a-c]+(?!\w)",
    r"(?<![\w.])\d+\.\d+(?![\w.])",
    r"\b(?!000|12)\d{3}-(?!00)\d{2}\b",
    r"(?!0)\d+",
    r"(?<=a )\d+",
    r"(?<=a|b)\d",
    r"\d+(?= b)",
    r"\d+(?=\s|$|[.,])",
    r"^\d+",
    r"[a-c]+$",
    r"\A[a-c ]",
    r"\d\Z",
    r"(?:^|\s)\d\d(?:\s|$)",
    r"\b[a-c]\d|\d[a-c]\b",
    r"\Ba\B",
    r"a\b.\bb",
    r"(?i)A(?-i:B)",
    r"a[^\d\s]b",
    r"a\W+?b",
    r"\d*+[a-c]",
    r"(?>\d+)a",
    r"(?P<x>a|b){2}(?!1)",
    r"[-a]{2}",
    r"\x61\u0062",
    r"è\b",
    r"\bè",
    r"\w+",
    r"(?!a)\w{2}(?<!b)",
    r"(?<!ab)c",
    r"a(?!bc)",
    r"(?<=\ba)1",
    r"1(?!\d{2}\b)",
    r"a{,2}1",
    r"a{|b",
    r"(?#a comment)ab",
    r"a(?:b(?!1))?1",
    r"(?:\b1|a)2",
    r"\d([-. ]?)\d\1\d",
    r"(?P<gap>[- ])1(?P=gap)",
    r"([ab])(1|2)\2\1",
    r"(a|ab)1(?!\1)",
    r"(\.)(?:\d\1){2}|ab",
    r"[ab]{2,5}",
    r"\d{2,3}",
    r"(?<=\d)\d{1,2}(?!a)",
    r"[ab12]{2,4}\b",
]
FLAGS = [DEFAULT_FLAGS, 0, re.ASCII, re.IGNORECASE]
PIECES = [
    "0",
    "1",
    "2",
    "12",
    "123",
    "000",
    "a",
    "b",
    "c",
    "ab",
    "abc",
    "AB",
    " ",
    "  ",
    "-",
    ".",
    ",",
    "\n",
    "è",
    "1 b",
    "a 1",
    "a b",
    "210-12",
    "000-12",
]


def text_of(draw: random.Random) -> str:
    return "".join(draw.choice(PIECES) for _ in range(draw.randint(0, 12)))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same_is_matched(expression: str) -> None:
    draw = random.Random(expression)
    found_any = False
    for flags in FLAGS:
        matcher = Matcher((Rule("rule", expression, flags),))
        compiled = re.compile(expression, flags)
        for _ in range(150):
            text = text_of(draw)
            expected = [match.span() for match in compiled.finditer(text) if match[0]]
            (found,) = matcher.matches(text)
            assert found == expected, (expression, flags, text, found, expected)
            found_any |= bool(expected)
    assert found_any
