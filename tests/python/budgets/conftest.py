from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.budgets import BudgetBook, budgets_of_file
from tokenfoundry.cli.at_rest import in_force_at_rest
from tokenfoundry.gateway.admin import Admin
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Amounts, Axes, Ledger
from tokenfoundry.limits import RateLimiter
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.pricing.reservations import fx_of, reservations_of
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import Settings
from tokenfoundry.vault import Vault


class Clock:
    """Time as the test says: 2026-07-15 10:00 UTC, and on."""

    def __init__(self) -> None:
        self.now_ms = 1_784_109_600_000

    def __call__(self) -> int:
        return self.now_ms


def _no_vault() -> Vault:
    raise AssertionError("nothing about budgets opens the vault")


class Office:
    """The books of one configuration, and an administrator of them without a gateway."""

    def __init__(self, ledger: Ledger, text: str, clock: Clock) -> None:
        settings = Settings.from_yaml(text, environ={})
        self.ledger = ledger
        self.clock = clock
        keys = KeyRing(ledger)
        self.budgets = BudgetBook(ledger, budgets_of_file(settings), keys)
        price_rows = PriceOverrides(ledger)
        rented = RentedHours(ledger, clock=clock)
        rented.use(reservations_of(settings), fx_of(settings))
        with in_force_at_rest(settings, ledger, price_rows) as in_force:
            self.admin = Admin(
                ledger=ledger,
                keys=keys,
                budgets=self.budgets,
                limits=RateLimiter([]),
                quotas=settings.quotas,
                currency=settings.currency,
                clock=clock,
                price_rows=price_rows,
                rented=rented,
                in_force=in_force,
                vault=_no_vault,
            )
        self._calls = 0

    def do(self, method: str, path: str, key_id: str = "", **fields: Any) -> dict[str, Any]:
        if "for_" in fields:
            fields["for"] = fields.pop("for_")
        return self.admin.handle(
            method, f"/admin/{path}", fields, asker=Key(id=key_id, scopes=("admin",)) if key_id else None
        )

    def spend(self, *, axes: Axes, **amounts: int) -> bool:
        """One call that uses exactly what it holds; whether it was admitted."""
        self._calls += 1
        call = f"call-{self._calls}"
        admitted = self.ledger.reserve(call, amounts=Amounts(**amounts), axes=axes)
        if type(admitted).__name__ == "Refusal":
            return False
        self.ledger.settle(call, Amounts(**amounts))
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Callable[[str], Office]]:
    """Opens the books with a configuration, again and again."""
    opened: list[Ledger] = []

    def reopen(text: str) -> Office:
        for ledger in opened:
            ledger.close()
        opened.append(Ledger.open(tmp_path / "books", clock=clock))
        return Office(opened[-1], text, clock)

    yield reopen
    for ledger in opened:
        ledger.close()
