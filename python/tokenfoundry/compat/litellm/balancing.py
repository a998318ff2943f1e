"""How LiteLLM's router spreads the calls of a name over its deployments, as the `use` of an alias.

Source: litellm 1.83, `router.Router` (`routing_strategy`), `router_strategy/simple_shuffle.py`, and the field `order`
of `types/router.py`. There the deployments with the least `order` share the calls; the others, and the fallbacks, are
asked when these have failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokenfoundry.compat.litellm.deployments import Deployment
from tokenfoundry.compat.litellm.notes import Notes

DEFAULT: Final = "simple-shuffle"

# By whichever of these its first deployment states, a name's calls are shared.
_SHARED_BY: Final = ("weight", "rpm", "tpm")
_ORDERS: Final = {"latency-based-routing": "latency", "cost-based-routing": "price"}
_NEAREST: Final = {
    "least-busy": "calls in progress are not compared: they are shared evenly, bounded by a target's max_in_flight",
    "usage-based-routing": "tokens used so far are not compared: calls are shared by what the deployments allow",
    "usage-based-routing-v2": "tokens used so far are not compared: calls are shared by what the deployments allow",
}
_MOST_SHARE: Final = 1_000_000
_LEAST_SHARE: Final = 1e-18  # Fallbacks behind this one are tried in any order.
_BEHIND: Final = 1e-6  # The share of what is asked after the others; each further one has a thousandth of it.

Named = tuple[str, Deployment]


class Balancing:
    """The strategy of one file."""

    def __init__(self, strategy: str, path: str, notes: Notes) -> None:
        self._strategy = strategy
        self._notes = notes
        if strategy in _NEAREST:
            notes.add(path, f"{strategy}: {_NEAREST[strategy]}")
        elif strategy not in _ORDERS and strategy != DEFAULT:
            notes.add(path, f"{strategy}: is not known here: calls are shared by weight")

    def use(self, group: str, deployments: Sequence[Named], fallbacks: Sequence[str]) -> Any:
        """The `use` of a name with these deployments, the least order first, and these targets behind them."""
        least = deployments[0][1].order
        first = [named for named in deployments if named[1].order == least]
        shares = self._shares(first)
        sharing = [name for name, _ in first if shares[name] > 0]
        behind = [name for name, _ in deployments if name not in sharing]
        behind += [name for name in fallbacks if name not in (*sharing, *behind)]
        if len(sharing) < 2:
            return [*sharing, *behind]
        order = _ORDERS.get(self._strategy)
        if order is not None and not behind:
            return {"order": order, "among": sharing}
        if order is not None:
            why = f"is not ordered by {order}, as its fallbacks come last: its calls are shared evenly"
            self._notes.add(group, why)
            shares = dict.fromkeys(sharing, 1)
        most = max(shares.values())
        split = {name: _scaled(shares[name], most) for name in sharing}
        least_share = min(split.values())
        for number, name in enumerate(behind):
            split[name] = max(least_share * _BEHIND * 1000.0**-number, _LEAST_SHARE)
        return {"split": split}

    def _shares(self, first: Sequence[Named]) -> Mapping[str, float]:
        """Of the deployments that share; 0 for one that gets none."""
        if self._strategy not in _ORDERS and self._strategy != "least-busy":
            for by in _SHARED_BY:
                if first[0][1].shares.get(by) is not None:
                    return {name: made.shares.get(by) or 0 for name, made in first}
        return {name: 1 for name, _ in first}


def _scaled(share: float, most: float) -> float:
    """A share as we may state it: tokens a minute are many."""
    scaled = share if most <= _MOST_SHARE else share * _MOST_SHARE / most
    return int(scaled) if scaled == int(scaled) else scaled
