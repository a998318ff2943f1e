"""Names of providers to addresses, each looked up once a minute at most."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from tokenfoundry.providers.http.limits import NAMES_S

AddressInfo = tuple[socket.AddressFamily | int, socket.SocketKind | int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it."""

Lookup = Callable[[str, int], Awaitable[list[AddressInfo]]]
"""The addresses of a name, best first. Raises `OSError` when there are none."""


async def system_lookup(host: str, port: int) -> list[AddressInfo]:
    """What the system says, asked on a thread."""
    loop = asyncio.get_running_loop()
    found: list[AddressInfo] = list(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return found


class Resolver:
    """The addresses of names, for one event loop. Callers who ask for a name at the same time share one look-up."""

    def __init__(self, lookup: Lookup, clock_s: Callable[[], float]) -> None:
        self._lookup = lookup
        self._clock_s = clock_s
        self._found: dict[tuple[str, int], tuple[float, list[AddressInfo]]] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[list[AddressInfo]]] = {}

    async def addresses(self, host: str, port: int) -> list[AddressInfo]:
        """The addresses of the name, at most 60 s old. Raises `OSError` when it has none."""
        known = self._found.get((host, port))
        if known is not None and self._clock_s() - known[0] < NAMES_S:
            return known[1]
        asking = self._asking.get((host, port))
        if asking is None:
            asking = self._asking[host, port] = asyncio.create_task(self._ask(host, port))
            asking.add_done_callback(lambda done: done.cancelled() or done.exception())  # No caller may be left.
        try:
            return await asyncio.shield(asking)  # A caller who gives up takes nothing from the others.
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if asking.cancelled() and task is not None and not task.cancelling():
                raise OSError("the client was closed") from None
            raise

    async def _ask(self, host: str, port: int) -> list[AddressInfo]:
        try:
            addresses = await self._lookup(host, port)
            if not addresses:
                raise OSError(f"{host} has no address")
            self._found[host, port] = (self._clock_s(), addresses)
            return addresses
        finally:
            del self._asking[host, port]

    def close(self) -> None:
        """Gives up what is being looked up."""
        for asking in self._asking.values():
            asking.cancel()
