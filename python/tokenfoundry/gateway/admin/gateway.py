"""What is in force: targets, aliases and policies, the cache, and other settings without a restart."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokenfoundry.errors import BlockedContent, InvalidInput
from tokenfoundry.gateway.admin.route import AdminRoute, Asked, Office, object_schema
from tokenfoundry.settings.fields import Section

# What kept answers can be told apart by.
_MAKERS: Final = ("workspace", "project", "key", "intent", "alias", "target")
_AXES: Final = ("workspace", "project", "consumer", "intent", "env", "session", "regions")


def _routes(office: Office, asked: Asked) -> dict[str, Any]:
    settings = office.in_force.settings()
    return {
        "targets": _targets_of(office),
        "aliases": {name: _stated(alias) for name, alias in settings.aliases.items()},
        "policies": {name: [_stated(rule) for rule in rules] for name, rules in settings.routing.items()},
    }


def _stated(section: Section) -> dict[str, Any]:
    """What the configuration states of it, defaults left out."""
    return section.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def _targets(office: Office, asked: Asked) -> dict[str, Any]:
    health = msgspec.to_builtins(office.gateway.health())
    states = {target.pop("target"): target for target in health["targets"]}
    targets = [{**target, "health": states.get(target["name"])} for target in _targets_of(office)]
    return {"targets": targets, **{name: health[name] for name in ("providers", "in_progress", "event_counts")}}


def _targets_of(office: Office) -> list[dict[str, Any]]:
    settings = office.in_force.settings()
    return [
        {"name": name, **target.model_dump(mode="json", exclude_none=True, exclude={"price"})}
        for name, target in settings.targets.items()
    ]


def _explain(office: Office, asked: Asked) -> dict[str, Any]:
    fields = dict(asked.fields)
    body, dialect = fields.pop("body", None), str(fields.pop("dialect", "chat"))
    if not isinstance(body, dict):
        raise InvalidInput("body: is required: the body of the request that is to be explained")
    for name, value in fields.items():
        if name not in _AXES:
            raise InvalidInput(f"{name}: is no field of this request; there are: body, dialect, {', '.join(_AXES)}")
        if name == "regions":
            is_right = isinstance(value, list) and all(isinstance(region, str) for region in value)
            fields[name] = tuple(value) if is_right else None
        else:
            is_right = isinstance(value, str)
        if not is_right:
            raise InvalidInput(f"{name}: should be {'a list of texts' if name == 'regions' else 'a text'}")
    try:
        return office.in_force.explain(body, dialect=dialect, **fields).to_dict()
    except BlockedContent as blocked:
        raise InvalidInput(f"the privacy policy does not let {blocked.entity} leave") from None


def _cache(office: Office, asked: Asked) -> dict[str, Any]:
    policy, kept = office.in_force.settings().cache, office.in_force.kept()
    stats = {"entries": 0, "bytes": 0} if kept is None else msgspec.to_builtins(kept.stats())
    in_force = kept is not None and policy.in_use
    return {
        "enabled": in_force,
        **stats,
        "max_bytes": policy.max_bytes,
        "ttl_ms": policy.ttl_ms,
        "scope": policy.scope,
    }


def _invalidate(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than(*_MAKERS)
    match = {name: str(value) for name, value in asked.fields.items()}
    kept = office.in_force.kept()
    if kept is not None:
        kept.invalidate(all=not match, **match)
    return {"invalidated": match or "all"}


def _reload(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than()
    office.gateway.reload(asked.who)
    return {"reloaded": True}


ROUTES: Final = (
    AdminRoute("GET", "/admin/routes", "admin:routes", "Show targets, aliases and policies in force", _routes),
    AdminRoute(
        "POST",
        "/admin/routes/explain",
        "admin:routes",
        "Say where a call would go now, and why; nothing is sent",
        _explain,
        body=lambda: object_schema(
            {
                "body": {"type": "object", "description": "The body of the request."},
                "dialect": {"type": "string", "description": "What it is written in: chat, messages, ..."},
                **{name: {"type": "string"} for name in _AXES if name != "regions"},
                "regions": {"type": "array", "items": {"type": "string"}},
            },
            required=("body",),
        ),
        is_noted=False,
    ),
    AdminRoute("GET", "/admin/targets", "admin:routes", "List the targets", _targets),
    AdminRoute("GET", "/admin/cache", "admin:cache", "Show how much the cache keeps, and its policy", _cache),
    AdminRoute(
        "POST",
        "/admin/cache/invalidate",
        "admin:cache",
        "Forget the kept answers that these values made, or all of them when none is stated",
        _invalidate,
        body=lambda: object_schema({name: {"type": "string"} for name in _MAKERS}),
    ),
    AdminRoute(
        "POST",
        "/admin/reload",
        "admin",
        "Read the configuration again, without dropping a call",
        _reload,
        is_noted=False,
    ),
)
