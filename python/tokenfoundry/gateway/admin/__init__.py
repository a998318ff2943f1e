"""The admin API below `/admin`: what an administrator may do with one open data directory.

No HTTP here: the gateway asks for a key and passes the request on; the command line calls `handle` directly when no
server holds the data directory. Its routes are rows of `table.ROUTES`, each with the scope that a key needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenfoundry.budgets import BudgetBook
from tokenfoundry.clock import Clock
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.gateway.admin.notes import begin_act, forget_act, note_act, note_interrupted
from tokenfoundry.gateway.admin.route import AdminRoute, Asked, InForce, Office, Running
from tokenfoundry.gateway.admin.table import ROUTES
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Ledger
from tokenfoundry.limits import RateLimiter
from tokenfoundry.packages import PackageBook
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.quotas import QuotaPages
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import QuotaSettings

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault

__all__ = ["ROUTES", "Admin", "AdminRoute", "InForce", "Running"]


class Admin:
    """Does what the routes say, on one office. Changes wait for each other; questions do not."""

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
        price_rows: PriceOverrides,
        rented: RentedHours,
        in_force: InForce,
        vault: Callable[[], Vault],
        running: Running | None = None,
    ) -> None:
        """`vault` opens the vault; `running` is the gateway over the directory, if there is one."""
        self._office = Office(
            ledger=ledger,
            keys=keys,
            budgets=budgets,
            limits=limits,
            quotas=QuotaPages(ledger, quotas),
            packages=PackageBook(ledger, budgets, currency=currency, clock=clock),
            price_rows=price_rows,
            rented=rented,
            currency=currency,
            clock=clock,
            in_force=in_force,
            vault=vault,
            running=running,
        )
        self._changing = threading.Lock()
        note_interrupted(ledger)

    def use_quotas(self, quotas: Mapping[str, QuotaSettings]) -> None:
        """Shows these from now on; what they refuse is the budgets' matter."""
        self._office = replace(self._office, quotas=QuotaPages(self._office.ledger, quotas))

    def handle(self, method: str, path: str, fields: dict[str, Any], *, asker: Key | None = None) -> dict[str, Any]:
        """Does what `method` and `path` say; may be called from any thread. Raises `InvalidInput`, `NotFound`,
        `Conflict`, and `Refused` when the key may not.

        `asker` is the key that asks over HTTP; none may do everything. Its id goes into the books as who did it, behind
        the name in the field `actor` if there is one; without a key that field is required where somebody is to be
        named.
        """
        self._office.rented.post_due()
        others: list[str] = []
        for route in ROUTES:
            names = route.names_in(path)
            if names is None:
                continue
            if route.method != method:
                others.append(route.method)
                continue
            if asker is not None and not asker.has_scope(route.scope):
                what = f"the API key {asker.id} has no {route.scope} scope"
                raise Refused(403, "scope", what, kind="permission_error")
            asked = Asked(names, fields, asker)
            if method == "GET":
                return route.handle(self._office, asked)
            with self._changing:
                return self._noted(route, asked) if route.is_noted else route.handle(self._office, asked)
        if others:
            allowed = ", ".join(dict.fromkeys(others))
            raise Refused(405, "method_not_allowed", f"use {allowed}", headers={"allow": allowed})
        raise NotFound(f"the admin API has no {method} {path}")

    def _noted(self, route: AdminRoute, asked: Asked) -> dict[str, Any]:
        ledger = self._office.ledger
        note_interrupted(ledger)
        act = begin_act(ledger, f"{route.method} {route.template}", asked.names, asked.fields, who=asked.who)
        try:
            done = route.handle(self._office, asked)
        except (InvalidInput, NotFound, Conflict, Refused):  # Nothing was done. After any other it may have been.
            forget_act(ledger)
            raise
        note_act(ledger, act, asked.names, asked.fields, done)
        return done

    def quota_page(self, workspace: str) -> dict[str, Any]:
        """What `GET /v1/usage/quotas` shows a key of that workspace."""
        office = self._office
        return office.quotas.page(workspace, now_ms=office.clock())
