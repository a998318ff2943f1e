"""How targets and provider keys are, as value objects: what health pages and administrators are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tokenfoundry.resilience.breaker import State


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """`state` is its breaker's; `wait_ms` the time until that and its provider's keys admit a call, 0 when they do.
    `waiting` for a place are so many now, `refused` for want of one were so many.
    """

    target: str
    provider: str
    state: State
    wait_ms: int
    failures_in_a_row: int
    error_rate: float
    first_byte_ms: float | None
    in_flight: int
    waiting: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHealth:
    """`key` says where it is kept. `state` is open while it rests. `requests_left` and `tokens_left` are what the
    provider last said, None when it said nothing or only one key is there to choose from.
    """

    key: str
    state: State
    wait_ms: int
    in_flight: int
    used: int
    requests_left: int | None
    tokens_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHealth:
    """`retries_left` is what its retry budget allows now; `retries_refused` counts those that it did not."""

    provider: str
    keys: tuple[KeyHealth, ...]
    retries_left: int
    retries_taken: int
    retries_refused: int
    in_flight: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What one factory knows of its providers. Each process knows its own.

    `event_counts` are those of budgets and alarms since it was opened, by kind.
    """

    targets: tuple[TargetHealth, ...]
    providers: tuple[ProviderHealth, ...]
    in_progress: int = 0
    draining: bool = False
    event_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`ok` when every target admits calls, `degraded` when some do, `unavailable` when none does."""
        open_targets = sum(target.wait_ms > 0 for target in self.targets)
        if open_targets and open_targets == len(self.targets):
            return "unavailable"
        return "degraded" if open_targets else "ok"
