"""Connections that are used again, and above all when they must not be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from support.asking import LIMITS, ask, post
from support.raw_server import Peer, always, raw_server, whole
from tokenfoundry.providers.http import ReplyLost, ReplyTimeout
from tokenfoundry.providers.http.connection import Connection
from tokenfoundry.providers.http.lean import LeanTransport
from tokenfoundry.providers.http.limits import IDLE_S, MAX_AGE_S


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_connection_that_the_provider_closed_while_it_waited_is_not_used(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")

    async with raw_server(script) as server:
        for number in range(1, 6):
            assert await ask(lean, server.url) == b"ok"
            assert server.connections == number
            await asyncio.wait([connection.closed for connection in lean.pool().connections], timeout=5)
        assert len(server.received) == 5


async def test_a_connection_on_which_anything_came_while_it_waited_is_not_used(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")
        await peer.send(whole(b"poison"))
        await peer.hang()

    async with raw_server(script) as server:
        for number in range(1, 4):
            assert await ask(lean, server.url) == b"ok"
            await asyncio.wait_for(server.hung_up.wait(), 5)
            server.hung_up.clear()
            assert server.connections == number
        assert not lean.pool().connections


async def test_a_connection_waits_thirty_seconds() -> None:
    clock = Clock()
    lean = LeanTransport(clock_s=clock)
    async with raw_server(always(whole(b"ok"))) as server:
        await ask(lean, server.url)
        clock.now_s += IDLE_S - 1
        await ask(lean, server.url)
        assert server.connections == 1
        clock.now_s += IDLE_S
        await ask(lean, server.url)
        assert server.connections == 2
        await lean.aclose()


async def test_connections_that_nobody_uses_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenfoundry.providers.http.pool._SWEEP_S", 0.01)
    clock = Clock()
    lean = LeanTransport(clock_s=clock)
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")
        await peer.reader.read()
        gone.set()

    async with raw_server(script) as server:
        await ask(lean, server.url)
        clock.now_s += IDLE_S
        await asyncio.wait_for(gone.wait(), 5)
        assert not lean.pool().connections
        await lean.aclose()


async def test_a_connection_in_constant_use_is_replaced_after_five_minutes() -> None:
    clock = Clock()
    lean = LeanTransport(clock_s=clock)
    async with raw_server(always(whole(b"ok"))) as server:
        for _ in range(40):
            await ask(lean, server.url)
            clock.now_s += 10
        assert server.connections == 2
        assert MAX_AGE_S == 300
        await lean.aclose()


class RawPeer:
    """The other end of connections as plain sockets: what it does reaches the system before the loop turns."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port = listener.getsockname()[1]

    async def accept(self) -> socket.socket:
        accepting = asyncio.get_running_loop().sock_accept(self._listener)
        accepted, _ = await asyncio.wait_for(accepting, 10)
        accepted.setblocking(False)
        return accepted

    def has_another(self) -> bool:
        """Whether a connection waits to be accepted."""
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    async def serve_one(self, accepted: socket.socket, reply: bytes = whole(b"ok")) -> bytes:
        loop = asyncio.get_running_loop()
        asked = b""
        while not asked.endswith(b'{"model": "m"}'):
            piece = await loop.sock_recv(accepted, 65_536)
            assert piece, "the client hung up"
            asked += piece
        await loop.sock_sendall(accepted, reply)
        return asked


@asynccontextmanager
async def raw_peer() -> AsyncIterator[RawPeer]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield RawPeer(listener)


def closes_in_the_instant_of_reuse(monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]) -> None:
    """Lets the peer end an idle connection after it was found usable and before the request is written."""
    is_quiet = Connection.is_quiet

    def raced(connection: Connection) -> bool:
        quiet = is_quiet(connection)
        end()
        return quiet

    monkeypatch.setattr(Connection, "is_quiet", raced)


