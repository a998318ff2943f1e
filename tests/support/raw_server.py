"""A server on loopback that speaks bytes: a test scripts each connection from its first byte to its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

Script = Callable[["Peer"], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """A request as it was received; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Peer:
    """The server's end of one connection. `number` counts connections from 0."""

    def __init__(self, server: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.number = server.connections
        self.reader = reader
        self.writer = writer

    async def request(self) -> Asked:
        """The next request, whole."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in head[1:] if line]
        headers = {name.lower(): value for name, value in fields}
        asked = Asked(head[0], headers, await self.reader.readexactly(int(headers.get("content-length", 0))))
        self.server.received.append(asked)
        return asked

    async def send(self, *pieces: bytes) -> None:
        """Writes the pieces, with a turn of the loop between them."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def answer(self, body: bytes, *headers: str) -> None:
        await self.send(whole(body, *headers))

    async def hang(self) -> None:
        """Does nothing more until the client or the test ends the connection."""
        await self.reader.read()
        self.server.hung_up.set()

    async def ignore(self) -> None:
        """Reads nothing of what the client sends beyond some 128 KiB, until the test ends."""
        await asyncio.Event().wait()

    def reset(self) -> None:
        """Closes with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class RawServer:
    """What a test sees of its server."""

    def __init__(self, scheme: str) -> None:
        self.port = 0
        self.connections = 0
        self.received: list[Asked] = []
        self.hung_up = asyncio.Event()
        """Set when a client closed a connection on which the server hung."""
        self._scheme = scheme

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/v1/chat"


@asynccontextmanager
async def raw_server(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Runs `script` for each connection, which is closed when it returns."""
    server = RawServer("https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer = Peer(server, reader, writer)
        server.connections += 1
        try:
            await script(peer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # The client left, or the test is over.
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def whole(body: bytes, *headers: str) -> bytes:
    """A reply with its length."""
    lines = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(*pieces: bytes, trailers: str = "") -> bytes:
    """A reply in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailers.encode() + b"\r\n"


def always(reply: bytes) -> Script:
    """Answers every request of a connection with these bytes."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(reply)

    return script


def once(reply: bytes) -> Script:
    """Answers one request with these bytes and closes."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(reply)

    return script
