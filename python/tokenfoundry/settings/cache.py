"""What is answered from the cache, for how long and to whom; an intent may have terms of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tokenfoundry.settings.fields import DurationMs, Section, SizeBytes

CacheScope = Literal["project", "workspace", "key"]
_Intent = Annotated[str, StringConstraints(min_length=1, max_length=128)]


@dataclass(frozen=True, slots=True)
class CacheTerms:
    """What holds for the calls of one intent."""

    enabled: bool
    ttl_ms: int
    scope: CacheScope


class IntentCacheSettings(Section):
    """What is different for the calls of one intent; what is left out is as for every other call."""

    enabled: bool | None = Field(None, description="Whether its answers are kept and given again.")
    ttl_ms: DurationMs | None = Field(
        None, alias="ttl", description="How long its answers are kept, and how old an answer it takes: 90s, 24h, 7d."
    )
    scope: CacheScope | None = Field(None, description="Who shares its answers.")


class CacheSettings(Section):
    """Answers to calls that were made before."""

    enabled: bool = Field(True, description="Whether answers are kept and given again.")
    ttl_ms: DurationMs = Field(86_400_000, alias="ttl", description="How long an answer is kept: 90s, 24h, 7d.")
    max_bytes: SizeBytes = Field(2 * 10**9, description="How much disk it may take, such as 2GB.")
    scope: CacheScope = Field("project", description="Who shares answers.")
    single_flight: bool = Field(
        True, description="Whether a call waits for an identical one in progress and shares its answer."
    )
    intents: dict[_Intent, IntentCacheSettings] = Field(
        {}, description="Terms of their own for the calls of an intent (x-tf-intent)."
    )

    @property
    def in_use(self) -> bool:
        """Whether there are calls whose answers are kept."""
        return self.enabled or any(terms.enabled for terms in self.intents.values())

    def terms(self, intent: str) -> CacheTerms:
        """What holds for the calls of this intent; "" is none."""
        own = self.intents.get(intent)
        if own is None:
            return CacheTerms(self.enabled, self.ttl_ms, self.scope)
        return CacheTerms(
            self.enabled if own.enabled is None else own.enabled,
            self.ttl_ms if own.ttl_ms is None else own.ttl_ms,
            self.scope if own.scope is None else own.scope,
        )
