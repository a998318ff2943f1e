"""What stands before each target: its breaker, a key of its provider, a place among the calls under way.

An attempt `enter`s and gets a `Passing`: the key to use, and the place where it tells how it went. Telling one end
gives everything back: the key, the probe of a breaker that is half open, the place in the queue.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tokenfoundry.errors import ProviderError
from tokenfoundry.resilience.breaker import Breaker, BreakerRules, Ticket
from tokenfoundry.resilience.cooldown import Room, retry_after_s, room_told
from tokenfoundry.resilience.health import Health, KeyHealth, ProviderHealth, TargetHealth
from tokenfoundry.resilience.in_flight import Gate
from tokenfoundry.resilience.observed import Observing
from tokenfoundry.resilience.provider_keys import Fingerprints, KeyBalance, KeyLease, KeyRules, key_state
from tokenfoundry.resilience.retry import RetryBudget, RetryBudgetRules, RetryPolicy, is_fault
from tokenfoundry.resilience.timing import Timing

_log = logging.getLogger("tokenfoundry")

Cause = Literal["circuit", "rate_limited", "denied", "overloaded"]


class Unavailable(ProviderError):
    """Nothing may be sent to the target now; nothing was. `wait_s` is how long until that may change."""

    def __init__(self, message: str, *, cause: Cause, wait_s: float) -> None:
        super().__init__(message)
        self.cause = cause
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """What holds for every target and provider of a factory."""

    retries: RetryPolicy = field(default_factory=RetryPolicy)
    retry_budget: RetryBudgetRules = field(default_factory=RetryBudgetRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    keys: KeyRules = field(default_factory=KeyRules)
    most_waiting: int = 100
    longest_wait_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedProvider:
    """`keys` are labels, which say where a key is kept, and identities. `place` tells whether another configuration
    means the same provider.
    """

    keys: Sequence[tuple[str, str]] = ()
    fingerprints: Fingerprints = field(default_factory=dict)
    place: tuple[str, ...] = ()
    max_in_flight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedTarget:
    """`hedge_after_s`: when another target is tried too, if this one gives no first byte. `model` tells, with the
    provider, whether another configuration means the same target.
    """

    provider: str
    model: str = ""
    max_in_flight: int | None = None
    hedge_after_s: float | None = None


class _Provider:
    __slots__ = ("budget", "gate", "keys", "name", "place")

    def __init__(
        self, name: str, place: tuple[str, ...], keys: KeyBalance, budget: RetryBudget, gate: Gate | None
    ) -> None:
        self.name = name
        self.place = place
        self.keys = keys
        self.budget = budget
        self.gate = gate


class _Target:
    __slots__ = ("breaker", "gate", "gates", "hedge_after_s", "model", "name", "provider")

    def __init__(
        self,
        name: str,
        model: str,
        provider: _Provider,
        breaker: Breaker,
        gate: Gate | None,
        hedge_after_s: float | None,
    ) -> None:
        self.name = name
        self.model = model
        self.provider = provider
        self.breaker = breaker
        self.hedge_after_s = hedge_after_s
        self.stand_behind(gate)

    def stand_behind(self, gate: Gate | None) -> None:
        """A gate of its own, and that of its provider."""
        self.gate = gate
        # The narrower first: who waits for it does not keep others from the provider's other targets.
        self.gates = tuple(each for each in (gate, self.provider.gate) if each is not None)

    def is_same(self, other: _Target) -> bool:
        """Whether both mean one model at one place."""
        mine, its = self.provider, other.provider
        return (self.model, mine.name, mine.place) == (other.model, its.name, its.place)


class Passing:
    """An attempt's way to its target. One of `succeeded`, `failed`, `refused`, `limited`, `denied` and `leave` ends it;
    what is told after that changes nothing.
    """

    __slots__ = ("_began", "_guards", "_lease", "_open", "_started_s", "_target", "_ticket")

    def __init__(self, guards: Guards, target: _Target, ticket: Ticket, lease: KeyLease, now_s: float) -> None:
        self._guards = guards
        self._target = target
        self._ticket = ticket
        self._lease = lease
        self._started_s = now_s
        self._began = False
        self._open = True
        guards.observed.started(target.name)

    @property
    def key(self) -> str | None:
        """Which of the provider's keys to use: its identity; None for a provider without keys."""
        return self._lease.key.identity

    def sent(self) -> None:
        """The request is about to be written: the time to the first byte counts from here."""
        self._started_s = self._guards.timing.now_s()

    def began(self) -> None:
        """The provider has begun a good answer. A stream may still fail."""
        if self._open and not self._began:
            self._began = True
            now_s = self._guards.timing.now_s()
            self._guards.observed.note(self._target.name, (now_s - self._started_s) * 1000, True)
            self._target.breaker.proved(self._ticket, now_s)

    def succeeded(self, headers: Mapping[str, str] | None = None) -> None:
        """The provider did what it should: it answered, or said that the request is wrong."""
        if self._open:
            now_s = self._end(ok=True)
            self._target.breaker.succeeded(self._ticket, now_s)
            self._lease.answered(now_s, self._room(headers))

    def failed(self) -> None:
        """The target is at fault: not reached, out of time, an error of its own, a broken answer."""
        if self._open:
            now_s = self._end(ok=False)
            self._target.breaker.failed(self._ticket, now_s)
            self._lease.left()

    def limited(self, headers: Mapping[str, str]) -> float | None:
        """The provider answered 429: the key rests. Returns how long it asked to wait, if it did."""
        asked_s = retry_after_s(headers, self._guards.timing.wall_ms())
        if self._open:
            now_s = self._end(ok=False)
            self._target.breaker.left(self._ticket)
            self._lease.limited(now_s, asked_s, self._room(headers))
        return asked_s

    def refused(self, status: int, headers: Mapping[str, str]) -> float | None:
        """The provider answered with another error. Returns how long it asked to wait, if it did."""
        if is_fault(status):
            self.failed()
        else:
            self.leave()
        return retry_after_s(headers, self._guards.timing.wall_ms())

    def denied(self, status: int) -> None:
        """The provider will not have the key: it is used no more for long."""
        if self._open:
            now_s = self._end(ok=False)
            self._target.breaker.left(self._ticket)
            self._lease.denied(now_s)
            _log.error(
                "provider %s denies its key %s (%d): it is not used for %d s",
                self._target.provider.name,
                self._lease.key.label,
                status,
                self._target.provider.keys.rules.denied_s,
            )

    def leave(self) -> None:
        """Nothing is known of the target: the attempt was not made, or its client hung up. Harmless after another
        end.
        """
        if self._open:
            self._give_back()
            self._target.breaker.left(self._ticket)
            self._lease.left()

    def _end(self, *, ok: bool) -> float:
        self._give_back()
        now_s = self._guards.timing.now_s()
        if not ok or not self._began:
            self._guards.observed.note(self._target.name, (now_s - self._started_s) * 1000, ok)
        return now_s

    def _give_back(self) -> None:
        self._open = False
        self._guards.observed.ended(self._target.name)
        for gate in self._target.gates:
            gate.leave()

    def _room(self, headers: Mapping[str, str] | None) -> Room | None:
        if headers is None or not self._target.provider.keys.reads_room:
            return None
        return room_told(headers, self._guards.timing.wall_ms())


