"""The budgets of one data directory: those the YAML file names, and those made through the admin API.

What YAML names belongs to YAML: changing it here is a `Conflict`. The rest is stored beside the ledger and survives a
restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ledger import Budget, Ledger, Window
from tokenfoundry.settings import BudgetSettings, checked

_TABLE: Final = "settings"
_PREFIX = "budget/"


class BudgetBook:
    """Keeps the ledger's set of budgets in step with the file and the store. One per open data directory."""

    def __init__(self, ledger: Ledger, from_file: Sequence[BudgetSettings]) -> None:
        self._ledger = ledger
        self._from_file = {budget.name: budget for budget in from_file}
        stored = {
            key.removeprefix(_PREFIX): _parse(msgspec.json.decode(value))
            for key, value in ledger.items(_TABLE)
            if key.startswith(_PREFIX)
        }
        # A budget that moved into the file is the file's from then on.
        self._stored = {name: budget for name, budget in stored.items() if name not in self._from_file}
        self._apply()

    def definitions(self) -> dict[str, BudgetSettings]:
        """Every budget in force, by name."""
        return {**self._stored, **self._from_file}

    def source(self, name: str) -> str:
        """`file` or `api`."""
        return "file" if name in self._from_file else "api"

    def set(self, name: str, fields: dict[str, Any]) -> BudgetSettings:
        """Makes or replaces a budget. What was already posted in its current window counts at once.

        Raises `InvalidInput` for a wrong field, `Conflict` for a budget of the file.
        """
        self._refuse_file(name)
        if fields.setdefault("name", name) != name:
            raise InvalidInput(f"the budget is called {name!r} in the address and {fields['name']!r} in the body")
        budget = _parse(fields)
        previous = self._stored.get(name)
        self._stored[name] = budget
        try:
            self._apply()
        except InvalidInput:
            self._restore(name, previous)
            raise
        self._ledger.put(_TABLE, _PREFIX + name, msgspec.json.encode(budget.model_dump(mode="json")))
        return budget

    def remove(self, name: str) -> None:
        """Removes a budget; raises `NotFound` or `Conflict`. What it counted stays in the ledger's entries."""
        self._refuse_file(name)
        if name not in self._stored:
            raise NotFound(f"no budget is called {name!r}")
        self._ledger.delete(_TABLE, _PREFIX + name)
        del self._stored[name]
        self._apply()

    def _refuse_file(self, name: str) -> None:
        if name in self._from_file:
            raise Conflict(f"the budget {name!r} is set in the configuration file: change it there")

    def _restore(self, name: str, previous: BudgetSettings | None) -> None:
        if previous is None:
            del self._stored[name]
        else:
            self._stored[name] = previous

    def _apply(self) -> None:
        self._ledger.set_budgets([ledger_budget(budget) for budget in self.definitions().values()])


def _parse(fields: dict[str, Any]) -> BudgetSettings:
    """Checked as in the file, but taken as it stands: what comes over the API reads no environment."""
    return checked(BudgetSettings, fields)


def ledger_budget(budget: BudgetSettings) -> Budget:
    """The budget as the ledger counts it: money in nano units."""
    return Budget(
        name=budget.name,
        match={str(axis): values for axis, values in budget.match.items()},
        each=tuple(budget.each),
        unit="money_nano" if budget.unit == "money" else budget.unit,
        window=Window(budget.window.kind, anchor_day=budget.window.anchor_day or 1, tz=budget.window.tz),
        hard=budget.hard_amount,
        mode=budget.mode,
    )
