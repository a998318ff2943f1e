"""Windows that move: a rolling one, beside a naive sum over its slots, and a session, which ends when it is idle."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

import tokenfoundry as tf

START_MS = 1_771_200_000_000
HOUR_MS = 3_600_000
SLOT_MS = HOUR_MS // 60
IDLE_MS = 30 * 60_000
HOURLY = tf.Window("rolling", length=timedelta(hours=1))


class Books:
    def __init__(self, path: Path, *budgets: tf.Budget) -> None:
        self.now = START_MS
        self._path = path
        self._calls = 0
        self.ledger = tf.Ledger.open(path, clock=lambda: self.now)
        self.ledger.set_budgets(budgets)

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = tf.Ledger.open(self._path, clock=lambda: self.now)

    def ask(self, tokens: int = 1, **axes: str) -> tf.Hold | tf.Refusal:
        self._calls += 1
        return self.ledger.reserve(f"c{self._calls}", amounts=tf.Amounts(tokens=tokens), axes=tf.Axes(**axes))

    def spend(self, tokens: int = 1, **axes: str) -> bool:
        answer = self.ask(tokens, **axes)
        if isinstance(answer, tf.Hold):
            self.ledger.settle(answer.id, answer.amounts)
        return isinstance(answer, tf.Hold)

    def posted(self, **each: str) -> int:
        return sum(b.posted for b in self.ledger.balances() if each.items() <= b.each.items())


def test_a_rolling_window_forgets_a_call_an_hour_and_a_slot_after_its_slot_began(tmp_path: Path) -> None:
    books = Books(tmp_path, tf.Budget(name="hour", unit="tokens", window=HOURLY, hard=10))
    books.now = START_MS + 17 * SLOT_MS + 1234
    assert books.spend(10)
    refusal = books.ask()
    assert isinstance(refusal, tf.Refusal)
    assert (refusal.cause, refusal.resets_at) == ("exhausted", None)
    # The oldest slot counts whole: nothing leaves before a full hour is over.
    assert refusal.admits_at == START_MS + 17 * SLOT_MS + HOUR_MS + SLOT_MS
    books.now = refusal.admits_at - 1
    assert not books.spend()
    books.now = refusal.admits_at
    assert books.spend(10)


@pytest.mark.parametrize("seed", range(4))
def test_a_rolling_window_admits_what_a_naive_sum_does_and_when_it_says(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    books = Books(tmp_path, tf.Budget(name="hour", unit="tokens", window=HOURLY, hard=100))
    used: list[tuple[int, int]] = []  # (slot, tokens), open holds too
    open_holds: list[tuple[str, int, int]] = []
    refused = 0

    def count() -> int:
        return sum(tokens for slot, tokens in used if slot >= books.now // SLOT_MS - 60) + sum(
            tokens for _, slot, tokens in open_holds if slot >= books.now // SLOT_MS - 60
        )

    for _ in range(400):
        books.now += rng.choice([0, 1, SLOT_MS // 3, SLOT_MS, 5 * SLOT_MS])
        if open_holds and rng.random() < 0.4:
            id, slot, tokens = open_holds.pop(rng.randrange(len(open_holds)))
            actual = rng.randint(0, tokens)
            books.ledger.settle(id, tf.Amounts(tokens=actual))
            used.append((slot, actual))  # It counts where it began.
        tokens = rng.randint(1, 30)
        answer = books.ask(tokens)
        fits = count() + tokens <= 100
        assert isinstance(answer, tf.Hold) == fits
        if isinstance(answer, tf.Hold):
            open_holds.append((answer.id, books.now // SLOT_MS, tokens))
        elif answer.cause == "exhausted" and rng.random() < 0.3:
            refused += 1
            assert answer.admits_at is not None
            books.now = answer.admits_at - 1
            assert count() + tokens > 100
            assert isinstance(books.ask(tokens), tf.Refusal)
            books.now = answer.admits_at
            assert count() + tokens <= 100
        if rng.random() < 0.02:
            books.restart()
            used += [(slot, tokens) for _, slot, tokens in open_holds]
            open_holds.clear()
    assert refused > 5
    assert books.ledger.verify().ok


def test_a_session_goes_on_while_it_is_used_and_ends_when_idle(tmp_path: Path) -> None:
    books = Books(
        tmp_path, tf.Budget(name="chat", each=["session"], unit="tokens", window=tf.Window("session"), hard=5)
    )
    for _ in range(5):
        assert books.spend(key="k", session="s")
        books.now += IDLE_MS  # Not longer than it may be idle.
    assert not books.spend(key="k", session="s")
    assert len({entry.session_start for entry in books.ledger.entries()}) == 1
    books.restart()
    assert not books.spend(key="k", session="s"), "a restart ends no session"
    books.now += 1  # More than that since the last call that could go.
    assert books.spend(5, key="k", session="s")
    assert len({entry.session_start for entry in books.ledger.entries()}) == 2


def test_two_keys_never_share_a_session(tmp_path: Path) -> None:
    one = tf.Budget(name="chat", each=["key", "session"], unit="tokens", window=tf.Window("session"), hard=5)
    books = Books(tmp_path, one)
    assert books.spend(5, key="a", session="s")
    assert books.spend(5, key="b", session="s")
    assert not books.spend(key="a", session="s")


def test_a_session_does_not_end_while_a_call_of_it_is_open(tmp_path: Path) -> None:
    books = Books(
        tmp_path, tf.Budget(name="chat", each=["session"], unit="tokens", window=tf.Window("session"), hard=9)
    )
    running = books.ask(9, key="k", session="s")
    assert isinstance(running, tf.Hold)
    books.now += 2 * IDLE_MS
    assert not books.spend(1, key="k", session="s")
    entry = books.ledger.settle(running.id, tf.Amounts(tokens=4))
    assert entry.session_start == START_MS
    assert books.spend(5, key="k", session="s")
    [balance] = books.ledger.balances()
    assert (balance.start, balance.posted) == (START_MS, 9)
    assert books.ledger.verify().ok


def test_many_sessions_come_and_go_and_every_one_has_its_cap(tmp_path: Path) -> None:
    rng = random.Random(3)
    books = Books(
        tmp_path, tf.Budget(name="chat", each=["session"], unit="tokens", window=tf.Window("session"), hard=5)
    )
    last: dict[str, int] = {}
    used: dict[str, int] = {}
    for step in range(1500):
        books.now += rng.choice([0, 1000, 60_000])
        session = f"s{rng.randrange(60)}"
        if books.now - last.get(session, -(10**12)) > IDLE_MS:
            used[session] = 0
        tokens = rng.randint(1, 3)
        fits = used[session] + tokens <= 5
        assert books.spend(tokens, key="k", session=session) == fits, (step, session)
        if fits:
            used[session] += tokens
            last[session] = books.now
        if step % 300 == 0:
            books.restart()
    shown = {b.each["session"]: b.posted for b in books.ledger.balances()}
    assert shown == {s: used[s] for s in used if books.now - last[s] <= IDLE_MS}
    assert books.ledger.verify().ok
