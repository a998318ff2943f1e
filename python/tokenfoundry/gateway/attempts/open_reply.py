"""What an attempt holds open from its hold to the end of its answer."""

from __future__ import annotations

import asyncio
from types import TracebackType

from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.providers.client import Sending, UpstreamReply
from tokenfoundry.resilience.guards import Passing


class OpenReply:
    """The way to the target, then the hold, then the provider's reply; ended in the opposite order, each told how the
    block ended. Who made it ends it once: as a block, or by `end`.
    """

    __slots__ = ("_attempt", "_passing", "_sending")

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self._attempt: Attempt | None = None
        self._sending: Sending | None = None

    async def hold(self, attempt: Attempt) -> None:
        """Its hold stands: from now on whatever is left open of it is resolved here."""
        self._attempt = await attempt.__aenter__()

    async def receive(self, sending: Sending) -> UpstreamReply:
        """The reply, once it has begun. Raises what `sending` raises."""
        try:
            reply = await sending.__aenter__()
        except asyncio.CancelledError:
            if self._attempt is not None and not sending.was_written:
                await self._attempt.unsent()
            raise
        self._sending = sending
        return reply

    async def end(self, error: BaseException | None) -> None:
        """Closes the reply, resolves what is unresolved, gives the way back."""
        kind, traceback = (None, None) if error is None else (type(error), error.__traceback__)
        try:
            try:
                if self._sending is not None:
                    await self._sending.__aexit__(kind, error, traceback)
            except BaseException as raised:
                if self._attempt is not None:
                    await self._attempt.__aexit__(type(raised), raised, raised.__traceback__)
                raise
            if self._attempt is not None:
                await self._attempt.__aexit__(kind, error, traceback)
        finally:
            self._passing.leave()

    async def __aenter__(self) -> OpenReply:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.end(error)
