"""What a count says: the tokens as they are expected, and the most that they can be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class PromptTokens(NamedTuple):
    """Both are the same number where the rule is known exactly."""

    tokens: int
    most: int
    """What a hold takes: never below what is billed for texts, wherever the rule is not known exactly. What could not
    be read has a bound of its own (`tokenfoundry.prompt_tokens.parts`).
    """
    is_read: bool = True
    """Whether all of it was read: no file, sound or address whose contents were only guessed at."""

    def within(self, context_tokens: int | None) -> PromptTokens:
        """The same where all of it was read; else at most what the model can hold: more is refused, not billed."""
        if self.is_read or context_tokens is None:
            return self
        return self._replace(most=min(self.most, max(self.tokens, context_tokens)))


NOTHING = PromptTokens(0, 0)


def together(told: Iterable[PromptTokens]) -> PromptTokens:
    """All of them as one."""
    tokens = most = 0
    is_read = True
    for each in told:
        tokens += each.tokens
        most += each.most
        is_read &= each.is_read
    return PromptTokens(tokens, most, is_read)
