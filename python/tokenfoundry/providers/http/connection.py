"""One connection to a provider: it carries one request and its reply at a time.

**What may be sent again.** A provider may close a connection that waits in the pool at the very moment a request is
written to it. Such a request is sent once more on a fresh connection (`ClosedIdle`), and only when all of this holds:
the connection had served before; not one byte of the reply came; it ended in order, with a FIN; and the system still
holds every byte of the request as not acknowledged (`TIOCOUTQ`). A FIN acknowledges all that its sender had received,
and what its network layer had not, its application cannot have read. So no request is sent twice that a provider took.
In doubt, as with any reset, whose sender may owe an acknowledgement, the reply is lost (`ReplyLost`) and the caller
settles.

**Time.** Each wait has an instant at which it is over, `_due_at`. One timer per connection serves them all: it is only
moved when an instant is nearer than it, and looks when it rings whether anything is due. So an ordinary request costs
no timer.
"""

from __future__ import annotations

import asyncio
import fcntl
import math
import select
import struct
import termios
from collections import deque
from typing import Any

from tokenfoundry.providers.http.errors import ConnectFailed, ReplyLost, ReplyTimeout
from tokenfoundry.providers.http.limits import PAUSE_BYTES, RESUME_BYTES, Limits
from tokenfoundry.providers.http.parser import ReplyParser

_EARLY_S = 0.001  # Timers of some loops have a resolution of a millisecond.


class ClosedIdle(ReplyLost):
    """The peer closed the connection before it took any of the request: it can be sent again."""


