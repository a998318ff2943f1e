"""HTTP towards providers: one interface, two transports.

    errors       what can go wrong, told apart by what it may have cost
    limits       how long each phase may take, and how much is read
    reply        an open reply, the same from both transports; decoding undoes gzip and deflate within bounds
    lean         the ordinary transport: HTTP/1.1 on pooled asyncio connections, parsed by llhttp
                   (pool -> connection -> parser; resolver finds addresses, request builds heads)
    by_aiohttp   the other one, for what goes through a proxy and for servers that the lean one cannot talk to
    proxies      which proxy the environment states for an address

`by_aiohttp` and `lean` are imported by who needs them: the first costs a tenth of a second at start, the second needs
httptools.
"""

from __future__ import annotations

import math
from types import TracebackType
from typing import Protocol

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http.errors import ConnectFailed, ReplyLost, ReplyTimeout
from tokenfoundry.providers.http.limits import Limits
from tokenfoundry.providers.http.reply import UpstreamReply


class Sending(Protocol):
    """A request and its reply; the reply lives as long as the block. Enter it once."""

    was_written: bool
    """Whether any of the request may have reached the provider. True also where nobody can say."""

    async def __aenter__(self) -> UpstreamReply: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...


class Transport(Protocol):
    """Sends requests. Serves any number of event loops, each with connections of its own."""

    def send(self, request: WireRequest, limits: Limits, within_s: float = math.inf) -> Sending:
        """`within_s` bounds all of it together, as `limits.total_s` does.

        Entering sends the request and gives the reply when its head is there; the reply lives as long as the block.

        Raises `ConnectFailed`, `ReplyLost` or `ReplyTimeout`. Leaving the block, by an error or a cancellation too,
        keeps the connection for another request only when the reply was received to its end.
        """

    @property
    def open_loops(self) -> int:
        """How many loops have not closed their connections; loops that ended without are not counted."""

    async def aclose(self) -> None:
        """Closes the connections of the running loop."""


__all__ = ["ConnectFailed", "Limits", "ReplyLost", "ReplyTimeout", "Sending", "Transport", "UpstreamReply"]