class Guards:
    """All targets and providers of one factory. Any thread, any event loop."""

    def __init__(
        self,
        targets: Mapping[str, GuardedTarget],
        providers: Mapping[str, GuardedProvider],
        rules: GuardRules,
        *,
        timing: Timing,
        observed: Observing,
    ) -> None:
        self.rules = rules
        self.timing = timing
        self.observed = observed
        now_s = timing.now_s()
        self._providers = {
            name: _Provider(
                name,
                provider.place,
                KeyBalance(provider.keys, provider.fingerprints, rules=rules.keys, breaker=rules.breaker),
                RetryBudget(rules.retry_budget, now_s),
                self._gate(provider.max_in_flight),
            )
            for name, provider in providers.items()
        }
        self._targets = {
            name: _Target(
                name,
                target.model,
                self._providers[target.provider],
                Breaker(rules.breaker),
                self._gate(target.max_in_flight),
                target.hedge_after_s,
            )
            for name, target in targets.items()
        }

    def take_over(self, before: Guards) -> None:
        """What the guards of another configuration know of the same places, keys and models goes on in these, also
        with the calls that are still with those. To be called before these are in use.
        """
        now_s = self.timing.now_s()
        for name, provider in self._providers.items():
            known = before._providers.get(name)
            if known is not None and known.place == provider.place:
                provider.keys.take_over(known.keys, now_s)
                provider.budget = known.budget
                provider.budget.use(self.rules.retry_budget, now_s)
                provider.gate = self._resized(known.gate, provider.gate)
        for name, target in self._targets.items():
            earlier, gate = before._targets.get(name), target.gate
            if earlier is not None and earlier.is_same(target):
                target.breaker = earlier.breaker
                target.breaker.use(self.rules.breaker, now_s)
                gate = self._resized(earlier.gate, gate)
            target.stand_behind(gate)

    # -- an attempt ----------------------------------------------------------------------------------------------------

    async def enter(self, target: str, *, tokens: int, within_s: float) -> Passing:
        """The way to the target for a call of about so many tokens. Waits for a place at most `within_s`. Raises
        `Unavailable`.
        """
        guard = self._targets[target]
        now_s = self.timing.now_s()
        if guard.gates:
            self._check(guard, now_s)  # Nobody waits for a place at what is not served.
            await self._through_gates(guard, within_s)
            now_s = self.timing.now_s()
        ticket = guard.breaker.enter(now_s)
        if ticket is not None:
            lease = guard.provider.keys.pick(now_s, tokens=tokens)
            if lease is not None:
                return Passing(self, guard, ticket, lease, now_s)
            guard.breaker.left(ticket)
        for gate in guard.gates:
            gate.leave()
        raise self._refusal(guard, now_s)

    def called(self, target: str) -> None:
        """A call makes its first attempt at this target: its provider's retry budget grows."""
        self._targets[target].provider.budget.called()

    def may_retry(self, target: str) -> bool:
        """Takes a retry, or a hedged attempt, out of the budget of the target's provider."""
        return self._targets[target].provider.budget.take(self.timing.now_s())

    def hedge_after_s(self, target: str) -> float | None:
        return self._targets[target].hedge_after_s

    def may_wait(self, target: str) -> bool:
        """Whether `enter` may have to wait for a place."""
        return bool(self._targets[target].gates)

    def circuit_wait_s(self, target: str) -> float:
        """How long until the target's breaker admits a call, as far as is known; 0 when it does now."""
        return self._targets[target].breaker.wait_s(self.timing.now_s())

    def keys_wait_s(self, target: str) -> float:
        """The same of the keys of its provider: until one of them may be used."""
        return self._targets[target].provider.keys.wait_s(self.timing.now_s())

    def wait_s(self, target: str) -> float:
        """The longer of both."""
        return max(self.circuit_wait_s(target), self.keys_wait_s(target))

    def admits(self, target: str) -> bool:
        return self.wait_s(target) <= 0.0

    # -- what is shown -------------------------------------------------------------------------------------------------

    def health(self, *, in_progress: int = 0, draining: bool = False) -> Health:
        now_s = self.timing.now_s()
        return Health(
            targets=tuple(self._target_health(target, now_s) for target in self._targets.values()),
            providers=tuple(_provider_health(provider, now_s) for provider in self._providers.values()),
            in_progress=in_progress,
            draining=draining,
        )

    def _target_health(self, target: _Target, now_s: float) -> TargetHealth:
        wait_s = max(target.breaker.wait_s(now_s), target.provider.keys.wait_s(now_s))
        return TargetHealth(
            target=target.name,
            provider=target.provider.name,
            state=target.breaker.state(now_s),
            wait_ms=round(wait_s * 1000),
            failures_in_a_row=target.breaker.failures_in_a_row,
            error_rate=self.observed.error_rate(target.name),
            first_byte_ms=self.observed.latency_ms(target.name),
            in_flight=self.observed.in_flight(target.name),
            waiting=target.gate.waiting if target.gate else 0,
            refused=target.gate.refused if target.gate else 0,
        )

    # -- parts of `enter` ----------------------------------------------------------------------------------------------

    def _gate(self, limit: int | None) -> Gate | None:
        if limit is None:
            return None
        rules = self.rules
        return Gate(limit, most_waiting=rules.most_waiting, wait_s=rules.longest_wait_s, timing=self.timing)

    def _resized(self, known: Gate | None, wanted: Gate | None) -> Gate | None:
        if known is None or wanted is None:
            return wanted
        known.resize(wanted.limit, most_waiting=self.rules.most_waiting, wait_s=self.rules.longest_wait_s)
        return known

    def _check(self, guard: _Target, now_s: float) -> None:
        if guard.breaker.wait_s(now_s) > 0 or guard.provider.keys.wait_s(now_s) > 0:
            raise self._refusal(guard, now_s)

    async def _through_gates(self, guard: _Target, within_s: float) -> None:
        entered: list[Gate] = []
        try:
            for gate in guard.gates:
                before = gate.waiting
                if not await gate.enter(within_s=within_s):
                    is_full = before >= self.rules.most_waiting
                    why = f"{before} wait" if is_full else "none ended in time"
                    message = f"{gate.limit} calls are under way, as many as may be at once, and {why}"
                    raise Unavailable(message, cause="overloaded", wait_s=1.0)
                entered.append(gate)
        except BaseException:
            for gate in entered:
                gate.leave()
            raise

    @staticmethod
    def _refusal(guard: _Target, now_s: float) -> Unavailable:
        breaker_s, keys = guard.breaker.wait_s(now_s), guard.provider.keys
        keys_s = keys.wait_s(now_s)
        if keys_s > breaker_s:
            if keys.are_limited:
                return Unavailable("the provider's rate limit is reached", cause="rate_limited", wait_s=keys_s)
            return Unavailable("the provider denies its keys", cause="denied", wait_s=keys_s)
        return Unavailable("it has failed too often lately", cause="circuit", wait_s=max(breaker_s, 0.001))


def _provider_health(provider: _Provider, now_s: float) -> ProviderHealth:
    keys = tuple(
        KeyHealth(
            key=key.label,
            state=key_state(key, now_s),
            wait_ms=round(key.wait_s(now_s) * 1000),
            in_flight=key.in_flight,
            used=key.used,
            requests_left=key.requests_left,
            tokens_left=key.tokens_left,
        )
        for key in provider.keys.keys
    )
    return ProviderHealth(
        provider=provider.name,
        keys=keys,
        retries_left=int(provider.budget.left(now_s)),
        retries_taken=provider.budget.taken,
        retries_refused=provider.budget.refused,
        in_flight=sum(key.in_flight for key in keys),
        waiting=provider.gate.waiting if provider.gate else 0,
    )
