"""Names in a configuration that must name something in it: a target's provider, an alias's targets, a rule's.

Works on the values as they were read, so that a wrong name is told together with the file's other problems. What has
not the shape it should is left to the validation of the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tokenfoundry.settings.problems import Problem, did_you_mean, dotted


def reference_problems(values: Any) -> list[Problem]:
    """Every name that names nothing, names used twice, and exchange rates that contradict each other."""
    root = _mapping(values)
    return [
        *_target_problems(root),
        *_alias_problems(root),
        *_rule_problems(root),
        *_budget_problems(root),
        *_fx_problems(root),
    ]


def _target_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    providers = _names(root, "providers")
    for name, target in _mapping(root.get("targets")).items():
        provider = _mapping(target).get("provider")
        if isinstance(provider, str):
            yield from _unknown(("targets", name, "provider"), "provider", provider, providers)


def _alias_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    targets, policies = _names(root, "targets"), _names(root, "routing")
    for name, alias in _mapping(root.get("aliases")).items():
        for index, target in enumerate(_list(alias)):
            yield from _unknown(("aliases", name, index), "target", target, targets)
        policy = _mapping(alias).get("policy")
        if isinstance(policy, str):
            yield from _unknown(("aliases", name, "policy"), "routing policy", policy, policies)


def _rule_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    targets = _names(root, "targets")
    for policy, rules in _mapping(root.get("routing")).items():
        for index, rule in enumerate(_list(rules)):
            for position, target in enumerate(_list(_mapping(rule).get("use"))):
                yield from _unknown(("routing", policy, index, "use", position), "target", target, targets)


def _budget_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    first_at: dict[str, int] = {}
    for index, budget in enumerate(_list(root.get("budgets"))):
        name = _mapping(budget).get("name")
        if isinstance(name, str) and first_at.setdefault(name, index) != index:
            path = dotted(("budgets", index, "name"))
            yield Problem(path, f"{name} is already the name of budgets[{first_at[name]}]")


def _fx_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    for currency, rates in _mapping(root.get("fx")).items():
        if currency == root.get("currency", "EUR"):
            yield Problem(dotted(("fx", currency)), "is the ledger's own currency, whose rate is 1")
        seen: set[str] = set()
        for index, rate in enumerate(_list(rates)):
            day = str(_mapping(rate).get("from"))
            if day in seen:
                yield Problem(dotted(("fx", currency, index, "from")), f"{day} has a rate already")
            seen.add(day)


def _unknown(path: tuple[str | int, ...], kind: str, name: Any, known: list[str]) -> Iterator[Problem]:
    if isinstance(name, str) and name not in known:
        yield Problem(dotted(path), f"no {kind} is called {name}{did_you_mean(name, known)}")


def _names(root: Mapping[str, Any], section: str) -> list[str]:
    return [name for name in _mapping(root.get(section)) if isinstance(name, str)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
