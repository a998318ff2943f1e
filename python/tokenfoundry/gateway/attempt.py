"""One attempt at a target, and the hold it owns.

The hold is the worst case of the attempt, on every budget that matches its target. It is resolved exactly once:
settled with real usage, voided when nothing was consumed, or *cut*: settled for what was seen, flagged uncertain, when
a request was sent and no complete reply came back. Leaving the `async with` block unresolved cuts it, so that no path
leaks a hold.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any

import msgspec

from tokenfoundry.errors import NotFound
from tokenfoundry.gateway.booking import Booking, axes_of
from tokenfoundry.gateway.call import Call
from tokenfoundry.ledger import NO_FLAGS, Amounts, EntryFlags, Refusal
from tokenfoundry.records import CallRecord, Outcome
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_CLIENT_GONE = 499  # nginx's number for a client that hung up; no client ever sees it


class Attempt:
    """`reserve` it, then enter it, then resolve it once: `settle`, `cut` or `void`."""

    def __init__(self, booking: Booking, call: Call, target: Target, *, number: int, route: str) -> None:
        self.target = target
        self.route = route
        self.resolved = False
        self._booking = booking
        self._call = call
        self._number = number
        self._id = f"{call.request_id}/{number}"
        self._input_tokens = call.endpoint.input_tokens(call.redacted, target)
        self.max_output_tokens = self._output_bound()
        self._worst = Usage(
            input_tokens=self._input_bound(),
            output_tokens=self.max_output_tokens * call.endpoint.choices(call.body),
            estimated=True,
        )

    def _output_bound(self) -> int:
        """Output tokens of one choice, at most. It is what is sent as the bound, whatever the caller asked for."""
        if not self._call.endpoint.produces_output:
            return 0
        asked = self._call.endpoint.max_output_tokens(self._call.body)
        bound = self._booking.default_max_output_tokens if asked is None else asked
        limit = self.target.max_output_tokens
        return min(bound, limit) if limit is not None else bound

    def _input_bound(self) -> int:
        """Input tokens at most: counted where the tokenizer is the model's own, else a token for each byte of the
        body.
        """
        if self.target.tokenizer_is_exact:
            return self._input_tokens
        return max(self._input_tokens, len(msgspec.json.encode(self._call.redacted)))

    async def reserve(self) -> None:
        """Sets the worst case aside. Raises `Refused` when a budget does not allow it; the refusal is on record."""
        worst_nano = self._booking.worst_nano(self._call, self.target, self._worst)
        # What the entry will say if this process dies before it can say better.
        orphan = self._record("recovered", status=0, usage=self._worst, cost_nano=worst_nano, flags=("uncertain",))
        try:
            outcome = await self._booking.ledger.reserve(
                self._id,
                amounts=Amounts(money_nano=worst_nano, tokens=self._worst.total_tokens, requests=1),
                axes=axes_of(self._call, self.target),
                at=self._call.at_ms,
                detail=orphan.to_bytes(),
            )
        except asyncio.CancelledError:
            # The hold may stand although nobody waits for it any more; nothing was sent.
            with suppress(NotFound):
                await self.void("the call was cancelled before it was sent", status=_CLIENT_GONE)
            raise
        if isinstance(outcome, Refusal):
            refused = self._booking.refused_by(outcome)
            record = self._record("refused", status=refused.status, refused_by=outcome.budget)
            await self._booking.record(self._call, record, "refused", target=self.target)
            raise refused

    async def settle(self, usage: Usage | None, *, produced: str) -> tuple[CallRecord, Usage]:
        """Books a complete reply whose text is `produced`, which is counted when the provider reported no usage."""
        if usage is None:
            usage = self._seen(produced)
        return await self._post("answered", usage, status=200), usage

    async def bill(self, usage: Usage, error: str, *, status: int) -> None:
        """Books a failed attempt that the provider says consumed something."""
        await self._post("failed", usage, status=status, error=error)

    async def cut(self, error: str, *, status: int = 502, produced: str | None = None) -> None:
        """Books an attempt that was sent and not answered whole.

        `produced` is the text that was seen; None when that is unknown, and then the worst case is booked.
        """
        usage = self._worst if produced is None else self._seen(produced)
        await self._post("cut", usage, status=status, error=error, flags=("uncertain",))

    async def hung_up(self, *, produced: str) -> None:
        """Books a stream whose client left."""
        await self.cut("the client hung up", status=_CLIENT_GONE, produced=produced)

    async def void(self, error: str, *, status: int) -> None:
        """Releases the hold of an attempt that consumed nothing."""
        record = self._record("failed", status=status, error=error)
        await self._resolve(self._booking.ledger.void(self._id, detail=record.to_bytes()))
        self._booking.publish(record)

    def _seen(self, produced: str) -> Usage:
        outputs = self.target.tokenizer.count(produced)
        return Usage(input_tokens=self._input_tokens, output_tokens=outputs, estimated=True)

    async def _post(
        self, outcome: Outcome, usage: Usage, *, status: int, error: str = "", flags: tuple[str, ...] = ()
    ) -> CallRecord:
        cost_nano, price_flags = self._booking.cost_nano(self.target, usage, self._call.at_ms)
        flags = (*flags, *price_flags)
        record = self._record(outcome, status=status, usage=usage, cost_nano=cost_nano, error=error, flags=flags)
        entry_flags = EntryFlags.ESTIMATED if usage.estimated else NO_FLAGS
        if outcome == "cut":
            entry_flags |= EntryFlags.UNCERTAIN
        amounts = Amounts(money_nano=cost_nano, tokens=usage.total_tokens, requests=1)
        await self._resolve(self._booking.ledger.settle(self._id, amounts, detail=record.to_bytes(), flags=entry_flags))
        self._booking.publish(record)
        return record

    async def _resolve(self, writing: Any) -> None:
        """Awaits a write that resolves the hold. It takes effect although the wait for it is cancelled."""
        try:
            await writing
        except asyncio.CancelledError:
            self.resolved = True
            raise
        self.resolved = True

    def _record(
        self, outcome: Outcome, *, status: int, cost_nano: int = 0, flags: tuple[str, ...] = (), **fields: Any
    ) -> CallRecord:
        return self._booking.record_of(
            self._call,
            outcome,
            status=status,
            target=self.target,
            attempt=self._number,
            route=self.route,
            cost_nano=cost_nano,
            counterfactual_nano=cost_nano,
            flags=flags if self.target.tokenizer_is_exact else (*flags, "tokenizer_estimated"),
            **fields,
        )

    async def __aenter__(self) -> Attempt:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if not self.resolved:
            await self.cut(f"the attempt was abandoned: {kind.__name__ if kind else 'no outcome'}")
