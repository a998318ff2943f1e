"""The price of a cost as a record keeps it, and the cost computed again from the record alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.money import EXACT, to_nano
from tokenfoundry.pricing.rates import RATE_NAMES, TOKEN_NAMES, Band, Rates
from tokenfoundry.pricing.reservations import cost_nano
from tokenfoundry.records import AppliedPrice, CallRecord
from tokenfoundry.usage import Usage

_DOLLARS = "USD"  # What providers tell their own cost in.


def applied(rates: Rates, band: Band, *, id: str, catalogue: str, fx_rate: Decimal) -> AppliedPrice:
    """The price of a cost at `band`, one of `rates`."""
    tier = next((each for each in rates.tiers if each.above == band.above), rates)
    stated: dict[str, str | dict[str, str]] = {
        name: str(rate) for name in TOKEN_NAMES if (rate := getattr(tier, name)) is not None
    }
    for name in RATE_NAMES[len(TOKEN_NAMES) :]:
        rate = getattr(rates, name)
        if isinstance(rate, Mapping):
            stated[name] = {kind: str(each) for kind, each in rate.items()}
        elif rate is not None:
            stated[name] = str(rate)
    return AppliedPrice(
        id=id,
        catalogue=catalogue,
        currency=rates.currency,
        fx_rate=str(fx_rate),
        rates=stated,
        above=max(band.above, 0),
    )


def provider_price(fx_rate: Decimal, *, id: str) -> AppliedPrice:
    """The price of a cost that is the provider's own figure."""
    return AppliedPrice(id=id, catalogue="", currency=_DOLLARS, fx_rate=str(fx_rate))


def digest_of(rates: Rates) -> str:
    """What tells a stated price from another one: 16 hex digits of the SHA-256 of its rates.

    >>> digest_of(Rates(input=Decimal(1))) == digest_of(Rates(input=Decimal(2)))
    False
    """
    text = msgspec.json.encode(_plain(rates), order="sorted")
    return hashlib.sha256(text).hexdigest()[:16]


def _plain(rates: Rates) -> dict[str, Any]:
    stated: dict[str, Any] = {name: rate for name in RATE_NAMES if (rate := getattr(rates, name)) is not None}
    stated["currency"] = rates.currency
    stated["tiers"] = [[each.above, *(getattr(each, name) for name in TOKEN_NAMES)] for each in rates.tiers]
    stated["service_tiers"] = {name: _plain(each) for name, each in rates.service_tiers.items()}
    return stated


def usage_of(record: CallRecord) -> Usage:
    """What a record says was used. The tier that served is in its price."""
    counts = {name: getattr(record, name) for name in _OF_RECORD}
    return Usage(**counts, estimated=record.cost_source == "estimated", fault=record.usage_fault)


_OF_RECORD = tuple(
    name
    for name in Usage.__struct_fields__
    if name in CallRecord.__struct_fields__ and name not in ("service_tier", "reported_cost")
)


def recomputed_nano(record: CallRecord) -> int:
    """The cost of a record computed again from its counts and its price, to the nano.

    Raises `InvalidInput` for a record that has no price: of what was not settled by its usage.
    """
    if record.outcome == "hit":
        return 0  # Its price is that of the counterfactual.
    price = record.price
    if price is None:
        raise InvalidInput(f"{record.request_id}: the record of a {record.outcome} call has no price to compute with")
    fx_rate = Decimal(price.fx_rate)
    if record.outcome == "rented":
        return cost_nano(record.gpu_ms, Decimal(str(price.rates["gpu_hour"])), fx_rate)
    if record.cost_source == "provider" and record.reported_cost is not None:
        return to_nano(EXACT.multiply(record.reported_cost, fx_rate))
    return to_nano(EXACT.multiply(rates_of(price).cost(usage_of(record)).total, fx_rate))


def rates_of(price: AppliedPrice) -> Rates:
    """The rates that a price was applied with."""
    rates: dict[str, Any] = {
        name: {kind: Decimal(each) for kind, each in rate.items()} if isinstance(rate, dict) else Decimal(rate)
        for name, rate in price.rates.items()
    }
    return Rates(**rates, currency=price.currency)
