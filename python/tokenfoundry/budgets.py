"""The budgets of one data directory: those the YAML file names, those made through the admin API, and those of keys.

What YAML names belongs to YAML, and what a key has to the key: changing it here is a `Conflict`. The rest is stored
beside the ledger and survives a restart. Quotas, packages and the budget of every consumer are budgets that YAML
states in a shorter form.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.keys import PREFIX as KEY_PREFIX
from tokenfoundry.keys import KeyRing, budgets_of
from tokenfoundry.ledger import Budget, Burst, Ledger, Level, Window
from tokenfoundry.quotas import PREFIX as QUOTA_PREFIX
from tokenfoundry.quotas import quota_budgets
from tokenfoundry.settings import BudgetSettings, BurstSettings, Settings, WindowSettings, checked
from tokenfoundry.settings.budgets import Axis
from tokenfoundry.settings.references import RESERVED_PREFIXES
from tokenfoundry.settings.units import LEDGER_UNITS, UnitName, amount_text, ledger_amount

_TABLE: Final = "settings"
_PREFIX = "budget/"

CONSUMER_DEFAULT: Final = "consumer:default"

Source = Literal["file", "quota", "api", "key"]


class BudgetBook:
    """Keeps the ledger's set of budgets in step with the file, the store and the keys. One per open data directory.

    Thread-safe; changes wait for each other. Whatever is made of a change, the ledger counts what `definitions` says.
    """

    def __init__(self, ledger: Ledger, from_file: Sequence[BudgetSettings], keys: KeyRing) -> None:
        """Puts every budget in force. Raises `Conflict` when the file gives a budget the name of a key's."""
        self._ledger = ledger
        self._changing = threading.RLock()
        self._from_file = {budget.name: budget for budget in from_file}
        self._stored = self._stored_beside(self._from_file)
        # Whatever a key's state: what it spent stays counted, and counts again when it is active again.
        self._of_keys = {name: budget for key in keys for name, budget in budgets_of(key).items()}
        for name in self._of_keys:
            self._refuse_taken(name)
        self._definitions: Mapping[str, BudgetSettings] = {}
        self._apply()
        keys.enforce_with(self._with_budgets_of_key)

    def definitions(self) -> Mapping[str, BudgetSettings]:
        """Every budget in force, by name. Not to be changed."""
        return self._definitions

    def source(self, name: str) -> Source:
        """`file`, `quota`, `key` or `api`."""
        if name in self._from_file:
            return "quota" if name.startswith(QUOTA_PREFIX) else "file"
        return "key" if name in self._of_keys else "api"

    def set(self, name: str, fields: dict[str, Any]) -> BudgetSettings:
        """Makes or replaces a budget. What was already posted in its current window counts at once.

        Raises `InvalidInput` for a wrong field, `Conflict` for a budget of the file or of a key.
        """
        with self._changing:
            self._refuse_owned(name)
            if name.startswith(KEY_PREFIX) and name not in self._stored:
                raise InvalidInput(f"name: {KEY_PREFIX} is what the names of keys' budgets begin with; choose another")
            if name.startswith(RESERVED_PREFIXES):
                raise InvalidInput("name: begins as those of budgets that the configuration makes of other settings")
            if fields.setdefault("name", name) != name:
                raise InvalidInput(f"the budget is called {name!r} in the address and {fields['name']!r} in the body")
            budget = _parse(fields)
            with self._applied(stored={**self._stored, name: budget}):
                self._ledger.put(_TABLE, _PREFIX + name, msgspec.json.encode(budget.model_dump(mode="json")))
        return budget

    def replace_file(self, from_file: Sequence[BudgetSettings]) -> None:
        """Puts these in force instead of the file's until now: all of them, or none when it raises.

        What was posted on a budget that stays stays counted. Raises `Conflict` as the constructor does.
        """
        with self._changing:
            made = {budget.name: budget for budget in from_file}
            before = self._from_file, self._stored
            self._from_file, self._stored = made, self._stored_beside(made)
            try:
                for name in self._of_keys:
                    self._refuse_taken(name)
                self._apply()
            except BaseException:
                self._from_file, self._stored = before
                self._apply()
                raise

    def remove(self, name: str, *, force: bool = False) -> None:
        """Removes a budget. What it counted stays in the ledger's entries.

        Raises `NotFound`, or `Conflict`: for a budget of the file or of a key, and without `force` for a prepaid one
        that has paid units left.
        """
        with self._changing:
            self._refuse_owned(name)
            if name not in self._stored:
                raise NotFound(f"no budget is called {name!r}")
            if not force:
                self._refuse_paid(self._stored[name])
            with self._applied(stored={each: budget for each, budget in self._stored.items() if each != name}):
                self._ledger.delete(_TABLE, _PREFIX + name)

    @contextmanager
    def _with_budgets_of_key(self, key_id: str, budgets: Mapping[str, BudgetSettings]) -> Iterator[None]:
        """Puts these in force as the key's only ones, for a block that stores the key. Raises `Conflict`."""
        with self._changing:
            prefix = f"{KEY_PREFIX}{key_id}:"
            others = {name: budget for name, budget in self._of_keys.items() if not name.startswith(prefix)}
            of_keys = {**others, **budgets}
            if of_keys == self._of_keys:
                yield
                return
            for name in budgets:
                self._refuse_taken(name)
            with self._applied(of_keys=of_keys):
                yield

    @contextmanager
    def _applied(
        self,
        *,
        stored: dict[str, BudgetSettings] | None = None,
        of_keys: dict[str, BudgetSettings] | None = None,
    ) -> Iterator[None]:
        """Puts changed budgets in force for a block that stores them; when it fails, those before are in force."""
        before = self._stored, self._of_keys
        self._stored = self._stored if stored is None else stored
        self._of_keys = self._of_keys if of_keys is None else of_keys
        try:
            self._apply()
            yield
        except BaseException:
            self._stored, self._of_keys = before
            self._apply()
            raise

    def _stored_beside(self, from_file: Mapping[str, BudgetSettings]) -> dict[str, BudgetSettings]:
        """What was made through the admin API. A budget that moved into the file is the file's from then on."""
        stored = {
            key.removeprefix(_PREFIX): _parse(msgspec.json.decode(value))
            for key, value in self._ledger.items(_TABLE)
            if key.startswith(_PREFIX)
        }
        return {name: budget for name, budget in stored.items() if name not in from_file}

    def _refuse_paid(self, budget: BudgetSettings) -> None:
        if not budget.prepaid:
            return
        left = sum((each.left or 0) + each.held for each in self._ledger.balances(budget=budget.name))
        if left > 0:
            amount = f"{amount_text(budget.unit, left)} {'of money' if budget.unit == 'money' else budget.unit}"
            raise Conflict(f"the budget {budget.name!r} still holds {amount} that were paid: use them, or force it")

    def _refuse_owned(self, name: str) -> None:
        if name in self._from_file:
            raise Conflict(f"the budget {name!r} is set in the configuration file: change it there")
        if name in self._of_keys:
            key_id = name.removeprefix(KEY_PREFIX).partition(":")[0]
            raise Conflict(f"the budget {name!r} belongs to the key {key_id}: change the key")

    def _refuse_taken(self, name: str) -> None:
        """A name must lead to one budget, or a cap would be lost in silence."""
        if name in self._from_file or name in self._stored:
            where = "in the configuration file" if name in self._from_file else "through the admin API"
            raise Conflict(f"the name {name!r} of a key's budget is taken by one that was made {where}")

    def _apply(self) -> None:
        after = {**self._stored, **self._from_file, **self._of_keys}
        # A refusal that was decided just before or after the change finds its budget either way.
        self._definitions = MappingProxyType({**self._definitions, **after})
        self._ledger.set_budgets([ledger_budget(budget) for budget in after.values()])
        self._definitions = MappingProxyType(after)


