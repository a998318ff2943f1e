"""What does it cost to ask a provider, beside aiohttp and httpx? CPU microseconds per request and per streamed piece,
and requests per second.

All clients run in this process on one core under uvloop, one after the other in each round; the provider, a mock that
answers at once with the same bytes, is a process on the other core. A request is a POST of 1.2 KB answered with a chat
completion of 0.7 KB, read whole; a stream is 64 events of which the mock writes one per turn of its loop.

    scripts/bench upstream            about a minute
    scripts/bench upstream --quick    about ten seconds
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import uvloop

from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http import Limits, Transport
from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport
from tokenfoundry.providers.http.lean import LeanTransport

try:
    import httpx
except ImportError:
    httpx = None  # type: ignore[assignment]

CONNECTIONS = 32
EVENTS = 64
CLIENT_CORE, MOCK_CORE = 0, 1
LIMITS = Limits()
BODY = json.dumps(
    {"model": "mock", "messages": [{"role": "user", "content": "pratica rimborso polizza " * 46}]}
).encode()
HEADERS = {"content-type": "application/json", "accept": "application/json", "authorization": "Bearer bench"}
TEXT = "Buongiorno, abbiamo ricevuto la richiesta e la pratica è in lavorazione. " * 8
REPLY = json.dumps({"id": "1", "choices": [{"message": {"role": "assistant", "content": TEXT}}]}).encode()
EVENT = b'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"polizza"}}]}\n\n'
STREAM = EVENT * EVENTS


# -- the provider, in a process of its own -----------------------------------------------------------------------------


class MockProvider(asyncio.Protocol):
    """Answers each request at once; parses no more than it must."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = b""
        head = b"HTTP/1.1 200 OK\r\nserver: mock\r\ndate: Wed, 01 Apr 2026 10:00:00 GMT\r\nx-request-id: 1\r\n"
        length = f"content-type: application/json\r\ncontent-length: {len(REPLY)}\r\n\r\n".encode()
        self._whole = head + length + REPLY
        self._stream_head = head + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        self._piece = f"{len(EVENT):x}\r\n".encode() + EVENT + b"\r\n"

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or len(self._received) < end + 4 + len(BODY):
            return
        is_stream = self._received.startswith(b"POST /stream")
        self._received = b""
        if is_stream:
            self._transport.write(self._stream_head)
            asyncio.get_running_loop().call_soon(self._next, EVENTS)
        else:
            self._transport.write(self._whole)

    def _next(self, left: int) -> None:
        self._transport.write(self._piece if left else b"0\r\n\r\n")
        if left:
            asyncio.get_running_loop().call_soon(self._next, left - 1)


def run_mock() -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(MockProvider, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    uvloop.run(run())


@contextmanager
def mock_provider() -> Iterator[str]:
    """The address of the mock."""
    started = subprocess.Popen(
        [sys.executable, __file__, "--mock"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {MOCK_CORE}),
    )
    try:
        assert started.stdout is not None
        yield f"http://127.0.0.1:{int(started.stdout.readline())}"
    finally:
        started.terminate()
        started.wait(timeout=20)


# -- the clients -------------------------------------------------------------------------------------------------------


Ask = Callable[[], Awaitable[bytes]]
Stream = Callable[[], Awaitable[tuple[int, bytes]]]


class Client:
    """A way to ask, and what was measured of it. `stream` gives the number of pieces and what they were."""

    def __init__(self, name: str, ask: Ask, stream: Stream) -> None:
        self.name = name
        self.ask = ask
        self.stream = stream
        self.per_second: list[float] = []
        self.cpu_us: list[float] = []
        self.piece_us: list[float] = []


def ours(name: str, transport: Transport, url: str) -> Client:
    whole, streamed = (WireRequest(f"{url}/{path}", HEADERS, BODY) for path in ("whole", "stream"))

    async def ask() -> bytes:
        async with transport.send(whole, LIMITS) as reply:
            return await reply.read()

    async def stream() -> tuple[int, bytes]:
        async with transport.send(streamed, LIMITS) as reply:
            return _counted([piece async for piece in reply.chunks()])

    return Client(name, ask, stream)


def of_aiohttp(session: aiohttp.ClientSession, url: str) -> Client:
    async def ask() -> bytes:
        async with session.post(f"{url}/whole", data=BODY, headers=HEADERS) as reply:
            return await reply.read()

    async def stream() -> tuple[int, bytes]:
        async with session.post(f"{url}/stream", data=BODY, headers=HEADERS) as reply:
            return _counted([piece async for piece in reply.content.iter_any()])

    return Client("aiohttp", ask, stream)


def of_httpx(client: httpx.AsyncClient, url: str) -> Client:
    async def ask() -> bytes:
        return (await client.post(f"{url}/whole", content=BODY, headers=HEADERS)).content

    async def stream() -> tuple[int, bytes]:
        async with client.stream("POST", f"{url}/stream", content=BODY, headers=HEADERS) as reply:
            return _counted([piece async for piece in reply.aiter_raw()])

    return Client("httpx", ask, stream)


def _counted(pieces: list[bytes]) -> tuple[int, bytes]:
    return len(pieces), b"".join(pieces)


@asynccontextmanager
async def clients(url: str) -> AsyncIterator[list[Client]]:
    """The lean transport first: ratios are to it."""
    async with AsyncExitStack() as stack:
        made = []
        for name, transport in (("tokenfoundry", LeanTransport()), ("tokenfoundry by aiohttp", AiohttpTransport())):
            stack.push_async_callback(transport.aclose)
            made.append(ours(name, transport, url))
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        made.append(of_aiohttp(session, url))
        if httpx is not None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=CONNECTIONS)
            made.append(of_httpx(await stack.enter_async_context(httpx.AsyncClient(limits=limits)), url))
        yield made


