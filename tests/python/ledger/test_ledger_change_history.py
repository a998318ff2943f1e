"""Random histories with burst, raises, resets, freezes and grants against a model that is too simple to be wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.ledger import Change, Sums

DAY_MS = 86_400_000
START_MS = 20_500 * DAY_MS
KEYS = ["a", "b"]
HARD, BURST = 60, tf.Burst(size=30, refill=7, max_per_window=20)
BUDGETS = [
    tf.Budget(name="day", each=["key"], unit="tokens", window=tf.Window("daily"), hard=HARD, burst=BURST),
    tf.Budget(name="all", unit="tokens", window=tf.Window("monthly"), hard=1500),
    tf.Budget(name="paid", match={"project": "paid"}, unit="tokens", window=tf.Window("lifetime"), prepaid=True),
]
Window = tuple[int, int]


@dataclass
class Grant:
    seq: int
    amount: int
    start: int
    until: int
    priority: int
    spent: int = 0
    held: int = 0

    @property
    def left(self) -> int:
        return self.amount - self.spent - self.held


@dataclass
class Account:
    """One of a budget in one window. What is used is what was posted, less what resets forgave."""

    posted: int = 0
    forgiven: int = 0
    held: int = 0

    @property
    def used(self) -> int:
        return max(0, self.posted - self.forgiven)

    def add(self, tokens: int) -> None:
        self.posted += tokens
        self.forgiven = min(self.forgiven, max(0, self.posted))


@dataclass
class Call:
    tokens: int
    axes: tf.Axes
    at: int
    burns: dict[int, int] = field(default_factory=dict)  # Of what each grant has set aside.


@dataclass
class Model:
    accounts: dict[tuple[str, str, Window], Account] = field(default_factory=dict)
    credits: dict[str, tuple[int, int]] = field(default_factory=dict)  # By key: what is left, as of when.
    raises: list[Change] = field(default_factory=list)
    freezes: list[Change] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)  # Open.

    def places(self, axes: tf.Axes, at: int) -> Iterator[tuple[tf.Budget, str, Account]]:
        for budget in BUDGETS:
            if budget.match.get("project", axes.project) == axes.project:
                each = axes.key if budget.each else ""
                bounds = budget.window.bounds(at)
                window = (str(bounds[0]), str(bounds[1]))
                yield budget, each, self.accounts.setdefault((budget.name, each, window), Account())  # type: ignore[arg-type]

    def cap(self, budget: tf.Budget, each: str, now: int) -> int:
        assert budget.hard is not None
        return budget.hard + sum(
            change.amount
            for change in self.raises
            if change.budget == budget.name
            and change.each in (None, (each,))
            and change.start <= now < (change.until or 2**60)
        )

    def credit(self, key: str, now: int) -> int:
        left, as_of = self.credits.get(key, (BURST.size, 0))
        return min(BURST.size, left + max(0, now - as_of) * BURST.refill // 3_600_000)

    def by_turn(self, at: int) -> list[Grant]:
        usable = [grant for grant in self.grants if grant.start <= at < grant.until]
        return sorted(usable, key=lambda grant: (grant.priority, grant.until, grant.seq))

    def room(self, budget: tf.Budget, each: str, account: Account, call: Call, now: int) -> int:
        if budget.prepaid:
            owed = sum(min(0, g.left + g.held) for g in self.grants if not g.start <= call.at < g.until)
            return sum(grant.left for grant in self.by_turn(call.at)) + owed
        cap = self.cap(budget, each, now)
        over = max(0, account.used - cap)
        burst = 0
        if budget.burst is not None:
            assert budget.burst.max_per_window is not None
            # What calls of other windows may still take of the credit is not there.
            others = [a for (name, of, _), a in self.accounts.items() if (name, of) == (budget.name, each)]
            pledged = sum(min(a.held, max(0, a.used + a.held - cap)) for a in others if a is not account)
            credit = max(0, self.credit(each, now) - pledged)
            burst = min(credit, max(0, budget.burst.max_per_window - over))
        return cap + over + burst - account.used - account.held

    def reserve(self, id: str, call: Call, now: int) -> bool:
        places = list(self.places(call.axes, call.at))
        for budget, each, account in places:
            frozen = any(f.budget == budget.name and f.each in (None, (each,)) for f in self.freezes)
            if frozen or (call.tokens and call.tokens > self.room(budget, each, account, call, now)):
                return False
        for budget, _, account in places:
            account.held += call.tokens
            needed = call.tokens
            for grant in self.by_turn(call.at) if budget.prepaid else ():
                taken = min(needed, max(0, grant.left))
                if taken:
                    grant.held += taken
                    call.burns[grant.seq] = taken
                needed -= taken
        self.calls[id] = call
        return True

    def settle(self, id: str, tokens: int, now: int) -> None:
        call = self.calls.pop(id)
        for grant in self.grants:
            grant.held -= call.burns.get(grant.seq, 0)
        for budget, each, account in self.places(call.axes, call.at):
            account.held -= call.tokens
            self._post(budget, each, account, tokens, now)
            if budget.prepaid:
                for seq, set_aside in call.burns.items():
                    taken = min(tokens, set_aside)
                    next(grant for grant in self.grants if grant.seq == seq).spent += taken
                    tokens -= taken
                assert tokens == 0, "calls of this history use at most what they held"

    def adjust(self, axes: tf.Axes, at: int, difference: int, now: int) -> None:
        for budget, each, account in self.places(axes, at):
            self._post(budget, each, account, difference, now)

    def _post(self, budget: tf.Budget, each: str, account: Account, tokens: int, now: int) -> None:
        before = account.used
        account.add(tokens)
        if budget.burst is not None and tokens > 0:
            cap = self.cap(budget, each, now)
            above = max(0, before + tokens - cap) - max(0, before - cap)
            if above > 0:
                self.credits[each] = (max(0, self.credit(each, now) - above), now)

    def change(self, change: Change, seq: int, now: int) -> None:
        if change.kind == "raise":
            self.raises.append(change)
        elif change.kind == "freeze":
            self.freezes.append(change)
        elif change.kind == "unfreeze":
            self.freezes = [f for f in self.freezes if change.each not in (None, f.each) or f.budget != change.budget]
        elif change.kind == "grant":
            self.grants.append(Grant(seq, change.amount, change.start, change.until or 2**60, change.priority))
        else:
            budget = next(budget for budget in BUDGETS if budget.name == change.budget)
            bounds = budget.window.bounds(now)
            for (name, each, window), account in self.accounts.items():
                current = window == (str(bounds[0]), str(bounds[1]))
                if name == change.budget and current and change.each in (None, (each,)):
                    account.forgiven = account.posted


def random_change(rng: random.Random, now: int) -> Change:
    kinds = [
        "raise",
        "raise",
        "raise",
        "reset",
        "freeze",
        "unfreeze",
        "unfreeze",
        "unfreeze",
        "grant",
        "grant",
        "grant",
    ]
    kind = rng.choice(kinds)
    fields: dict[str, Any] = {"kind": kind, "actor": "anna"}
    if kind == "grant":
        until = rng.choice([None, now + DAY_MS, now + 3 * DAY_MS])
        return Change(
            **fields,
            budget="paid",
            amount=rng.randint(1, 80),
            start=rng.choice([0, now, now + DAY_MS // 2]),
            until=until,
            priority=rng.randint(0, 1),
        )
    fields["budget"] = rng.choice(["day", "all"])
    if fields["budget"] == "day":
        fields["each"] = rng.choice([None, ("a",), ("b",)])
    if kind == "raise":
        start = rng.choice([0, now, now + DAY_MS // 4])
        fields |= {"amount": rng.randint(1, 20), "start": start, "until": max(start, now) + rng.randint(1, DAY_MS)}
    return Change(**fields)


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_of_changes_agrees_with_the_naive_model(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    now = START_MS
    model = Model()

    def clock() -> int:
        return now

    led = tf.Ledger.open(tmp_path, clock=clock)
    led.set_budgets(BUDGETS)
    settled: list[tuple[tf.Entry, int]] = []
    outcomes = {True: 0, False: 0}
    for step in range(400):
        now += rng.choice([0, 1, 60_000, DAY_MS // 20])
        action = rng.random()
        if action < 0.5:
            axes = tf.Axes(key=rng.choice(KEYS), project=rng.choice(["paid", "free"]))
            call = Call(rng.randint(0, 25), axes, now)
            fits = model.reserve(f"c{step}", call, now)
            answer = led.reserve(f"c{step}", amounts=tf.Amounts(tokens=call.tokens), axes=axes)
            assert isinstance(answer, tf.Hold) == fits, (step, answer)
            outcomes[fits] += 1
        elif action < 0.78 and model.calls:
            id = rng.choice(sorted(model.calls))
            call = model.calls[id]
            tokens = rng.randint(0, call.tokens)
            model.settle(id, tokens, now)
            entry = led.void(id) if tokens == 0 else led.settle(id, tf.Amounts(tokens=tokens))
            settled.append((entry, tokens))
        elif action < 0.83 and settled:
            place = rng.randrange(len(settled))
            entry, used = settled[place]
            if entry.axes.project != "paid":
                difference = rng.randint(-used, 6)
                model.adjust(entry.axes, entry.at, difference, now)
                led.adjust(f"a{step}", entry.seq, Sums(tokens=difference), actor="meter")
                settled[place] = entry, used + difference
        elif action < 0.95:
            change = random_change(rng, now)
            model.change(change, led.apply(f"x{step}", change).seq, now)
        elif action < 0.97:
            led.set_budgets(BUDGETS)
        else:
            led.close()
            led = tf.Ledger.open(tmp_path, clock=clock)
            assert led.recovered == len(model.calls)
            for id in sorted(model.calls):
                model.settle(id, model.calls[id].tokens, now)
        check(led, model, now)
    assert min(outcomes.values()) > 10, outcomes
    assert led.verify().ok
    led.close()


def check(led: tf.Ledger, model: Model, now: int) -> None:
    for balance in led.balances():
        [budget] = [budget for budget in BUDGETS if budget.name == balance.budget]
        each = balance.each.get("key", "")
        bounds = budget.window.bounds(now)
        account = model.accounts.get((budget.name, each, (str(bounds[0]), str(bounds[1]))), Account())  # type: ignore[arg-type]
        assert (balance.posted, balance.used, balance.held) == (account.posted, account.used, account.held), balance
        if not budget.prepaid:
            assert balance.cap == model.cap(budget, each, now)
        if not balance.frozen:
            call = Call(0, tf.Axes(), now)
            assert balance.left == max(0, model.room(budget, each, account, call, now)), balance
    grants = [(grant.seq, grant.spent, grant.held) for grant in led.grants()]
    assert grants == [(grant.seq, grant.spent, grant.held) for grant in model.grants]
