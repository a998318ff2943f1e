"""The gateway that runs: targets, aliases and policies in force, its cache, and other settings without a restart."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokenfoundry.gateway.admin.route import AdminRoute, Asked, Office


def _routes(office: Office, asked: Asked) -> dict[str, Any]:
    settings = office.gateway.engine().settings
    return {
        "targets": _targets_of(office),
        "aliases": {name: alias.model_dump(mode="json", exclude_none=True) for name, alias in settings.aliases.items()},
        "policies": {
            name: [rule.model_dump(mode="json", exclude_none=True) for rule in rules]
            for name, rules in settings.routing.items()
        },
    }


def _targets(office: Office, asked: Asked) -> dict[str, Any]:
    return {"targets": _targets_of(office)}


def _targets_of(office: Office) -> list[dict[str, Any]]:
    settings = office.gateway.engine().settings
    return [
        {"name": name, **target.model_dump(mode="json", exclude_none=True, exclude={"price"})}
        for name, target in settings.targets.items()
    ]


def _cache(office: Office, asked: Asked) -> dict[str, Any]:
    running = office.gateway
    policy = running.engine().settings.cache
    stats = {"entries": 0, "bytes": 0} if running.cache is None else msgspec.to_builtins(running.cache.stats())
    in_force = running.cache is not None and policy.enabled
    return {
        "enabled": in_force,
        **stats,
        "max_bytes": policy.max_bytes,
        "ttl_ms": policy.ttl_ms,
        "scope": policy.scope,
    }


def _clear(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than()
    cache = office.gateway.cache
    removed = 0 if cache is None else cache.stats().entries
    if cache is not None:
        cache.clear()
    return {"removed": removed}


def _reload(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than()
    office.gateway.reload()
    return {"reloaded": True}


ROUTES: Final = (
    AdminRoute("GET", "/admin/routes", "admin:routes", "Show targets, aliases and policies in force", _routes),
    AdminRoute("GET", "/admin/targets", "admin:routes", "List the targets", _targets),
    AdminRoute("GET", "/admin/cache", "admin:cache", "Show how much the cache keeps, and its policy", _cache),
    AdminRoute("POST", "/admin/cache/invalidate", "admin:cache", "Forget every answer that is kept", _clear),
    AdminRoute("POST", "/admin/reload", "admin", "Read the configuration again, without dropping a call", _reload),
)
