"""What every consumer gets: an account of its own by its first call, and one cap however many first calls there are."""

from __future__ import annotations

import threading
from typing import Any

from tokenfoundry.ledger import Amounts, Axes, Hold

DEFAULT = "consumers: {default_budget: {unit: tokens, hard: 100, window: {kind: monthly}}}"
OWN = (
    DEFAULT
    + """
budgets: [{name: anna, match: {consumer: anna}, unit: tokens, hard: 30, window: {kind: monthly}}]
"""
)
NAME = "consumer:default"


def test_sixty_four_first_calls_at_once_make_one_account_and_hold_its_cap(office: Any) -> None:
    books = office(DEFAULT)
    assert books.ledger.balances() == []
    outcomes: list[Any] = [None] * 64
    start = threading.Barrier(64)

    def first_call(number: int) -> None:
        start.wait()
        axes = Axes(consumer="newcomer", key=f"key{number}")
        outcomes[number] = books.ledger.reserve(f"call{number}", amounts=Amounts(tokens=10), axes=axes)

    threads = [threading.Thread(target=first_call, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holds = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    assert len(holds) == 10
    assert {outcome.cause for outcome in outcomes if not isinstance(outcome, Hold)} == {"held"}
    [balance] = books.ledger.balances()
    assert (balance.budget, balance.each, balance.held, balance.left) == (NAME, {"consumer": "newcomer"}, 100, 0)
    for hold in holds:
        books.ledger.settle(hold.id, hold.amounts)
    [balance] = books.ledger.balances()
    assert (balance.posted, balance.held) == (100, 0)
    assert books.ledger.verify().ok


def test_consumers_do_not_share_and_a_call_of_none_has_no_budget(office: Any) -> None:
    books = office(DEFAULT)
    assert books.spend(axes=Axes(consumer="anna"), tokens=100)
    assert books.spend(axes=Axes(consumer="bruno"), tokens=100)
    assert not books.spend(axes=Axes(consumer="anna"), tokens=1)
    assert books.spend(axes=Axes(), tokens=1000)


def test_a_budget_of_ones_own_applies_in_addition(office: Any) -> None:
    books = office(OWN)
    assert not books.spend(axes=Axes(consumer="anna"), tokens=31)
    assert books.spend(axes=Axes(consumer="anna"), tokens=30)
    assert books.spend(axes=Axes(consumer="bruno"), tokens=100)


def test_one_consumer_gets_more_by_a_lasting_raise(office: Any) -> None:
    books = office(DEFAULT)
    books.do("POST", f"budgets/{NAME}/raise", amount="50", until="never", for_={"consumer": "anna"}, actor="admin")
    assert books.spend(axes=Axes(consumer="anna"), tokens=150)
    assert not books.spend(axes=Axes(consumer="bruno"), tokens=101)
    books.clock.now_ms += 40 * 86_400_000
    assert books.spend(axes=Axes(consumer="anna"), tokens=150)