def _parse(fields: dict[str, Any]) -> BudgetSettings:
    """Checked as in the file, but taken as it stands: what comes over the API reads no environment."""
    return checked(BudgetSettings, fields)


def budgets_of_file(settings: Settings) -> list[BudgetSettings]:
    """Every budget that a configuration makes: its budgets, packages, the budget of every consumer, and quotas."""
    made = [*settings.budgets]
    for package in settings.packages:
        fields = package.model_dump(exclude={"tz"})
        fields |= {"prepaid": True, "window": {"kind": "lifetime", "tz": package.tz}}
        made.append(checked(BudgetSettings, fields))
    default = settings.consumers.default_budget
    if default is not None:
        of_any = {"name": CONSUMER_DEFAULT, "match": {"consumer": "*"}, "each": ("consumer",)}
        made.append(checked(BudgetSettings, {**default.model_dump(mode="json"), **of_any}))
    return [*made, *quota_budgets(settings.quotas)]


def account_of(budget: BudgetSettings, values: Mapping[Axis, str]) -> tuple[str, ...] | None:
    """The account of a budget that these values of its axes name, as the ledger does; None, without any, for all.

    Raises `InvalidInput` for an axis that is missing or does not tell the budget's accounts apart.

    >>> window = {"kind": "daily"}
    >>> each = {"name": "b", "each": ["key", "project"], "unit": "tokens", "hard": 1, "window": window}
    >>> account_of(BudgetSettings.model_validate(each), {"key": "Ab12Cd34", "project": "claims"})
    ('claims', 'Ab12Cd34')
    """
    if not values:
        return None
    for axis in values:
        if axis not in budget.axes:
            apart = f"by {' and '.join(budget.axes)}" if budget.axes else "by nothing: leave it out"
            raise InvalidInput(f"for: {budget.name} does not tell accounts apart by {axis}, but {apart}")
    missing = [axis for axis in budget.axes if axis not in values]
    if missing:
        raise InvalidInput(f"for: the {missing[0]} is missing: {budget.name} has an account for each")
    return tuple(values[axis] for axis in budget.axes)


def ledger_budget(budget: BudgetSettings) -> Budget:
    """The budget as the ledger counts it: money in nano units, GPU time in milliseconds."""
    return Budget(
        name=budget.name,
        match={str(axis): values for axis, values in budget.match.items()},
        each=tuple(budget.each),
        unit=LEDGER_UNITS[budget.unit],
        window=_ledger_window(budget.window),
        hard=budget.hard_amount,
        levels=tuple(Level(name, amount) for name, amount in budget.alert_amounts.items()),
        burst=None if budget.burst is None else _ledger_burst(budget.burst, budget.unit),
        mode=budget.mode,
        at_cap=budget.at_cap,
        throttle_from=budget.throttle_from_amount,
        prepaid=budget.prepaid,
    )


def _ledger_burst(burst: BurstSettings, unit: UnitName) -> Burst:
    most = None if burst.max_per_window is None else ledger_amount(unit, burst.max_per_window)
    size = ledger_amount(unit, burst.size)
    if burst.refill is None:
        return Burst(size=size, max_per_window=most)
    refill = ledger_amount(unit, burst.refill.amount)
    return Burst(size=size, refill=refill, every=burst.refill.every, max_per_window=most)


def _ledger_window(window: WindowSettings) -> Window:
    return Window(
        window.kind,
        anchor_day=window.anchor_day,
        anchor_month=window.anchor_month,
        iso_weekday=window.iso_weekday,
        at_time=window.at_time,
        starts=window.starts,
        length=window.length,
        tz=window.tz,
    )
