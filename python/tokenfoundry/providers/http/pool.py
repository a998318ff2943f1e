"""The connections of one event loop: those that wait for a request, and how new ones are made.

The one that served last serves next, so that the others come to their end: after 30 s without a request, or at the
first request after five minutes of life.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

from aiohappyeyeballs import start_connection

from tokenfoundry.providers.http.connection import Connection
from tokenfoundry.providers.http.errors import ConnectFailed
from tokenfoundry.providers.http.limits import IDLE_S, MAX_AGE_S
from tokenfoundry.providers.http.request import Origin
from tokenfoundry.providers.http.resolver import Resolver

_SWEEP_S = 5.0
_NEXT_ADDRESS_S = 0.25  # An address that does not answer for so long is raced by the next (RFC 8305).
_GOODBYE_S = 1.0  # How long TLS may take to end in order.


class Pool:
    """Connections to any number of origins. Used on its loop only."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        resolver: Resolver,
        tls: Callable[[], ssl.SSLContext],
        clock_s: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._resolver = resolver
        self._tls = tls
        self._clock_s = clock_s
        self._idle: dict[Origin, list[Connection]] = {}
        self.connections: set[Connection] = set()
        """All that are open, waiting or serving."""
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, origin: Origin) -> Connection | None:
        """A connection that waits for a request, if there is one that the peer has not closed."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_quiet() and self._clock_s() - connection.idle_since_s < IDLE_S:
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection, origin: Origin) -> None:
        """Ends a request on the connection. It is kept when its reply was received to the end and it can serve on."""
        if not connection.rest():
            connection.abort()
            return
        now_s = self._clock_s()
        if now_s - connection.opened_s > MAX_AGE_S:
            connection.close()
            return
        connection.idle_since_s = now_s
        self._idle.setdefault(origin, []).append(connection)
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)

    async def connect(self, origin: Origin, limit_s: float) -> Connection:
        """A new connection. Raises `ConnectFailed`."""
        try:
            async with asyncio.timeout(limit_s):
                return await self._connected(origin)
        except TimeoutError as error:
            raise ConnectFailed(f"no connection to {origin} in {limit_s:g} s") from error
        except (OSError, RuntimeError) as error:
            raise ConnectFailed(f"cannot connect to {origin}: {_said(error)}") from error

    async def _connected(self, origin: Origin) -> Connection:
        tls = self._tls() if origin.scheme == "https" else None
        addresses = await self._resolver.addresses(origin.host, origin.port)
        sock = await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1, loop=self._loop)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError:
            sock.close()
            raise
        _, connection = await self._loop.create_connection(
            lambda: Connection(self._loop, self._clock_s()),
            sock=sock,
            ssl=tls,
            server_hostname=origin.host if tls else None,
            ssl_shutdown_timeout=_GOODBYE_S if tls else None,
        )
        self.connections.add(connection)
        connection.closed.add_done_callback(lambda _: self.connections.discard(connection))
        return connection

    def _sweep(self) -> None:
        self._sweeping = None
        now_s = self._clock_s()
        for origin, idle in list(self._idle.items()):
            kept = []
            for connection in idle:
                if now_s - connection.idle_since_s < IDLE_S and not connection.is_closing:
                    kept.append(connection)
                else:
                    connection.close()
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]
        if self._idle:
            self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)

    async def aclose(self) -> None:
        """Closes every connection; a request that is under way loses its reply."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._resolver.close()
        self._idle.clear()
        leaving = [connection.closed for connection in self.connections]
        for connection in self.connections:
            connection.close()
        if leaving:
            await asyncio.wait(leaving, timeout=2 * _GOODBYE_S)
        for connection in self.connections:
            connection.abort()
        await asyncio.sleep(0)  # The loop tells each connection of its end.


def _said(error: Exception) -> str:
    """What is known of a failure to connect, in words that name no secret: a host, a port, a reason."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
