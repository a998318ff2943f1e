"""The gateway without a socket: transports that carry an OpenAI client's requests straight into the ASGI application.

httpx's own ASGI transport collects a whole reply before it hands it on; these pass every piece on as it is written, so
a stream streams, hanging up reaches the gateway, and a slow reader slows the provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.asgi import Message, Receive, Scope, Send
from tokenfoundry.gateway.loop_thread import LoopThread

try:
    import httpx2 as httpx
except ModuleNotFoundError as error:
    raise MissingExtra("httpx2", "openai") from error

App = Callable[[Scope, Receive, Send], Any]

_PIECES_AHEAD = 16  # how far the gateway may write before the reader has read


class _Exchange:
    """One request and its reply: runs the application as a task and hands out what it sends, piece by piece."""

    def __init__(self, app: App, request: httpx.Request, body: bytes) -> None:
        self._request = request
        self._read_timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(maxsize=_PIECES_AHEAD)
        self._ended = False
        self._gone = asyncio.Event()
        self._body: bytes | None = body
        self._task = asyncio.ensure_future(self._run(app))

    async def _run(self, app: App) -> None:
        url = self._request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": None,
        }
        try:
            await app(scope, self._receive, self._messages.put)
        finally:
            await self._messages.put(None)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers. A caller that gives up before they come has hung up."""
        try:
            message = await self._next_message()
        except BaseException:
            await self.close()
            raise
        if message is None:
            await self._task
            raise RuntimeError("the gateway ended without an answer")
        return message["status"], message["headers"]

    async def next(self) -> bytes | None:
        """The next piece of the body; None after the last."""
        while not self._ended:
            message = await self._next_message()
            if message is None:
                await self._task
            elif message.get("body"):
                return bytes(message["body"])
        return None

    async def _next_message(self) -> Message | None:
        try:
            async with asyncio.timeout(self._read_timeout_s):
                message = await self._messages.get()
        except TimeoutError:
            raise httpx.ReadTimeout("the gateway did not answer in time", request=self._request) from None
        self._ended = message is None
        return message

    async def close(self) -> None:
        """Hangs up and waits until the gateway has settled the call."""
        self._gone.set()
        while not self._ended:
            self._ended = await self._messages.get() is None
        with suppress(asyncio.CancelledError):
            await self._task


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._exchange.next()) is not None:
            yield piece

    async def aclose(self) -> None:
        await self._exchange.close()


class AsyncGatewayTransport(httpx.AsyncBaseTransport):
    """For `AsyncOpenAI`: runs on the caller's own loop."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, request, await request.aread())
        status, headers = await exchange.start()
        return httpx.Response(status, headers=headers, stream=_AsyncBody(exchange))


class _Body(httpx.SyncByteStream):
    def __init__(self, exchange: _Exchange, thread: LoopThread) -> None:
        self._exchange = exchange
        self._thread = thread

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._thread.run(self._exchange.next())) is not None:
            yield piece

    def close(self) -> None:
        self._thread.run(self._exchange.close())


class GatewayTransport(httpx.BaseTransport):
    """For `OpenAI`: the gateway runs on the loop thread, the caller waits."""

    def __init__(self, app: App, thread: LoopThread) -> None:
        self._app = app
        self._thread = thread

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()

        async def start() -> tuple[_Exchange, int, list[tuple[bytes, bytes]]]:
            exchange = _Exchange(self._app, request, body)
            return exchange, *(await exchange.start())

        exchange, status, headers = self._thread.run(start())
        return httpx.Response(status, headers=headers, stream=_Body(exchange, self._thread))


def client(app: App, thread: LoopThread) -> httpx.Client:
    """An HTTP client whose every request goes to `app`, whatever its host."""
    return httpx.Client(transport=GatewayTransport(app, thread))


def async_client(app: App) -> httpx.AsyncClient:
    """The same for the caller's own loop."""
    return httpx.AsyncClient(transport=AsyncGatewayTransport(app))
