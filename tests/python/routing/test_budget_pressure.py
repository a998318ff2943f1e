"""The pressure of budgets is that of the ledger: the fullest money budget that counts the call, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.routes import NOON_MS, facts
from tokenfoundry.budgets import ledger_budget
from tokenfoundry.ledger import Amounts, Axes, Ledger
from tokenfoundry.routing.pressure import BudgetPressure
from tokenfoundry.settings import BudgetSettings

NANO = 10**9


class Clock:
    now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "books", clock=clock) as opened:
        yield opened


def budget(name: str, **fields: Any) -> BudgetSettings:
    stated = {"name": name, "unit": "money", "window": {"kind": "daily"}, "hard": Decimal(10), **fields}
    return BudgetSettings.model_validate(stated)


def pressure(ledger: Ledger, clock: Clock, *budgets: BudgetSettings) -> BudgetPressure:
    ledger.set_budgets(map(ledger_budget, budgets))
    in_force = {each.name: each for each in budgets}
    return BudgetPressure(ledger, lambda: in_force, clock)


def spend(ledger: Ledger, amount: int, *, settle: bool = True, id: str = "c-1", **axes: str) -> None:
    amounts = Amounts(money_nano=amount * NANO, requests=1)
    ledger.reserve(id, amounts=amounts, axes=Axes(**axes))
    if settle:
        ledger.settle(id, amounts)


def test_what_is_used_and_held_counts(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(ledger, clock, budget("all"))
    spend(ledger, 4, project="claims")
    spend(ledger, 2, settle=False, id="c-2", project="claims")
    assert measure("fast", facts(project="claims")) == pytest.approx(60)


def test_the_fullest_of_those_that_count_the_call_decides(ledger: Ledger, clock: Clock) -> None:
    claims = budget("claims", match={"project": "claims"})
    motor = budget("motor", match={"project": ["motor", "fleet"]}, hard=Decimal(5))
    measure = pressure(ledger, clock, budget("all", hard=Decimal(100)), claims, motor)
    spend(ledger, 3, project="claims")
    spend(ledger, 4, id="c-2", project="fleet")
    assert measure("fast", facts(project="claims")) == pytest.approx(30)
    assert measure("fast", facts(project="motor")) == pytest.approx(80)
    assert measure("fast", facts(project="other")) == pytest.approx(7)


def test_each_has_a_share_of_their_own(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(ledger, clock, budget("each", match={"consumer": "*"}, each=["consumer"]))
    spend(ledger, 9, consumer="ann")
    assert measure("fast", facts(consumer="ann")) == pytest.approx(90)
    assert measure("fast", facts(consumer="bob")) == 0
    assert measure("fast", facts()) == 0


def test_other_units_and_tracked_budgets_press_nobody(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(
        ledger, clock, budget("tracked", mode="track"), budget("tokens", unit="tokens", hard=Decimal(1000))
    )
    spend(ledger, 9, project="claims")
    assert measure("fast", facts(project="claims")) == 0


def test_a_budget_of_an_alias_presses_the_calls_to_it(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(ledger, clock, budget("fast", match={"alias": "fast"}))
    spend(ledger, 5, alias="fast")
    assert measure("fast", facts()) == pytest.approx(50)
    assert measure("slow", facts()) == 0


def test_what_was_read_is_read_again_after_a_moment(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(ledger, clock, budget("all"))
    assert measure("fast", facts()) == 0
    spend(ledger, 5)
    clock.now_ms += 60_000
    assert measure("fast", facts()) == pytest.approx(50)


def test_the_budget_of_a_key_presses_that_key(ledger: Ledger, clock: Clock) -> None:
    measure = pressure(
        ledger, clock, budget("of-a", match={"key": "A"}), budget("of-two", match={"key": ["A", "B"]}, hard=Decimal(20))
    )
    spend(ledger, 8, key="A")
    assert measure("fast", facts(key="A")) == pytest.approx(80)
    assert measure("fast", facts(key="B")) == pytest.approx(40)
    assert measure("fast", facts(key="C")) == 0


def test_budgets_that_changed_are_asked_anew(ledger: Ledger, clock: Clock) -> None:
    in_force = {"all": budget("all")}
    ledger.set_budgets(map(ledger_budget, in_force.values()))
    measure = BudgetPressure(ledger, lambda: in_force, clock)
    spend(ledger, 5, project="claims")
    assert measure("fast", facts(project="claims")) == pytest.approx(50)
    in_force = {}
    assert measure("fast", facts(project="claims")) == 0
