"""The attempts of one call, one after the other: the targets of its route in order, each perhaps more than once.

A target whose breaker is open, whose keys rest or whose queue is full is skipped: nothing is sent, nothing on record. A
failure that a moment may mend is followed by another attempt at the same target, as far as the rules and the provider's
retry budget go; then the next target's turn comes. A budget that says `downgrade` leaves only the cheaper targets.

All this happens before anything has reached the client. Each attempt has a number of its own, and with it a hold.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import Booking
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.rates import TargetLimited
from tokenfoundry.gateway.attempts.refusals import refused_by_deadline, refused_by_guard
from tokenfoundry.gateway.replies import Refused, of_everybody
from tokenfoundry.resilience.guards import Guards, Passing, Unavailable
from tokenfoundry.routing.policy import Route
from tokenfoundry.routing.targets import Target

# What may help after a failure: nothing at this target, the same again after a while, or another key of its provider.
Mend = Literal["", "later", "other_key"]


class AttemptFailed(Exception):
    """This target did not answer, or a budget asks for a cheaper one; the next may. `refused` is what the caller is
    told when none is left, `asked_s` how long the provider asked to be left alone.
    """

    def __init__(self, refused: Refused, *, mend: Mend = "", asked_s: float | None = None) -> None:
        super().__init__(str(refused))
        self.refused = refused
        self.mend = mend
        self.asked_s = asked_s


class Step(NamedTuple):
    """An attempt, and its way to the target, which has to be ended."""

    attempt: Attempt
    passing: Passing


class Ladder:
    """The attempts of one call: `climb` until one answers, telling of each that was `missed`."""

    def __init__(self, booking: Booking, guards: Guards, call: Call, route: Route) -> None:
        self._booking = booking
        self._guards = guards
        self._call = call
        self._left = list(route.targets)
        self._route = route.reason
        self._passed_over: dict[str, str] = {}  # targets, with the code of what was in the way
        self._number = 0
        self._downgraded = route.downgraded
        self._retries = 0  # at the present target
        self._again: tuple[Target, float] | None = None
        self._told: Refused | None = None
        self._skipped: tuple[float, Refused] | None = None

    def told(self) -> Refused:
        """What the caller is told when no attempt is left: the last failure, else what is over soonest. To be asked
        once, and raised: an error that is kept where it is raised keeps all that is there.
        """
        told, self._told = self._told, None
        if told is not None:
            return told
        assert self._skipped is not None, "a route has at least one target"
        (_, told), self._skipped = self._skipped, None
        return told

    async def climb(self) -> Step | None:
        """The next attempt, once it may be made; None when there is none. Raises `ClientGone`."""
        if self._again is not None:
            (target, delay_s), self._again = self._again, None
            if delay_s > 0:
                with self._call.client.watched():
                    await self._guards.timing.sleep(delay_s)
            step = await self._enter(target)
            if step is not None:
                return step
        while self._left:
            if self._call.deadline.has_passed:
                self._told = refused_by_deadline(self._call.alias)
                return None
            target = self._left.pop(0)
            step = await self._enter(target)
            if step is not None:
                self._retries = 0
                self._guards.called(target.name)
                return step
        return None

    def missed(self, step: Step, failure: AttemptFailed | TargetLimited) -> None:
        """That attempt came to nothing; decides whether its target is tried again."""
        self._told = failure.refused
        if failure.refused.refusal is None:  # A budget's is told by `step_down`.
            self._passed_over[step.attempt.target.name] = failure.refused.code
        if not isinstance(failure, AttemptFailed) or not failure.mend:
            return
        target = step.attempt.target
        delay_s = self._delay_s(target, failure)
        if delay_s is None or delay_s >= self._call.deadline.left_s or not self._guards.may_retry(target.name):
            return
        self._retries += 1
        self._again = target, delay_s

    # -- a second attempt beside a slow one ----------------------------------------------------------------------------

    def may_hedge(self, step: Step) -> bool:
        """Whether there is a target to try beside that of `step`. Data that was for an on-prem target stays there."""
        first, part = step.attempt.target, self._call.part
        if part is not None and not part.is_whole:
            return False  # Vectors of two models are no batch.
        return bool(self._left) and not (first.on_prem and not self._left[0].on_prem)

    @property
    def told_beside(self) -> Refused:
        """Why there is no second attempt; told only if the first one says nothing."""
        return self._skipped[1] if self._skipped else refused_by_deadline(self._call.alias)

    async def hedge(self) -> Step | None:
        """An attempt at the next target, which is then no longer left; None when it cannot be made now."""
        if not self._left or not self._guards.may_retry(self._left[0].name):
            return None
        return await self._enter(self._left.pop(0), hedged=True)

    # -- budgets -------------------------------------------------------------------------------------------------------

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

    # -- parts ---------------------------------------------------------------------------------------------------------

    async def _enter(self, target: Target, *, hedged: bool = False) -> Step | None:
        call, guards = self._call, self._guards
        if call.part is not None and call.part.target != target.name and not hedged:
            call.ask_for_all()
        tokens, within_s = call.input_tokens(target), call.deadline.left_s
        try:
            if guards.may_wait(target.name):
                with call.client.watched():
                    passing = await guards.enter(target.name, tokens=tokens, within_s=within_s)
            else:
                passing = await guards.enter(target.name, tokens=tokens, within_s=within_s)
        except Unavailable as unavailable:
            refused = of_everybody(refused_by_guard(target.name, unavailable))
            self._passed_over.setdefault(target.name, refused.code)
            if self._skipped is None or unavailable.wait_s < self._skipped[0]:
                self._skipped = unavailable.wait_s, refused
            return None
        try:
            attempt = Attempt(
                self._booking,
                call,
                target,
                number=self._number,
                route=self._route_to(target),
                downgraded=self._downgraded,
                hedged=hedged,
            )
        except BaseException:
            passing.leave()
            raise
        self._number += 1
        return Step(attempt, passing)

    def _route_to(self, target: Target) -> str:
        """Why this target, and after which other: `alias fast; after small: upstream_error`. Short, whatever failed."""
        over = [each for each in self._passed_over if each != target.name] if self._passed_over else ()
        if not over:
            return self._route
        others = f" and {len(over) - 1} other{'s' if len(over) > 2 else ''}" if len(over) > 1 else ""
        return f"{self._route}; after {over[0]}: {self._passed_over[over[0]]}{others}"

    def _delay_s(self, target: Target, failure: AttemptFailed) -> float | None:
        guards, policy = self._guards, self._guards.rules.retries
        if guards.circuit_wait_s(target.name) > 0:
            return None
        asked_s = failure.asked_s
        if failure.mend == "other_key":
            asked_s = guards.keys_wait_s(target.name)
            if asked_s <= 0:
                return 0.0 if self._retries < policy.most else None
            if self._left:
                return None  # Another target may answer at once.
        return policy.delay_s(self._retries, draw=guards.timing.draw(), asked_s=asked_s)
