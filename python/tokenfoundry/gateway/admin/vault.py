"""What is kept of conversations: how much, erased, sealed anew."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admin.route import ACTOR, REASON, AdminRoute, Asked, Office, object_schema

_PARTS: Final = ("workspace", "project", "key", "conversation")


def _show(office: Office, asked: Asked) -> dict[str, Any]:
    settings = office.in_force.settings().vault
    return {**msgspec.to_builtins(office.vault().stats()), "ttl_ms": settings.ttl_ms, "share": settings.share}


def _erase(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than(*_PARTS, "all", "actor", "reason")
    is_all = asked.fields.get("all", False)
    if not isinstance(is_all, bool):
        raise InvalidInput("all: should be true or false")
    parts = {name: asked.fields.get(name, "") for name in _PARTS}
    for name, value in parts.items():
        if not isinstance(value, str) or (name in asked.fields and not value):
            raise InvalidInput(f"{name}: should be a text")
    if parts["key"]:
        # What is no id, such as the text of a key, erases nothing and is not to stand in the books either.
        office.keys.get(parts["key"])
    return {"erased": office.vault().erase(**parts, all=is_all)}


def _reseal(office: Office, asked: Asked) -> dict[str, Any]:
    asked.nothing_else_than("actor", "reason")
    return {"resealed": office.vault().reseal()}


ROUTES: Final = (
    AdminRoute("GET", "/admin/vault", "admin:vault", "Show how many conversations and values are kept", _show),
    AdminRoute(
        "POST",
        "/admin/vault/erase",
        "admin:vault",
        "Erase conversations: of a project, of a key, of a name, or all; their values are on the disk no more",
        _erase,
        body=lambda: object_schema(
            {
                **{name: {"type": "string"} for name in _PARTS},
                "all": {"type": "boolean"},
                "actor": ACTOR,
                "reason": REASON,
            }
        ),
    ),
    AdminRoute(
        "POST",
        "/admin/vault/reseal",
        "admin:vault",
        "Seal with the first key what older keys sealed, so that these can be thrown away",
        _reseal,
        body=lambda: object_schema({"actor": ACTOR, "reason": REASON}),
    ),
)
