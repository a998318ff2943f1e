"""Names in a configuration that must name something in it: a target's provider, an alias's targets, a rule's, and the
models, regions and aliases that budgets and limits count.

Works on the values as they were read, so that a wrong name is told together with the file's other problems. What has
not the shape it should is left to the validation of the fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tokenfoundry.settings.problems import Problem, did_you_mean, dotted
from tokenfoundry.settings.regions import GROUPS

# Quotas and the budget of every consumer become budgets with such names; those of keys are checked with the keys.
RESERVED_PREFIXES = ("quota:", "consumer:")


def reference_problems(values: Any) -> list[Problem]:
    """Every name that names nothing, names used twice, and exchange rates that contradict each other."""
    root = _mapping(values)
    return [
        *_target_problems(root),
        *_reservation_problems(root),
        *_alias_problems(root),
        *_rule_problems(root),
        *_residency_problems(root),
        *_match_problems(root),
        *_repeated_names(root, "budgets", "packages"),
        *_reserved_names(root, "budgets", "packages"),
        *_repeated_names(root, "rate_limits"),
        *_fx_problems(root),
    ]


def _target_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    providers = _names(root, "providers")
    for name, target in _mapping(root.get("targets")).items():
        provider = _mapping(target).get("provider")
        if isinstance(provider, str):
            yield from _unknown(("targets", name, "provider"), "provider", provider, providers)


def _reservation_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    targets = _names(root, "targets")
    for index, reservation in enumerate(_list(root.get("reservations"))):
        yield from _unknown(("reservations", index, "target"), "target", _mapping(reservation).get("target"), targets)


def _alias_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    targets, policies = _names(root, "targets"), _names(root, "routing")
    for name, alias in _mapping(root.get("aliases")).items():
        for path, target in _used(alias):
            yield from _unknown(("aliases", name, *path), "target", target, targets)
        baseline = _mapping(alias).get("baseline")
        if isinstance(baseline, str):
            yield from _unknown(("aliases", name, "baseline"), "target", baseline, targets)
        policy = _mapping(alias).get("policy")
        if isinstance(policy, str):
            yield from _unknown(("aliases", name, "policy"), "routing policy", policy, policies)


def _rule_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    targets = _names(root, "targets")
    names = [*_names(root, "aliases"), *targets]
    for policy, rules in _mapping(root.get("routing")).items():
        for index, rule in enumerate(_list(rules)):
            for path, target in _used(_mapping(rule).get("use")):
                yield from _unknown(("routing", policy, index, "use", *path), "target", target, targets)
            for position, alias in _stated(_mapping(_mapping(rule).get("when")).get("alias")):
                path = ("routing", policy, index, "when", "alias", *position)
                yield from _unknown(path, "alias or target", alias, names)


def _used(use: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each target that a `use` names, and where in it."""
    for index, target in enumerate(_list(use)):
        yield (index,), target
    stated = _mapping(use)
    for target in _mapping(stated.get("split")):
        yield ("split", target), target
    if "canary" in stated:
        yield ("canary", "target"), _mapping(stated["canary"]).get("target")
    for field in ("otherwise", "among"):
        for index, target in enumerate(_list(stated.get(field))):
            yield (field, index), target


def _residency_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    """A region or group that nothing knows would refuse every call."""
    residency = _mapping(root.get("residency"))
    for name in sorted(GROUPS.keys() & _mapping(residency.get("groups")).keys()):
        yield Problem(dotted(("residency", "groups", name)), "is built in, and what is bound to it relies on that")
    groups = {**GROUPS, **_mapping(residency.get("groups"))}
    named = _texts([*groups, *(_mapping(target).get("region") for target in _mapping(root.get("targets")).values())])
    members = {each for group in groups.values() for each in _list(group)}
    places: list[tuple[tuple[str | int, ...], Any]] = [(("residency", "default"), residency.get("default"))]
    for workspace, regions in _mapping(residency.get("workspaces")).items():
        places.append((("residency", "workspaces", workspace), regions))
    for name, alias in _mapping(root.get("aliases")).items():
        places.append((("aliases", name, "residency"), _mapping(alias).get("residency")))
    for policy, rules in _mapping(root.get("routing")).items():
        for index, rule in enumerate(_list(rules)):
            at = ("routing", policy, index)
            places.append(((*at, "residency"), _mapping(rule).get("residency")))
            places.append(((*at, "when", "residency"), _mapping(_mapping(rule).get("when")).get("residency")))
            among = _mapping(_mapping(_mapping(rule).get("use")).get("among"))
            places.append(((*at, "use", "among", "residency"), among.get("residency")))
    for path, stated in places:
        for position, name in _stated(stated):
            if isinstance(name, str) and name not in members:
                yield from _unknown((*path, *position), "region or group of regions", name, named)


def _match_problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    """What a budget or limit counts by model, region or alias must exist: a cap on a wrong name would cap nothing."""
    targets = _mapping(root.get("targets"))
    known = {axis: _texts(_mapping(target).get(axis) for target in targets.values()) for axis in ("model", "region")}
    for section in ("budgets", "packages", "rate_limits"):
        for index, item in enumerate(_list(root.get(section))):
            match = _mapping(_mapping(item).get("match"))
            for axis, position, value in _axis_values(match, "model", "region"):
                if value not in known[axis]:
                    said = f"no target has the {axis} {value}{did_you_mean(value, known[axis])}"
                    yield Problem(dotted((section, index, "match", axis, *position)), said)
            names = [*_names(root, "aliases"), *_names(root, "targets")]  # Every target is also its own alias.
            for axis, position, value in _axis_values(match, "alias"):
                yield from _unknown((section, index, "match", axis, *position), "alias or target", value, names)


def _axis_values(match: Mapping[str, Any], *axes: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """The axis, place and text of each value but `*`, which is any."""
    for axis in axes:
        for position, value in _stated(match.get(axis)):
            if isinstance(value, str) and value not in ("", "*"):
                yield axis, position, value


def _stated(value: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The place and value of each of one or several."""
    if isinstance(value, str):
        yield (), value
    for index, each in enumerate(_list(value)):
        yield (index,), each


def _repeated_names(root: Mapping[str, Any], *sections: str) -> Iterator[Problem]:
    """Names that stand twice in sections that share them."""
    first_at: dict[str, str] = {}
    for section, index, name in _named(root, sections):
        place = f"{section}[{index}]"
        if first_at.setdefault(name, place) != place:
            yield Problem(dotted((section, index, "name")), f"{name} is already the name of {first_at[name]}")


def _reserved_names(root: Mapping[str, Any], *sections: str) -> Iterator[Problem]:
    for section, index, name in _named(root, sections):
        prefix = next((each for each in RESERVED_PREFIXES if name.startswith(each)), None)
        if prefix is not None:
            message = f"begins with {prefix}, as the names of budgets that are made from other settings do"
            yield Problem(dotted((section, index, "name")), message)


def _named(root: Mapping[str, Any], sections: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    for section in sections:
        for index, item in enumerate(_list(root.get(section))):
            name = _mapping(item).get("name")
            if isinstance(name, str):
                yield section, index, name


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


def _texts(values: Iterable[Any]) -> list[str]:
    return sorted({value for value in values if isinstance(value, str)})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
