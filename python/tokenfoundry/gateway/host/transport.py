"""The gateway without a socket: transports that carry an OpenAI client's requests straight into the ASGI application.

httpx's own ASGI transport collects a whole reply before it hands it on; these pass every piece on as it is written, so
a stream streams, hanging up reaches the gateway, and a slow reader slows the provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.asgi import Message, Receive, Scope, Send
from tokenfoundry.gateway.host.loop_thread import LoopThread

try:
    import httpx2 as httpx
except ModuleNotFoundError as error:
    raise MissingExtra("httpx2", "openai") from error

App = Callable[[Scope, Receive, Send], Any]

_PIECES_AHEAD = 16  # how far the gateway may write before the reader has read


class _Exchange:
    """One request and its reply: runs the application as a task and hands out what it sends, piece by piece.

    Whoever gives up - out of time, cancelled, closing early - ends the task: what it has done by then is settled.
    """

    def __init__(self, app: App, request: httpx.Request, body: bytes) -> None:
        self._request = request
        self._read_timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()  # None behind the last.
        self._room = asyncio.Semaphore(_PIECES_AHEAD)
        self._body: bytes | None = body
        self._task = asyncio.ensure_future(app(self._scope(), self._receive, self._send))
        self._task.add_done_callback(lambda _: self._messages.put_nowait(None))

    def _scope(self) -> Scope:
        url = self._request.url
        return {
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

    async def _receive(self) -> Message:
        if self._body is None:
            await asyncio.get_running_loop().create_future()  # Hanging up cancels.
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Message) -> None:
        await self._room.acquire()
        self._messages.put_nowait(message)

    async def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers. Raises `ReadTimeout`."""
        message = await self._next_message()
        if message is None:
            raise RuntimeError("the gateway ended without an answer")
        return message["status"], message["headers"]

    async def next(self) -> bytes | None:
        """The next piece of the body; None after the last. Raises `ReadTimeout`."""
        while (message := await self._next_message()) is not None:
            if message.get("body"):
                return bytes(message["body"])
        return None

    async def _next_message(self) -> Message | None:
        """What the application sends next; None once it has ended. Raises what it raised."""
        if self._task.done() and self._messages.empty():
            return None
        try:
            async with asyncio.timeout(self._read_timeout_s):
                message = await self._messages.get()
        except TimeoutError:
            await self.close()
            raise httpx.ReadTimeout("the gateway did not answer in time", request=self._request) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        if message is None:
            await self._task
        self._room.release()
        return message

    async def close(self) -> None:
        """Hangs up, unless it is over, and waits until the gateway has settled the call."""
        if not self._task.cancelling():
            self._task.cancel()
        await asyncio.wait({self._task})


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
