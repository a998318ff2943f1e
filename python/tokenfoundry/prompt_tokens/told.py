"""What a count says: the tokens as they are expected, and the most that they can be."""

from __future__ import annotations

from typing import NamedTuple


class PromptTokens(NamedTuple):
    """Both are the same number where the rule is known exactly."""

    tokens: int
    most: int
    """What a hold takes: never below what is billed, wherever the rule is not known exactly."""


NOTHING = PromptTokens(0, 0)