def close_all(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


@pytest.mark.parametrize("left", [b"x", whole(b"poison")])
async def test_bytes_that_the_loop_has_not_seen_yet_are_never_the_next_reply(lean: LeanTransport, left: bytes) -> None:
    async with raw_peer() as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        asking = asyncio.ensure_future(ask(lean, url))
        first = await peer.accept()
        await peer.serve_one(first)
        assert await asking == b"ok"
        first.send(left)  # The loop does not turn before the next request is written.
        with pytest.raises(ReplyTimeout):  # It was asked on another connection, which nobody serves.
            await ask(lean, url, limits=replace(LIMITS, first_byte_s=0.1))
        assert peer.has_another()
        first.close()


async def test_a_request_that_crosses_the_closing_of_its_connection_is_sent_once_more(
    lean: LeanTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_peer() as peer:
        asking = asyncio.ensure_future(ask(lean, f"http://127.0.0.1:{peer.port}/"))
        first = await peer.accept()
        await peer.serve_one(first)
        assert await asking == b"ok"
        closes_in_the_instant_of_reuse(monkeypatch, first.close)
        asking = asyncio.ensure_future(ask(lean, f"http://127.0.0.1:{peer.port}/"))
        second = await peer.accept()
        await peer.serve_one(second, whole(b"again"))
        assert await asking == b"again"
        second.close()


async def test_a_request_is_sent_once_more_on_a_fresh_connection_and_never_a_third_time(
    lean: LeanTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_peer() as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        both = [asyncio.ensure_future(ask(lean, url)) for _ in range(2)]
        idle = [await peer.accept(), await peer.accept()]
        for accepted in idle:
            await peer.serve_one(accepted)
        await asyncio.gather(*both)
        closes_in_the_instant_of_reuse(monkeypatch, lambda: close_all(idle))
        asking = asyncio.ensure_future(ask(lean, url))
        fresh = await peer.accept()  # Not the other that waited: it may be as dead.
        await asyncio.get_running_loop().sock_recv(fresh, 1)
        fresh.close()
        with pytest.raises(ReplyLost):
            await asking


async def test_a_request_that_the_provider_took_is_never_sent_again(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")
        await peer.request()  # It is working on this one when it dies.

    async with raw_server(script) as server:
        assert await ask(lean, server.url) == b"ok"
        with pytest.raises(ReplyLost, match="without an answer"):
            await ask(lean, server.url)
        assert (server.connections, len(server.received)) == (1, 2)


async def test_a_request_that_was_received_but_not_read_is_not_sent_again(lean: LeanTransport) -> None:
    """The application may have read it: from here the two cannot be told apart."""
    async with raw_peer() as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        asking = asyncio.ensure_future(ask(lean, url))
        accepted = await peer.accept()
        await peer.serve_one(accepted)
        await asking
        asking = asyncio.ensure_future(ask(lean, url))
        loop = asyncio.get_running_loop()
        while not await loop.run_in_executor(None, _has_bytes, accepted):
            pass
        accepted.close()
        with pytest.raises(ReplyLost):
            await asking
        assert not peer.has_another()


def _has_bytes(accepted: socket.socket) -> bool:
    try:
        return bool(accepted.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


async def test_a_request_is_not_sent_again_once_a_byte_of_its_reply_came(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")
        await peer.request()
        await peer.send(b"H")

    async with raw_server(script) as server:
        await ask(lean, server.url)
        with pytest.raises(ReplyLost, match="cut short"):
            await ask(lean, server.url)
        assert (server.connections, len(server.received)) == (1, 2)


async def test_the_first_request_of_a_connection_is_not_sent_again(lean: LeanTransport) -> None:
    async with raw_peer() as peer:
        asking = asyncio.ensure_future(ask(lean, f"http://127.0.0.1:{peer.port}/"))
        accepted = await peer.accept()
        await asyncio.get_running_loop().sock_recv(accepted, 1)
        accepted.close()
        with pytest.raises(ReplyLost):
            await asking


async def test_a_connection_whose_request_timed_out_carries_no_other(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"ok")
        await peer.request()
        await peer.hang()

    async with raw_server(script) as server:
        for number in (1, 2):
            assert await ask(lean, server.url) == b"ok"
            with pytest.raises(ReplyTimeout):
                await ask(lean, server.url, limits=replace(LIMITS, first_byte_s=0.05))
            assert server.connections == number


async def cancelled_at(lean: LeanTransport, url: str, reached: asyncio.Event) -> None:
    """Asks, and is cancelled when the server says that it got so far."""
    asking = asyncio.ensure_future(ask(lean, url))
    await reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", whole(b"123456789")[:-1]]
)
async def test_a_cancelled_request_closes_its_connection(lean: LeanTransport, begun: bytes) -> None:
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(begun)
        reached.set()
        await peer.hang()

    async with raw_server(script) as server:
        await cancelled_at(lean, server.url, reached)
        await asyncio.wait_for(server.hung_up.wait(), 5)
        assert not lean.pool().connections


async def test_a_cancelled_connecting_leaves_no_connection(lean: LeanTransport) -> None:
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.reader.readexactly(1)  # Of the handshake, which is not answered.
        reached.set()
        await peer.hang()

    async with raw_server(script) as server:
        await cancelled_at(lean, server.url.replace("http:", "https:"), reached)
        await asyncio.wait_for(server.hung_up.wait(), 5)
        assert not lean.pool().connections


async def test_an_error_in_the_block_closes_a_connection_whose_reply_goes_on(lean: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12345")
        await peer.hang()

    async with raw_server(script) as server:
        with pytest.raises(ZeroDivisionError):
            async with lean.send(post(server.url), LIMITS):
                raise ZeroDivisionError
        await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_another_task_that_still_reads_keeps_the_connection_from_being_used_again(lean: LeanTransport) -> None:
    release = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        await release.wait()
        await peer.send(b"123456789")

    async with raw_server(script) as server:
        async with lean.send(post(server.url), LIMITS) as reply:
            reading = asyncio.ensure_future(reply.read())
            await asyncio.sleep(0)
        with pytest.raises(ReplyLost):
            await reading
        release.set()
        assert await ask(lean, server.url) == b"123456789"
        assert server.connections == 2


async def test_closing_ends_what_is_under_way(lean: LeanTransport) -> None:
    reached = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        reached.set()
        await peer.hang()

    async with raw_server(script) as server:
        asking = asyncio.ensure_future(ask(lean, server.url))
        await reached.wait()
        await lean.aclose()
        with pytest.raises(ReplyLost):
            await asking
        await asyncio.wait_for(server.hung_up.wait(), 5)
