"""One attempt at a target, and the hold it owns.

The hold is the worst case of the attempt, on every budget that matches its target. It is resolved exactly once:
settled with real usage, voided when nothing was consumed, or *cut*: settled for what was seen, flagged uncertain, when
a request was sent and no complete reply came back. Leaving the `async with` block unresolved cuts it, so that no path
leaks a hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.gateway.attempts.booking import Booking, axes_of, spent, tallies_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.output_bound import OutputBound, affordable_tokens
from tokenfoundry.gateway.attempts.rates import NOTHING_TAKEN, Estimate
from tokenfoundry.gateway.attempts.turns import turn
from tokenfoundry.gateway.client_watch import ClientGone
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.ledger import NO_FLAGS, Amounts, EntryFlags, Hold, Refusal
from tokenfoundry.ledger.values import Unit
from tokenfoundry.pricing.book import Posted
from tokenfoundry.records import CallRecord, Outcome
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_TRIES = 100  # Of one call to get what is left, while others take it; mostly one.
_CLIENT_GONE = 499  # nginx's number for a client that hung up; no client ever sees it


class Attempt:
    """`reserve` it, then enter it, then resolve it once: `settle`, `cut` or `void`."""

    def __init__(
        self,
        booking: Booking,
        call: Call,
        target: Target,
        *,
        number: int,
        route: str,
        downgraded: bool = False,
        hedged: bool = False,
    ) -> None:
        """`downgraded`: a budget refused it a dearer target, as `route` says. `hedged`: it is made beside another."""
        self.target = target
        self.route = route
        self.downgraded = downgraded
        self.resolved = False
        self.taken = NOTHING_TAKEN
        self.seen: Callable[[], tuple[str | None, Usage | None]] | None = None
        """Of a stream: the text that came so far, and the usage that was reported."""
        self._known: CallRecord | None = None  # What all its records have in common, made with the first.
        self._booking = booking
        self._call = call
        self._number = number
        self._id = f"{call.request_id}/{number}"
        self._flags = _flags_of(target, downgraded=downgraded, hedged=hedged)
        self._input_tokens, self._input_bound, _ = call.prompt_tokens(target)
        self._choices = call.endpoint.choices(call.body)
        self._limit_output(booking.output_bounds.of(call, target))

    def estimate(self) -> Estimate:
        """What rate limits take in advance: the prompt as counted, and the most that it may be answered with."""
        # What is not billed by tokens takes none.
        input_tokens = min(self._input_tokens, self.worst.input_tokens)
        return Estimate(input_tokens, self.worst.output_tokens, is_ours=self.output_bound.is_ours)

    @property
    def for_everybody(self) -> bool:
        """Whether its answer is what any other caller would have got: no budget of this one's made it smaller."""
        return not self.downgraded and self.output_bound.source != "budget"

    def _limit_output(self, bound: OutputBound) -> None:
        """Sets the worst case: what is held, and what is sent as the bound."""
        self.output_bound = bound
        self.worst = self._worst_of(bound.tokens * self._choices)
        self.worst_nano = self._booking.worst_nano(self._call, self.target, self.worst)

    def _worst_of(self, output_tokens: int) -> Usage:
        """The most that is used when all choices together have at most these output tokens."""
        call = self._call
        return call.endpoint.worst(call.redacted, input_tokens=self._input_bound, output_tokens=output_tokens)

    async def reserve(self, *, may_wait: bool = True) -> Refusal | None:
        """Sets the worst case aside, or says why a budget does not allow it. Waits for calls in progress when only
        their holds are in the way, if it may.
        """
        # What the entry will say if this process dies before it can say better.
        orphan = self._record(
            "recovered",
            status=0,
            usage=self.worst,
            cost_nano=self.worst_nano,
            counterfactual_nano=self.worst_nano,
            flags=("uncertain",),
        )
        started = perf_counter()
        try:
            outcome = await self._booking.ledger.reserve(
                self._id,
                amounts=_amounts(self._call, self.worst_nano, self.worst),
                axes=axes_of(self._call, self.target),
                at=self._call.at_ms,
                detail=orphan.to_bytes(),
                wait_s=self._hold_wait_s() if may_wait else 0,
            )
            # Not after a refusal: what it says is left must still be left when less is asked for.
            if isinstance(outcome, Hold):
                await turn()
        except asyncio.CancelledError:
            # The hold may stand although nobody waits for it any more; nothing was sent.
            with suppress(NotFound):
                await self.unsent()
            raise
        self._call.waited_s += perf_counter() - started
        if isinstance(outcome, Refusal):
            return outcome
        if outcome.tracked is not None:
            self._flags = (*self._flags, "over_tracked_budget")
        return None

    def _hold_wait_s(self) -> float:
        return min(self._booking.hold_wait_s - self._call.waited_s, self._call.deadline.left_s)

    async def reserve_less(self, refusal: Refusal) -> Refusal | None:
        """After that refusal: reserves what the budgets still allow, of an output that only we have bounded.

        A budget that is approached slowly gives no fragments: its caller comes back when the whole of it is due.
        """
        wanted = self.output_bound
        if not self._booking.output_bounds.may_shrink(wanted):
            return refusal
        # Of each budget that refused. Not of all, or an answer would shrink to what the slow ones allow at the moment.
        left: dict[str, tuple[Unit, int]] = {}
        for _ in range(_TRIES):
            if not _gives_what_is_left(refusal):
                break
            left[refusal.budget] = refusal.unit, _left_in_window(refusal)
            # One token when there is nothing left, for the refusal to say why that is.
            self._shrink_to(wanted, left.values())
            outcome = await self.reserve(may_wait=False)
            if outcome is None:
                return None
            refusal = outcome
            if self.output_bound.tokens > 1:
                continue  # Somebody else took it in between.
            if refusal.cause != "held" or not _gives_what_is_left(refusal):
                break
            if self._call.waited_s >= self._booking.hold_wait_s:
                break
            # What fits once those calls have used nothing; mostly they leave less, and then it is asked again.
            left[refusal.budget] = refusal.unit, refusal.left + refusal.held
            self._shrink_to(wanted, left.values())
            outcome = await self.reserve()
            if outcome is None:
                return None
            refusal = outcome
        return refusal

    def _shrink_to(self, wanted: OutputBound, left_of_each: Iterable[tuple[Unit, int]]) -> None:
        left: dict[Unit, int] = {}
        for unit, amount in left_of_each:
            left[unit] = min(amount, left.get(unit, amount))

        def worst_nano(output_tokens: int) -> int:
            return self._booking.worst_nano(self._call, self.target, self._worst_of(output_tokens))

        tokens = affordable_tokens(
            left,
            most=wanted.tokens,
            input_tokens=self._input_bound,
            choices=self._choices,
            worst_nano=worst_nano,
        )
        self._limit_output(wanted if tokens >= wanted.tokens else OutputBound(max(1, tokens), "budget"))

    async def would_be_refused(self) -> Refusal | None:
        """Why the budgets would not admit it now; nothing is held."""
        booking, axes = self._booking, axes_of(self._call, self.target)
        amounts = _amounts(self._call, self.worst_nano, self.worst)
        left = booking.headroom(axes, self._call.at_ms)
        if all(getattr(amounts, unit) <= most for unit, most in left.items()):
            return None
        # Only a reservation says which budget and when; one that is refused leaves nothing behind.
        outcome = await booking.ledger.reserve(self._id, amounts=amounts, axes=axes, at=self._call.at_ms)
        if isinstance(outcome, Refusal):
            return outcome
        await booking.ledger.void(self._id)  # Somebody made room in between.
        return None

    async def refused(self, refusal: Refusal) -> Refused:
        """Puts the refusal on record; returns what the caller is told."""
        refused = self._booking.refused_by(refusal)
        record = self._record("refused", status=refused.status, refused_by=refusal.budget)
        await self._booking.record(self._call, record, "refused", target=self.target)
        return refused

    async def settle(self, usage: Usage | None, *, produced: str) -> tuple[CallRecord, Usage]:
        """Books a complete reply whose text is `produced`, which is counted when the provider reported no usage."""
        if usage is None:
            usage = self._seen(produced)
        elif usage.is_unreadable:
            usage = msgspec.structs.replace(self._seen(produced), fault=usage.fault)
        return await self._post("answered", usage, status=200, produced=produced)

    async def bill(self, usage: Usage, error: str, *, status: int) -> None:
        """Books a failed attempt that the provider says consumed something."""
        await self._post("failed", usage, status=status, error=error)

    async def cut(
        self, error: str, *, status: int = 502, produced: str | None = None, reported: Usage | None = None
    ) -> None:
        """Books an attempt that was sent and not answered whole.

        `reported` is the usage that the provider told before it ended, `produced` the text that was seen; when both are
        unknown the worst case is booked.
        """
        usage = reported
        if usage is None or usage.is_unreadable:
            usage = self.worst if produced is None else self._seen(produced)
        if reported is not None and reported.fault:
            usage = msgspec.structs.replace(usage, fault=reported.fault)
        await self._post("cut", usage, status=status, error=error, flags=("uncertain",), produced=produced)

    async def hung_up(self, *, produced: str | None, reported: Usage | None) -> None:
        """Books a stream whose client left."""
        await self.cut("the client hung up", status=_CLIENT_GONE, produced=produced, reported=reported)

    async def void(self, error: str, *, status: int) -> None:
        """Releases the hold of an attempt that consumed nothing."""
        record = self._record("failed", status=status, error=error)
        self.taken.used(0)
        await self._resolve(self._booking.ledger.void(self._id, detail=record.to_bytes()))
        self._booking.publish(record)

    def output_tokens(self, produced: str | None) -> int:
        """What that text counts as; the most it can be when it is not known."""
        return self.worst.output_tokens if produced is None else self.target.tokenizer.count(produced)

    async def unsent(self) -> None:
        """Releases the hold of an attempt that was cancelled before any of it was sent."""
        await self.void("the call was cancelled before it was sent", status=_CLIENT_GONE)

    def _seen(self, produced: str) -> Usage:
        outputs = self.output_tokens(produced)
        return Usage(input_tokens=self._input_tokens, output_tokens=outputs, estimated=True)

    def _accounted(self, outcome: Outcome, usage: Usage) -> tuple[Posted, Amounts, dict[str, Any]]:
        """The price of that usage, what is booked of it, and what a record says was saved. Raises `InvalidInput` for
        one that costs more than can be booked of a call.
        """
        posted = self._booking.posted(self.target, usage, self._call.at_ms)
        cost_nano = posted.amount_nano
        amounts = _amounts(self._call, cost_nano, usage)
        accounted: dict[str, Any] = {"counterfactual_nano": cost_nano}
        if outcome == "answered":
            accounted = self._booking.saved(self._call, self.target, usage, cost_nano)
        return posted, amounts, accounted

    def _bookable(self, usage: Usage, fault: str, produced: str | None) -> Usage:
        """What is booked for a usage whose cost cannot be: its counts, where it is the provider's own figure that is
        wrong, else what was counted here.
        """
        fault = usage.fault or fault
        if usage.reported_cost is not None:
            usage = msgspec.structs.replace(usage, reported_cost=None, fault=fault)
            with suppress(InvalidInput):
                self._accounted("answered", usage)
                return usage
        return msgspec.structs.replace(self.worst if produced is None else self._seen(produced), fault=fault)

    async def _post(
        self,
        outcome: Outcome,
        usage: Usage,
        *,
        status: int,
        error: str = "",
        flags: tuple[str, ...] = (),
        produced: str | None = None,
    ) -> tuple[CallRecord, Usage]:
        """Books it; returns the record, and the usage that it is of."""
        try:
            posted, amounts, accounted = self._accounted(outcome, usage)
        except InvalidInput as impossible:
            usage = self._bookable(usage, str(impossible), produced)
            posted, amounts, accounted = self._accounted(outcome, usage)
        cost_nano = posted.amount_nano
        flags = (*flags, *posted.flags)
        if usage.fault:
            flags = (*flags, "usage_unreadable" if usage.estimated or usage.is_unreadable else "usage_impossible")
        if posted.source != "computed":
            accounted["cost_source"] = posted.source
        record = self._record(
            outcome,
            status=status,
            usage=usage,
            cost_nano=cost_nano,
            error=error,
            flags=flags,
            price=posted.price,
            **accounted,
        )
        entry_flags = EntryFlags.ESTIMATED if usage.estimated else NO_FLAGS
        if outcome == "cut" or usage.fault:
            entry_flags |= EntryFlags.UNCERTAIN
        self.taken.used(usage.total_tokens)
        settling = self._booking.ledger.settle(
            self._id, amounts, tallies=tallies_of(record), flags=entry_flags, detail=record.to_bytes()
        )
        await self._resolve(settling)
        self._booking.publish(record)
        return record, usage

    async def _resolve(self, writing: Any) -> None:
        """Awaits a write that resolves the hold. It takes effect although the wait for it is cancelled."""
        try:
            await writing
        except asyncio.CancelledError:
            self.resolved = True
            raise
        self.resolved = True

    def _record(
        self,
        outcome: Outcome,
        *,
        status: int,
        usage: Usage | None = None,
        cost_nano: int = 0,
        flags: tuple[str, ...] = (),
        **fields: Any,
    ) -> CallRecord:
        call = self._call
        if self._known is None:
            self._known = self._booking.record_of(
                call, outcome, status=status, target=self.target, attempt=self._number, route=self.route
            )
        return msgspec.structs.replace(
            self._known,
            outcome=outcome,
            status=status,
            latency_ms=call.latency_ms,
            cost_nano=cost_nano,
            flags=(*flags, *self._flags),
            max_tokens=self.output_bound.tokens,
            max_tokens_from=self.output_bound.source,
            **{**spent(usage), **fields},
        )

    async def __aenter__(self) -> Attempt:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        seen, self.seen = self.seen, None  # It refers to the stream, and that to this: neither would end by itself.
        if self.resolved:
            return
        produced, reported = seen() if seen else (None, None)
        if kind is not None and issubclass(kind, ClientGone):
            await self.cut("the client hung up", status=_CLIENT_GONE, produced=produced, reported=reported)
        else:
            why = f"the attempt was abandoned: {kind.__name__ if kind else 'no outcome'}"
            await self.cut(why, produced=produced, reported=reported)


