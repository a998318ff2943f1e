"""Prices: what every target costs now and from when on, and other prices from an instant on."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pydantic import Field

from tokenfoundry.analytics.report import instant_of
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.gateway.admin.route import ACTOR, AdminRoute, Asked, Office, Schema
from tokenfoundry.gateway.model_catalogue import catalogue
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.catalogue import PricedModel
from tokenfoundry.pricing.overrides import PriceOverride
from tokenfoundry.pricing.rates import Rates
from tokenfoundry.pricing.reservations import SOURCE
from tokenfoundry.rented_hours import reservation_rows
from tokenfoundry.settings import checked
from tokenfoundry.settings.fields import Section
from tokenfoundry.settings.targets import PriceSettings
from tokenfoundry.until import iso_text

_TZ = "UTC"


class PriceChange(Section):
    """What is said of a price."""

    price: PriceSettings | None = Field(
        description="Per million tokens, decimals in quotes; null gives the configuration's back."
    )
    from_: str | None = Field(
        None, alias="from", description="A day, in UTC, or an instant with its offset; at once when missing."
    )
    reason: str = Field("", max_length=1000)


def _list(office: Office, asked: Asked) -> dict[str, Any]:
    book = office.in_force.prices()
    overrides = office.price_rows.by_target()
    now_ms = office.clock()
    rows = [
        {
            "target": name,
            **_rates(priced.history.at(now_ms)),
            "source": _source(priced, overrides.get(name, ()), now_ms),
            "changes": [
                {"from": iso_text(period.from_ms, _TZ), **_rates(period.rates)}
                for period in priced.history.periods
                if period.from_ms > now_ms
            ],
        }
        for name, priced in book.targets.items()
    ]
    return {"prices": rows, "currency": office.currency}


def _history(office: Office, asked: Asked) -> dict[str, Any]:
    name = asked.names["target"]
    rows = [row for row in office.price_rows.rows if row.target == name]
    if not rows and name not in office.in_force.settings().targets:
        raise NotFound(f"no target is called {name!r}")
    return {"overrides": [_row(row) for row in rows]}


def _change(office: Office, asked: Asked) -> dict[str, Any]:
    actor, rest = asked.with_actor()
    change, name, now_ms = checked(PriceChange, rest), asked.names["target"], office.clock()
    settings = office.in_force.settings()
    if name not in settings.targets:
        raise NotFound(f"no target is called {name!r}")
    price = None if change.price is None else msgspec.to_builtins(change.price.stated())
    row = PriceOverride(
        target=name,
        from_ms=now_ms if change.from_ is None else _instant(change.from_, now_ms),
        price=price,
        actor=actor,
        reason=change.reason,
        made_at_ms=now_ms,
    )
    # A price in a currency without an exchange rate is refused now, not at the first call.
    PriceBook.from_settings(settings, prices(), at=row.from_ms, overrides=office.price_rows.with_row(row))
    office.price_rows.add(row)
    office.in_force.reprice()
    return _row(row)


def _instant(text: str, now_ms: int) -> int:
    at_ms = instant_of(text, "from")
    if at_ms < now_ms:
        raise InvalidInput("from: should not be over, as what was booked is not priced anew")
    return at_ms


def _rates(rates: Rates) -> dict[str, Any]:
    stated = {name: getattr(rates, name) for name in ("input", "output", "cache_read", "cache_write")}
    return {**{name: None if rate is None else str(rate) for name, rate in stated.items()}, "currency": rates.currency}


def _source(priced: PricedModel, overrides: Any, now_ms: int) -> str:
    if priced.history.period_at(now_ms).source == SOURCE:
        return SOURCE
    in_force = [row for row in overrides if row.from_ms <= now_ms]
    return "override" if in_force and in_force[-1].price is not None else priced.source


def _row(row: PriceOverride) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(row)
    return {**made, "from": iso_text(row.from_ms, _TZ), "made_at": iso_text(row.made_at_ms, _TZ)}


def _reservations(office: Office, asked: Asked) -> dict[str, Any]:
    return {"reservations": reservation_rows(office.rented, now_ms=office.clock())}


def _schema() -> Schema:
    schema = PriceChange.model_json_schema()
    return {**schema, "properties": {**schema["properties"], "actor": ACTOR}}


def _models(office: Office, asked: Asked) -> dict[str, Any]:
    in_force = office.in_force
    return catalogue(in_force.reach(), in_force.prices(), now_ms=office.clock(), keys=office.keys)


ROUTES: Final = (
    AdminRoute(
        "GET",
        "/admin/models",
        "admin:prices",
        "List every model with its targets, dated rates and who may use it",
        _models,
    ),
    AdminRoute(
        "GET",
        "/admin/reservations",
        "admin:prices",
        "List the endpoints that are paid by the hour",
        _reservations,
    ),
    AdminRoute("GET", "/admin/prices", "admin:prices", "List the price of every target, now and later", _list),
    AdminRoute(
        "GET", "/admin/prices/{target:path}", "admin:prices", "List what was ever stated of a target's price", _history
    ),
    AdminRoute(
        "POST",
        "/admin/prices/{target:path}",
        "admin:prices",
        "State another price from an instant on",
        _change,
        body=_schema,
    ),
)
