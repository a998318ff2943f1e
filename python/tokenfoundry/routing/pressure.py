"""How much of a call's tightest money budget is used, for rules that give way to it before it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import NamedTuple

from tokenfoundry.clock import Clock
from tokenfoundry.ledger import Axes, Ledger
from tokenfoundry.routing.facts import Facts
from tokenfoundry.settings import BudgetSettings

_REUSED_MS = 250  # A rule may see a budget as it was so long ago.
_SHARE_OF_TIME = 50  # And longer when it is slow to read: reading takes at most 1/50 of the time.


class _Shares(NamedTuple):
    until_ms: float
    axes: tuple[str, ...]
    of_account: dict[tuple[str, ...], float]  # By the values on those axes, in percent.


class _Lots(NamedTuple):
    """The budgets that can press at all. There may be some of each key: those are found by it."""

    budgets: Mapping[str, BudgetSettings]
    others: list[BudgetSettings]
    of_keys: dict[str, list[BudgetSettings]]


class BudgetPressure:
    """Reads the ledger when it is asked, and keeps what it read for a moment. Any thread."""

    def __init__(self, ledger: Ledger, budgets: Callable[[], Mapping[str, BudgetSettings]], clock: Clock) -> None:
        """`budgets` gives those in force, by name: another mapping whenever they changed."""
        self._ledger = ledger
        self._budgets = budgets
        self._clock = clock
        self._read: dict[str, _Shares] = {}
        self._lots = _sorted({})

    def __call__(self, alias: str, facts: Facts) -> float:
        """Used and held, in percent of the cap, of the fullest enforced money budget that counts the call wherever it
        is served; 0 when none does. Budgets of a model or a region are left out: they do not count the call yet.
        """
        axes = Axes(
            workspace=facts.workspace,
            project=facts.project,
            consumer=facts.consumer,
            key=facts.key,
            intent=facts.intent,
            alias=alias,
            env=facts.env,
            session=facts.session,
        )
        budgets = self._budgets()
        lots = self._lots
        if lots.budgets is not budgets:
            lots = self._lots = _sorted(budgets)
        asked = (*lots.others, *lots.of_keys.get(facts.key, ()))
        return max((self._percent(budget, axes) for budget in asked), default=0.0)

    def _percent(self, budget: BudgetSettings, axes: Axes) -> float:
        if not _counts(budget, axes):
            return 0.0
        shares = self._read.get(budget.name)
        if shares is None or self._clock() >= shares.until_ms:
            shares = self._read[budget.name] = self._shares(budget.name)
        return shares.of_account.get(tuple(getattr(axes, axis) for axis in shares.axes), 0.0)

    def _shares(self, name: str) -> _Shares:
        started = perf_counter()
        axes: tuple[str, ...] = ()
        percents: dict[tuple[str, ...], float] = {}
        for account in self._ledger.balances(budget=name):
            axes = tuple(account.each)
            if account.cap is not None:
                taken = account.used + account.held
                percents[tuple(account.each.values())] = 100 * taken / account.cap if account.cap else 100.0
        took_ms = (perf_counter() - started) * 1000
        return _Shares(self._clock() + max(_REUSED_MS, _SHARE_OF_TIME * took_ms), axes, percents)


def _sorted(budgets: Mapping[str, BudgetSettings]) -> _Lots:
    others: list[BudgetSettings] = []
    of_keys: dict[str, list[BudgetSettings]] = {}
    for budget in budgets.values():
        if budget.unit == "money" and budget.mode == "enforce":
            keys = budget.match.get("key", "*")
            if isinstance(keys, str):
                keys = (keys,)
            for lot in [others] if "*" in keys else [of_keys.setdefault(key, []) for key in keys]:
                lot.append(budget)
    return _Lots(budgets, others, of_keys)


def _counts(budget: BudgetSettings, axes: Axes) -> bool:
    for axis, wanted in budget.match.items():
        value = getattr(axes, str(axis))
        values = (wanted,) if isinstance(wanted, str) else wanted
        if not value or not ("*" in values or value in values):
            return False
    return True