# -- the measurement ---------------------------------------------------------------------------------------------------


async def saturate(work: Callable[[], Awaitable[int]], seconds: float) -> tuple[int, float, float]:
    """What 32 workers did in the time: the sum of what `work` gave, the CPU seconds and the seconds it took."""
    done = 0
    end = time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < end:
            number = await work()
            done += number  # Not in one line: the sum would be read before the wait.

    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return done, time.process_time() - cpu, time.perf_counter() - started


async def measure_round(client: Client, seconds: float) -> None:
    async def one() -> int:
        await client.ask()
        return 1

    async def pieces() -> int:
        return (await client.stream())[0]

    done, cpu, elapsed = await saturate(one, seconds)
    client.per_second.append(done / elapsed)
    client.cpu_us.append(cpu / done * 1e6)
    done, cpu, elapsed = await saturate(pieces, seconds)
    client.piece_us.append(cpu / done * 1e6)


async def measure(*, rounds: int, seconds: float) -> None:
    os.sched_setaffinity(0, {CLIENT_CORE})
    with mock_provider() as url:
        async with clients(url) as rivals:
            for client in rivals:
                if await client.ask() != REPLY or (await client.stream())[1] != STREAM:
                    raise SystemExit(f"{client.name} changed the answer")
                await measure_round(client, seconds / 2)
                for measured in (client.per_second, client.cpu_us, client.piece_us):
                    measured.clear()
            for _ in range(rounds):
                for client in rivals:
                    await measure_round(client, seconds)
    report(rivals)


def report(rivals: list[Client]) -> None:
    def shown(values: list[float]) -> str:
        middle = statistics.median(values)
        return f"{middle:,.1f} ±{(max(values) - min(values)) / 2 / middle:.0%}"

    versions = f"Python {platform.python_version()}, uvloop {uvloop.__version__}, aiohttp {aiohttp.__version__}"
    if httpx is not None:
        versions += f", httpx {httpx.__version__}"
    print(f"\n{platform.processor() or platform.machine()}, {versions}; the client on one core, the mock on another")
    print(
        f"{len(rivals[0].cpu_us)} rounds, {CONNECTIONS} connections, {len(BODY)} bytes asked, {len(REPLY)} answered\n"
    )
    print(f"{'':26}{'requests/s':>18}{'CPU us/request':>18}{'ratio':>8}{'CPU us/piece':>18}{'ratio':>8}")
    best = rivals[0]
    for client in rivals:
        ratio = statistics.median(client.cpu_us) / statistics.median(best.cpu_us)
        piece_ratio = statistics.median(client.piece_us) / statistics.median(best.piece_us)
        print(
            f"{client.name:26}{shown(client.per_second):>18}{shown(client.cpu_us):>18}{ratio:>8.2f}"
            f"{shown(client.piece_us):>18}{piece_ratio:>8.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--mock", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.mock:
        run_mock()
    else:
        uvloop.run(measure(rounds=3 if arguments.quick else 7, seconds=0.5 if arguments.quick else 1.0))


if __name__ == "__main__":
    main()
