"""The targets of a route, one attempt after the other. A budget that says `downgrade` leaves only the cheaper ones."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.gateway.attempt import Attempt
from tokenfoundry.gateway.booking import Booking
from tokenfoundry.gateway.call import Call
from tokenfoundry.routing.policy import Route
from tokenfoundry.routing.targets import Target


class Ladder:
    """The attempts of one call, in the order of its route. To be iterated once."""

    def __init__(self, booking: Booking, call: Call, route: Route) -> None:
        self._booking = booking
        self._call = call
        self._left = list(route.targets)
        self._route = route.reason
        self._number = 0
        self._downgraded = False

    def __iter__(self) -> Iterator[Attempt]:
        while self._left:
            number, self._number = self._number, self._number + 1
            yield Attempt(
                self._booking,
                self._call,
                self._left.pop(0),
                number=number,
                route=self._route,
                downgraded=self._downgraded,
            )

    def step_down(self, attempt: Attempt, budget: str) -> bool:
        """Leaves the targets on which this call costs less at worst than on that of `attempt`. False, and nothing
        changes, when there is none.
        """
        cheaper = [target for target in self._left if self._worst_nano(target) < attempt.worst_nano]
        if not cheaper:
            return False
        self._left = cheaper
        if not self._downgraded:
            self._route = f"downgraded from {attempt.target.name} by budget {budget}"
            self._downgraded = True
        return True

    def _worst_nano(self, target: Target) -> int:
        return Attempt(self._booking, self._call, target, number=0, route="").worst_nano
