"""A target: one model at one provider, with all that routing needs to know of it. Its price is the price book's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from tokenfoundry.counters import Counts
from tokenfoundry.families import Template
from tokenfoundry.settings.targets import Endpoint

# Dialects that a provider may speak for some of its models only.
_STATED: frozenset[str] = frozenset(get_args(Endpoint))


@dataclass(frozen=True, slots=True)
class Target:
    """Built once from the settings, never changed."""

    name: str
    provider: str
    model: str
    region: str
    trust: str
    tier: str
    endpoints: frozenset[str]  # what can be asked of it, itself or said as chat
    native: frozenset[str]  # what it serves itself
    tokenizer: Counts
    tokenizer_is_exact: bool
    template: Template  # what its provider puts around the texts of a prompt
    max_output_tokens: int | None
    context_tokens: int | None
    capabilities: frozenset[str] = frozenset()
    weight: float = 1.0
    tags: frozenset[str] = frozenset()
    dialects: frozenset[str] | None = None
    """The dialects that can be asked of it, spoken or by translation; None when every one can."""

    def speaks(self, dialect: str) -> bool:
        """Whether it takes calls in this dialect, if its provider does."""
        return serves(self.native, dialect)

    @property
    def on_prem(self) -> bool:
        return self.trust == "on_prem"


def serves(native: frozenset[str], dialect: str) -> bool:
    """Whether a target with these endpoints takes calls in this dialect, if its provider does: one that serves chat
    takes every dialect of a conversation that is not stated by itself, and so for embeddings.
    """
    if dialect in _STATED:
        return dialect in native
    return ("embeddings" if dialect.endswith("_embeddings") else "chat") in native
