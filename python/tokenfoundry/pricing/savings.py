"""What a call would have cost without the factory, and which part of it saved how much.

The counterfactual takes one thing after the other away, in this order: the provider's batch, the provider's prompt
cache, routing, our own response cache. Each is credited with what its step costs, rounded by itself; the last takes the
rest, so that the cost and the savings are the counterfactual to the nano. Only what the factory caused is taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tokenfoundry.pricing.money import EXACT, to_nano
from tokenfoundry.records import Savings
from tokenfoundry.usage import Usage

Cost = Callable[[str, Usage], Decimal]
"""What a usage costs on a target, in the ledger's currency, exactly."""


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What the factory did for a call. `baseline` is the target that it is compared with."""

    in_batch: bool = False
    marked_prompt: bool = False
    """Whether the factory, and not the caller, told the provider what to keep in its prompt cache."""
    baseline: str = ""
    recalled: Usage | None = None
    """The items that were answered from the response cache, beside what was sent: their input."""

    @property
    def is_nothing(self) -> bool:
        return not (self.in_batch or self.marked_prompt or self.baseline or self.recalled is not None)


NOTHING_DONE = Doing()


def savings_of(
    doing: Doing, *, target: str, usage: Usage, cost_nano: int, drift: Decimal, cost: Cost
) -> tuple[Savings, int]:
    """What was saved on a call that used `usage` on `target` for `cost_nano`, and the counterfactual in nano units.

    `drift` is by how much its cost exceeds its price: what a provider bills beyond the rates is nobody's saving.
    """
    served = cost(target, usage)
    unbatched_usage = usage
    if doing.in_batch:
        unbatched_usage = msgspec.structs.replace(usage, service_tier="")
    unbatched = cost(target, unbatched_usage)
    uncached_usage = _without_prompt_cache(unbatched_usage) if doing.marked_prompt else unbatched_usage
    uncached = cost(target, uncached_usage)
    baseline = doing.baseline or target
    unrouted = cost(baseline, uncached_usage)
    whole = unrouted if doing.recalled is None else cost(baseline, _with(uncached_usage, doing.recalled))
    counterfactual_nano = max(0, to_nano(EXACT.add(whole, drift)))
    batch = to_nano(EXACT.subtract(unbatched, served))
    provider_cache = to_nano(EXACT.subtract(uncached, unbatched))
    routing = to_nano(EXACT.subtract(unrouted, uncached))
    response_cache = counterfactual_nano - cost_nano - batch - provider_cache - routing
    made = Savings(batch=batch, provider_cache=provider_cache, routing=routing, response_cache=response_cache)
    return made, counterfactual_nano


def _with(usage: Usage, recalled: Usage) -> Usage:
    return msgspec.structs.replace(usage, input_tokens=usage.input_tokens + recalled.input_tokens)


def _without_prompt_cache(usage: Usage) -> Usage:
    return msgspec.structs.replace(
        usage,
        cache_read_tokens=0,
        cache_write_tokens=0,
        cache_write_1h_tokens=0,
        cache_read_audio_tokens=0,
        cache_read_image_tokens=0,
    )
