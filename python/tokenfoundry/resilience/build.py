"""What the settings say of resilience, as the rules that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tokenfoundry.resilience.breaker import BreakerRules
from tokenfoundry.resilience.guards import GuardedProvider, GuardedTarget, GuardRules, Guards
from tokenfoundry.resilience.observed import Observing
from tokenfoundry.resilience.provider_keys import Fingerprints, KeyRules
from tokenfoundry.resilience.retry import RetryBudgetRules, RetryPolicy
from tokenfoundry.resilience.timing import Timing
from tokenfoundry.settings import ResilienceSettings, Settings


def build_guards(
    settings: Settings,
    keys: Mapping[str, Sequence[tuple[str, str]]],
    fingerprints: Callable[[str], Fingerprints],
    timing: Timing,
    observed: Observing,
) -> Guards:
    """The guards of a configuration. `keys` are labels and identities, by provider; so are the `fingerprints`."""
    targets = {
        name: GuardedTarget(
            provider=target.provider,
            model=target.model,
            max_in_flight=target.max_in_flight,
            hedge_after_s=None if target.hedge_after_ms is None else target.hedge_after_ms / 1000,
        )
        for name, target in settings.targets.items()
    }
    providers = {
        name: GuardedProvider(
            keys=keys.get(name, ()),
            fingerprints=fingerprints(name),
            place=(provider.format, str(provider.base_url)),
            max_in_flight=provider.max_in_flight,
        )
        for name, provider in settings.providers.items()
    }
    return Guards(targets, providers, rules_of(settings.resilience), timing=timing, observed=observed)


def rules_of(settings: ResilienceSettings) -> GuardRules:
    retries, breaker, queue = settings.retries, settings.breaker, settings.queue
    return GuardRules(
        retries=RetryPolicy(
            most=retries.most,
            base_s=retries.base_ms / 1000,
            longest_s=retries.longest_ms / 1000,
            longest_asked_s=retries.longest_asked_ms / 1000,
        ),
        retry_budget=RetryBudgetRules(
            share=float(retries.share), floor_per_s=float(retries.per_second), burst=float(retries.burst)
        ),
        breaker=BreakerRules(
            failures=breaker.failures,
            failure_rate=float(breaker.failure_rate),
            least_calls=breaker.calls,
            window_s=breaker.window_ms / 1000,
            open_s=breaker.open_ms / 1000,
            longest_open_s=breaker.longest_open_ms / 1000,
        ),
        keys=KeyRules(
            denied_s=settings.keys.denied_ms / 1000,
            limited_s=settings.keys.limited_ms / 1000,
            longest_rest_s=settings.keys.longest_rest_ms / 1000,
        ),
        most_waiting=queue.most_waiting,
        longest_wait_s=queue.wait_ms / 1000,
    )
