"""One transport in many event loops at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

from support.asking import LIMITS, ask, post
from support.raw_server import Peer, always, raw_server, whole
from tokenfoundry.providers.http import Transport
from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport
from tokenfoundry.providers.http.lean import LeanTransport


@pytest.mark.parametrize("kind", [LeanTransport, AiohttpTransport])
async def test_loops_in_threads_share_a_transport_and_no_connection(kind: type[Transport]) -> None:
    transport = kind()
    at_once = threading.Barrier(4)

    async def echo(peer: Peer) -> None:
        while True:
            await peer.answer((await peer.request()).body)

    async with raw_server(echo) as server:

        async def many(number: int) -> None:
            at_once.wait()
            for each in range(50):
                body = f"{number} {each}".encode()
                assert await ask(transport, server.url, body=body) == body
            await transport.aclose()

        def in_a_loop_of_its_own(number: int) -> None:
            run = asyncio.run if number % 2 else uvloop.run
            run(many(number))

        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(4) as threads:
            await asyncio.gather(*(loop.run_in_executor(threads, in_a_loop_of_its_own, number) for number in range(4)))
        assert server.connections == 4
        assert transport.open_loops == 0


def test_a_loop_that_ended_without_closing_is_forgotten() -> None:
    transport = LeanTransport()

    async def leaves_its_connection() -> None:
        async with raw_server(always(whole(b"ok"))) as server:
            await ask(transport, server.url)
            for connection in transport.pool().connections:
                connection.abort()
            await asyncio.sleep(0)

    async def closes() -> None:
        async with raw_server(always(whole(b"ok"))) as server:
            await ask(transport, server.url)
            assert len(transport._pools) == 1
            await transport.aclose()

    asyncio.run(leaves_its_connection())
    assert transport.open_loops == 0
    asyncio.run(closes())
    assert transport._pools == {}


async def test_hundreds_of_requests_at_once_are_all_answered(lean: LeanTransport) -> None:
    async def echo(peer: Peer) -> None:
        while True:
            await peer.answer((await peer.request()).body)

    async with raw_server(echo) as server:

        async def one(number: int) -> None:
            body = str(number).encode()
            async with lean.send(post(server.url, body), LIMITS) as reply:
                assert await reply.read() == body

        for _ in range(2):
            await asyncio.gather(*(one(number) for number in range(300)))
        assert server.connections <= 300
