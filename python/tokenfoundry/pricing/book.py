"""The prices of the configured targets: what the gateway asks twice for every call, before it spends and after.

A target's price is the one it states; else, for an external target, the catalogue's, of the provider that its address
or its name belongs to; else that of the first provider that makes a model of that name. A target without any is refused
at load: there is no call without a price. A node of one's own (`on_prem`) is never priced by somebody else's list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from tokenfoundry.errors import ConfigError, NotFound
from tokenfoundry.pricing.applied import applied, digest_of, provider_price
from tokenfoundry.pricing.catalogue import Catalogue, PricedModel
from tokenfoundry.pricing.cost import Cost
from tokenfoundry.pricing.files import read_files
from tokenfoundry.pricing.fx import FxTable, scaled_of
from tokenfoundry.pricing.instant import instant_text, to_ms
from tokenfoundry.pricing.money import EXACT, ZERO, nano_of_scaled, to_nano
from tokenfoundry.pricing.of_targets import CEILING, check_bounded, price_of
from tokenfoundry.pricing.overrides import PriceOverride, overridden
from tokenfoundry.pricing.rates import Rates, worst_case
from tokenfoundry.pricing.reservations import Reservation, fx_of, reservations_of, with_reservations
from tokenfoundry.pricing.savings import Doing, savings_of
from tokenfoundry.records import AppliedPrice, Savings
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    from tokenfoundry.settings import Settings


_REPORTED_IN: Final = "USD"  # What providers tell their own cost in.

NO_OVERRIDES: Mapping[str, Sequence[PriceOverride]] = MappingProxyType({})


class Charge(msgspec.Struct, frozen=True):
    """What a call costs in the price's own currency, exactly, and what the ledger posts for it."""

    cost: Cost
    fx_rate: Decimal
    amount_nano: int
    """`cost.total` times `fx_rate` in nano units of the ledger's currency, rounded once, half to even."""


class Saved(NamedTuple):
    """What was saved on a call, and what it would have cost otherwise."""

    savings: Savings
    counterfactual_nano: int