class Connection(asyncio.Protocol):
    """A TCP or TLS connection. Used on its loop only."""

    __slots__ = (
        "_alarm",
        "_alarm_at",
        "_busy",
        "_due_at",
        "_error",
        "_heard",
        "_limits",
        "_loop",
        "_parser",
        "_phase",
        "_pieces",
        "_poll",
        "_read_paused",
        "_request_bytes",
        "_total_at",
        "_transport",
        "_waiter",
        "_write_paused",
        "buffered_bytes",
        "closed",
        "idle_since_s",
        "opened_s",
        "served",
    )

    _transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, opened_s: float) -> None:
        self._loop = loop
        self._parser = ReplyParser()
        self._pieces: deque[bytes] = deque()
        self._limits = Limits()
        self._busy = False
        self._heard = False
        self._error: ReplyLost | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._read_paused = False
        self._write_paused = False
        self._request_bytes = 0
        self._total_at = self._due_at = self._alarm_at = math.inf
        self._alarm: asyncio.TimerHandle | None = None
        self._phase = ""
        self.buffered_bytes = 0
        """Of the body, received and not yet read."""
        self.closed = loop.create_future()
        """Done when the transport is gone."""
        self.opened_s = opened_s
        self.idle_since_s = opened_s
        self.served = 0
        """How many replies it has carried to their end."""

    # -- for who sends -------------------------------------------------------------------------------------------------

    @property
    def status(self) -> int:
        return self._parser.status

    @property
    def fields(self) -> dict[bytes, bytes]:
        """The header fields of the reply, names in lower case. A new mapping for each reply."""
        return self._parser.fields

    async def request(self, data: bytes, limits: Limits, total_at: float) -> None:
        """Writes a request and waits for the head of its reply. `total_at` is in the loop's time.

        Raises `ConnectFailed`, `ClosedIdle`, `ReplyLost` or `ReplyTimeout`; the connection is then closed. Who gives up
        closes it.
        """
        if self._transport.is_closing():
            raise ConnectFailed("the connection ended before the request could be written")
        self._parser.begin()
        self._pieces.clear()
        self.buffered_bytes = 0
        self._busy = True
        self._heard = False
        self._limits = limits
        self._total_at = total_at
        self._request_bytes = len(data)
        self._transport.write(data)
        while not self._parser.head_complete:
            if self._error is not None:
                raise self._as_told()
            if self._write_paused:
                await self._wait(limits.write_s, "did not take the request")
            else:
                await self._wait(limits.first_byte_s, "did not answer")

    async def piece(self) -> bytes:
        """The next bytes of the body, all that arrived; empty at its end. Raises `ReplyLost` or `ReplyTimeout`."""
        while True:
            if self._pieces:
                data = self._pieces.popleft()
                self.buffered_bytes -= len(data)
                if self._read_paused and self.buffered_bytes <= RESUME_BYTES:
                    self._resume_reading()
                return data
            if self._parser.complete:
                return b""
            if self._error is not None:
                raise self._as_told()
            await self._wait(self._limits.read_s, "stopped in the middle of its answer")

    def rest(self) -> bool:
        """The request is done with. Whether the connection can take another."""
        parser = self._parser
        self._busy = False
        self._due_at = math.inf
        if not (parser.complete and parser.keep_alive) or parser.spoiled or self._write_paused:
            return False
        if self._waiter is not None:
            return False  # Another task still reads the reply.
        if self._read_paused:
            self._resume_reading()
        self.served += 1
        return not self._transport.is_closing()

    def is_quiet(self) -> bool:
        """Whether the peer has neither closed an idle connection nor sent anything, the system asked right now."""
        return not self._transport.is_closing() and not self._poll.poll(0)

    @property
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        """Takes leave of the peer, as TLS wants it."""
        self._transport.close()

    def abort(self) -> None:
        """Closes at once, with what was to be written dropped. Who still reads the reply is told that it is lost."""
        self._fail(ReplyLost("the request was given up"))

    def _as_told(self) -> ReplyLost:
        """Its error, new each time: by its traceback the one that is kept would keep who was told of it."""
        assert self._error is not None
        return type(self._error)(*self._error.args)

    # -- waiting -------------------------------------------------------------------------------------------------------

    async def _wait(self, limit_s: float, phase: str) -> None:
        self._phase = phase
        self._due_in(limit_s)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._due_at = self._total_at

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _due_in(self, limit_s: float) -> None:
        at = self._due_at = min(self._loop.time() + limit_s, self._total_at)
        if at < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(at, self._ring)
            self._alarm_at = at

    def _ring(self) -> None:
        self._alarm = None
        self._alarm_at = math.inf
        if self._due_at == math.inf:
            return
        left_s = self._due_at - self._loop.time()
        if left_s > _EARLY_S:
            self._due_in(left_s)
        elif self._waiter is not None:
            self._fail(ReplyTimeout(f"the provider {self._phase} in time"))
        else:
            self._fail(ReplyTimeout("the provider's reply was not read to its end in the time for the whole call"))

    def _fail(self, error: ReplyLost) -> None:
        if self._error is None:
            self._error = error
        self._wake()
        self._transport.abort()

    # -- called by the loop --------------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        # What the system does not take at once counts as not written: `pause_writing` is called. Not 0, with which the
        # transport of TLS pauses when there is nothing to write.
        transport.set_write_buffer_limits(high=1, low=0)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self._transport.abort()  # Nobody asked: whatever it is, no reply of a later request is to be mixed with it.
            return
        parser = self._parser
        self._heard = True
        had_head = parser.head_complete
        body = parser.feed(data)
        if body:
            self._pieces.append(body)
            self.buffered_bytes += len(body)
            if self.buffered_bytes > PAUSE_BYTES and not self._read_paused and not self._transport.is_closing():
                self._read_paused = True
                self._transport.pause_reading()
        if parser.broken:
            self._fail(ReplyLost(parser.broken))
        elif body or parser.complete or parser.head_complete is not had_head:
            self._wake()

    def eof_received(self) -> None:
        if self._busy and self._parser.finish():
            self._wake()
        else:
            self._ended(in_order=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(in_order=False)
        self._parser.close()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if not self.closed.done():
            self.closed.set_result(None)

    def _ended(self, *, in_order: bool) -> None:
        if not self._busy or self._parser.complete or self._error is not None:
            return
        if in_order and self.served and not self._heard and self._took_nothing():
            self._fail(ClosedIdle("the provider closed the connection before it took the request"))
        elif self._heard:
            self._fail(ReplyLost("the provider's reply was cut short: it closed the connection"))
        else:
            self._fail(ReplyLost("the provider closed the connection without an answer"))

    def _took_nothing(self) -> bool:
        """Whether the peer has acknowledged nothing of the request, which TLS makes longer on the wire."""
        held = self._transport.get_write_buffer_size()
        try:
            fd = self._transport.get_extra_info("socket").fileno()
            (queued,) = struct.unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, bytes(4)))
        except OSError:
            return False  # No longer known, so in doubt.
        unacknowledged: int = held + queued
        return unacknowledged >= self._request_bytes

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if not self._parser.head_complete:
            self._wake()  # What the peer takes from now on is counted as its answering.

    def _resume_reading(self) -> None:
        self._read_paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()
