"""Requests and replies over real connections, by either transport."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import random
from collections.abc import AsyncIterator

import pytest

from support.asking import LIMITS, ask, post, stream
from support.raw_server import Peer, always, chunked, once, raw_server, whole
from tokenfoundry.errors import InvalidState
from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http import ReplyLost, Transport
from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport
from tokenfoundry.providers.http.lean import LeanTransport

TEXT = "Perché no? È così: 100 €.".encode()


@pytest.fixture(params=[LeanTransport, AiohttpTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    made: Transport = request.param()
    yield made
    await made.aclose()


async def test_a_request_arrives_as_it_was_made(transport: Transport) -> None:
    async with raw_server(always(whole(b"ok"))) as server:
        headers = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}
        async with transport.send(WireRequest(server.url + "?alt=sse", headers, b"{}"), LIMITS) as reply:
            assert await reply.read() == b"ok"
    [asked] = server.received
    assert asked.line == "POST /v1/chat?alt=sse HTTP/1.1"
    assert asked.body == b"{}"
    assert asked.headers | headers == asked.headers
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_other_methods_go_without_a_body(transport: Transport, method: str) -> None:
    async with (
        raw_server(always(whole(b"[]"))) as server,
        transport.send(WireRequest(server.url, {}, b"", method), LIMITS) as reply,
    ):
        assert await reply.read() == b"[]"
    assert (server.received[0].line, server.received[0].body) == (f"{method} /v1/chat HTTP/1.1", b"")


async def test_a_reply_tells_its_status_type_and_headers_in_any_case(transport: Transport) -> None:
    reply_bytes = (
        b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\nRetry-After: 7\r\n"
        b"X-Many: a\r\nx-many: b\r\ncontent-length: 0\r\n\r\n"
    )
    async with raw_server(always(reply_bytes)) as server, transport.send(post(server.url), LIMITS) as reply:
        assert (reply.status, reply.is_success) == (429, False)
        assert (reply.content_type, reply.is_event_stream) == ("text/event-stream", True)
        assert reply.headers["retry-after"] == reply.headers["Retry-After"] == "7"
        assert reply.headers.get("X-MANY") == "a, b"
        assert "x-none" not in reply.headers
        assert "è" not in reply.headers
        assert dict(reply.headers)["x-many"] == "a, b"
        assert await reply.read() == b""


async def test_connections_are_used_again_and_shared_by_concurrent_requests(transport: Transport) -> None:
    async with raw_server(always(whole(TEXT))) as server:
        for _ in range(5):
            assert await ask(transport, server.url) == TEXT
        assert server.connections == 1
        assert await asyncio.gather(*(ask(transport, server.url) for _ in range(8))) == [TEXT] * 8
        assert await asyncio.gather(*(ask(transport, server.url) for _ in range(8))) == [TEXT] * 8
        assert 2 <= server.connections <= 8


REPLIES = {
    "with its length": whole(TEXT * 100),
    "in chunks": chunked(*(TEXT[:length] for length in range(1, 30))),
    "with trailers": chunked(TEXT, trailers="x-check: 1\r\n"),
    "after interim heads": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + whole(TEXT),
    "packed": whole(gzip.compress(TEXT * 100), "content-encoding: gzip"),
    "packed and in chunks": chunked(gzip.compress(TEXT * 100)).replace(b"\r\n", b"\r\ncontent-encoding: gzip\r\n", 1),
}
BODIES = {
    **dict.fromkeys(REPLIES, TEXT),
    "in chunks": b"".join(TEXT[:length] for length in range(1, 30)),
    **dict.fromkeys(("with its length", "packed", "packed and in chunks"), TEXT * 100),
}


@pytest.mark.parametrize("kind", REPLIES)
async def test_a_reply_is_the_same_in_however_many_segments_it_comes(transport: Transport, kind: str) -> None:
    random_cuts = random.Random(20260401)
    data = REPLIES[kind]

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            cuts = sorted(random_cuts.sample(range(1, len(data)), min(12, len(data) - 1)))
            await peer.send(*(data[start:end] for start, end in itertools.pairwise([0, *cuts, len(data)])))

    async with raw_server(script) as server:
        for _ in range(10):
            assert await ask(transport, server.url) == BODIES[kind]
            assert b"".join(await stream(transport, server.url)) == BODIES[kind]


async def test_half_a_character_per_chunk_is_put_together(transport: Transport) -> None:
    pieces = [bytes([byte]) for byte in TEXT * 3]
    async with raw_server(always(chunked(*pieces))) as server:
        assert b"".join(await stream(transport, server.url)) == TEXT * 3


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + TEXT,
        b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\n" + TEXT,
        b"HTTP/1.0 200 OK\r\ncontent-length: %d\r\n\r\n" % len(TEXT) + TEXT,
        whole(TEXT, "connection: close"),
    ],
    ids=["until the close", "HTTP/1.0 until the close", "HTTP/1.0", "connection: close"],
)
async def test_a_reply_that_ends_its_connection_is_whole_and_the_next_is_on_another(
    transport: Transport, data: bytes
) -> None:
    async with raw_server(once(data)) as server:
        assert [await ask(transport, server.url) for _ in range(3)] == [TEXT] * 3
        assert server.connections == 3


async def test_a_reply_without_content_leaves_the_connection_for_another(transport: Transport) -> None:
    async with raw_server(always(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        for _ in range(3):
            async with transport.send(post(server.url), LIMITS) as reply:
                assert (reply.status, reply.is_success, await reply.read()) == (204, True, b"")
        assert server.connections == 1


async def test_a_redirection_is_a_reply_and_is_not_followed(transport: Transport) -> None:
    data = b"HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:1/\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n"
    async with raw_server(always(data)) as server:
        async with transport.send(post(server.url), LIMITS) as reply:
            assert (reply.status, reply.is_success) == (307, False)
        await ask(transport, server.url)
    assert all("cookie" not in name.lower() for asked in server.received for name in asked.headers)


@pytest.mark.parametrize("rest", [b"x", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nother"])
async def test_bytes_after_a_reply_are_never_the_next_reply(lean: LeanTransport, rest: bytes) -> None:
    async with raw_server(always(whole(b"own") + rest)) as server:
        assert [await ask(lean, server.url) for _ in range(4)] == [b"own"] * 4
        assert server.connections == 4


async def test_a_reply_that_was_not_read_to_its_end_is_not_followed_by_another(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst")
        await peer.hang()

    async with raw_server(script) as server:
        for _ in range(2):
            async with transport.send(post(server.url), LIMITS) as reply:
                assert await anext(aiter(reply.chunks())) == b"first"
            await server.hung_up.wait()
            server.hung_up.clear()
        assert server.connections == 2


async def test_draining_keeps_the_connection_of_a_stream_that_ends(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            await peer.send(head, b"e\r\ndata: [DONE]\n\n\r\n", b"3\r\n: x\r\n", b"0\r\n", b"\r\n")

    async with raw_server(script) as server:
        for _ in range(3):
            async with transport.send(post(server.url), LIMITS) as reply:
                async for piece in reply.chunks():
                    assert piece.startswith(b"data: [DONE]\n\n")
                    break
                await reply.drain()
        assert server.connections == 1


async def test_draining_gives_up_on_a_stream_that_goes_on(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not peer.writer.is_closing():
            await peer.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    async with raw_server(script) as server:
        async with asyncio.timeout(5), transport.send(post(server.url), LIMITS) as reply:
            await reply.drain()
        assert server.connections == 1


async def test_a_reply_kept_after_its_block_reads_nothing_of_the_next(transport: Transport) -> None:
    async with raw_server(always(whole(b"secret of another"))) as server:
        async with transport.send(post(server.url), LIMITS) as kept:
            pass
        left = kept.chunks()
        async with transport.send(post(server.url), LIMITS) as reply:
            for reading in (kept.read(), anext(aiter(left))):
                with pytest.raises(InvalidState, match="closed"):
                    await reading
            assert await reply.read() == b"secret of another"


async def test_a_body_over_64_mib_is_not_read_whole(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            await peer.send(b"100000\r\n" + bytes(0x100000) + b"\r\n")

    async with raw_server(script) as server:
        with pytest.raises(ReplyLost, match="over 64 MiB"):
            await ask(transport, server.url)


async def test_each_loop_closes_what_it_opened(transport: Transport) -> None:
    assert transport.open_loops == 0
    async with raw_server(always(whole(b"ok"))) as server:
        await ask(transport, server.url)
        assert transport.open_loops == 1
        await transport.aclose()
        assert transport.open_loops == 0
        assert await ask(transport, server.url) == b"ok"  # It can go on after that.
        assert server.connections == 2
