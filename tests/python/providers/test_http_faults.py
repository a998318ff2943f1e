"""Providers that fail in every way: what the caller is told says what the call may have cost."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from support.asking import LIMITS, ask, post, stream
from support.raw_server import Peer, always, chunked, once, raw_server, whole
from tokenfoundry.providers.http import ConnectFailed, Limits, ReplyLost, ReplyTimeout, Transport
from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport
from tokenfoundry.providers.http.lean import LeanTransport
from tokenfoundry.providers.http.resolver import AddressInfo

SHORT_S = 0.15
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture(params=[LeanTransport, AiohttpTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    made: Transport = request.param()
    yield made
    await made.aclose()


async def test_nobody_listening_is_no_connection(transport: Transport) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed, match="cannot connect"):
            await ask(transport, f"http://127.0.0.1:{reserved.getsockname()[1]}/")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://[::1/"])
async def test_an_address_that_is_none_is_no_connection(transport: Transport, url: str) -> None:
    with pytest.raises(ConnectFailed):
        await ask(transport, url)


@asynccontextmanager
async def full_listener() -> AsyncIterator[int]:
    """The port of a socket that the system accepts no more connections for."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        yield port
        for each in waiting:
            each.close()


async def test_a_provider_that_does_not_accept_is_no_connection_in_the_time_for_it(transport: Transport) -> None:
    async with full_listener() as port:
        with pytest.raises(ConnectFailed):
            await ask(transport, f"http://127.0.0.1:{port}/", limits=replace(LIMITS, connect_s=SHORT_S))


async def test_a_handshake_that_does_not_end_is_no_connection_in_the_time_for_it(transport: Transport) -> None:
    async with raw_server(Peer.hang) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(ConnectFailed):
            await ask(transport, url, limits=replace(LIMITS, connect_s=SHORT_S))


async def test_a_name_that_is_not_found_in_time_or_not_at_all_is_no_connection() -> None:
    async def never(host: str, port: int) -> list[AddressInfo]:
        await asyncio.Event().wait()
        raise AssertionError

    async def unknown(host: str, port: int) -> list[AddressInfo]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def nothing(host: str, port: int) -> list[AddressInfo]:
        return []

    for lookup, said in ((never, "in 0.15 s"), (unknown, "not known"), (nothing, "cannot connect")):
        transport = LeanTransport(lookup=lookup)
        with pytest.raises(ConnectFailed, match=said):
            await ask(transport, "http://provider.example/", limits=replace(LIMITS, connect_s=SHORT_S))
        await transport.aclose()


async def hang_before_the_head(peer: Peer) -> None:
    await peer.request()
    await peer.hang()


