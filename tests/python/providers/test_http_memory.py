"""However much a provider sends, and however slowly it is read, little of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.asking import LIMITS, post
from support.raw_server import Peer, raw_server
from tokenfoundry.providers.http import UpstreamReply
from tokenfoundry.providers.http.connection import Connection
from tokenfoundry.providers.http.lean import LeanTransport
from tokenfoundry.providers.http.limits import PAUSE_BYTES

HUNDRED_MB = 100 * 2**20
ONE_READ = 256 * 1024  # What asyncio and uvloop read at once, at most.
BLOCK = bytes(range(256)) * 4096


class Sender:
    """Sends 100 MiB as fast as it is taken, and counts what was taken."""

    def __init__(self, *, chunked: bool) -> None:
        self.chunked = chunked
        self.sent = 0

    async def __call__(self, peer: Peer) -> None:
        await peer.request()
        how = "transfer-encoding: chunked" if self.chunked else f"content-length: {HUNDRED_MB}"
        await peer.send(f"HTTP/1.1 200 OK\r\n{how}\r\n\r\n".encode())
        while self.sent < HUNDRED_MB:
            await peer.send(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if self.chunked else BLOCK)
            self.sent += len(BLOCK)
        if self.chunked:
            await peer.send(b"0\r\n\r\n")
        await peer.hang()


@asynccontextmanager
async def opened(lean: LeanTransport, sender: Sender) -> AsyncIterator[tuple[UpstreamReply, Connection]]:
    async with raw_server(sender) as server, lean.send(post(server.url), LIMITS) as reply:
        [connection] = lean.pool().connections
        yield reply, connection


async def test_a_hundred_megabytes_pass_through_a_bounded_buffer(lean: LeanTransport) -> None:
    for chunked in (False, True):
        async with opened(lean, Sender(chunked=chunked)) as (reply, connection):
            received = peak = 0
            async for piece in reply.chunks():
                assert piece[:64] == BLOCK[received % 256 :][:64]  # In order.
                peak = max(peak, connection.buffered_bytes + len(piece))
                if received % len(BLOCK) == 0:
                    await asyncio.sleep(0)  # Let more come in than is asked for.
                received += len(piece)
            assert received == HUNDRED_MB
            assert peak <= PAUSE_BYTES + ONE_READ


async def test_a_reader_that_stops_stops_the_provider(lean: LeanTransport) -> None:
    sender = Sender(chunked=True)
    async with opened(lean, sender) as (reply, connection):
        first = await anext(aiter(reply.chunks()))
        sent = -1
        while sender.sent != sent:  # Until a hundred turns of the loop bring no more.
            sent = sender.sent
            for _ in range(100):
                await asyncio.sleep(0)
        assert PAUSE_BYTES < connection.buffered_bytes <= PAUSE_BYTES + ONE_READ
        assert sent < HUNDRED_MB / 2
        received = len(first)
        async for piece in reply.chunks():
            received += len(piece)
        assert received == HUNDRED_MB


async def test_a_paused_connection_serves_the_next_request(lean: LeanTransport) -> None:
    """A whole reply larger than the buffer arrived, and its reader left before reading it."""
    size = PAUSE_BYTES + 100_000

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + bytes(size))

    async with raw_server(script) as server:
        for _ in range(5):
            async with lean.send(post(server.url), LIMITS) as reply:
                [connection] = lean.pool().connections
                while connection.buffered_bytes <= PAUSE_BYTES:
                    await asyncio.sleep(0)
        async with lean.send(post(server.url), LIMITS) as reply:
            assert len(await reply.read()) == size
