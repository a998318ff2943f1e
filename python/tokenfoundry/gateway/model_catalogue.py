"""What each model is and costs: `GET /v1/models/catalogue`, and `tokenfoundry models`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenfoundry.keys import Key
from tokenfoundry.pricing import PriceBook
from tokenfoundry.pricing.history import Period
from tokenfoundry.pricing.instant import instant_text
from tokenfoundry.pricing.rates import RATE_NAMES, TOKEN_NAMES, Rates, Tier
from tokenfoundry.pricing.reservations import SOURCE
from tokenfoundry.routing.targets import Target

_MINUTE_MS = 60_000


def catalogue(
    reach: Mapping[str, Sequence[Target]], book: PriceBook, *, now_ms: int, keys: Iterable[Key] | None = None
) -> dict[str, Any]:
    """The models of `reach`, by name the targets that its calls may go to, with their prices through time.

    Rates are decimal text per million tokens, and per one of what is not billed by the token (`characters` by the
    million). With `keys` each model tells which of them may ask for it.
    """
    models = []
    for name, targets in reach.items():
        row: dict[str, Any] = {"id": name, "targets": [_target(target, book, now_ms) for target in targets]}
        if keys is not None:
            row["keys"] = [_who(key) for key in keys if _may_ask(key, name)]
        models.append(row)
    return {"object": "list", "currency": book.fx.currency, "data": models}


def _target(target: Target, book: PriceBook, now_ms: int) -> dict[str, Any]:
    priced = book.targets[target.name]
    in_force = priced.history.period_at(now_ms)
    return {
        "target": target.name,
        "provider": target.provider,
        "model": target.model,
        "region": target.region or None,
        "trust": target.trust,
        "tier": target.tier or None,
        "context_tokens": target.context_tokens or priced.context_tokens,
        "max_output_tokens": target.max_output_tokens,
        "endpoints": sorted(target.endpoints),
        "source": priced.source,
        "catalogue": priced.digest,
        "prices": [
            {"in_force": period is in_force, **_period(period), **_reservation(book, target, period)}
            for period in priced.history.periods
            if period is in_force or period.from_ms > now_ms
        ],
        "earlier_prices": [_period(period) for period in priced.history.periods if period.from_ms < in_force.from_ms],
    }


def _period(period: Period) -> dict[str, Any]:
    made: dict[str, Any] = {
        "from": instant_text(period.from_ms) if period.from_ms > 0 else None,
        **_rates(period.rates),
    }
    if period.daily:
        made["hours"] = [
            {"from": _clock(each.start_ms), "until": _clock(each.end_ms), **_rates(each.rates)} for each in period.daily
        ]
    return made


def _reservation(book: PriceBook, target: Target, period: Period) -> dict[str, Any]:
    """What is paid by the hour instead, in a period in which calls cost nothing."""
    if period.source != SOURCE:
        return {}
    [rented] = (each for each in book.reservations if (each.target, each.from_ms) == (target.name, period.from_ms))
    terms = {"gpus": rented.gpus, "gpu_hour": str(rented.rate), "currency": rented.currency}
    return {"reservation": {"until": instant_text(rented.to_ms), **terms}}


def _rates(rates: Rates) -> dict[str, Any]:
    made: dict[str, Any] = {"currency": rates.currency, **_stated(rates, RATE_NAMES)}
    if rates.tiers:
        made["tiers"] = [{"above": tier.above, **_stated(tier, TOKEN_NAMES)} for tier in rates.tiers]
    if rates.service_tiers:
        made["service_tiers"] = {name: _stated(each, RATE_NAMES) for name, each in rates.service_tiers.items()}
    return made


def _stated(rates: Rates | Tier, names: Iterable[str]) -> dict[str, Any]:
    stated = {name: getattr(rates, name) for name in names}
    return {
        name: {kind: str(each) for kind, each in rate.items()} if isinstance(rate, Mapping) else str(rate)
        for name, rate in stated.items()
        if rate is not None
    }


def _clock(of_day_ms: int) -> str:
    minutes = of_day_ms // _MINUTE_MS
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _may_ask(key: Key, name: str) -> bool:
    return key.state == "active" and key.has_scope("inference") and key.allows_model(name)


def _who(key: Key) -> dict[str, str]:
    return {"key": key.id, "workspace": key.workspace, "project": key.project, "consumer": key.consumer or key.name}
