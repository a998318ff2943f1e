"""The orders in which a rule's targets can be tried. What may serve the call at all is decided afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import inf, log
from typing import Protocol

from tokenfoundry.routing.inquiry import Inquiry
from tokenfoundry.routing.targets import Target

_SPAN = 2**64


class Use(Protocol):
    @property
    def targets(self) -> tuple[Target, ...]:
        """All that it can choose."""

    @property
    def description(self) -> str:
        """How it orders them, in words."""

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        """The targets for this call, the first tried first."""

    def note(self, inquiry: Inquiry) -> str:
        """What was chosen and why, in a word or two; empty when there was nothing to choose."""


@dataclass(frozen=True, slots=True)
class Listed:
    """As they are listed."""

    targets: tuple[Target, ...]

    @property
    def description(self) -> str:
        return "in this order"

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        return self.targets

    def note(self, inquiry: Inquiry) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Split:
    """By shares of the calls: the first with a chance that is its share, and the others after it likewise.

    Rendezvous hashing with weights (Schindelhauer and Schomaker, 2005): each target draws a number from the call's
    identity and its own name, and the largest goes first. So the same call always gets the same order, and when shares
    change or a target leaves, only those calls move that have to.
    """

    targets: tuple[Target, ...]
    weights: Mapping[str, float]
    sticky: str
    salt: str

    @property
    def description(self) -> str:
        return "split " + " ".join(f"{name} {weight:g}" for name, weight in self.weights.items())

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        who = _identity(inquiry, self.sticky)

        def drawn(target: Target) -> float:
            return log(_chance(self.salt, who, target.name)) / self.weights[target.name]

        return tuple(sorted(self.targets, key=drawn, reverse=True))

    def note(self, inquiry: Inquiry) -> str:
        return "split"


@dataclass(frozen=True, slots=True)
class Canary:
    """A share of the calls goes to one target first. The others never see it: it is no fallback."""

    canary: Target
    percent: float
    sticky: str
    otherwise: tuple[Target, ...]
    salt: str

    @property
    def targets(self) -> tuple[Target, ...]:
        return (self.canary, *(target for target in self.otherwise if target is not self.canary))

    @property
    def description(self) -> str:
        return f"canary {self.canary.name} {self.percent:g}%"

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        return self.targets if self._is_chosen(inquiry) else self.otherwise

    def note(self, inquiry: Inquiry) -> str:
        return f"canary {self.canary.name}" if self._is_chosen(inquiry) else ""

    def _is_chosen(self, inquiry: Inquiry) -> bool:
        # Below a threshold: a session that is on the canary stays there when its share grows.
        return _chance(self.salt, _identity(inquiry, self.sticky), "") * 100 < self.percent


@dataclass(frozen=True, slots=True)
class Cheapest:
    """By the most that this call can cost, equal ones as they are listed."""

    targets: tuple[Target, ...]

    @property
    def description(self) -> str:
        return "the cheapest first"

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        worst_case_nano, facts = inquiry.sources.worst_case_nano, inquiry.facts
        return tuple(sorted(self.targets, key=lambda target: worst_case_nano(target, facts)))

    def note(self, inquiry: Inquiry) -> str:
        return "by price"


@dataclass(frozen=True, slots=True)
class Fastest:
    """By the time to the first byte that was seen lately.

    One of which nothing is known goes first, but one call at a time: so each is measured again and again, and one that
    hangs takes a single call with it.
    """

    targets: tuple[Target, ...]

    @property
    def description(self) -> str:
        return "the fastest first"

    def order(self, inquiry: Inquiry) -> tuple[Target, ...]:
        observed = inquiry.sources.observed

        def wait_ms(target: Target) -> float:
            known = observed.latency_ms(target.name)
            if known is None:
                return inf if observed.in_flight(target.name) else 0.0
            # Half of the calls fail: an answer takes two of them.
            return known / max(1 - observed.error_rate(target.name), 1e-3)

        return tuple(sorted(self.targets, key=wait_ms))

    def note(self, inquiry: Inquiry) -> str:
        return "by latency"


def _identity(inquiry: Inquiry, sticky: str) -> str:
    """Whose calls go the same way. A call without the one that is asked for is placed by itself."""
    facts = inquiry.facts
    if sticky == "session" and facts.session:
        return f"{facts.key}/{facts.session}"
    if sticky == "consumer" and facts.consumer:
        return f"{facts.workspace}/{facts.consumer}"
    return facts.request_id


def _chance(salt: str, who: str, target: str) -> float:
    """A number in (0, 1), uniform over who asks, and the same each time."""
    digest = blake2b(f"{salt}\0{who}\0{target}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") + 0.5) / _SPAN
