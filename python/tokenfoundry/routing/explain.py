"""Why a call is routed as it is: plain values, to be printed, sent as JSON, or compared."""

from __future__ import annotations

from typing import Any

import msgspec


class Checked(msgspec.Struct, frozen=True):
    """One condition of a rule: what must be so, whether it is, and what was seen."""

    wanted: str
    holds: bool
    seen: Any


class RuleTried(msgspec.Struct, frozen=True):
    """`used`: the first rule that matched. `use` says how its targets are ordered."""

    description: str
    matched: bool
    used: bool
    conditions: list[Checked]
    use: str
    targets: list[str]
    residency: str


class Considered(msgspec.Struct, frozen=True):
    """A target that the alias may reach. `why` says why it is not kept; `worst_case_nano` is the most that the call
    can cost there, in nano units of the currency; `latency_ms` its latest time to the first byte, when it is known.
    """

    target: str
    model: str
    kept: bool
    why: str
    worst_case_nano: int
    latency_ms: float | None


class Explanation(msgspec.Struct, frozen=True):
    """One decision. `facts` hold no text of the call. `score` is that of the prompt's features, `complexity` what rules
    compared: the classifier's word where there is one. `contributions` are those of the features to the score before
    it is squeezed into 0 to 1, without the bias. `refused` is what the caller is told when no target is left.
    """

    alias: str
    policy: str
    facts: dict[str, Any]
    bounds: list[str]
    score: float
    complexity: float
    language: str
    contributions: dict[str, float]
    rules: list[RuleTried]
    targets: list[Considered]
    order: list[str]
    route: str
    refused: str
    refused_by_residency: bool
    currency: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON says it."""
        made: dict[str, Any] = msgspec.to_builtins(self)
        return made
