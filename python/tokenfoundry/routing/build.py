"""Targets, aliases and policies as the settings state them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, get_args

from tokenfoundry.counters import Counts, TokenCounter
from tokenfoundry.errors import ConfigError
from tokenfoundry.families import UNKNOWN, Template
from tokenfoundry.pricing import PriceBook
from tokenfoundry.routing.capabilities import capabilities_of, context_of
from tokenfoundry.routing.conditions import conditions_of
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.filters import Bound
from tokenfoundry.routing.inquiry import Classify, Pressure, Regions, Sources, WorstCase
from tokenfoundry.routing.observed import Observed
from tokenfoundry.routing.order import Canary, Cheapest, Fastest, Listed, Split, Use
from tokenfoundry.routing.policy import Alias, Router, Rule
from tokenfoundry.routing.targets import Target, serves
from tokenfoundry.settings import ProviderSettings, SelectionSettings, Settings, TargetSettings, UseSettings
from tokenfoundry.settings.targets import Endpoint
from tokenfoundry.tokens import Tokenizer

_SAID_AS_CHAT = frozenset({"responses", "completions"})

# Whose every chat model also serves responses (OpenAI API reference; Azure OpenAI, "Use the Responses API").
_SERVE_RESPONSES = re.compile(r"https://(api\.openai\.com|[^/]+\.openai\.azure\.com)/")

DialectsOf = Callable[[ProviderSettings, Callable[[str], bool]], frozenset[str] | None]
"""The dialects that a provider can be asked in of a target that serves some, spoken or translated; None: every one."""


def build_router(
    settings: Settings,
    prices: PriceBook | None = None,
    *,
    observed: Observed | None = None,
    pressure: Pressure | None = None,
    classify: Classify | None = None,
    dialects_of: DialectsOf | None = None,
    entities: Collection[str] | None = None,
) -> Router:
    """The router of a configuration whose cross references were checked.

    Without `prices` targets have the context that the settings state, and cost nothing. `classify` goes before the
    configured classifier. `entities` are those that are looked for: a rule about any other is refused. Raises
    `ConfigError`.
    """
    targets = {name: _target(name, target, settings, prices, dialects_of) for name, target in settings.targets.items()}
    regions = Regions(settings.residency.groups)
    if entities is not None:
        _check_entities(settings, entities)
    made = _Maker(targets, regions)
    policies = {
        name: tuple(
            Rule(
                conditions_of(rule.when, regions),
                made.use(rule.use, salt=f"{name}[{index}]", path=f"routing.{name}[{index}].use"),
                made.bound("the rule", rule.residency),
            )
            for index, rule in enumerate(rules)
        )
        for name, rules in settings.routing.items()
    }
    aliases = {name: Alias((Rule((), Listed((target,))),)) for name, target in targets.items()}
    for name, alias in settings.aliases.items():
        residency = made.bound("the alias", alias.residency)
        if alias.policy is not None:
            aliases[name] = Alias(policies[alias.policy], alias.policy, residency)
        elif alias.use is not None:
            aliases[name] = Alias((Rule((), made.use(alias.use, salt=name, path=f"aliases.{name}")),), "", residency)
    return Router(
        aliases,
        sources=Sources(
            worst_case_nano=None if prices is None else _worst_case(prices, settings.limits.default_max_output_tokens),
            observed=observed,
            pressure=pressure,
            classify=classify or _classifier(settings.complexity.classifier),
            regions=regions,
        ),
        workspaces={
            name: Bound(f"the workspace {name}", names, regions.of(names))
            for name, names in settings.residency.workspaces.items()
        },
        everywhere=made.bound("the configuration", settings.residency.default),
        currency=settings.currency,
    )


class _Maker:
    """Makes what rules and aliases have in common."""

    def __init__(self, targets: Mapping[str, Target], regions: Regions) -> None:
        self._targets = targets
        self._regions = regions

    def bound(self, whose: str, names: tuple[str, ...] | None) -> Bound | None:
        return None if names is None else Bound(whose, names, self._regions.of(names))

    def use(self, use: UseSettings, *, salt: str, path: str) -> Use:
        """`salt` keeps the chances of one rule apart from those of another. Raises `ConfigError`."""
        if use.split is not None:
            return Split(self._named(tuple(use.split)), dict(use.split), use.sticky, salt)
        if use.canary is not None:
            canary = self._targets[use.canary.target]
            otherwise = self._named(use.otherwise or ())
            return Canary(canary, use.canary.percent, use.canary.sticky, otherwise, salt)
        if use.order is None:
            return Listed(self._named(use.targets or ()))
        assert use.among is not None, "checked with the settings"
        targets = self._named(self._selected(use.among, path))
        if use.order == "weight":
            return Split(targets, {target.name: target.weight for target in targets}, use.sticky, salt)
        return Cheapest(targets) if use.order == "price" else Fastest(targets)

    def _named(self, names: tuple[str, ...]) -> tuple[Target, ...]:
        return tuple(self._targets[name] for name in dict.fromkeys(names))

    def _selected(self, wanted: SelectionSettings, path: str) -> tuple[str, ...]:
        regions = None if wanted.residency is None else self._regions.of(wanted.residency)
        found = tuple(
            name
            for name in wanted.names or self._targets
            if (target := self._targets[name])
            and wanted.tier in (None, target.tier)
            and wanted.trust in (None, target.trust)
            and (regions is None or target.region in regions)
            and wanted.tags <= target.tags
        )
        if not found:
            raise ConfigError("no target has all of these tags", path=f"{path}.among")
        return found


def _target(
    name: str,
    settings: TargetSettings,
    whole: Settings,
    prices: PriceBook | None,
    dialects_of: DialectsOf | None,
) -> Target:
    tokenizer, exact, template = _tokenizer(settings)
    provider = whole.providers[settings.provider]
    if dialects_of is not None and "endpoints" in settings.model_fields_set:
        _check_endpoints(name, settings, provider, dialects_of)
    native: frozenset[str] = settings.endpoints
    if "endpoints" not in settings.model_fields_set and _SERVE_RESPONSES.match(provider.base_url):
        native |= {"responses"}
    context_tokens = settings.context_tokens
    if context_tokens is None and prices is not None:
        context_tokens = context_of(settings.model, prices.targets[name].context_tokens)
    return Target(
        name=name,
        provider=settings.provider,
        model=settings.model,
        region=settings.region or "",
        trust=settings.trust,
        tier=settings.tier or "",
        endpoints=native | _SAID_AS_CHAT if "chat" in native else native,
        native=native,
        tokenizer=tokenizer,
        tokenizer_is_exact=exact,
        template=template,
        max_output_tokens=settings.max_output_tokens,
        context_tokens=context_tokens,
        capabilities=capabilities_of(settings.model, settings.capabilities),
        weight=settings.weight,
        tags=settings.tags,
        dialects=None if dialects_of is None else dialects_of(provider, partial(serves, native)),
    )


def _check_endpoints(name: str, settings: TargetSettings, provider: ProviderSettings, dialects_of: DialectsOf) -> None:
    """What is stated and can never be asked would only fail call by call. Raises `ConfigError`."""
    spoken = dialects_of(provider, lambda dialect: True)
    able = {each for each in get_args(Endpoint) if spoken is None or each in spoken}
    if wrong := sorted(settings.endpoints - able):
        said = f"{provider.format} does not serve {', '.join(wrong)}; it can serve {', '.join(sorted(able))}"
        raise ConfigError(said, path=f"targets.{name}.endpoints")


def _tokenizer(settings: TargetSettings) -> tuple[Counts, bool, Template]:
    """What counts the target's tokens, whether that is known to be the model's own tokenizer, and its template."""
    known = TokenCounter.for_model(settings.model)
    if settings.tokenizer is None:
        return known.counter, known.is_exact, known.family.template
    # Of a model that nobody knows, what its owner states of it is taken to be all there is to know.
    template = Template() if known.family is UNKNOWN else known.family.template
    return Tokenizer.load(settings.tokenizer), True, template


def _worst_case(prices: PriceBook, default_output_tokens: int) -> WorstCase:
    def worst_case_nano(target: Target, facts: Facts) -> int:
        output_tokens = facts.max_output_tokens or default_output_tokens
        if target.max_output_tokens is not None:
            output_tokens = min(output_tokens, target.max_output_tokens)
        return prices.worst_case_nano(
            target.name,
            input_tokens=facts.input_tokens,
            max_output_tokens=output_tokens,
            n=facts.choices,
            at=facts.at_ms,
        )

    return worst_case_nano


def _check_entities(settings: Settings, looked_for: Collection[str]) -> None:
    """A rule about an entity that nothing finds would let through what it is there to keep."""
    for policy, rules in settings.routing.items():
        for index, rule in enumerate(rules):
            for entity in rule.when.sensitive if isinstance(rule.when.sensitive, tuple) else ():
                if entity not in looked_for:
                    said = (
                        f"{entity} is not looked for; name it in privacy.entities, privacy.policy or privacy.patterns"
                    )
                    raise ConfigError(said, path=f"routing.{policy}[{index}].when.sensitive")


def _classifier(place: str | None) -> Classify | None:
    """The function at `module:name`. Raises `ConfigError`."""
    if place is None:
        return None
    module, _, name = place.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"cannot be imported: {error}", path="complexity.classifier") from None
    if not callable(found):
        raise ConfigError(f"{place} is not a function", path="complexity.classifier")
    classify: Classify = found
    return classify
