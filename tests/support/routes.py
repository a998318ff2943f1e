"""Targets and routers for tests of routing, without a gateway."""

from __future__ import annotations

from typing import Any

from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.routing.build import build_router
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.policy import Router
from tokenfoundry.settings import Settings

NOON_MS = 1_771_243_200_000  # 2026-02-16T12:00Z, a Monday


def target(**fields: Any) -> dict[str, Any]:
    """A cheap external target in the us that can do nothing special."""
    stated = {"provider": "node", "model": "unheard-of", "region": "us", "tokenizer": "o200k_base", "capabilities": []}
    price = {"input": "1", "output": "1", "currency": "EUR"}
    return {**stated, "price": price, **fields}


def settings_of(**sections: Any) -> Settings:
    providers = {"node": {"format": "openai", "base_url": "http://127.0.0.1:9/v1"}}
    return Settings.from_dict({"currency": "EUR", "providers": providers, **sections})


def router_of(sections: dict[str, Any], **sources: Any) -> Router:
    """The router of a configuration; `sources` are the arguments of `build_router`."""
    settings = settings_of(**sections)
    return build_router(settings, PriceBook.from_settings(settings, prices(), at=NOON_MS), **sources)


def facts(**fields: Any) -> Facts:
    """A short chat."""
    stated = {"endpoint": "chat", "input_tokens": 20, "request_id": "r-1", "at_ms": NOON_MS}
    return Facts(**{**stated, **fields})


def asking(text: str, **fields: Any) -> Facts:
    """A chat with this message."""
    return facts(body={"messages": [{"role": "user", "content": text}]}, **fields)


def names(router: Router, alias: str, call: Facts) -> list[str]:
    """The targets of a route, in order."""
    return [each.name for each in router.route(alias, call).targets]
