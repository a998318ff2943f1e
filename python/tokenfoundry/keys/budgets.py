"""The budgets of a key, as the budgets of the file are: named after it, matching its calls alone."""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.keys.key import Key
from tokenfoundry.settings import BudgetSettings, checked

PREFIX = "key:"  # What the names of all keys' budgets begin with, and of no other budget.

_NOT_FOR_A_KEY = {
    "name": "is made from the key's id",
    "match": "is the key itself",
    "each": "would split one key's account",
}


def budgets_of(key: Key) -> dict[str, BudgetSettings]:
    """The budgets of a key by name, `key:<id>:<unit>`; a second one of a unit has its window's kind behind that.

    Raises `InvalidInput` naming the field.

    >>> monthly = {"unit": "money", "hard": "500", "window": {"kind": "monthly"}}
    >>> [budget] = budgets_of(Key(id="Ab12Cd34", budgets=(monthly,))).values()
    >>> budget.name, budget.match
    ('key:Ab12Cd34:money', {'key': ('Ab12Cd34',)})
    """
    budgets: dict[str, BudgetSettings] = {}
    for index, fields in enumerate(key.budgets):
        budget = _budget(key.id, fields, f"budgets[{index}]")
        if any((budget.unit, budget.window.kind) == (each.unit, each.window.kind) for each in budgets.values()):
            raise InvalidInput(f"budgets[{index}]: the key has another {budget.window.kind} budget of {budget.unit}")
        if budget.name in budgets:
            budget = _budget(key.id, fields, f"budgets[{index}]", suffix=f":{budget.window.kind}")
        budgets[budget.name] = budget
    return budgets


def _budget(key_id: str, fields: dict[str, Any], path: str, *, suffix: str = "") -> BudgetSettings:
    for name, why in _NOT_FOR_A_KEY.items():
        if name in fields:
            raise InvalidInput(f"{path}.{name}: {why}; leave it out")
    unit = fields.get("unit")
    in_name = unit if isinstance(unit, str) and unit.isidentifier() else ""  # that it is wrong is said of the unit
    try:
        named = {"name": f"{PREFIX}{key_id}:{in_name}{suffix}", "match": {"key": key_id}}
        return checked(BudgetSettings, {**fields, **named})
    except ConfigError as error:
        said = str(error).replace("\n", f"\n{path}.")
        raise InvalidInput(f"{path}.{said}" if error.path else f"{path}: {said}") from None