async def hang_within_the_head(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-le")
    await peer.hang()


async def hang_after_an_interim_head(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await peer.hang()


async def hang_before_the_body(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
    await peer.hang()


async def hang_within_the_body(peer: Peer) -> None:
    await peer.request()
    await peer.send(CHUNKED, b"3\r\nabc\r\n3\r\nd")
    await peer.hang()


async def hang_within_a_chunk_size(peer: Peer) -> None:
    await peer.request()
    await peer.send(CHUNKED, b"3\r\nabc\r\n1")
    await peer.hang()


async def hang_before_the_last_chunk(peer: Peer) -> None:
    await peer.request()
    await peer.send(CHUNKED, b"3\r\nabc\r\n")
    await peer.hang()


async def hang_after_less_than_was_announced(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")
    await peer.hang()


async def drip(peer: Peer) -> None:
    await peer.request()
    await peer.send(CHUNKED)
    while True:
        await peer.send(b"1\r\nx\r\n")


SLOW_HEADS = [hang_before_the_head, hang_within_the_head, hang_after_an_interim_head]
SLOW_BODIES = [
    hang_before_the_body,
    hang_within_the_body,
    hang_within_a_chunk_size,
    hang_before_the_last_chunk,
    hang_after_less_than_was_announced,
]


@pytest.mark.parametrize("script", SLOW_HEADS)
async def test_a_head_that_does_not_come_in_time_is_a_late_reply(transport: Transport, script: object) -> None:
    async with raw_server(script) as server:  # type: ignore[arg-type]
        limits = replace(LIMITS, connect_s=0.5, first_byte_s=SHORT_S)
        with pytest.raises(ReplyTimeout, match="did not answer in time"):
            await ask(transport, server.url, limits=limits)
        await server.hung_up.wait()


@pytest.mark.parametrize("script", SLOW_BODIES)
async def test_a_body_that_stops_is_a_late_reply(transport: Transport, script: object) -> None:
    async with raw_server(script) as server:  # type: ignore[arg-type]
        with pytest.raises(ReplyTimeout, match="in time"):
            await ask(transport, server.url, limits=replace(LIMITS, read_s=SHORT_S))
        await server.hung_up.wait()


async def test_a_stream_gives_what_came_before_it_stopped(transport: Transport) -> None:
    async with (
        raw_server(hang_within_the_body) as server,
        transport.send(post(server.url), replace(LIMITS, read_s=SHORT_S)) as reply,
    ):
        chunks = reply.chunks()
        pieces = b""
        while pieces != b"abcd":
            pieces += await anext(chunks)
        with pytest.raises(ReplyTimeout):
            await anext(chunks)


async def test_a_request_that_is_not_taken_is_a_late_reply(transport: Transport) -> None:
    limits = replace(LIMITS, write_s=SHORT_S, connect_s=0.5, first_byte_s=SHORT_S)
    async with raw_server(Peer.ignore) as server:
        with pytest.raises(ReplyTimeout):
            await ask(transport, server.url, body=bytes(30_000_000), limits=limits)


async def test_writing_has_a_limit_of_its_own_and_answering_begins_after_it(lean: LeanTransport) -> None:
    async with raw_server(Peer.ignore) as server:
        with pytest.raises(ReplyTimeout, match="did not take the request in time"):
            await ask(lean, server.url, body=bytes(30_000_000), limits=replace(LIMITS, write_s=SHORT_S))
    async with raw_server(hang_before_the_head) as server:
        with pytest.raises(ReplyTimeout, match="did not answer in time"):
            await ask(lean, server.url, body=bytes(30_000_000), limits=replace(LIMITS, first_byte_s=SHORT_S))


async def test_the_whole_call_has_a_limit_even_when_pieces_keep_coming(transport: Transport) -> None:
    async with raw_server(drip) as server:
        with pytest.raises(ReplyTimeout):
            await stream(transport, server.url, limits=replace(LIMITS, total_s=0.3))


async def test_the_whole_call_has_a_limit_even_when_nobody_reads(lean: LeanTransport) -> None:
    async with (
        raw_server(hang_before_the_last_chunk) as server,
        lean.send(post(server.url), replace(LIMITS, total_s=0.3)) as reply,
    ):
        await server.hung_up.wait()
        with pytest.raises(ReplyTimeout, match="time for the whole call"):
            await reply.read()


async def test_one_timer_serves_limits_that_become_shorter_and_longer(lean: LeanTransport) -> None:
    """The timer of a connection outlives its requests, so an earlier one's limit must not hit a later one."""

    async def script(peer: Peer) -> None:
        for _ in range(2):
            await peer.request()
            await peer.answer(b"ok")
        await peer.request()
        await peer.hang()

    async with raw_server(script) as server:
        await ask(lean, server.url, limits=replace(LIMITS, first_byte_s=30))
        await ask(lean, server.url, limits=replace(LIMITS, first_byte_s=0.3))
        loop = asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(ReplyTimeout):
            await ask(lean, server.url, limits=replace(LIMITS, first_byte_s=0.9))
        assert loop.time() - started > 0.8
        assert server.connections == 1


CUT_SHORT = {
    "without an answer": b"",
    "within the head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "after an interim head": b"HTTP/1.1 100 Continue\r\n\r\n",
    "before the body": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "a length that says too much": whole(b"12345").replace(b"length: 5", b"length: 10"),
    "within a chunk": CHUNKED + b"5\r\nab",
    "within a chunk size": CHUNKED + b"5",
    "before the last chunk": CHUNKED + b"2\r\nab\r\n",
    "within the last chunk": CHUNKED + b"2\r\nab\r\n0\r\n",
    "within the trailers": CHUNKED + b"2\r\nab\r\n0\r\nx-a: b\r\n",
}


@pytest.mark.parametrize("kind", CUT_SHORT)
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_reply_that_is_cut_short_is_lost(transport: Transport, kind: str, end: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CUT_SHORT[kind])
        if end == "reset":
            peer.reset()

    async with raw_server(script) as server:
        with pytest.raises(ReplyLost) as raised:
            await ask(transport, server.url)
        assert not isinstance(raised.value, ReplyTimeout)
        assert (server.connections, len(server.received)) == (1, 1)


BROKEN = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a chunk size that is no number": CHUNKED + b"zz\r\nab\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-2\r\nab\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"2\r\nabcd\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a head over 64 KiB": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\ncontent-length: 1\r\n\r\na",
}
UNREADABLE = {
    "a packed body that is not": whole(b"plain", "content-encoding: gzip"),
    "a coding that was not asked for": whole(b"\x0b\x00\x80", "content-encoding: br"),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_reply_that_breaks_the_rules_is_lost_and_its_connection_with_it(
    transport: Transport, kind: str
) -> None:
    async with raw_server(once(BROKEN[kind])) as server:
        for number in (1, 2):
            with pytest.raises(ReplyLost):
                await ask(transport, server.url)
            assert server.connections == number


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_a_reply_that_cannot_be_read_is_lost(transport: Transport, kind: str) -> None:
    async with raw_server(always(UNREADABLE[kind])) as server:
        for _ in range(2):
            with pytest.raises(ReplyLost):
                await ask(transport, server.url)


async def test_a_head_without_end_is_given_up(lean: LeanTransport) -> None:
    sent = 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await peer.send(b"x-%d: " % sent + b"y" * 1000 + b"\r\n")
            sent += 1

    async with raw_server(script) as server:
        with pytest.raises(ReplyLost, match=r"over .*64 KiB"):
            await ask(lean, server.url)


async def test_a_reply_before_the_request_was_taken_is_given_and_the_connection_not_used_again(
    lean: LeanTransport,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readexactly(1)
        await peer.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nlarge")
        await peer.ignore()

    async with raw_server(script) as server:
        for number in (1, 2):
            async with lean.send(post(server.url, bytes(30_000_000)), LIMITS) as reply:
                assert (reply.status, await reply.read()) == (413, b"large")
            assert server.connections == number


async def test_a_provider_that_speaks_before_it_is_asked_was_sent_nothing(lean: LeanTransport) -> None:
    """On one loop its bytes are there before the request is written, on the other after it: as its reply."""

    async def script(peer: Peer) -> None:
        await peer.send(whole(b"unasked"))
        await peer.hang()

    async with raw_server(script) as server:
        [outcome] = await asyncio.gather(ask(lean, server.url), return_exceptions=True)
        assert outcome == b"unasked" or isinstance(outcome, ConnectFailed)


async def test_a_provider_that_recovers_is_served_again(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number % 2:
            await peer.send(chunked(b"well"))
        else:
            peer.reset()

    async with raw_server(script) as server:
        for _ in range(3):
            with pytest.raises(ReplyLost):
                await ask(transport, server.url)
            assert await ask(transport, server.url) == b"well"
            await transport.aclose()


def test_the_limits_of_a_call_have_the_defaults_of_the_settings() -> None:
    from tokenfoundry.settings.targets import TimeoutSettings

    assert tuple(TimeoutSettings().model_dump().values()) == (
        Limits().connect_s,
        Limits().write_s,
        Limits().first_byte_s,
        Limits().read_s,
        Limits().total_s,
    )
