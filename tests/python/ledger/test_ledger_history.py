"""Random histories against a model that is too simple to be wrong: no cap is crossed, nothing is lost or doubled."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import tokenfoundry as tf
from tokenfoundry.ledger.values import AXES, UNITS

START_MS = 1_771_200_000_000
DAY_MS = 86_400_000
PROJECTS = ["", "claims", "motor", "life"]
KEYS = ["k1", "k2"]


@dataclass
class Model:
    """The entries and the open holds, and everything else recomputed from them each time."""

    budgets: list[tf.Budget] = field(default_factory=list)
    entries: list[tuple[tf.Amounts, tf.Axes, int]] = field(default_factory=list)
    holds: dict[str, tuple[tf.Amounts, tf.Axes, int]] = field(default_factory=dict)

    def used(self, budget: tf.Budget, axes: tf.Axes, at: int) -> tuple[int, int]:
        """What is posted and held on the account of ``budget`` that a call like this would stand on."""

        def same_account(other: tuple[tf.Amounts, tf.Axes, int]) -> bool:
            return (
                matches(budget, other[1])
                and budget.window.bounds(other[2]) == budget.window.bounds(at)
                and all(getattr(other[1], axis) == getattr(axes, axis) for axis in budget.each)
            )

        posted = sum(getattr(entry[0], budget.unit) for entry in self.entries if same_account(entry))
        held = sum(getattr(hold[0], budget.unit) for hold in self.holds.values() if same_account(hold))
        return posted, held

    def admits(self, amounts: tf.Amounts, axes: tf.Axes, at: int) -> bool:
        return all(
            getattr(amounts, budget.unit) == 0
            or sum(self.used(budget, axes, at)) + getattr(amounts, budget.unit) <= budget.hard
            for budget in self.budgets
            if budget.mode == "enforce" and matches(budget, axes)
        )


def matches(budget: tf.Budget, axes: tf.Axes) -> bool:
    for axis, allowed in budget.match.items():
        value = getattr(axes, axis)
        values = [allowed] if isinstance(allowed, str) else list(allowed)
        if value not in values and not ("*" in values and value):
            return False
    return True


def random_budgets(rng: random.Random) -> list[tf.Budget]:
    windows = [
        tf.Window("daily", tz="Europe/Rome"),
        tf.Window("monthly", anchor_day=31),
        tf.Window("lifetime"),
        tf.Window("daily"),
    ]
    budgets = []
    for i in rng.sample(range(8), rng.randint(0, 4)):
        match = rng.choice([{}, {"project": "*"}, {"project": ["claims", "motor"]}, {"key": "k1"}])
        each = rng.choice([(), ("project",), ("key", "project")])
        budgets.append(
            tf.Budget(
                name=f"b{i}",
                match=match,
                each=each,
                unit=rng.choice(["tokens", "money_nano"]),
                window=rng.choice(windows),
                hard=rng.randint(0, 400),
                mode=rng.choice(["enforce", "enforce", "track"]),
            )
        )
    return budgets


def check(led: tf.Ledger, model: Model, now: int) -> None:
    entries = led.entries()
    assert [(entry.amounts, entry.axes, entry.at) for entry in entries] == model.entries
    assert [hold.id for hold in led.holds()] == sorted(model.holds)
    balances = led.balances(now)
    assert all(balance.held >= 0 for balance in balances)
    for budget in model.budgets:
        shown = {tuple(b.each.items()): (b.posted, b.held) for b in balances if b.budget == budget.name}
        expected: dict[tuple[tuple[str, str], ...], tuple[int, int]] = {} if budget.each else {(): (0, 0)}
        for _, axes, at in [*model.entries, *model.holds.values()]:
            if matches(budget, axes) and budget.window.bounds(at) == budget.window.bounds(now):
                each = tuple((axis, getattr(axes, axis)) for axis in AXES if axis in budget.each)
                expected[each] = model.used(budget, axes, now)
        assert shown == expected, budget
    total = {unit: sum(getattr(amounts, unit) for amounts, _, _ in model.entries) for unit in UNITS}
    for axis in AXES[:-1]:  # A session is in no rollup.
        by_axis: dict[str, int] = defaultdict(int)
        for amounts in led.totals(axis).values():
            for unit in UNITS:
                by_axis[unit] += getattr(amounts, unit)
        assert {unit: by_axis[unit] for unit in UNITS} == total, axis
    assert led.verify().ok


@pytest.mark.parametrize("seed", range(6))
def test_a_random_history_agrees_with_the_naive_model(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    now = START_MS
    model = Model()

    def clock() -> int:
        return now

    led = tf.Ledger.open(tmp_path, clock=clock)
    for step in range(250):
        now += rng.choice([0, 1, 1000, DAY_MS // 5])
        action = rng.random()
        if action < 0.55:
            amounts = tf.Amounts(tokens=rng.randint(0, 60), money_nano=rng.randint(0, 60), requests=1)
            axes = tf.Axes(project=rng.choice(PROJECTS), key=rng.choice(KEYS))
            at = now - rng.choice([0, 0, 0, DAY_MS])
            admitted = model.admits(amounts, axes, at)
            answer = led.reserve(f"c{step}", amounts=amounts, axes=axes, at=at)
            assert isinstance(answer, tf.Hold) == admitted, (step, answer)
            if admitted:
                model.holds[f"c{step}"] = (amounts, axes, at)
        elif action < 0.85 and model.holds:
            id = rng.choice(sorted(model.holds))
            amounts, axes, at = model.holds.pop(id)
            if rng.random() < 0.3:
                led.void(id)
                model.entries.append((tf.Amounts(), axes, at))
            else:
                actual = tf.Amounts(
                    tokens=rng.randint(0, amounts.tokens + 3), money_nano=rng.randint(0, amounts.money_nano + 3)
                )
                entry = led.settle(id, actual)
                overrun = any(getattr(actual, unit) > getattr(amounts, unit) for unit in UNITS)
                assert bool(entry.flags & tf.EntryFlags.OVERRUN) == overrun
                model.entries.append((actual, axes, at))
        elif action < 0.9:
            axes = tf.Axes(project=rng.choice(PROJECTS))
            led.record(f"h{step}", kind="hit", amounts=tf.Amounts(requests=1), axes=axes)
            model.entries.append((tf.Amounts(requests=1), axes, now))
        elif action < 0.95:
            model.budgets = random_budgets(rng)
            led.set_budgets(model.budgets)
        else:
            led.close()
            led = tf.Ledger.open(tmp_path, clock=clock)
            assert led.recovered == len(model.holds)
            model.entries.extend(model.holds[id] for id in sorted(model.holds))
            model.holds.clear()
        if step % 25 == 0:
            check(led, model, now)
    check(led, model, now)
    led.close()
