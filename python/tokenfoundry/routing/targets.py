"""A target: one model at one provider, with all that routing needs to know of it. Its price is the price book's."""

from __future__ import annotations

from dataclasses import dataclass

from tokenfoundry.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Target:
    """Built once from the settings, never changed."""

    name: str
    provider: str
    model: str
    region: str
    trust: str
    tier: str
    endpoints: frozenset[str]
    tokenizer: Tokenizer
    tokenizer_is_exact: bool
    max_output_tokens: int | None
    context_tokens: int | None
    capabilities: frozenset[str] = frozenset()
    weight: float = 1.0
    tags: frozenset[str] = frozenset()
    dialects: frozenset[str] | None = None
    """The dialects that can be asked of it, spoken or by translation; None when every one can."""

    @property
    def on_prem(self) -> bool:
        return self.trust == "on_prem"
