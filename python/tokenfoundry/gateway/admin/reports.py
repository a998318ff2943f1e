"""What was used: the report, entries and their corrections, rate limits, the audit log."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tokenfoundry.analytics.report import instant_of, report
from tokenfoundry.entries import correct_entry, entry_row, find_entry
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admin.route import ACTOR, REASON, AdminRoute, Asked, Office, object_schema


def _report(office: Office, asked: Asked) -> dict[str, Any]:
    fields = asked.fields
    bounds = {name: instant_of(str(fields[name]), name) for name in ("start", "until") if name in fields}
    savings = str(fields.get("savings", "false"))
    if savings not in ("true", "false"):
        raise InvalidInput("savings: should be true or false")
    rows = report(office.ledger, by=str(fields.get("by", "project")), savings=savings == "true", **bounds)
    return {"rows": [row.to_json() for row in rows], "currency": office.currency}


def _entry(office: Office, asked: Asked) -> dict[str, Any]:
    entry = find_entry(office.ledger, asked.names["entry"])
    return entry_row(entry, office.budgets.definitions(), currency=office.currency)


def _adjust(office: Office, asked: Asked) -> dict[str, Any]:
    actor, rest = asked.with_actor()
    return correct_entry(office.ledger, asked.names["entry"], rest, actor=actor)


def _limits(office: Office, asked: Asked) -> dict[str, Any]:
    cells: dict[str, list[dict[str, Any]]] = {}
    for cell in office.limits.cells():
        cells.setdefault(cell.limit, []).append(msgspec.to_builtins(cell))
    refused = office.limits.refused()
    rows = [
        {**msgspec.to_builtins(limit), "refused": refused.get(limit.name, 0), "cells": cells.get(limit.name, [])}
        for limit in office.limits.limits
    ]
    return {"limits": rows}


def _verify(office: Office, asked: Asked) -> dict[str, Any]:
    verified: dict[str, Any] = msgspec.to_builtins(office.ledger.verify())
    return verified


_AMOUNT = {"type": ["string", "integer"]}

ROUTES: Final = (
    AdminRoute(
        "GET",
        "/admin/report",
        "admin:reports",
        "Sum what was used and saved",
        _report,
        query={
            "by": "The axis to sum by, such as project, key or model.",
            "start": "A day or an instant from which on.",
            "until": "A day or an instant up to which.",
            "savings": "true: also what saved it, of every entry.",
        },
    ),
    AdminRoute(
        "POST",
        "/admin/entries/{entry:path}/adjust",
        "admin:budgets",
        "Correct an entry by a linked one",
        _adjust,
        body=lambda: {
            **object_schema({"actor": ACTOR, "reason": REASON, "money": _AMOUNT, "tokens": _AMOUNT}),
            "additionalProperties": True,
        },
        is_noted=False,
    ),
    AdminRoute("GET", "/admin/entries/{entry:path}", "admin:reports", "Show an entry of the ledger", _entry),
    AdminRoute("GET", "/admin/limits", "admin:reports", "List the rate limits and how full they are", _limits),
    AdminRoute("GET", "/admin/audit/verify", "admin:reports", "Verify the audit log against the entries", _verify),
)
