"""Prepaid packages through the Python face: which grant pays, and that none is ever overdrawn."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import Conflict, InvalidInput
from tokenfoundry.ledger import Burn, Change, Sums

PACKAGE = tf.Budget(
    name="package",
    match={"project": "*"},
    each=["project"],
    unit="tokens",
    window=tf.Window("lifetime"),
    prepaid=True,
)
SHOP = tf.Axes(project="shop")
DAY_MS = 86_400_000


class Books:
    def __init__(self, path: Path) -> None:
        self.now = 1_771_200_000_000
        self._path = path
        self.ledger = tf.Ledger.open(path, clock=lambda: self.now)
        self.ledger.set_budgets([PACKAGE])

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = tf.Ledger.open(self._path, clock=lambda: self.now)

    def grant(self, id: str, amount: int, **fields: Any) -> int:
        change = Change(
            **{"kind": "grant", "budget": "package", "each": ("shop",), "actor": "anna", **fields}, amount=amount
        )
        return self.ledger.apply(id, change).seq

    def spend(self, id: str, tokens: int, *, held: int | None = None) -> tuple[Burn, ...]:
        answer = self.ledger.reserve(id, amounts=tf.Amounts(tokens=tokens if held is None else held), axes=SHOP)
        assert isinstance(answer, tf.Hold), answer
        return self.ledger.settle(id, tf.Amounts(tokens=tokens)).burns

    def left(self) -> dict[int, int]:
        return {grant.seq: grant.left for grant in self.ledger.grants()}


def test_grants_are_burnt_by_priority_then_by_end_then_by_age(tmp_path: Path) -> None:
    books = Books(tmp_path)
    last = books.grant("last", 10, priority=1, until=books.now + DAY_MS)
    old = books.grant("old", 10)
    young = books.grant("young", 10)
    ends_late = books.grant("ends late", 10, until=books.now + 9 * DAY_MS)
    ends_soon = books.grant("ends soon", 10, until=books.now + DAY_MS)
    first = books.grant("first", 10, priority=-1)
    burns = books.spend("all", 60)
    assert burns == tuple(Burn(grant, 10) for grant in (first, ends_soon, ends_late, old, young, last))
    assert set(books.left().values()) == {0}


def test_a_grant_that_has_not_begun_or_is_over_pays_nothing(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.grant("ended", 10, until=books.now + DAY_MS)
    books.grant("to come", 10, start=books.now + 2 * DAY_MS)
    assert books.ledger.headroom(SHOP) == {"tokens": 10}
    books.now += DAY_MS
    assert books.ledger.headroom(SHOP) == {"tokens": 0}
    books.now += DAY_MS
    assert books.ledger.headroom(SHOP) == {"tokens": 10}
    books.restart()
    assert books.ledger.headroom(SHOP) == {"tokens": 10}


def test_a_hold_keeps_its_grant_though_it_ends_before_the_call_does(tmp_path: Path) -> None:
    books = Books(tmp_path)
    ends = books.grant("ends", 10, until=books.now + 1000)
    other = books.grant("other", 10)
    books.ledger.reserve("a", amounts=tf.Amounts(tokens=10), axes=SHOP)
    books.now += 5000
    assert books.ledger.settle("a", tf.Amounts(tokens=10)).burns == (Burn(ends, 10),)
    assert books.left() == {ends: 0, other: 10}


@pytest.mark.parametrize("topped_up", [False, True])
def test_a_hold_of_a_process_that_died_burns_the_grant_it_had_set_aside(tmp_path: Path, topped_up: bool) -> None:
    books = Books(tmp_path)
    ends = books.grant("ends", 10, until=books.now + 1000)
    books.ledger.reserve("a", amounts=tf.Amounts(tokens=7), axes=SHOP)
    books.now += 5000
    if topped_up:
        books.grant("after", 10)
    books.restart()
    assert books.ledger.recovered == 1
    entry = next(entry for entry in books.ledger.entries() if entry.kind == "recovered")
    assert entry.burns == (Burn(ends, 7),)
    assert books.ledger.verify().ok


def test_a_top_up_sent_twice_counts_once(tmp_path: Path) -> None:
    books = Books(tmp_path)
    assert books.grant("order 1", 10) == books.grant("order 1", 10)
    assert books.ledger.headroom(SHOP) == {"tokens": 10}
    books.restart()
    books.grant("order 1", 10)
    assert books.ledger.headroom(SHOP) == {"tokens": 10}
    with pytest.raises(Conflict):
        books.grant("order 1", 11)


def test_what_exceeds_its_hold_is_paid_by_the_next_grant_or_owed(tmp_path: Path) -> None:
    books = Books(tmp_path)
    first = books.grant("first", 10)
    assert books.spend("a", 15, held=10) == (Burn(first, 15),)
    assert books.left() == {first: -5}
    balance = books.ledger.balances()[0]
    assert (balance.used, balance.left) == (15, 0)
    second = books.grant("second", 8)
    assert books.ledger.headroom(SHOP) == {"tokens": 3}, "the debt is paid before anything goes on"
    assert books.spend("b", 3) == (Burn(second, 3),)
    assert books.ledger.headroom(SHOP) == {"tokens": 0}
    assert books.ledger.verify().ok


def test_a_refund_goes_back_to_the_grants_that_paid(tmp_path: Path) -> None:
    books = Books(tmp_path)
    first, second = books.grant("first", 10), books.grant("second", 10)
    assert books.spend("a", 14) == (Burn(first, 10), Burn(second, 4))
    seq = books.ledger.entries()[-1].seq
    refund = books.ledger.adjust("refund", seq, Sums(tokens=-6), actor="anna")
    assert refund.burns == (Burn(second, -4), Burn(first, -2))
    assert books.left() == {first: 2, second: 10}
    assert books.ledger.balances()[0].left == 12
    more = books.ledger.adjust("late", seq, Sums(tokens=5), actor="anna")
    assert sum(burn.amount for burn in more.burns) == 5
    books.restart()
    assert sum(books.left().values()) == 7
    assert books.ledger.verify().ok


def test_what_is_no_grant_is_refused(tmp_path: Path) -> None:
    books = Books(tmp_path)
    with pytest.raises(InvalidInput):
        books.grant("none", 0)
    with pytest.raises(InvalidInput):
        books.grant("whose", 5, each=None)
    with pytest.raises(InvalidInput):
        books.ledger.apply("raise", Change(kind="raise", budget="package", each=("shop",), amount=5, actor="anna"))
    with pytest.raises(InvalidInput):
        books.ledger.apply("reset", Change(kind="reset", budget="package", actor="anna"))
    assert books.ledger.entries() == []


def test_threads_that_spend_a_package_at_once_never_overdraw_it(tmp_path: Path) -> None:
    books = Books(tmp_path)
    for number in range(10):
        books.grant(f"g{number}", 37, priority=number % 3)
    admitted: list[int] = []

    def spend(thread: int) -> None:
        for number in range(100):
            id = f"{thread}/{number}"
            answer = books.ledger.reserve(id, amounts=tf.Amounts(tokens=3), axes=SHOP)
            if isinstance(answer, tf.Hold):
                books.ledger.settle(id, tf.Amounts(tokens=2 if number % 3 else 3))
                admitted.append(2 if number % 3 else 3)

    threads = [threading.Thread(target=spend, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 370 - 3 < sum(admitted) <= 370
    assert all(grant.left >= 0 for grant in books.ledger.grants())
    assert sum(books.left().values()) == 370 - sum(admitted)
    assert books.ledger.verify().ok
