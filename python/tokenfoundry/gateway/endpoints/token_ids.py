"""Prompts given as token ids become the text they stand for: personal data must not leave as numbers either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.routing.targets import Target
from tokenfoundry.tokens import Tokenizer


def is_tokens(value: Any, *, most: int) -> bool:
    """Whether it is one text as token ids."""
    return isinstance(value, list) and 1 <= len(value) <= most and all(type(item) is int for item in value)


def as_text(given: Any, field: str, reachable: Sequence[Target]) -> Any:
    """A text, or a list of texts, each a string or token ids, as strings. Raises `Refused` when it is not certain whose
    ids they are.
    """
    if isinstance(given, str) or isinstance(given[0], str):
        return given
    tokenizer = _common_tokenizer(field, reachable)
    if isinstance(given[0], int):
        return _decode(given, field, tokenizer)
    return [_decode(item, field, tokenizer) for item in given]


def _common_tokenizer(field: str, reachable: Sequence[Target]) -> Tokenizer:
    """The tokenizer whose ids a client can only have meant. Raises `Refused` when that is not certain."""
    names = {target.tokenizer.name for target in reachable}
    tokenizer = reachable[0].tokenizer
    known = isinstance(tokenizer, Tokenizer) and all(target.tokenizer_is_exact for target in reachable)
    if len(names) > 1 or not known:
        raise invalid(
            f"{field}: the tokenizer of this model is not known, so send text instead of token ids", param=field
        )
    return cast(Tokenizer, tokenizer)


def _decode(ids: list[int], field: str, tokenizer: Tokenizer) -> str:
    try:
        return tokenizer.decode(ids)
    except InvalidInput as error:
        raise invalid(f"{field}: {error}", param=field) from None