class Posted(msgspec.Struct, frozen=True):
    """What the ledger posts for a call, what is to be said of it, and the price for its record."""

    amount_nano: int
    flags: tuple[str, ...]
    price: AppliedPrice
    source: Literal["provider", "computed", "unpriced", "rented"] = "computed"
    """Whose figure it is; see `records.CostSource`."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The price of every target, by its name, in the ledger's currency. Immutable."""

    fx: FxTable
    targets: dict[str, PricedModel]
    billed: frozenset[str] = frozenset()
    """The targets whose provider's own figure is the cost."""
    reservations: tuple[Reservation, ...] = ()
    """What is rented, by its beginning: calls there cost nothing meanwhile."""
    _applied: dict[tuple[str, int, int, Decimal], AppliedPrice] = field(default_factory=dict, repr=False, compare=False)
    """Every price that was applied, by target, rates, tier and exchange rate: as many as there are of those."""

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
        fx = fx_of(settings)
        stated = read_files(settings.price_files, currency=settings.currency, providers=settings.providers)
        targets = {
            name: price_of(name, target, settings, catalogue, stated) for name, target in settings.targets.items()
        }
        for name, rows in overrides.items():
            if name in targets:
                history = overridden(targets[name].history, rows, currency=settings.currency)
                targets[name] = replace(targets[name], history=history)
        for name, priced in targets.items():
            rates = priced.history.at(at)
            try:
                fx.rate(rates.currency, at=at)
            except ConfigError as error:
                where = next((f"{row.where}: " for row in stated if row.rates is rates), "")
                raise ConfigError(f"{where}{error}", path=f"targets.{name}") from None
            check_bounded(name, settings.targets[name], rates)
        billed = frozenset(name for name, target in settings.targets.items() if target.reported_cost == "bill")
        for name in sorted(billed & targets.keys()):
            try:
                fx.rate(_REPORTED_IN, at=at)
            except ConfigError as error:
                raise ConfigError(str(error), path=f"targets.{name}.reported_cost") from None
        reservations = reservations_of(settings)
        for name in {each.target for each in reservations}:
            own = [each for each in reservations if each.target == name]
            history = with_reservations(targets[name].history, own, currency=settings.currency)
            targets[name] = replace(targets[name], history=history)
        return cls(fx, targets, billed, reservations)

    def charge(self, target: str, usage: Usage, *, at: datetime | int) -> Charge:
        """What `usage` on `target` costs, at the rates and the exchange rate in force at `at`, the start of the call.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)
        cost = self._rates(target, at_ms).cost(usage)
        fx_rate = self.fx.rate(cost.currency, at=at_ms)
        return Charge(cost, fx_rate, to_nano(self.fx.convert(cost.total, cost.currency, at=at_ms)))

    def cost_nano(self, target: str, usage: Usage, *, at: datetime | int) -> tuple[int, tuple[str, ...]]:
        """What is posted for `usage` on `target`, and what is to be said of it. Raises `NotFound` for an unknown
        target.
        """
        posted = self.posted(target, usage, at=at)
        return posted.amount_nano, posted.flags

    def posted(self, target: str, usage: Usage, *, at: datetime | int) -> Posted:
        """What `charge` posts, without the lines that explain it; of a target that is `billed` what its provider says.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)
        rates = self._rates(target, at_ms)
        if usage.reported_cost is not None and self._bills(target, rates):
            fx_rate = self.fx.rate(_REPORTED_IN, at=at_ms)
            nano = to_nano(EXACT.multiply(usage.reported_cost, fx_rate))
            return Posted(nano, (), provider_price(fx_rate, id=f"provider/{target}"), "provider")
        fx_rate = self.fx.rate(rates.currency, at=at_ms)
        scaled = rates.scaled_cost(usage)
        if scaled is None:
            cost = rates.cost(usage)
            nano, flags = to_nano(EXACT.multiply(cost.total, fx_rate)), cost.flags
            rates, _ = rates.served(usage.service_tier)
        else:
            total, flags = scaled
            nano = nano_of_scaled(total, scaled_of(fx_rate))
        price = self._price(target, rates, usage, fx_rate)
        if rates.rented:
            return Posted(nano, flags, price, "rented")
        if self.targets[target].provider == CEILING:
            return Posted(nano, (*flags, "price_ceiling"), price, "unpriced")
        return Posted(nano, flags, price)

    def saved(self, target: str, usage: Usage, cost_nano: int, doing: Doing, *, at: datetime | int) -> Saved:
        """What the factory saved on a call that was posted with `cost_nano`, and what it is compared with.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)

        def cost(name: str, used: Usage) -> Decimal:
            rates = self._rates(name, at_ms)
            return EXACT.multiply(rates.cost(used).total, self.fx.rate(rates.currency, at=at_ms))

        drift = ZERO
        if usage.reported_cost is not None and self._bills(target, self._rates(target, at_ms)):
            billed = EXACT.multiply(usage.reported_cost, self.fx.rate(_REPORTED_IN, at=at_ms))
            drift = EXACT.subtract(billed, cost(target, usage))
        savings, counterfactual_nano = savings_of(
            doing, target=target, usage=usage, cost_nano=cost_nano, drift=drift, cost=cost
        )
        return Saved(savings, counterfactual_nano)

    def price(self, target: str, usage: Usage, *, at: datetime | int) -> AppliedPrice:
        """The price that `usage` on `target` has at `at`. Raises `NotFound` for an unknown target."""
        at_ms = to_ms(at)
        rates = self._rates(target, at_ms)
        fx_rate = self.fx.rate(rates.currency, at=at_ms)
        return self._price(target, rates.served(usage.service_tier)[0], usage, fx_rate)

    def _price(self, target: str, rates: Rates, usage: Usage, fx_rate: Decimal) -> AppliedPrice:
        band = rates.band(usage.input_tokens)
        place = target, id(rates), band.above, fx_rate
        price = self._applied.get(place)
        if price is None:
            priced = self.targets[target]
            name, digest = priced.place, priced.digest
            period = next((each for each in priced.history.periods if each.has(rates)), None)
            if period is not None and period.source:
                name, digest = f"{period.source}/{target}", digest_of(rates)
            if period is not None and period.from_ms > 0:
                name = f"{name}@{instant_text(period.from_ms)}"
            price = applied(rates, band, id=name, catalogue=digest, fx_rate=fx_rate)
            self._applied[place] = price
        return price

    def worst_case_nano(
        self,
        target: str,
        *,
        input_tokens: int,
        max_output_tokens: int,
        n: int = 1,
        units: Usage | None = None,
        service_tier: str = "",
        is_text: Callable[[], bool] | None = None,
        at: datetime | int,
    ) -> int:
        """The most a call can cost, in nano units of the ledger's currency: never below what it is then charged.
        `units` are the images, seconds and characters at most; `service_tier` is the way it asks to be served in.
        `is_text` says whether the input is text alone and kept for no hour; it is asked where that costs less.

        Raises `NotFound` for an unknown target.
        """
        at_ms = to_ms(at)
        rates = self._rates(target, at_ms)
        if service_tier:
            rates, _ = rates.served(service_tier)
        if rates.request is None and (units is None or not units.is_by_unit) and n >= 1 and max_output_tokens >= 0:
            less = rates.text_costs_less and is_text is not None and is_text()
            total = rates.scaled_worst(input_tokens=input_tokens, output_tokens=max_output_tokens * n, is_text=less)
            return nano_of_scaled(total, self.fx.scaled_rate(rates.currency, at=at_ms))
        worst = worst_case(rates, input_tokens=input_tokens, max_output_tokens=max_output_tokens, n=n, units=units)
        return to_nano(self.fx.convert(worst, rates.currency, at=at_ms))

    def _bills(self, target: str, rates: Rates) -> bool:
        """Whether the provider's own figure is what a call at those rates costs."""
        return target in self.billed and not rates.rented

    def _rates(self, target: str, at_ms: int) -> Rates:
        priced = self.targets.get(target)
        if priced is None:
            raise NotFound(f"no target is called {target!r}")
        return priced.history.at(at_ms)
