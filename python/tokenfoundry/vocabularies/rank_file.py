"""Ranks, as tiktoken has them: lines of base64, space, rank."""

from __future__ import annotations

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.vocabularies import special
from tokenfoundry.vocabularies.patterns import PATTERNS, pattern_of


def build(
    content: bytes,
    name: str,
    pattern: str | None,
    special_tokens: tuple[tuple[str, int], ...] | None,
    *,
    is_verified: bool,
) -> bytes:
    """The table of a file of ranks. A file that is cut at the end of a line tells so only beside its special tokens,
    whose ids begin where the ranks end; so they must be given, unless the file is known to be whole by its SHA-256.

    Raises:
        InvalidInput: a line is none, the ranks end too early, or the pattern is missing or unknown.
    """
    if pattern is None:
        raise InvalidInput(f"ranks do not say how text is cut: give the `pattern`, one of {', '.join(PATTERNS)}")
    if not special_tokens and not is_verified:
        raise InvalidInput(
            "ranks alone do not tell whether the file is whole: give its `special_tokens`, or its `sha256`"
        )
    for text, token_id in special_tokens or ():
        if not special.is_text(text) or not special.is_id(token_id):
            raise InvalidInput(f"the special token {text!r} cannot have the id {token_id!r}")
    return _core.table_of_ranks(
        content, name, pattern_of(pattern), [], special.plain(dict(special_tokens or ())), is_verified
    )
