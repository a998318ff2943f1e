"""Prepaid packages: what was bought for a prepaid budget, at what price, until when, and what is left of it.

A package is a grant of the ledger, and the ledger's entries are the only place where it is kept. Its id makes a
purchase safe to repeat for ever: the id of the granting entry is never forgotten, unlike those of calls.
"""

from __future__ import annotations

import threading
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from pydantic import Field

from tokenfoundry.budgets import BudgetBook, account_of
from tokenfoundry.clock import Clock
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ids import uuid7
from tokenfoundry.ledger import Change, Grant, Ledger
from tokenfoundry.settings import BudgetSettings, checked
from tokenfoundry.settings.budgets import Above0, Axis
from tokenfoundry.settings.fields import CurrencyCode, Money, Name, Section
from tokenfoundry.settings.units import UnitName, amount_text, ledger_amount
from tokenfoundry.until import end_ms, iso_text

_ID_PREFIX: Final = "package:"
_PER: dict[UnitName, int] = {"tokens": 1_000_000}  # Prices are told per million tokens, and per one of all else.
_PRICE_STEP = Decimal(1).scaleb(-9)


class Purchase(Section):
    """What is said when a package is bought."""

    budget: Name
    amount: Above0 = Field(description="In the budget's unit.")
    price: Money = Field(Decimal(0), description="What was paid for all of it.")
    currency: CurrencyCode | None = Field(None, description="Of the price; else the ledger's.")
    expires: str | None = Field(None, description="The last day it can be used, or an instant; else never.")
    priority: int = Field(0, ge=-(2**31), le=2**31 - 1, description="The least is used first.")
    account: dict[Axis, str] = Field({}, alias="for", description="Whose it is, where the budget tells accounts apart.")
    id: Name | None = Field(None, description="Makes it safe to repeat: one id buys once.")
    reason: str = Field("", max_length=1000)


class PackageBook:
    """The packages of one open data directory. Thread-safe.

    They are used by priority, the least first, then by expiry, then by age.
    """

    def __init__(self, ledger: Ledger, budgets: BudgetBook, *, currency: str, clock: Clock) -> None:
        self._ledger = ledger
        self._budgets = budgets
        self._currency = currency
        self._clock = clock
        self._buying = threading.Lock()
        self._ids: dict[int, str] = {}  # Of every grant that was seen, by the seq of its entry.

    def add(self, fields: dict[str, Any], *, actor: str) -> dict[str, Any]:
        """Buys a package; its row. The same id with the same fields is the same package, whoever asks.

        Raises `InvalidInput` naming a field, `NotFound` for an unknown budget, `Conflict` for an id that bought
        something else.
        """
        purchase = checked(Purchase, fields)
        change = self._change(purchase, actor)
        with self._buying:
            if purchase.id is not None:
                known = self._with_id(purchase.id)
                if known is not None:
                    if _bought(known.change) != _bought(change):
                        raise Conflict(f"the id {purchase.id!r} bought another package: choose a new one")
                    return self._row(known)
            if change.until is not None and change.until <= self._clock():
                raise InvalidInput("expires: is over already")
            entry = self._ledger.apply(_ID_PREFIX + (purchase.id or uuid7()), change)
        return self._row(next(grant for grant in self._ledger.grants() if grant.seq == entry.seq))

    def rows(self) -> list[dict[str, Any]]:
        """All packages, in the order they were bought. Amounts are decimal text in the budget's unit."""
        return [self._row(grant) for grant in self._ledger.grants()]

    def _change(self, purchase: Purchase, actor: str) -> Change:
        budget = self._budgets.definitions().get(purchase.budget)
        if budget is None:
            raise NotFound(f"no budget is called {purchase.budget!r}")
        if not budget.prepaid:
            raise InvalidInput(f"budget: {budget.name} is not prepaid: it has a cap, which can be raised")
        account = account_of(budget, purchase.account)
        if account is None and budget.each:
            raise InvalidInput(f"for: a package of {budget.name} belongs to one {' and '.join(budget.each)}: say whose")
        try:
            amount = ledger_amount(budget.unit, purchase.amount)
        except ValueError as error:
            raise InvalidInput(f"amount: {error}") from None
        try:
            price_nano = ledger_amount("money", purchase.price)
        except ValueError as error:
            raise InvalidInput(f"price: {error}") from None
        return Change(
            kind="grant",
            budget=budget.name,
            each=account,
            amount=amount,
            until=None if purchase.expires is None else end_ms(purchase.expires, tz=budget.window.tz, field="expires"),
            priority=purchase.priority,
            price_nano=price_nano,
            price_currency=purchase.currency or self._currency,
            actor=actor,
            reason=purchase.reason,
        )

    def _with_id(self, id: str) -> Grant | None:
        return next((grant for grant in self._ledger.grants() if self._id_of(grant) == id), None)

    def _id_of(self, grant: Grant) -> str:
        if grant.seq not in self._ids:
            [entry] = self._ledger.entries(after=grant.seq - 1, limit=1)
            self._ids[grant.seq] = entry.id.removeprefix(_ID_PREFIX)
        return self._ids[grant.seq]

    def _row(self, grant: Grant) -> dict[str, Any]:
        change = grant.change
        budget = self._budgets.definitions().get(change.budget)
        unit: UnitName = budget.unit if budget else "tokens"

        def text(amount: int) -> str:
            return amount_text(unit, amount)

        return {
            "id": self._id_of(grant),
            "budget": change.budget,
            "for": _account(budget, change.each),
            "unit": unit if budget else None,
            "granted": text(change.amount),
            "spent": text(grant.spent),
            "held": text(grant.held),
            "left": text(grant.left),
            "state": self._state(grant, budget),
            "created": iso_text(grant.created),
            "expires": iso_text(change.until, budget.window.tz if budget else "UTC"),
            "priority": change.priority,
            "price": amount_text("money", change.price_nano),
            "currency": change.price_currency,
            **_effective_price(change, unit),
            "actor": change.actor,
            "reason": change.reason,
            "seq": grant.seq,
        }

    def _state(self, grant: Grant, budget: BudgetSettings | None) -> str:
        if budget is None:
            return "removed"
        if grant.change.until is not None and grant.change.until <= self._clock():
            return "expired"
        return "active" if grant.left > 0 or grant.held > 0 else "used up"


def _bought(change: Change) -> tuple[Any, ...]:
    """What tells one purchase from another, whoever made it."""
    return (
        change.budget,
        change.each,
        change.amount,
        change.until,
        change.priority,
        change.price_nano,
        change.price_currency,
        change.reason,
    )


def _account(budget: BudgetSettings | None, values: tuple[str, ...] | None) -> dict[str, str]:
    return {} if budget is None or values is None else dict(zip(budget.axes, values, strict=False))


def _effective_price(change: Change, unit: UnitName) -> dict[str, Any]:
    """What one unit of it costs, and of how many units that is the price."""
    per = _PER.get(unit, 1)
    granted = Decimal(amount_text(unit, change.amount))
    price = Decimal(change.price_nano).scaleb(-9) * per / granted
    return {"effective_price": f"{price.quantize(_PRICE_STEP, ROUND_HALF_EVEN).normalize():f}", "effective_per": per}
