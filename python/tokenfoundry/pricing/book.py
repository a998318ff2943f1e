"""The prices of the configured targets: what the gateway asks twice for every call, before it spends and after.

A target's price is the one it states; else, for an external target, the catalogue's, of the provider that its address
or its name belongs to; else that of the first provider that makes a model of that name. A target without any is refused
at load: there is no call without a price. A node of one's own (`on_prem`) is never priced by somebody else's list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from tokenfoundry.errors import ConfigError, NotFound
from tokenfoundry.pricing.catalogue import Catalogue, PricedModel
from tokenfoundry.pricing.fx import FxTable
from tokenfoundry.pricing.history import RateHistory
from tokenfoundry.pricing.instant import to_ms
from tokenfoundry.pricing.money import to_nano
from tokenfoundry.pricing.overrides import PriceOverride, overridden
from tokenfoundry.pricing.rates import Cost, Rates, worst_case
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    from tokenfoundry.settings import Settings, TargetSettings


NO_OVERRIDES: Mapping[str, Sequence[PriceOverride]] = MappingProxyType({})


class Charge(msgspec.Struct, frozen=True):
    """What a call costs in the price's own currency, exactly, and what the ledger posts for it."""

    cost: Cost
    fx_rate: Decimal
    amount_nano: int
    """`cost.total` times `fx_rate` in nano units of the ledger's currency, rounded once, half to even."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The price of every target, by its name, in the ledger's currency. Immutable."""

    fx: FxTable
    targets: dict[str, PricedModel]

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        catalogue: Catalogue,
        *,
        at: datetime | int,
        overrides: Mapping[str, Sequence[PriceOverride]] = NO_OVERRIDES,
    ) -> PriceBook:
        """The book of all targets of `settings`, with what `overrides` state of them by name.

        Raises `ConfigError` naming the target that has no price, or whose price is in a currency without an exchange
        rate in force at `at`.
        """
        fx = FxTable(
            settings.currency,
            {currency: [(each.from_date, each.rate) for each in dated] for currency, dated in settings.fx.items()},
        )
        targets = {name: _price_of(name, target, settings, catalogue) for name, target in settings.targets.items()}
        for name, rows in overrides.items():
            if name in targets:
                history = overridden(targets[name].history, rows, currency=settings.currency)
                targets[name] = replace(targets[name], history=history)
        for name, priced in targets.items():
            try:
                fx.rate(priced.history.at(at).currency, at=at)
            except ConfigError as error:
                raise ConfigError(str(error), path=f"targets.{name}") from None
        return cls(fx, targets)

    def charge(self, target: str, usage: Usage, *, at: datetime | int) -> Charge:
        """What `usage` on `target` costs, at the rates and the exchange rate in force at `at`, the start of the call.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)
        cost = self._rates(target, at_ms).cost(usage)
        fx_rate = self.fx.rate(cost.currency, at=at_ms)
        return Charge(cost, fx_rate, to_nano(self.fx.convert(cost.total, cost.currency, at=at_ms)))

    def worst_case_nano(
        self, target: str, *, input_tokens: int, max_output_tokens: int, n: int = 1, at: datetime | int
    ) -> int:
        """The most a call can cost, in nano units of the ledger's currency: never below what it is then charged.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)
        rates = self._rates(target, at_ms)
        worst = worst_case(rates, input_tokens=input_tokens, max_output_tokens=max_output_tokens, n=n)
        return to_nano(self.fx.convert(worst, rates.currency, at=at_ms))

    def _rates(self, target: str, at_ms: int) -> Rates:
        priced = self.targets.get(target)
        if priced is None:
            raise NotFound(f"no target is called {target!r}")
        return priced.history.at(at_ms)


def _price_of(name: str, target: TargetSettings, settings: Settings, catalogue: Catalogue) -> PricedModel:
    if target.price is not None:
        rates = Rates.from_price(target.price.model_dump(exclude_none=True), currency=settings.currency)
        return PricedModel(
            target.model, "", target.model, target.context_tokens, RateHistory.constant(rates), "configuration"
        )
    if target.trust == "on_prem":
        raise ConfigError(
            "a target of trust on_prem states its own price, in units per million tokens: "
            'price: {input: "0.15", output: "0.45"}, or "0" when its cost is counted elsewhere',
            path=f"targets.{name}.price",
        )
    provider = catalogue.provider_at(settings.providers[target.provider].base_url)
    if provider is None and target.provider in catalogue:
        provider = target.provider
    try:
        return catalogue.find(target.model, provider=provider)
    except NotFound as error:
        raise ConfigError(str(error), path=f"targets.{name}.price") from None
