"""Which targets may serve a call, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import WhenSettings


class UnknownModel(TokenFoundryError, LookupError):
    """The alias or target that the call names does not exist."""


class NoRoute(TokenFoundryError):
    """Targets exist, but none may serve this call. `residency` tells a rule about data from a lack of capability."""

    def __init__(self, message: str, *, residency: bool) -> None:
        super().__init__(message)
        self.residency = residency


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What routing knows of a call. Token counts are estimates (o200k)."""

    endpoint: str
    sensitive: bool
    on_prem_only: bool
    input_tokens: int
    max_output_tokens: int
    regions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Route:
    """At least one target, best first."""

    targets: tuple[Target, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The targets to use for the calls that `when` describes."""

    when: WhenSettings
    targets: tuple[Target, ...]

    def matches(self, facts: Facts) -> bool:
        return self.when.holds(sensitive=facts.sensitive, input_tokens=facts.input_tokens)

    @property
    def description(self) -> str:
        """The conditions in words, for the `x-tf-route` header."""
        words = [] if self.when.sensitive is None else ["sensitive" if self.when.sensitive else "not sensitive"]
        if self.when.input_tokens is not None:
            words.append(f"input_tokens {self.when.input_tokens.operator} {self.when.input_tokens.value}")
        return " and ".join(words) or "otherwise"


class Router:
    """Aliases and policies over the configured targets. Immutable after building; any thread."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        aliases: Mapping[str, Sequence[str] | str],
        policies: Mapping[str, Sequence[Rule]],
    ) -> None:
        """`aliases` maps a name to target names in order, or to the name of a policy. Every target is also its own
        alias.
        """
        self._targets = dict(targets)
        self._policies = {name: tuple(rules) for name, rules in policies.items()}
        self._aliases: dict[str, tuple[Target, ...] | str] = {name: (target,) for name, target in targets.items()}
        for alias, use in aliases.items():
            self._aliases[alias] = use if isinstance(use, str) else tuple(self._targets[name] for name in use)

    @property
    def models(self) -> tuple[str, ...]:
        """Every name a client may ask for."""
        return tuple(sorted(self._aliases))

    def may_reach(self, alias: str) -> tuple[Target, ...]:
        """Every target that some call to this alias could be sent to. Raises `UnknownModel`."""
        use = self._use_of(alias)
        if not isinstance(use, str):
            return use
        return tuple(dict.fromkeys(target for rule in self._policies[use] for target in rule.targets))

    def route(self, alias: str, facts: Facts) -> Route:
        """The targets for a call, best first. Raises `UnknownModel` or `NoRoute`."""
        use = self._use_of(alias)
        if not isinstance(use, str):
            return Route(self._allowed(use, alias, facts), f"alias {alias}")
        for rule in self._policies[use]:
            if rule.matches(facts):
                return Route(self._allowed(rule.targets, alias, facts), f"policy {use}: {rule.description}")
        raise AssertionError("a policy ends with a rule for every call")

    def _use_of(self, alias: str) -> tuple[Target, ...] | str:
        try:
            return self._aliases[alias]
        except KeyError:
            raise UnknownModel(f"the model {alias!r} does not exist; GET /v1/models lists those that do") from None

    @staticmethod
    def _allowed(targets: tuple[Target, ...], alias: str, facts: Facts) -> tuple[Target, ...]:
        """Filters in the order in which a reader would want to be told why nothing is left."""
        left = tuple(target for target in targets if facts.endpoint in target.endpoints)
        if not left:
            raise NoRoute(f"{alias!r} does not serve {facts.endpoint}", residency=False)
        if facts.on_prem_only:
            left = tuple(target for target in left if target.on_prem)
            if not left:
                raise NoRoute(
                    "the call holds data that may only go to an on-prem target, and this model has none", residency=True
                )
        if facts.regions is not None:
            left = tuple(target for target in left if target.region in facts.regions)
            if not left:
                raise NoRoute(f"this key may only use the regions {', '.join(facts.regions)}", residency=True)
        needed = facts.input_tokens + facts.max_output_tokens
        left = tuple(target for target in left if target.context_tokens is None or needed <= target.context_tokens)
        if not left:
            raise NoRoute(
                f"the call needs about {needed} tokens of context, more than any target of {alias!r} has",
                residency=False,
            )
        return left
