"""Every route of the admin API. The first that fits is the one that is meant."""

from __future__ import annotations

from typing import Final

from tokenfoundry.gateway.admin import budgets, gateway, keys, prices, reports, vault
from tokenfoundry.gateway.admin.route import AdminRoute

ROUTES: Final[tuple[AdminRoute, ...]] = (
    *keys.ROUTES,
    *budgets.ROUTES,
    *prices.ROUTES,
    *gateway.ROUTES,
    *vault.ROUTES,
    *reports.ROUTES,
)
