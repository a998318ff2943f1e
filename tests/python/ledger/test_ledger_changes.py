"""Raises, resets, freezes and corrections through the Python face: who did what, once, and what it does to a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import Conflict, InvalidInput, InvalidState, NotFound
from tokenfoundry.ledger import Change, Level, Sums, Tallies

DAY_MS = 86_400_000
START_MS = 20_500 * DAY_MS  # A midnight in UTC.


class Books:
    def __init__(self, path: Path, **fields: Any) -> None:
        self.now = START_MS
        self._path = path
        self._calls = 0
        self.ledger = tf.Ledger.open(path, clock=lambda: self.now)
        self.ledger.set_budgets([budget(**fields)])

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = tf.Ledger.open(self._path, clock=lambda: self.now)

    def change(self, kind: str, *, id: str = "", **fields: Any) -> tf.Entry:
        self._calls += 1
        change = Change(**{"kind": kind, "budget": "cap", "actor": "anna", **fields})
        return self.ledger.apply(id or f"x{self._calls}", change)

    def spend(self, tokens: int = 1, **axes: str) -> tf.Entry | None:
        self._calls += 1
        amounts = tf.Amounts(tokens=tokens)
        answer = self.ledger.reserve(f"c{self._calls}", amounts=amounts, axes=tf.Axes(**axes))
        return None if isinstance(answer, tf.Refusal) else self.ledger.settle(answer.id, amounts)

    def left(self, **each: str) -> int | None:
        [balance] = [b for b in self.ledger.balances() if each.items() <= b.each.items()]
        return balance.left


def budget(**fields: Any) -> tf.Budget:
    return tf.Budget(**{"name": "cap", "unit": "tokens", "window": tf.Window("daily"), "hard": 10, **fields})


def test_raises_add_up_and_are_listed_while_they_last(tmp_path: Path) -> None:
    books = Books(tmp_path, each=["key"])
    assert books.spend(10, key="a")
    assert books.spend(10, key="b")
    books.change("raise", amount=3, until=START_MS + 1000)
    books.change("raise", amount=4, each=("a",))
    assert (books.left(key="a"), books.left(key="b")) == (7, 3)
    assert [change.amount for change in books.ledger.changes()] == [3, 4]
    books.restart()
    assert (books.left(key="a"), books.left(key="b")) == (7, 3)
    books.now += 1000
    assert (books.left(key="a"), books.left(key="b")) == (4, 0)
    assert [change.amount for change in books.ledger.changes()] == [4]


def test_a_change_sent_twice_is_one_change(tmp_path: Path) -> None:
    books = Books(tmp_path)
    first = books.change("raise", id="ticket 1", amount=3)
    books.now += 5
    assert books.change("raise", id="ticket 1", amount=3) == first
    assert books.left() == 13
    with pytest.raises(Conflict):
        books.change("raise", id="ticket 1", amount=4)
    with pytest.raises(InvalidState):
        books.ledger.reserve("ticket 1", amounts=tf.Amounts(tokens=1), axes=tf.Axes())
    books.restart()
    assert books.change("raise", id="ticket 1", amount=3) == first
    assert books.left() == 13


def test_what_a_change_says_is_checked(tmp_path: Path) -> None:
    books = Books(tmp_path, each=["key"])
    for wrong in (
        {"kind": "raise", "amount": 0},
        {"kind": "raise", "amount": -1},
        {"kind": "raise", "amount": 1, "actor": ""},
        {"kind": "raise", "amount": 1, "start": 5, "until": 5},
        {"kind": "raise", "amount": 1, "each": ("a", "b")},
        {"kind": "reset", "amount": 1},
        {"kind": "freeze", "priority": 1},
        {"kind": "grant", "amount": 1, "each": ("a",)},
    ):
        with pytest.raises(InvalidInput):
            books.change(**wrong)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        books.change("raise", amount=1, budget="another")
    assert books.ledger.entries() == []
    assert books.ledger.verify().ok


def test_a_reset_counts_for_the_window_it_was_made_in(tmp_path: Path) -> None:
    books = Books(tmp_path, levels=[Level("half", 5)])
    assert books.spend(10)
    books.change("reset")
    assert books.left() == 10
    assert books.spend(6)
    books.now += DAY_MS
    assert books.left() == 10
    assert books.spend(10)
    assert not books.spend(1), "the reset of yesterday forgives nothing today"
    books.restart()
    assert books.left() == 0
    assert [event.used for event in books.ledger.events()] == [10, 6, 10], "after a reset a level is told anew"
    [yesterday] = books.ledger.balances(START_MS)
    assert (yesterday.posted, yesterday.used) == (16, 6)
    assert books.ledger.verify().ok


def test_a_reset_survives_that_the_budget_counts_otherwise(tmp_path: Path) -> None:
    books = Books(tmp_path)
    assert books.spend(10, key="a")
    books.change("reset")
    assert books.spend(2, key="a")
    books.ledger.set_budgets([budget(each=["key"])])  # Recounted from the entries.
    assert books.left(key="a") == 8
    books.ledger.set_budgets([budget(hard=20)])
    assert books.left() == 18
    assert books.ledger.verify().ok


def test_a_budget_that_comes_back_finds_its_raises_and_freezes(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.change("raise", amount=5)
    books.change("freeze", reason="audit")
    books.ledger.set_budgets([])
    assert books.spend(100)
    books.restart()
    books.ledger.set_budgets([budget(hard=200)])
    assert books.spend(1) is None
    books.change("unfreeze")
    assert books.left() == 105
    books.restart()
    assert books.left() == 105
    assert books.ledger.changes()[0].amount == 5


def test_a_lowered_cap_shows_by_how_much_it_is_exceeded_and_admits_nothing(tmp_path: Path) -> None:
    books = Books(tmp_path)
    assert books.spend(8)
    books.ledger.set_budgets([budget(hard=3)])
    [balance] = books.ledger.balances()
    assert (balance.over_by, balance.left) == (5, 0)
    assert not books.spend(1)
    assert books.spend(0), "a call that uses nothing of the unit is not stopped by it"


def test_freezes_of_one_account_and_of_all_are_lifted_apart(tmp_path: Path) -> None:
    books = Books(tmp_path, each=["key"])
    books.change("freeze", each=("a",))
    assert not books.spend(key="a")
    assert books.spend(key="b")
    books.change("freeze")
    assert not books.spend(key="b")
    books.change("unfreeze", each=("a",))
    assert not books.spend(key="a"), "all is frozen still"
    books.change("unfreeze")
    assert books.spend(key="a")
    assert books.spend(key="b")
    assert books.ledger.changes() == []


def test_a_correction_counts_in_the_window_of_its_call(tmp_path: Path) -> None:
    books = Books(tmp_path)
    entry = books.spend(6)
    assert entry is not None
    books.now += DAY_MS
    late = books.ledger.adjust(
        "late", entry.seq, Sums(tokens=3), actor="meter", reason="late usage", tallies=Tallies(output_tokens=3)
    )
    assert (late.of, late.at, late.posted_at, late.actor) == (entry.seq, START_MS, books.now, "meter")
    assert [b.posted for b in books.ledger.balances(START_MS)] == [9]
    assert books.left() == 10
    books.ledger.adjust("refund", entry.seq, Sums(tokens=-9), actor="anna")
    assert [b.posted for b in books.ledger.balances(START_MS)] == [0]
    with pytest.raises(InvalidInput, match="tokens"):
        books.ledger.adjust("more", entry.seq, Sums(tokens=-1), actor="anna")
    with pytest.raises(NotFound):
        books.ledger.adjust("none", 99, Sums(tokens=1), actor="anna")
    with pytest.raises(InvalidInput):
        books.ledger.adjust("twice removed", late.seq, Sums(tokens=1), actor="anna")
    books.restart()
    with pytest.raises(InvalidInput, match="tokens"):
        books.ledger.adjust("more", entry.seq, Sums(tokens=-1), actor="anna")
    assert books.ledger.verify().ok


def test_a_correction_past_the_cap_posts_and_is_told(tmp_path: Path) -> None:
    books = Books(tmp_path, levels=[Level("full", 10)])
    entry = books.spend(9)
    assert entry is not None
    told: list[str] = []
    books.ledger.on_event(lambda event: told.append(event.level))
    books.ledger.adjust("late", entry.seq, Sums(tokens=5), actor="meter")
    assert told == ["full"]
    [balance] = books.ledger.balances()
    assert (balance.used, balance.over_by, balance.left) == (14, 4, 0)
    assert not books.spend(1)


def test_an_actual_above_its_hold_is_told_with_how_much(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.ledger.reserve("a", amounts=tf.Amounts(tokens=9), axes=tf.Axes())
    entry = books.ledger.settle("a", tf.Amounts(tokens=12))
    assert entry.flags == tf.EntryFlags.OVERRUN
    [event] = books.ledger.events()
    assert (event.kind, event.amount, event.used, event.cap, event.entry) == ("over_hold", 3, 12, 10, entry.seq)
    books.ledger.settle("a", tf.Amounts(tokens=12))  # The same again raises nothing.
    books.restart()
    assert len(books.ledger.events()) == 1


def test_a_listener_that_fails_fails_no_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    books = Books(tmp_path, levels=[Level("one", 1)])

    def fail(_: tf.Event) -> None:
        raise RuntimeError("no mail server")

    books.ledger.on_event(fail)
    assert books.spend(1)
    assert "listener" in caplog.text


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("kind", {"kind": "pause"}),
        ("amount", {"amount": 1.5}),
        ("amount", {"amount": 2**70}),
        ("until", {"until": "tomorrow"}),
        ("priority", {"priority": 2**40}),
        ("each", {"each": "k"}),
        ("each", {"each": (1,)}),
        ("actor", {"actor": None}),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_its_field(
    tmp_path: Path, field: str, change: dict[str, object]
) -> None:
    with tf.Ledger.open(tmp_path) as led, pytest.raises(InvalidInput, match=f"^{field}: "):
        led.apply("x", tf.Change(**{"kind": "raise", "budget": "cap", "amount": 1, "actor": "anna", **change}))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("of", {"of": -1}),
        ("of", {"of": True}),
        ("amounts.tokens", {"difference": tf.Sums(tokens=2**70)}),
        ("amounts.tokens", {"difference": tf.Sums(tokens=1.0)}),  # type: ignore[arg-type]
        ("tallies.input_tokens", {"tallies": tf.Tallies(input_tokens=2**60)}),
        ("actor", {"actor": None}),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_by_its_field(
    tmp_path: Path, field: str, wrong: dict[str, object]
) -> None:
    with tf.Ledger.open(tmp_path) as led, pytest.raises(InvalidInput, match=f"^{field}: "):
        led.adjust("x", **{"of": 0, "difference": tf.Sums(tokens=1), "actor": "anna", **wrong})
