"""How many tokens the texts of a body are that holds no conversation: completions and embeddings, which have no
template around them.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.counters import Counts
from tokenfoundry.prompt_tokens.told import PromptTokens


def completions_tokens(body: dict[str, Any], counter: Counts) -> PromptTokens:
    """Of a completions body: its prompts, each a text or token ids, and what is to stand behind them."""
    return _of([*_texts(body["prompt"]), body.get("suffix") or ""], counter)


def embeddings_tokens(body: dict[str, Any], counter: Counts) -> PromptTokens:
    """Of an embeddings body: its inputs, each a text or token ids."""
    return _of(_texts(body["input"]), counter)


def _texts(given: Any) -> list[Any]:
    is_one = isinstance(given, str) or (given and isinstance(given[0], int))
    return [given] if is_one else list(given)


def _of(texts: list[Any], counter: Counts) -> PromptTokens:
    tokens = sum(counter.count(text) if isinstance(text, str) else len(text) for text in texts)
    return PromptTokens(tokens, tokens)
