"""How special tokens are told to the core: id, text, traits (`SpecialTrait` in `cpp/tokenfoundry/tokens/terms.h`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

Special: TypeAlias = tuple[int, str, list[str]]

MAY_BE_ORDINARY: Final = "may_be_ordinary"  # It may have the id of an ordinary token.
NEVER: Final = "never"  # No text is one, whatever is allowed: it is only ever decoded.
TAKES_SPACE_BEFORE: Final = "takes_space_before"
TAKES_SPACE_BEHIND: Final = "takes_space_behind"


MOST_IDS: Final = 2**20 - 1  # Of a table (`cpp/tokenfoundry/tokens/FORMAT.md`).


def is_id(value: object) -> bool:
    """Whether a token of a table can have it as its id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_IDS


def is_text(value: object) -> bool:
    """Whether a token can be of it: something, and without a lone surrogate, which has no bytes."""
    return isinstance(value, str) and value != "" and not any("\ud800" <= letter <= "\udfff" for letter in value)


def plain(tokens: Mapping[str, int]) -> list[Special]:
    """Special tokens that are ones only where the caller allows it."""
    return [(token_id, text, []) for text, token_id in tokens.items()]
