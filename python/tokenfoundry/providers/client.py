"""The one place that talks to providers: pooled HTTP connections, and every failure told apart by what it may have
cost.

A failure before the request was written (`ConnectFailed`) consumed nothing. After that (`ReplyLost`, `ReplyTimeout`)
the provider may have worked, so the caller settles instead of voiding.

One client serves any number of event loops: each gets a session of its own, opened at its first call.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress

import aiohttp

from tokenfoundry.errors import ConfigError, ProviderError
from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.settings import KeyReference, ProviderSettings

_MAX_REPLY_BYTES = 64 * 1024 * 1024
_DRAIN_S = 0.5
_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")


class ConnectFailed(ProviderError):
    """No connection: nothing was sent, nothing was consumed."""


class ReplyLost(ProviderError):
    """The request was sent and no complete reply came back."""


class ReplyTimeout(ReplyLost):
    """The provider did not answer in time."""


class UpstreamReply:
    """An open reply: read it whole or as a stream. Belongs to the `send` block it came from."""

    def __init__(self, response: aiohttp.ClientResponse, *, read_timeout_s: float) -> None:
        self._response = response
        self._read_timeout_s = read_timeout_s
        self.status = response.status
        self.headers = response.headers

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self._response.content_type

    @property
    def is_event_stream(self) -> bool:
        return self.content_type in _STREAMS

    async def read(self) -> bytes:
        """The whole body. Raises `ReplyLost` when it is cut short or over 64 MiB."""
        parts: list[bytes] = []
        size = 0
        async for part in self.chunks():
            size += len(part)
            if size > _MAX_REPLY_BYTES:
                raise ReplyLost("the provider's reply is over 64 MiB")
            parts.append(part)
        return b"".join(parts)

    async def drain(self) -> None:
        """Reads what is left, so that the connection can be used again; gives up after half a second."""
        with suppress(ReplyLost, TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                async for _ in self.chunks():
                    pass

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises `ReplyLost` when it is cut short."""
        content = self._response.content
        while True:
            with _translated():
                async with asyncio.timeout(self._read_timeout_s):
                    chunk = await content.readany()
            if not chunk:
                return
            yield chunk


@contextmanager
def _translated() -> Iterator[None]:
    """Turns aiohttp's exceptions into this module's three."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
        raise ConnectFailed(f"cannot connect to the provider: {type(error).__name__}") from error
    except TimeoutError as error:
        raise ReplyTimeout("the provider did not answer in time") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ReplyLost(f"the provider's reply was lost: {type(error).__name__}") from error


def _read(reference: KeyReference, path: str) -> str:
    try:
        return reference.read().reveal()
    except ConfigError as error:
        raise ConfigError(str(error), path=path) from None


class ProviderClient:
    """Sends requests to the configured providers. Close it from each loop that used it."""

    def __init__(self, providers: Mapping[str, ProviderSettings]) -> None:
        self._providers = dict(providers)
        self._keys: dict[str, Iterator[str | None]] = {}
        for name, provider in self._providers.items():
            keys = [
                _read(reference, f"providers.{name}.keys[{index}]") for index, reference in enumerate(provider.keys)
            ]
            self._keys[name] = itertools.cycle(keys or [None])
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}

    def next_key(self, provider: str) -> str | None:
        """The key for the next call to this provider; None when it takes none."""
        return next(self._keys[provider])

    @asynccontextmanager
    async def send(self, provider: str, request: WireRequest) -> AsyncIterator[UpstreamReply]:
        """Sends `request` to the provider; the reply lives as long as the block."""
        limits = self._providers[provider].timeout_s
        with _translated():
            sending = self._session().request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                timeout=aiohttp.ClientTimeout(total=limits.total, connect=limits.connect),
                allow_redirects=False,
            )
            # Connecting has its own limit, within this one, so that what runs out here was sent.
            async with asyncio.timeout(limits.connect + limits.first_byte):
                response = await sending
        complete = False
        try:
            yield UpstreamReply(response, read_timeout_s=limits.read)
            complete = response.content.at_eof()
        finally:
            # A reply that was not read to its end must not go back to the pool.
            if complete:
                response.release()
            else:
                response.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            self._sessions = {known: kept for known, kept in self._sessions.items() if not known.is_closed()}
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=60)
            session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
            )
            self._sessions[loop] = session
        return session

    async def aclose(self) -> None:
        """Closes the connections opened on the running loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()
