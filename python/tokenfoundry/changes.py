"""What an administrator does to budgets besides defining them: each is an entry with who and why."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec
from pydantic import Field

from tokenfoundry.budgets import BudgetBook, account_of, ledger_budget
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ids import uuid7
from tokenfoundry.ledger import Change, Entry, Ledger
from tokenfoundry.settings import BudgetSettings, checked
from tokenfoundry.settings.budgets import Above0, Axis
from tokenfoundry.settings.fields import Name, Section
from tokenfoundry.settings.units import amount_text, ledger_amount
from tokenfoundry.until import end_ms, iso_text

ActionKind = Literal["raise", "reset", "freeze", "unfreeze"]
ACTIONS: tuple[ActionKind, ...] = get_args(ActionKind)

_ID_PREFIX: Final = "change:"
_NEVER = "never"
_ENDLESS = ("rolling", "session", "lifetime")


class BudgetAction(Section):
    """What is said of a raise, a reset, a freeze or its end."""

    amount: Above0 | None = Field(None, description="Raise: by how much, in the budget's unit.")
    until: str | None = Field(
        None,
        description="A last day, an instant, a time from now, `never`; else a raise ends with its window.",
    )
    account: dict[Axis, str] = Field({}, alias="for", description="One account; else all of the budget.")
    reason: str = Field("", max_length=1000)
    id: Name | None = Field(None, description="Makes it safe to repeat for 7 days.")


def act_on_budget(
    ledger: Ledger,
    budgets: BudgetBook,
    kind: ActionKind,
    name: str,
    fields: dict[str, Any],
    *,
    actor: str,
    now_ms: int,
) -> dict[str, Any]:
    """Does it, and returns what was done; with the id of an earlier act of the same kind, budget, account and amount,
    what was done then.

    Raises `NotFound`, `InvalidInput` naming the field, or `Conflict` for an id that did something else. Acts with ids
    must come one after the other.
    """
    asked = checked(BudgetAction, fields)
    budget = budgets.definitions().get(name)
    if budget is None:
        raise NotFound(f"no budget is called {name!r}")
    change = Change(
        kind=kind,
        budget=name,
        each=account_of(budget, asked.account),
        amount=_amount(kind, budget, asked),
        actor=actor,
        reason=asked.reason,
    )
    entry = None if asked.id is None else _done_before(ledger, asked.id, change)
    if entry is None:
        until = _until(kind, budget, asked, now_ms)
        entry = ledger.apply(_ID_PREFIX + (asked.id or uuid7()), msgspec.structs.replace(change, until=until))
    return {"seq": entry.seq, **change_row(entry.change or change, budget)}


def change_row(change: Change, budget: BudgetSettings) -> dict[str, Any]:
    """A change as it is shown: amounts as decimal text in the budget's unit, times in its zone."""
    account = {} if change.each is None else dict(zip(budget.axes, change.each, strict=True))
    return {
        "kind": change.kind,
        "budget": change.budget,
        "for": account,
        "amount": amount_text(budget.unit, change.amount) if change.amount else None,
        "until": iso_text(change.until, budget.window.tz),
        "actor": change.actor,
        "reason": change.reason,
    }


def _done_before(ledger: Ledger, id: str, asked: Change) -> Entry | None:
    """The entry of an act with that id, whatever was said then of its end, its reason and who asked.

    Raises `Conflict` when it was another act.
    """
    entry = ledger.entry(_ID_PREFIX + id)
    if entry is None:
        return None
    done = entry.change
    if done is None or _what_is_done(done) != _what_is_done(asked):
        what = f"a {done.kind} of {done.budget}" if done is not None else "something else"
        raise Conflict(f"the id {id!r} was {what} with other fields: choose a new one")
    return entry


def _what_is_done(change: Change) -> tuple[Any, ...]:
    return change.kind, change.budget, change.each, change.amount


def _amount(kind: ActionKind, budget: BudgetSettings, asked: BudgetAction) -> int:
    if kind != "raise":
        if asked.amount is not None:
            raise InvalidInput(f"amount: has no place in a {kind}")
        return 0
    if budget.prepaid:
        raise InvalidInput(f"{budget.name} is prepaid: add a package instead")
    if asked.amount is None:
        raise InvalidInput("amount: is required: by how much the cap is raised")
    try:
        return ledger_amount(budget.unit, asked.amount)
    except ValueError as error:
        raise InvalidInput(f"amount: {error}") from None


def _until(kind: ActionKind, budget: BudgetSettings, asked: BudgetAction, now_ms: int) -> int | None:
    """When a raise or freeze ends. A raise ends with the window it was made for, unless it is said otherwise."""
    if kind in ("reset", "unfreeze"):
        if asked.until is not None:
            raise InvalidInput(f"until: a {kind} happens once, and does not end")
        return None
    if asked.until == _NEVER or (asked.until is None and kind == "freeze"):
        return None
    if asked.until is None:
        if budget.window.kind in _ENDLESS:
            raise InvalidInput(f"until: is required, as a {budget.window.kind} window has no end ({_NEVER} is one)")
        return ledger_budget(budget).window.bounds(now_ms)[1]
    end = end_ms(asked.until, tz=budget.window.tz, now_ms=now_ms)
    if end <= now_ms:
        raise InvalidInput("until: is over already")
    return end
