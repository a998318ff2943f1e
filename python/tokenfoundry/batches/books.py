"""The ledger as lines need it: their holds outlive the process that took them.

A hold that was open when a process ended was posted in full when the books were opened again. What the line really used
is then posted as the difference, linked to that entry; a line that used nothing gets all of it back. Whatever is asked
twice, because somebody died after the first time, finds its entry and changes nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Literal

import msgspec

from tokenfoundry.errors import Conflict, NotFound
from tokenfoundry.gateway.attempts.booking import Booking
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.ledger_faces import LedgerFaces
from tokenfoundry.ledger import NO_FLAGS, Amounts, AsyncLedger, Axes, Entry, EntryFlags, Hold, Ledger, Refusal, Tallies
from tokenfoundry.ledger.values import NO_TALLIES, NOTHING
from tokenfoundry.ledger.window import Instant
from tokenfoundry.pricing import PriceBook
from tokenfoundry.pricing.book import Posted
from tokenfoundry.pricing.rates import NO_TIER
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_ACTOR = "batches"
_REASON = "known after a restart"
_BATCH = "batch"


def late(id: str) -> str:
    """The id of the correction of what was posted in full."""
    return f"{id}/late"


class LineBooks(AsyncLedger):
    """One loop's face of the ledger, in front of the ordinary one. Shares `memory` with those of other loops."""

    def __init__(self, books: AsyncLedger, ledger: Ledger, memory: Memory) -> None:
        # Without that of `AsyncLedger`: everything it does is asked of `books`.
        self._books = books
        self._ledger = ledger
        self._memory = memory

    async def reserve(
        self,
        id: str,
        *,
        amounts: Amounts,
        axes: Axes,
        at: Instant | None = None,
        detail: bytes = b"",
        wait_s: float = 0,
    ) -> Hold | Refusal:
        """Takes a hold, or finds that this process holds as much for it. Raises `Conflict` when it holds otherwise."""
        taken = self._memory.held.get(id)
        if taken is not None:
            if taken != hash((amounts, axes)):
                raise Conflict(f"{id} is held with other fields")
            return Hold(id, amounts, axes, 0, detail)
        outcome = await self._books.reserve(id, amounts=amounts, axes=axes, at=at, detail=detail, wait_s=wait_s)
        if isinstance(outcome, Hold):
            self._memory.held[id] = hash((amounts, axes))
        return outcome

    async def settle(
        self,
        id: str,
        amounts: Amounts,
        *,
        tallies: Tallies = NO_TALLIES,
        flags: EntryFlags = NO_FLAGS,
        detail: bytes | None = None,
    ) -> None:
        """Posts what was used, once."""
        known = self._ledger.entry(id)
        if known is None:
            await self._books.settle(id, amounts, tallies=tallies, flags=flags, detail=detail)
        else:
            await self._correct(known, amounts, tallies, detail)
        self._memory.held.pop(id, None)

    async def void(self, id: str, *, detail: bytes | None = None) -> None:
        """Releases a hold, once."""
        known = self._ledger.entry(id)
        if known is None:
            await self._books.void(id, detail=detail)
        else:
            await self._correct(known, NOTHING, NO_TALLIES, detail)
        self._memory.held.pop(id, None)

    async def release(self, id: str) -> None:
        """Releases the hold if there is one; gives back what was posted for one that nobody resolved."""
        with suppress(NotFound):
            await self.void(id)

    def is_resolved(self, id: str) -> bool:
        """Whether the books have the end of that hold, and nothing is to be corrected."""
        known = self._ledger.entry(id)
        if known is None:
            return False
        return known.kind != "recovered" or self._ledger.entry(late(id)) is not None

    async def record(self, id: str, *, kind: Literal["hit", "refused"], axes: Axes, **fields: Any) -> None:
        await self._books.record(id, kind=kind, axes=axes, **fields)

    async def record_if_it_fits(
        self, id: str, *, kind: Literal["hit"], axes: Axes, amounts: Amounts, **fields: Any
    ) -> Refusal | None:
        return await self._books.record_if_it_fits(id, kind=kind, axes=axes, amounts=amounts, **fields)

    def close(self) -> None:
        """Nothing: `books` are closed by who made them."""

    async def _correct(self, known: Entry, amounts: Amounts, tallies: Tallies, detail: bytes | None) -> None:
        """Corrects what is on the books for a hold that has ended, if it was posted because its process died."""
        if known.kind != "recovered" or self._ledger.entry(late(known.id)) is not None:
            self._memory.repeated.add(known.id)
            return
        # In a thread: a correction waits for the disk where the books do.
        await asyncio.to_thread(
            self._ledger.adjust,
            late(known.id),
            known.seq,
            amounts - known.amounts,
            actor=_ACTOR,
            reason=_REASON,
            tallies=tallies,
            detail=detail or b"",
        )


class Memory:
    """What this process knows of its lines: their open holds, and the ids that it has booked a second time."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.repeated: set[str] = set()

    def is_news(self, id: str) -> bool:
        """Whether what was just booked under that id was not on the books before. Forgets it."""
        if id in self.repeated:
            self.repeated.discard(id)
            return False
        return True


class RemoteBooking(Booking):
    """Books lines at the price of a provider's batches; at the normal one, flagged, of a target that has none."""

    in_batches = True

    def __init__(self, faces: LedgerFaces, prices: PriceBook, **more: Any) -> None:
        super().__init__(faces, prices, **more)

    def posted(self, target: Target, usage: Usage, at_ms: int) -> Posted:
        posted = super().posted(target, _in_batch(usage), at_ms)
        flags = tuple("batch_at_normal_price" if flag == NO_TIER else flag for flag in posted.flags)
        return msgspec.structs.replace(posted, flags=flags)

    def saved(self, call: Call, target: Target, usage: Usage, cost_nano: int) -> dict[str, Any]:
        return {**super().saved(call, target, _in_batch(usage), cost_nano), "service_tier": _BATCH}

    def _tier_asked(self, call: Call) -> str:
        return _BATCH


def _in_batch(usage: Usage) -> Usage:
    return msgspec.structs.replace(usage, service_tier=_BATCH)


class LineFaces(LedgerFaces):
    """The faces of a gateway's ledger, each as lines need it."""

    def __init__(self, faces: LedgerFaces, memory: Memory) -> None:
        self._of = faces
        self._memory = memory
        super().__init__(faces.ledger)

    def of_running_loop(self) -> LineBooks:
        return LineBooks(self._of.of_running_loop(), self.ledger, self._memory)
