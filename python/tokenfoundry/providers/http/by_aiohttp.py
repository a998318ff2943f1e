"""The other transport: aiohttp, for what goes through a proxy and for servers that the lean one cannot talk to.

It has no limit of its own on the writing of a request: that is within the one on the reply's head.
"""

from __future__ import annotations

import asyncio
import io
import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http.decoding import ACCEPTED
from tokenfoundry.providers.http.errors import ConnectFailed, ReplyLost, ReplyTimeout
from tokenfoundry.providers.http.limits import IDLE_S, MAX_HEAD_BYTES, NAMES_S, Limits
from tokenfoundry.providers.http.reply import UpstreamReply

_MAX_BYTES_AT_ONCE = 2**20

# Nothing was sent to the provider: a proxy that refuses the way to it included.
_NOT_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns aiohttp's exceptions into ours."""
    try:
        yield
    except _NOT_CONNECTED as error:
        raise ConnectFailed(f"cannot connect to the provider: {type(error).__name__}") from error
    except TimeoutError as error:
        raise ReplyTimeout("the provider did not answer in time") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ReplyLost(f"the provider's reply was lost: {type(error).__name__}") from error


def _data(body: bytes) -> bytes | io.BytesIO | None:
    """aiohttp writes large bytes in one go and warns of it; a file it writes piece by piece."""
    return io.BytesIO(body) if len(body) > _MAX_BYTES_AT_ONCE else body or None


def _as_it_is(url: str) -> URL:
    """An address whose every byte stays what it is: a signature may cover it. Raises `ConnectFailed`."""
    try:
        made = URL(url, encoded=True)
        _ = made.port  # Read only now.
    except ValueError as error:
        raise ConnectFailed("the provider's address cannot be read") from error
    return made


class _Body:
    def __init__(self, response: aiohttp.ClientResponse, read_timeout_s: float) -> None:
        self._content = response.content
        self._read_timeout_s = read_timeout_s

    async def piece(self) -> bytes:
        with _translated():
            async with asyncio.timeout(self._read_timeout_s):
                return await self._content.readany()


class Exchange:
    """See `Sending`."""

    def __init__(self, reply: Callable[[Exchange], AbstractAsyncContextManager[UpstreamReply]]) -> None:
        self.was_written = False
        self._reply = reply(self)

    async def __aenter__(self) -> UpstreamReply:
        return await self._reply.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._reply.__aexit__(kind, error, trace)


def _tracing() -> aiohttp.TraceConfig:
    """Tells each exchange when its head was written."""

    async def written(_session: object, context: Any, _params: object) -> None:
        context.trace_request_ctx.was_written = True

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(written)
    return tracing


class AiohttpTransport:
    """See `Transport`."""

    def __init__(self, *, proxy: str | None = None) -> None:
        """`proxy` is the address of an HTTP proxy, which may hold a user and a password."""
        self._proxy = proxy
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
        self._mutex = threading.Lock()  # Guards changes of `_sessions`.

    def send(self, request: WireRequest, limits: Limits, within_s: float = math.inf) -> Exchange:
        """See `Transport`."""
        return Exchange(lambda exchange: self._reply(request, limits, within_s, exchange))

    @asynccontextmanager
    async def _reply(
        self, request: WireRequest, limits: Limits, within_s: float, exchange: Exchange
    ) -> AsyncIterator[UpstreamReply]:
        with _translated():
            sending = self._session().request(
                request.method,
                _as_it_is(request.url),
                data=_data(request.body),
                headers=request.headers,
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(total=min(limits.total_s, within_s), connect=limits.connect_s),
                allow_redirects=False,
                trace_request_ctx=exchange,
            )
            # Connecting has its own limit, within this one, so that what runs out here was sent.
            async with asyncio.timeout(limits.connect_s + limits.first_byte_s):
                response = await sending
        fields: dict[bytes, bytes] = {}
        for name, value in response.raw_headers:
            name = name.lower()
            fields[name] = value if name not in fields else fields[name] + b", " + value
        reply = UpstreamReply(response.status, fields, _Body(response, limits.read_s))
        complete = False
        try:
            yield reply
            complete = response.content.at_eof()
        finally:
            reply.close()
            # A reply that was not read to its end must not go back to the pool.
            if complete:
                response.release()
            else:
                response.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S, ttl_dns_cache=int(NAMES_S)),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[_tracing()],
                headers={"accept-encoding": ACCEPTED, "user-agent": "tokenfoundry"},
                auto_decompress=False,  # The reply undoes codings within its own bounds.
                max_field_size=MAX_HEAD_BYTES,
                max_line_size=MAX_HEAD_BYTES,
            )
            with self._mutex:
                self._sessions = {known: kept for known, kept in self._sessions.items() if not known.is_closed()}
                self._sessions[loop] = session
        return session

    @property
    def open_loops(self) -> int:
        """See `Transport`."""
        return sum(not loop.is_closed() for loop in list(self._sessions))

    async def aclose(self) -> None:
        """Closes the connections of the running loop."""
        with self._mutex:
            session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()
