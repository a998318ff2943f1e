"""Budgets, what is done to them, quotas and packages."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokenfoundry.changes import ACTIONS, ActionKind, BudgetAction, act_on_budget, change_row
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admin.route import ACTOR, AdminRoute, Asked, Handler, Office, Schema, object_schema
from tokenfoundry.packages import Purchase
from tokenfoundry.settings import BudgetSettings

_EVENTS_PER_PAGE = 1000


def _list(office: Office, asked: Asked) -> dict[str, Any]:
    definitions = {name: budget.model_dump(mode="json") for name, budget in office.budgets.definitions().items()}
    accounts: dict[str, list[dict[str, Any]]] = {name: [] for name in definitions}
    for balance in office.ledger.balances(at=office.clock()):
        accounts.setdefault(balance.budget, []).append(msgspec.to_builtins(balance))
    changes: dict[str, list[dict[str, Any]]] = {name: [] for name in definitions}
    for change in office.ledger.changes():
        budget = office.budgets.definitions().get(change.budget)
        if budget is not None:
            changes.setdefault(change.budget, []).append(change_row(change, budget))
    rows = [
        {
            **definition,
            "source": office.budgets.source(name),
            "changes": changes.get(name, []),
            "accounts": accounts[name],
        }
        for name, definition in definitions.items()
    ]
    return {"budgets": rows, "currency": office.currency}


def _set(office: Office, asked: Asked) -> dict[str, Any]:
    return office.budgets.set(asked.names["name"], asked.fields).model_dump(mode="json")


def _remove(office: Office, asked: Asked) -> dict[str, Any]:
    fields, name = asked.fields, asked.names["name"]
    if not set(fields) <= {"force"} or fields.get("force", False) not in (True, False):
        raise InvalidInput("force: should be true, to remove paid units too; there is no other field")
    office.budgets.remove(name, force=bool(fields.get("force")))
    return {"removed": name}


def _act(kind: ActionKind) -> Handler:
    def act(office: Office, asked: Asked) -> dict[str, Any]:
        actor, rest = asked.with_actor()
        name = asked.names["name"]
        return act_on_budget(office.ledger, office.budgets, kind, name, rest, actor=actor, now_ms=office.clock())

    return act


def _events(office: Office, asked: Asked) -> dict[str, Any]:
    after = asked.whole("after", -1, least=-1)
    events = office.ledger.events(after, asked.whole("limit", _EVENTS_PER_PAGE, least=1, most=_EVENTS_PER_PAGE))
    return {
        "events": [msgspec.to_builtins(event) for event in events],
        "last": events[-1].seq if events else after,
        "currency": office.currency,
    }


def _quotas(office: Office, asked: Asked) -> dict[str, Any]:
    return {"quotas": office.quotas.pages(now_ms=office.clock())}


def _packages(office: Office, asked: Asked) -> dict[str, Any]:
    return {"packages": office.packages.rows()}


def _buy(office: Office, asked: Asked) -> dict[str, Any]:
    actor, rest = asked.with_actor()
    return office.packages.add(rest, actor=actor)


def _with_actor(model: type[BudgetAction] | type[Purchase]) -> Schema:
    schema = model.model_json_schema()
    return {**schema, "properties": {**schema["properties"], "actor": ACTOR}}


_SUMMARIES: dict[ActionKind, str] = {
    "raise": "Raise a budget's cap for a while",
    "reset": "Let a budget's window begin anew",
    "freeze": "Stop every call that a budget counts",
    "unfreeze": "End a freeze",
}

ROUTES: Final = (
    AdminRoute("GET", "/admin/budgets", "admin:budgets", "List the budgets with their accounts", _list),
    *(
        AdminRoute(
            "POST",
            f"/admin/budgets/{{name:path}}/{kind}",
            "admin:budgets",
            _SUMMARIES[kind],
            _act(kind),
            body=lambda: _with_actor(BudgetAction),
            is_noted=False,
        )
        for kind in ACTIONS
    ),
    AdminRoute(
        "PUT",
        "/admin/budgets/{name:path}",
        "admin:budgets",
        "Make or replace a budget",
        _set,
        body=BudgetSettings.model_json_schema,
    ),
    AdminRoute(
        "DELETE",
        "/admin/budgets/{name:path}",
        "admin:budgets",
        "Remove a budget",
        _remove,
        body=lambda: object_schema({"force": {"type": "boolean", "description": "Remove paid units too."}}),
    ),
    AdminRoute(
        "GET",
        "/admin/events",
        "admin:budgets",
        "Read the events of budgets, in order",
        _events,
        query={"after": "The number of the last event that is known.", "limit": "How many at most, up to 1000."},
    ),
    AdminRoute("GET", "/admin/quotas", "admin:budgets", "List the quotas of workspaces", _quotas),
    AdminRoute("GET", "/admin/packages", "admin:budgets", "List the prepaid packages", _packages),
    AdminRoute(
        "POST",
        "/admin/packages",
        "admin:budgets",
        "Buy a prepaid package",
        _buy,
        body=lambda: _with_actor(Purchase),
        is_noted=False,
    ),
)
