"""Which names a model of the price table answers to.

A rule is a short string, its first character the way to compare, or a list of rules that must all hold:

    =gpt-4o     the whole name        ^gpt-4o-    how it begins     $-latest    how it ends
    *sonnet     anywhere in it        ~^o[134]    a regular expression found in it

Names are compared in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from tokenfoundry.errors import InvalidInput

Rule: TypeAlias = str | list[str]


def matches(rules: Sequence[Rule], name: str) -> bool:
    """Whether any of `rules` holds for `name`, which is in lower case.

    >>> matches(["=gpt-4o", "^gpt-4o-2024"], "gpt-4o-2024-08-06")
    True
    >>> matches([["^claude", "*haiku"]], "claude-sonnet")
    False
    """
    return any(
        _holds(rule, name) if isinstance(rule, str) else all(_holds(each, name) for each in rule) for rule in rules
    )


def _holds(rule: str, name: str) -> bool:
    kind, text = rule[0], rule[1:]
    match kind:
        case "=":
            return name == text
        case "^":
            return name.startswith(text)
        case "$":
            return name.endswith(text)
        case "*":
            return text in name
        case "~":
            return re.search(text, name) is not None
    raise InvalidInput(f"the price table holds a rule of an unknown kind: {rule!r}")
