"""The admin API: keys, budgets, report and audit, below `/admin`.

No HTTP here: the gateway asks for a key with the `admin` scope and passes the request on; the command line calls
`handle` directly when no server holds the data directory.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import unquote

import msgspec

from tokenfoundry.analytics.report import every_entry, report
from tokenfoundry.budgets import BudgetBook
from tokenfoundry.clock import Clock
from tokenfoundry.errors import NotFound
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Ledger


class Admin:
    """What an administrator may do with one open data directory."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        keys: KeyRing,
        budgets: BudgetBook,
        currency: str,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._keys = keys
        self._budgets = budgets
        self._currency = currency
        self._clock = clock
        self._changing = threading.Lock()

    def handle(self, method: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Does what `method` and `path` say; may be called from any thread. Raises `InvalidInput`, `NotFound`,
        `Conflict`.
        """
        if method == "GET":
            return self._handle(method, path, fields)
        with self._changing:
            return self._handle(method, path, fields)

    def _handle(self, method: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        parts = [unquote(part) for part in path.removeprefix("/admin/").split("/")]
        match (method, parts):
            case ("GET", ["keys"]):
                return {"keys": [key.public() for key in self._keys]}
            case ("POST", ["keys"]):
                key, text = self._keys.create(fields, now_ms=self._clock())
                return {"key": text, **key.public()}
            case ("PATCH", ["keys", key_id]):
                return self._keys.update(key_id, fields).public()
            case ("GET", ["budgets"]):
                return {"budgets": self._budget_rows(), "currency": self._currency}
            case ("PUT", ["budgets", *name]):
                return self._budgets.set("/".join(name), fields).model_dump(mode="json")
            case ("DELETE", ["budgets", *name]):
                self._budgets.remove("/".join(name))
                return {"removed": "/".join(name)}
            case ("GET", ["report"]):
                rows = report(every_entry(self._ledger), by=str(fields.get("by", "project")))
                return {"rows": [msgspec.to_builtins(row) for row in rows], "currency": self._currency}
            case ("GET", ["audit", "verify"]):
                verified: dict[str, Any] = msgspec.to_builtins(self._ledger.verify())
                return verified
        raise NotFound(f"the admin API has no {method} {path}")

    def _budget_rows(self) -> list[dict[str, Any]]:
        definitions = {name: budget.model_dump(mode="json") for name, budget in self._budgets.definitions().items()}
        accounts: dict[str, list[dict[str, Any]]] = {name: [] for name in definitions}
        for balance in self._ledger.balances(at=self._clock()):
            accounts.setdefault(balance.budget, []).append(msgspec.to_builtins(balance))
        return [
            {**definition, "source": self._budgets.source(name), "accounts": accounts[name]}
            for name, definition in definitions.items()
        ]
