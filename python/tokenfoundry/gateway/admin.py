"""The admin API: keys, budgets, entries, quotas, packages, rate limits, report and audit, below `/admin`.

No HTTP here: the gateway asks for a key with the `admin` scope and passes the request on; the command line calls
`handle` directly when no server holds the data directory.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from tokenfoundry.analytics.report import instant_of, report
from tokenfoundry.budgets import BudgetBook
from tokenfoundry.changes import ACTIONS, act_on_budget, change_row
from tokenfoundry.clock import Clock
from tokenfoundry.entries import correct_entry, entry_row, find_entry
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.keys import KeyRing, overlap_ms_of
from tokenfoundry.ledger import Ledger
from tokenfoundry.limits import RateLimiter
from tokenfoundry.packages import PackageBook
from tokenfoundry.quotas import QuotaPages
from tokenfoundry.settings import QuotaSettings

_EVENTS_PER_PAGE = 1000


class Admin:
    """What an administrator may do with one open data directory."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        keys: KeyRing,
        budgets: BudgetBook,
        limits: RateLimiter,
        quotas: Mapping[str, QuotaSettings],
        currency: str,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._keys = keys
        self._budgets = budgets
        self._limits = limits
        self._quotas = QuotaPages(ledger, quotas)
        self._packages = PackageBook(ledger, budgets, currency=currency, clock=clock)
        self._currency = currency
        self._clock = clock
        self._changing = threading.Lock()

    def handle(self, method: str, path: str, fields: dict[str, Any], *, key_id: str = "") -> dict[str, Any]:
        """Does what `method` and `path` say; may be called from any thread. Raises `InvalidInput`, `NotFound`,
        `Conflict`.

        `key_id` is the key that asks over HTTP. It goes into the books as who did it, behind the name in the field
        `actor` if there is one; without a key that field is required where somebody is to be named.
        """
        if method == "GET":
            return self._handle(method, path, fields, asker=key_id)
        with self._changing:
            return self._handle(method, path, fields, asker=key_id)

    def quota_page(self, workspace: str) -> dict[str, Any]:
        """What `GET /v1/usage/quotas` shows a key of that workspace."""
        return self._quotas.page(workspace, now_ms=self._clock())

    def _handle(self, method: str, path: str, fields: dict[str, Any], *, asker: str) -> dict[str, Any]:
        parts = [unquote(part) for part in path.removeprefix("/admin/").split("/")]
        match (method, parts):
            case ("GET", ["keys"]):
                return {"keys": [key.public() for key in self._keys]}
            case ("POST", ["keys"]):
                key, text = self._keys.create(fields, now_ms=self._clock())
                return {"key": text, **key.public()}
            case ("GET", ["keys", key_id]):
                return self._keys.get(key_id).public()
            case ("POST", ["keys", key_id, "rotate"]):
                return self._rotate(key_id, fields)
            case ("PATCH", ["keys", key_id]):
                return self._keys.update(key_id, fields).public()
            case ("GET", ["budgets"]):
                return {"budgets": self._budget_rows(), "currency": self._currency}
            case ("POST", ["budgets", *name, action]) if action in ACTIONS and name:
                return self._act("/".join(name), action, fields, asker)
            case ("PUT", ["budgets", *name]):
                return self._budgets.set("/".join(name), fields).model_dump(mode="json")
            case ("DELETE", ["budgets", *name]):
                if not set(fields) <= {"force"} or fields.get("force", False) not in (True, False):
                    raise InvalidInput("force: should be true, to remove paid units too; there is no other field")
                self._budgets.remove("/".join(name), force=bool(fields.get("force")))
                return {"removed": "/".join(name)}
            case ("GET", ["quotas"]):
                return {"quotas": self._quotas.pages(now_ms=self._clock())}
            case ("GET", ["packages"]):
                return {"packages": self._packages.rows()}
            case ("POST", ["packages"]):
                actor, rest = _actor(fields, asker)
                return self._packages.add(rest, actor=actor)
            case ("GET", ["events"]):
                return self._event_page(fields)
            case ("GET", ["entries", *name]) if name:
                entry = find_entry(self._ledger, "/".join(name))
                return entry_row(entry, self._budgets.definitions(), currency=self._currency)
            case ("POST", ["entries", *name, "adjust"]) if name:
                actor, rest = _actor(fields, asker)
                return correct_entry(self._ledger, "/".join(name), rest, actor=actor)
            case ("GET", ["limits"]):
                return {"limits": self._limit_rows()}
            case ("GET", ["report"]):
                bounds = {name: instant_of(str(fields[name]), name) for name in ("start", "until") if name in fields}
                rows = report(self._ledger, by=str(fields.get("by", "project")), **bounds)
                return {"rows": [msgspec.to_builtins(row) for row in rows], "currency": self._currency}
            case ("GET", ["audit", "verify"]):
                verified: dict[str, Any] = msgspec.to_builtins(self._ledger.verify())
                return verified
        raise NotFound(f"the admin API has no {method} {path}")

    def _rotate(self, key_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        if set(fields) != {"overlap"}:
            raise InvalidInput('say {"overlap": "24h"}: how long the old text keeps working, 0 for not at all')
        overlap_ms = overlap_ms_of(fields["overlap"])
        key, text = self._keys.rotate(key_id, overlap_ms=overlap_ms, now_ms=self._clock())
        return {"key": text, **key.public()}

    def _act(self, name: str, action: str, fields: dict[str, Any], asker: str) -> dict[str, Any]:
        actor, rest = _actor(fields, asker)
        [kind] = [each for each in ACTIONS if each == action]
        return act_on_budget(self._ledger, self._budgets, kind, name, rest, actor=actor, now_ms=self._clock())

    def _event_page(self, fields: dict[str, Any]) -> dict[str, Any]:
        after = _whole(fields, "after", -1, least=-1)
        limit = _whole(fields, "limit", _EVENTS_PER_PAGE, least=1, most=_EVENTS_PER_PAGE)
        events = self._ledger.events(after, limit)
        return {
            "events": [msgspec.to_builtins(event) for event in events],
            "last": events[-1].seq if events else after,
            "currency": self._currency,
        }

    def _limit_rows(self) -> list[dict[str, Any]]:
        cells: dict[str, list[dict[str, Any]]] = {}
        for cell in self._limits.cells():
            cells.setdefault(cell.limit, []).append(msgspec.to_builtins(cell))
        refused = self._limits.refused()
        return [
            {**msgspec.to_builtins(limit), "refused": refused.get(limit.name, 0), "cells": cells.get(limit.name, [])}
            for limit in self._limits.limits
        ]

    def _budget_rows(self) -> list[dict[str, Any]]:
        definitions = {name: budget.model_dump(mode="json") for name, budget in self._budgets.definitions().items()}
        accounts: dict[str, list[dict[str, Any]]] = {name: [] for name in definitions}
        for balance in self._ledger.balances(at=self._clock()):
            accounts.setdefault(balance.budget, []).append(msgspec.to_builtins(balance))
        changes: dict[str, list[dict[str, Any]]] = {name: [] for name in definitions}
        for change in self._ledger.changes():
            budget = self._budgets.definitions().get(change.budget)
            if budget is not None:
                changes.setdefault(change.budget, []).append(change_row(change, budget))
        return [
            {
                **definition,
                "source": self._budgets.source(name),
                "changes": changes.get(name, []),
                "accounts": accounts[name],
            }
            for name, definition in definitions.items()
        ]


def _actor(fields: dict[str, Any], asker: str) -> tuple[str, dict[str, Any]]:
    """Who asks, as the books will say it, and the other fields."""
    rest = dict(fields)
    stated = rest.pop("actor", "")
    if not isinstance(stated, str) or len(stated) > 200:
        raise InvalidInput("actor: should be a name of at most 200 characters")
    if not stated and not asker:
        raise InvalidInput("actor: is required: who does this")
    return (f"{stated} ({asker})" if stated and asker else stated or asker), rest


def _whole(fields: dict[str, Any], name: str, default: int, *, least: int, most: int = 2**63 - 1) -> int:
    """A whole number of a query or a body."""
    text = str(fields.get(name, default))
    if not re.fullmatch(r"-?\d{1,19}", text, re.ASCII) or not least <= int(text) <= most:
        raise InvalidInput(f"{name}: should be a whole number from {least} to {most}")
    return int(text)
