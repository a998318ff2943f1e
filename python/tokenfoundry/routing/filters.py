"""What keeps a target from serving a call, whatever a rule would prefer. No target ever passes that should not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.targets import Target

_DATA_RULES = frozenset({"trust", "residency"})


class Bound(NamedTuple):
    """Regions outside of which a call never goes, and who says so."""

    whose: str
    names: tuple[str, ...]
    regions: frozenset[str]


class Lack(NamedTuple):
    """Why a target cannot serve a call: `said` follows its name, as in "gpt-mini lacks vision"."""

    kind: str  # endpoint, dialect, capability, context, trust, residency
    said: str

    @property
    def is_about_data(self) -> bool:
        """A rule about where data may go, not something that the target cannot do."""
        return self.kind in _DATA_RULES


def lack_of(target: Target, facts: Facts, bounds: Sequence[Bound]) -> Lack | None:
    """What keeps the target from serving the call; what it cannot do comes before where it may not go."""
    if facts.endpoint not in target.endpoints:
        return Lack("endpoint", f"does not serve {facts.endpoint}")
    if target.dialects is not None and facts.dialect not in target.dialects:
        return Lack("dialect", f"cannot be asked in the dialect {facts.dialect}")
    if not facts.needs <= target.capabilities:
        return Lack("capability", f"lacks {' and '.join(sorted(facts.needs - target.capabilities))}")
    if target.context_tokens is not None and _needed_tokens(target, facts) > target.context_tokens:
        needed = f"about {_needed_tokens(target, facts)} of context are needed"
        return Lack("context", f"holds {target.context_tokens} tokens, and {needed}")
    if facts.on_prem_only and not target.on_prem:
        return Lack("trust", "is external, and the call holds data that may only go to an on-prem target")
    for bound in bounds:
        if target.region not in bound.regions:
            where = f"is in {target.region}" if target.region else "states no region"
            return Lack("residency", f"{where}, and {bound.whose} allows only {', '.join(bound.names)}")
    return None


def whole_first(order: Sequence[Target], facts: Facts) -> Sequence[Target]:
    """The same order, but for targets that write less than the caller asked for at most: they come last."""
    if not any(_writes_less(target, facts) for target in order):
        return order
    return sorted(order, key=lambda target: _writes_less(target, facts))


def _writes_less(target: Target, facts: Facts) -> bool:
    return target.max_output_tokens is not None and target.max_output_tokens < facts.max_output_tokens


def _needed_tokens(target: Target, facts: Facts) -> int:
    """A longer answer than the target's longest is not asked of it."""
    output_tokens = facts.max_output_tokens
    if target.max_output_tokens is not None:
        output_tokens = min(output_tokens, target.max_output_tokens)
    return facts.input_tokens + output_tokens
