"""The lean transport: HTTP/1.1 on pooled connections, one write per request, no task and no timer of its own for it."""

from __future__ import annotations

import asyncio
import math
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http.connection import ClosedIdle, Connection
from tokenfoundry.providers.http.limits import Limits
from tokenfoundry.providers.http.pool import Pool
from tokenfoundry.providers.http.reply import UpstreamReply
from tokenfoundry.providers.http.request import Origin, Requests
from tokenfoundry.providers.http.resolver import Lookup, Resolver, system_lookup


def default_tls() -> ssl.SSLContext:
    """Certificates of the system's authorities, or of those that SSL_CERT_FILE names."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class LeanTransport:
    """See `Transport`. Thread-safe: what belongs to a loop is used on that loop."""

    def __init__(
        self,
        *,
        lookup: Lookup = system_lookup,
        tls: Callable[[], ssl.SSLContext] = default_tls,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tls` is called once, at the first connection that needs it. `clock_s` dates names and idle connections."""
        self._lookup = lookup
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._clock_s = clock_s
        self._requests = Requests()
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._mutex = threading.Lock()  # Guards the making of `_pools` and `_tls`.

    def send(self, request: WireRequest, limits: Limits, within_s: float = math.inf) -> Exchange:
        """See `Transport`."""
        return Exchange(self, request, limits, within_s)

    def pool(self) -> Pool:
        """The connections of the running loop."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = Pool(loop, Resolver(self._lookup, self._clock_s), self._tls_context, self._clock_s)
            with self._mutex:
                self._pools = {known: kept for known, kept in self._pools.items() if not known.is_closed()}
                self._pools[loop] = pool
        return pool

    def build(self, request: WireRequest) -> tuple[Origin, bytes]:
        """See `Requests`, which is safe in threads: what it keeps is replaced, never changed."""
        return self._requests.build(request)

    @property
    def open_loops(self) -> int:
        """See `Transport`."""
        return sum(not loop.is_closed() for loop in list(self._pools))

    async def aclose(self) -> None:
        """Closes the connections of the running loop."""
        with self._mutex:
            pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()

    def _tls_context(self) -> ssl.SSLContext:
        with self._mutex:
            if self._tls is None:
                self._tls = self._make_tls()
            return self._tls


class Exchange:
    """See `Sending`."""

    __slots__ = (
        "_connection",
        "_limits",
        "_origin",
        "_pool",
        "_reply",
        "_request",
        "_total_s",
        "_transport",
        "was_written",
    )

    _connection: Connection
    _origin: Origin
    _pool: Pool
    _reply: UpstreamReply

    def __init__(self, transport: LeanTransport, request: WireRequest, limits: Limits, within_s: float) -> None:
        self._transport = transport
        self._request = request
        self._limits = limits
        self._total_s = min(limits.total_s, within_s)
        self.was_written = False

    async def __aenter__(self) -> UpstreamReply:
        self._origin, data = self._transport.build(self._request)
        self._pool = pool = self._transport.pool()
        total_at = asyncio.get_running_loop().time() + self._total_s
        connection = pool.take(self._origin)
        while True:
            if connection is None:
                connection = await pool.connect(self._origin, min(self._limits.connect_s, self._total_s))
            self.was_written = True
            try:
                await connection.request(data, self._limits, total_at)
            except ClosedIdle:  # By one that had served before, so at most once: the next is a fresh one.
                connection, self.was_written = None, False
            except BaseException:
                connection.abort()
                raise
            else:
                break
        self._connection = connection
        self._reply = UpstreamReply(connection.status, connection.fields, connection)
        return self._reply

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reply.close()
        self._pool.give_back(self._connection, self._origin)
