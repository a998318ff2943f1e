"""API keys: list, make, change, rotate, freeze.

An administrator hands out no more than they have: a key of `admin:keys` neither makes nor touches a key that
administers anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admin.route import AdminRoute, Asked, Handler, Office, Schema, object_schema
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.keys import Key, overlap_ms_of
from tokenfoundry.keys.checks import OF_THE_RING


def _list(office: Office, asked: Asked) -> dict[str, Any]:
    return {"keys": [key.public() for key in office.keys]}


def _create(office: Office, asked: Asked) -> dict[str, Any]:
    _refuse_more_than_own(asked, asked.fields.get("scopes"))
    key, text = office.keys.create(asked.fields, now_ms=office.clock())
    return {"key": text, **key.public()}


def _show(office: Office, asked: Asked) -> dict[str, Any]:
    return office.keys.get(asked.names["key_id"]).public()


def _update(office: Office, asked: Asked) -> dict[str, Any]:
    key = _own(office, asked)
    _refuse_more_than_own(asked, asked.fields.get("scopes"))
    return office.keys.update(key.id, asked.fields).public()


def _rotate(office: Office, asked: Asked) -> dict[str, Any]:
    if set(asked.fields) != {"overlap"}:
        raise InvalidInput('say {"overlap": "24h"}: how long the old text keeps working, 0 for not at all')
    overlap_ms = overlap_ms_of(asked.fields["overlap"])
    key, text = office.keys.rotate(_own(office, asked).id, overlap_ms=overlap_ms, now_ms=office.clock())
    return {"key": text, **key.public()}


def _state(state: str) -> Handler:
    def change(office: Office, asked: Asked) -> dict[str, Any]:
        asked.nothing_else_than()
        return office.keys.update(_own(office, asked).id, {"state": state}).public()

    return change


def _own(office: Office, asked: Asked) -> Key:
    """The key of the path, when it has no more than the one that asks. Raises `NotFound`, `Refused`."""
    key = office.keys.get(asked.names["key_id"])
    _refuse_more_than_own(asked, key.scopes)
    return key


def _refuse_more_than_own(asked: Asked, scopes: object) -> None:
    # What is no list of texts is refused by field, by whoever makes the key.
    stated: Iterable[object] = scopes if isinstance(scopes, list | tuple) else ()
    for scope in stated:
        is_admins = isinstance(scope, str) and scope.startswith("admin")
        if is_admins and asked.asker is not None and not asked.asker.has_scope(str(scope)):
            what = f"the API key {asked.asker.id} may not hand out or change the scope {scope}, which it has not"
            raise Refused(403, "scope", what, kind="permission_error")


def _key_schema(*, required: tuple[str, ...] = ()) -> Callable[[], Schema]:
    def schema() -> Schema:
        described = msgspec.json.schema(Key)["$defs"]["Key"]["properties"]
        return object_schema({name: of for name, of in described.items() if name not in OF_THE_RING}, required=required)

    return schema


ROUTES: Final = (
    AdminRoute("GET", "/admin/keys", "admin:keys", "List the keys, without their text", _list),
    AdminRoute(
        "POST", "/admin/keys", "admin:keys", "Make a key; its text is told only now", _create, body=_key_schema()
    ),
    AdminRoute("GET", "/admin/keys/{key_id}", "admin:keys", "Show a key", _show),
    AdminRoute("PATCH", "/admin/keys/{key_id}", "admin:keys", "Change fields of a key", _update, body=_key_schema()),
    AdminRoute(
        "POST",
        "/admin/keys/{key_id}/rotate",
        "admin:keys",
        "Give a key another secret",
        _rotate,
        body=lambda: object_schema(
            {"overlap": {"type": "string", "description": "How long the old text keeps working: 24h; 0: not at all."}},
            required=("overlap",),
        ),
    ),
    AdminRoute("POST", "/admin/keys/{key_id}/freeze", "admin:keys", "Stop a key", _state("frozen")),
    AdminRoute("POST", "/admin/keys/{key_id}/unfreeze", "admin:keys", "Let a key work again", _state("active")),
)
