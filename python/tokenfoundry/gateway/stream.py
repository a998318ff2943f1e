"""A streamed call on its way to the client: relayed event by event, settled before its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError, StoreError
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import summary_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.open_reply import OpenReply
from tokenfoundry.gateway.attempts.refusals import answer_withheld
from tokenfoundry.gateway.sharing.repeats import Repeats
from tokenfoundry.providers.client import ReplyLost, UpstreamReply
from tokenfoundry.providers.http.limits import MAX_REPLY_BYTES
from tokenfoundry.providers.plan import Events
from tokenfoundry.resilience.guards import Passing
from tokenfoundry.usage import Usage

_BROKEN = (ProviderError, InvalidInput, RecursionError)
_BLOCKED_STATUS = 400  # On record of a stream whose rest the caller may not see.

# Of the events of one token: far above any, its twenty most probable alternatives included.
_MOST_BYTES_PER_TOKEN = 8192


class Relay:
    """Owns the open reply and the hold until `close`; `begin` it first, then take its `chunks`."""

    def __init__(
        self,
        call: Call,
        attempt: Attempt,
        passing: Passing,
        upstream: UpstreamReply,
        events: Events,
        repeats: Repeats | None,
    ) -> None:
        """A whole reply is told to `repeats`; how the stream ended is told to `passing`."""
        self._call = call
        self._attempt = attempt
        self._passing = passing
        self._upstream = upstream
        self._events = events
        self._repeats = repeats
        self._recording = None if repeats is None else repeats.recording(call)
        self._reply = call.endpoint.stream(call.body, call.session)
        # All that it says is kept until it is settled.
        self._most_bytes = max(MAX_REPLY_BYTES, attempt.worst.output_tokens * _MOST_BYTES_PER_TOKEN)
        self._pieces = self._relay()
        self._first: bytes | None = None
        self._blocked: BlockedContent | None = None  # Before there was anything for the client.
        self._open_reply: OpenReply | None = None
        attempt.seen = self.seen

    async def begin(self) -> None:
        """Waits for the first bytes for the client. Raises `ReplyLost` when the stream fails before: until then the
        call can be answered by another target.
        """
        try:
            self._first = await anext(self._pieces, None)
        except ReplyLost:
            raise
        except BlockedContent as blocked:
            self._blocked = blocked  # No other target is asked: this one has answered, and is paid.
        except _BROKEN as error:
            raise ReplyLost(_said(error)) from error

    def own(self, open_reply: OpenReply) -> None:
        """`open_reply` is closed with the stream."""
        self._open_reply = open_reply
        if self._repeats is not None and self._recording is not None:
            self._repeats.begun(self._call, self._attempt.target, self._recording)

    def seen(self) -> tuple[str | None, Usage | None]:
        """The text that came so far, and what the provider has reported."""
        return self._reply.produced(), self._usage()

    async def close(self) -> None:
        """Settles a call that is not yet resolved for what was produced, and closes the provider's reply. Harmless
        twice.
        """
        open_reply, self._open_reply = self._open_reply, None
        if open_reply is None:
            return  # Its connection may serve another call by now.
        async with open_reply:
            if not self._attempt.resolved:
                await self._attempt.hung_up(produced=self._reply.produced(), reported=self._usage())

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes for the client, one piece per network read of the provider's.

        The call is settled before the end is written. A provider that dies in mid-stream is settled for what it
        produced and told of as an error event.
        """
        try:
            if self._first:
                yield self._first
            if self._blocked is not None:
                raise self._blocked
            async for piece in self._pieces:
                yield piece
            endpoint, worst = self._call.endpoint, self._attempt.worst
            _, used = endpoint.settled(self._call.body, {}, self._usage(), worst)
            record, usage = await self._attempt.settle(used, produced=self._reply.produced() or "")
        except BlockedContent as blocked:
            self._passing.succeeded(self._upstream.headers)
            produced, reported = self.seen()
            said = answer_withheld(blocked)
            await self._attempt.cut(said, status=_BLOCKED_STATUS, produced=produced, reported=reported)
            yield self.error("content_policy_violation", said)
            return
        except _BROKEN as error:
            said = _said(error)
            self._passing.failed()
            await self._attempt.cut(said, produced=self._reply.produced(), reported=self._usage())
            yield self.error("upstream_error", said)
            return
        except StoreError:
            yield self.error("store_unavailable", "the books cannot be written")
            raise
        self._passing.succeeded(self._upstream.headers)
        await self._share(usage)
        try:
            end = self._reply.ending(record, summary_of(self._call, record))
        except BlockedContent as blocked:
            end = self.error("content_policy_violation", answer_withheld(blocked))
        yield end
        await self._upstream.drain()

    async def _share(self, usage: Usage) -> None:
        """Leaves the settled answer to who asks the same."""
        if self._repeats is None or self._recording is None:
            return
        attempt = self._attempt
        reply = self._reply.body() if self._reply.storable else None
        await self._repeats.answered(
            self._call, attempt.target, reply, usage, self._recording.borders(), downgraded=attempt.downgraded
        )

    async def _relay(self) -> AsyncIterator[bytes]:
        """What the provider sends, as the client gets it. Raises when it is broken or not whole."""
        broken: Exception | None = None
        received_bytes = 0
        try:
            async for data in self._upstream.chunks():
                received_bytes += len(data)
                if received_bytes > self._most_bytes:
                    raise ProviderError("the provider's stream is far longer than what was asked for")
                written, broken = self._relayed(self._events.feed(data))
                if written:
                    yield written
                if broken is not None:
                    raise broken
                if self._events.ended:
                    break
            written, broken = self._relayed(self._events.close())
            if written:
                yield written
            if broken is not None:
                raise broken
        finally:
            broken = None  # Its traceback knows this frame: both, and the answer, would stay until the next collection.
        if not self._reply.finished:
            raise ProviderError("the provider's stream ended before its answer did")

    def _relayed(self, events: Iterator[dict[str, Any]]) -> tuple[bytes, Exception | None]:
        """What the client gets for these events, and what was wrong with the first that was broken."""
        written: list[bytes] = []
        try:
            for event in events:
                if self._recording is not None:
                    self._recording.add(event)
                written.append(self._reply.add(event))
        except (BlockedContent, *_BROKEN) as error:
            return b"".join(written), error
        return b"".join(written), None

    def _usage(self) -> Usage | None:
        return self._events.usage_so_far(lambda: self._attempt.output_tokens(self._reply.produced()))

    def error(self, code: str, message: str) -> bytes:
        """The event that ends a stream which cannot go on."""
        return self._reply.error(code, f"{message} (request {self._call.request_id})")


def _said(error: Exception) -> str:
    """Only our own sentences go on record: an exception of a parser may quote what it could not parse."""
    return str(error) if isinstance(error, ProviderError) else "the provider sent a broken event"
