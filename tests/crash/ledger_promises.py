"""What killed workers were promised, and whether the books keep it: a replay of the entries that is too simple to be
wrong, beside what the ledger shows.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tokenfoundry as tf
from crash.ledger_worker import CALLS_HARD, budgets, detail_of


class Promises:
    """Reads the promises: `asked` and `done`, by verb and id."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self.asked: dict[tuple[str, str], Any] = {}
        self.done: dict[tuple[str, str], Any] = {}

    def read_for(self, seconds: float) -> bool:
        """Whether anything came in that time."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        *lines, self._rest = (self._rest + os.read(self._fd, 1 << 20)).split(b"\n")
        for line in lines:
            step, verb, id, what = json.loads(line)
            assert verb != "failed", (id, what)
            (self.asked if step == "ask" else self.done)[verb, id] = what
        return True

    def forget(self) -> None:
        self.asked.clear()
        self.done.clear()


def check_entries(led: tf.Ledger, promises: Promises) -> list[tf.Entry]:
    """Nothing acknowledged is lost, doubled or changed, and there is nothing that nobody asked for."""
    entries = led.entries()
    by_id = {entry.id: entry for entry in entries}
    holds = {hold.id: hold for hold in led.holds()}
    assert len(by_id) == len(entries), "an id stands twice"
    assert [entry.seq for entry in entries] == list(range(len(entries)))
    assert not by_id.keys() & holds.keys(), "a hold was resolved and is open"
    asked, done = promises.asked, promises.done
    for (verb, id), result in done.items():
        if verb == "reserve":
            assert (id in by_id or id in holds) == (result == "held"), id
        elif verb in ("settle", "void", "hit", "adjust", "change"):
            assert by_id[id].seq == result, (verb, id)
    for id, hold in holds.items():
        tokens, project, key, session = asked["reserve", id]
        assert (hold.amounts, hold.axes, hold.detail) == (
            tf.Amounts(tokens=tokens, money_nano=tokens * 1000, requests=1),
            tf.Axes(project=project, key=key, session=session),
            b"held",
        )
    for entry in entries:
        check_entry(entry, asked, done)
    return entries


def check_entry(entry: tf.Entry, asked: dict[tuple[str, str], Any], done: dict[tuple[str, str], Any]) -> None:
    id, tokens = entry.id, entry.amounts.tokens
    if entry.kind in ("settled", "void", "recovered"):
        held, *axes = asked["reserve", id]
        assert [entry.axes.project, entry.axes.key, entry.axes.session] == axes, id
        assert done.get(("reserve", id)) != "refused", id
        if entry.kind == "settled":
            assert (tokens, entry.detail) == (asked["settle", id], detail_of(id)), id
            assert entry.amounts == tf.Amounts(tokens=tokens, money_nano=tokens * 1000, requests=1), id
            assert entry.tallies == tf.Tallies(input_tokens=tokens, latency_ms=3), id
            assert entry.flags == (tf.EntryFlags.OVERRUN if tokens > held else 0), id
        elif entry.kind == "void":
            assert (entry.amounts, ("void", id) in asked) == (tf.Amounts(), True), id
        else:
            assert (tokens, entry.detail, entry.flags) == (held, b"held", tf.EntryFlags.UNCERTAIN), id
            assert ("settle", id) not in done, id
            assert ("void", id) not in done, id
    elif entry.kind == "hit":
        assert [entry.axes.project, entry.axes.key] == asked["hit", id], id
    elif entry.kind == "adjusted":
        assert [entry.of, tokens] == asked["adjust", id], id
    else:
        change = entry.change
        assert change is not None, id
        fields = asked["change", id]
        each = None if change.each is None else list(change.each)
        assert (change.kind, change.budget, each) == (fields["kind"], fields["budget"], fields.get("each")), id
        assert (change.amount, change.until, change.reason) == (fields.get("amount", 0), fields.get("until"), id)


@dataclass
class Account:
    posted: int = 0
    forgiven: int = 0
    alerted: int = 0
    held: int = 0

    @property
    def used(self) -> int:
        return max(0, self.posted - self.forgiven)


@dataclass
class Replay:
    """Accounts, events, raises, freezes and burns as they follow from the entries, one after the other."""

    held: dict[str, int]  # Tokens, by the id of the hold.
    budgets: list[tf.Budget]
    accounts: dict[tuple[str, tuple[str, ...]], Account] = field(default_factory=dict)
    events: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    raises: dict[str, tf.Change] = field(default_factory=dict)
    freezes: dict[str, tf.Change] = field(default_factory=dict)
    burnt: Counter[int] = field(default_factory=Counter)

    def account(self, budget: tf.Budget, axes: tf.Axes) -> tuple[tuple[str, ...], Account]:
        each = tuple(getattr(axes, axis) for axis in sorted(budget.each, key=["project", "key", "session"].index))
        return each, self.accounts.setdefault((budget.name, each), Account())

    def matching(self, axes: tf.Axes) -> list[tf.Budget]:
        return [
            budget
            for budget in self.budgets
            if budget.match.get("project", axes.project) == axes.project and (budget.name != "session" or axes.session)
        ]

    def add(self, entry: tf.Entry) -> None:
        for burn in entry.burns:
            self.burnt[burn.grant] += burn.amount
        if entry.change is not None:
            self._change(entry.id, entry.change)
            return
        for budget in self.matching(entry.axes):
            each, account = self.account(budget, entry.axes)
            amount = getattr(entry.amounts, budget.unit)
            account.posted += amount
            account.forgiven = min(account.forgiven, max(0, account.posted))
            reached = [level for level in budget.levels if account.alerted < level.amount <= account.used]
            for level in reached if amount > 0 else ():
                self.events["level", budget.name, each, level.name, entry.seq] += 1
                account.alerted = level.amount
            over = entry.amounts.tokens - self.held.get(entry.id, 2**60)
            if over > 0 and budget.unit in ("tokens", "money_nano"):
                self.events["over_hold", budget.name, each, "", entry.seq] += 1

    def _change(self, id: str, change: tf.Change) -> None:
        if change.kind == "raise":
            self.raises[id] = change
        elif change.kind == "freeze":
            self.freezes[id] = change
        elif change.kind == "unfreeze":
            for frozen in [id for id, freeze in self.freezes.items() if change.each in (None, freeze.each)]:
                del self.freezes[frozen]
        elif change.kind == "reset":
            for (budget, each), account in self.accounts.items():
                if budget == change.budget and change.each in (None, each):
                    account.forgiven, account.alerted = account.posted, 0


def check_books(path: Path, promises: Promises, *, read_only: bool) -> int:
    """Opens the books, changing nothing with `read_only`, and holds them against the promises. Returns their size."""
    now = time.time_ns() // 1_000_000  # One instant for all: raises end.
    with tf.Ledger.open(path, read_only=read_only, clock=lambda: now) as led:
        entries = check_entries(led, promises)
        extra = next((b for b in led.balances() if b.budget == "extra"), None)
        constant = budgets(0)
        spent_by_extra = [] if extra is None else [budget_like(extra)]
        held = {id: fields[0] for (verb, id), fields in promises.asked.items() if verb == "reserve"}
        replay = Replay(held, [*constant, *spent_by_extra])
        for entry in entries:
            replay.add(entry)
        for hold in led.holds():
            for budget in replay.matching(hold.axes):
                replay.account(budget, hold.axes)[1].held += getattr(hold.amounts, budget.unit)
        check_balances(led, replay, now)
        check_events(led, replay, {budget.name for budget in constant})
        check_grants(led, replay, entries)
        total: Counter[str] = Counter()
        for entry in entries:
            total[entry.axes.project] += entry.amounts.tokens
        assert {value: sums.tokens for value, sums in led.totals("project").items() if sums.tokens} == +total
        sessions: dict[tuple[str, str], set[int]] = {}
        for entry in entries:
            if entry.axes.session:
                sessions.setdefault((entry.axes.key, entry.axes.session), set()).add(entry.session_start)
        assert all(len(starts) == 1 for starts in sessions.values()), "a session began twice"
        verification = led.verify()
        assert verification.ok, verification
        assert verification.size == len(entries)
        led.check_health()
        return len(entries)


def budget_like(balance: tf.Balance) -> tf.Budget:
    return tf.Budget(name="extra", each=tuple(balance.each), unit="money_nano", window=tf.Window("lifetime"))


def check_balances(led: tf.Ledger, replay: Replay, now: int) -> None:
    shown = {(b.budget, tuple(b.each.values())): b for b in led.balances(now) if b.budget != "session"}
    names = {budget.name for budget in replay.budgets}
    if not shown:  # Killed before its budgets were set.
        return
    assert {name for name, _ in shown} <= names
    for (name, each), account in replay.accounts.items():
        if name == "session":
            continue
        balance = shown.pop((name, each))
        assert (balance.posted, balance.used, balance.held) == (account.posted, account.used, account.held), balance
        raised = [
            change.amount
            for change in replay.raises.values()
            if change.budget == name and change.each in (None, each) and (change.until is None or change.until > now)
        ]
        assert balance.raised == sum(raised), balance
        frozen = [c for c in replay.freezes.values() if c.budget == name and c.each in (None, each)]
        assert balance.frozen == bool(frozen), balance
        if name == "calls":
            assert account.used + account.held <= CALLS_HARD + balance.raised, balance
    assert all((b.posted, b.held) == (0, 0) for b in shown.values()), shown
    in_force = Counter(change.reason for change in led.changes())
    still = [c.reason for c in (*replay.raises.values(), *replay.freezes.values())]
    until = {c.reason: c.until for c in replay.raises.values()}
    assert in_force == Counter(id for id in still if (until.get(id) or 2**60) > now)


def check_events(led: tf.Ledger, replay: Replay, names: set[str]) -> None:
    """Every event that the entries give rise to is there, once."""
    events = led.events(limit=10**6)
    assert [event.seq for event in events] == list(range(len(events)))
    seen = Counter((e.kind, e.budget, e.each, e.level, e.entry) for e in events if e.budget in names)
    assert seen == Counter({event: n for event, n in replay.events.items() if event[1] in names})


def check_grants(led: tf.Ledger, replay: Replay, entries: list[tf.Entry]) -> None:
    grants = led.grants()
    asked = {entry.seq: entry.change for entry in entries if entry.change and entry.change.kind == "grant"}
    assert {grant.seq: grant.change for grant in grants} == asked
    for grant in grants:
        assert grant.spent == replay.burnt[grant.seq], grant
        assert grant.left >= 0, grant
    account = replay.accounts.get(("prepaid", ("",)[:0]), Account())
    assert sum(grant.spent for grant in grants) == account.posted
    assert sum(grant.held for grant in grants) == account.held
