"""Whose tokens are counted."""

from __future__ import annotations

from tokenfoundry.tokens import Tokenizer


def tokenizer_of(tokenizer: Tokenizer | str) -> Tokenizer:
    """A tokenizer itself, or that of the model of this name. Raises `NotFound` for a model whose is not known."""
    return Tokenizer.for_model(tokenizer) if isinstance(tokenizer, str) else tokenizer