def _amounts(call: Call, cost_nano: int, usage: Usage) -> Amounts:
    """One call with this usage, in the units that budgets count."""
    return Amounts(
        money_nano=cost_nano,
        tokens=usage.total_tokens,
        requests=1,
        images=usage.images,
        audio=int(call.endpoint.is_sound),
    )


def _gives_what_is_left(refusal: Refusal) -> bool:
    """Whether that budget admits the same call with a shorter answer, and should."""
    if refusal.unit not in ("money_nano", "tokens") or refusal.cause in ("frozen", "throttled"):
        return False
    return refusal.at_cap != "throttle" or refusal.cause != "held"


def _left_in_window(refusal: Refusal) -> int:
    """What the budget still allows: at this moment, or, when it is approached slowly, until its window ends."""
    if refusal.at_cap != "throttle":
        return refusal.left
    return max(0, refusal.cap - refusal.used - refusal.held)


def _flags_of(target: Target, *, downgraded: bool, hedged: bool) -> tuple[str, ...]:
    """What is to be said of every record of an attempt."""
    if target.tokenizer_is_exact and not downgraded and not hedged:
        return ()
    flags = (
        ("tokenizer_estimated", not target.tokenizer_is_exact),
        ("downgraded", downgraded),
        ("hedged", hedged),
    )
    return tuple(flag for flag, applies in flags if applies)
