"""TLS towards providers: whom it believes, and that all else is as without it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.asking import LIMITS, ask, post
from support.authority import Authority
from support.raw_server import Peer, RawServer, always, chunked, once, raw_server, whole
from tokenfoundry.providers.http import ConnectFailed, ReplyLost, ReplyTimeout
from tokenfoundry.providers.http.lean import LeanTransport, default_tls
from tokenfoundry.providers.http.resolver import AddressInfo


async def to_this_machine(host: str, port: int) -> list[AddressInfo]:
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]


def url_of(server: RawServer, host: str = "provider.example") -> str:
    return f"https://{host}:{server.port}/v1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server_end(authority: Authority) -> ssl.SSLContext:
    return authority.server("provider.example", "second.example")


@pytest.fixture
async def trusting(authority: Authority) -> AsyncIterator[LeanTransport]:
    transport = LeanTransport(lookup=to_this_machine, tls=authority.client)
    yield transport
    await transport.aclose()


async def test_a_provider_with_a_certificate_for_its_name_is_believed(
    trusting: LeanTransport, server_end: ssl.SSLContext
) -> None:
    async with raw_server(always(chunked(b"segreto", b"!")), tls=server_end) as server:
        for _ in range(3):
            assert await ask(trusting, url_of(server)) == b"segreto!"
        assert server.connections == 1
        assert await ask(trusting, url_of(server, "second.example")) == b"segreto!"
        assert server.connections == 2  # Another name is another origin.


async def test_a_certificate_for_another_name_is_no_connection(
    trusting: LeanTransport, server_end: ssl.SSLContext
) -> None:
    async with raw_server(always(whole(b"ok")), tls=server_end) as server:
        with pytest.raises(ConnectFailed, match=r"certificate is not valid .*other\.example"):
            await ask(trusting, url_of(server, "other.example"))
        assert not server.received
        assert not trusting.pool().connections


async def test_a_certificate_of_an_unknown_authority_is_no_connection(server_end: ssl.SSLContext) -> None:
    lean = LeanTransport(lookup=to_this_machine, tls=default_tls)
    async with raw_server(always(whole(b"ok")), tls=server_end) as server:
        with pytest.raises(ConnectFailed, match="certificate is not valid"):
            await ask(lean, url_of(server))
        assert not server.received
        await lean.aclose()


async def test_a_server_without_tls_is_no_connection(trusting: LeanTransport) -> None:
    async with raw_server(once(whole(b"ok"))) as server:
        with pytest.raises(ConnectFailed):
            await ask(trusting, url_of(server), limits=replace(LIMITS, connect_s=0.4))
        assert not server.received


def test_the_default_end_verifies_names_and_authorities() -> None:
    context = default_tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_the_system_end_is_made_once_and_only_when_needed(
    authority: Authority, server_end: ssl.SSLContext
) -> None:
    made = 0

    def counted() -> ssl.SSLContext:
        nonlocal made
        made += 1
        return authority.client()

    lean = LeanTransport(lookup=to_this_machine, tls=counted)
    async with raw_server(always(whole(b"ok"))) as plain, raw_server(always(whole(b"ok")), tls=server_end) as server:
        await ask(lean, plain.url)
        assert made == 0
        for host in ("provider.example", "second.example"):
            await ask(lean, url_of(server, host))
        assert made == 1
        await lean.aclose()


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1234", b"HTTP/1.1 200 OK\r\n\r\nuntil the close"]
)
async def test_a_reply_that_is_torn_off_is_lost_also_one_without_a_length(
    trusting: LeanTransport, server_end: ssl.SSLContext, begun: bytes
) -> None:
    """Without TLS's own farewell anybody on the way may have ended it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(begun)
        peer.reset()

    async with raw_server(script, tls=server_end) as server:
        with pytest.raises(ReplyLost):
            await ask(trusting, url_of(server))


async def test_a_reply_without_a_length_ends_with_the_farewell(
    trusting: LeanTransport, server_end: ssl.SSLContext
) -> None:
    async with raw_server(once(b"HTTP/1.1 200 OK\r\n\r\nuntil the close"), tls=server_end) as server:
        assert await ask(trusting, url_of(server)) == b"until the close"


async def test_a_large_request_and_a_large_reply_pass(trusting: LeanTransport, server_end: ssl.SSLContext) -> None:
    async def echo(peer: Peer) -> None:
        while True:
            await peer.answer((await peer.request()).body)

    body = bytes(range(256)) * 20_000
    async with raw_server(echo, tls=server_end) as server:
        for _ in range(3):
            assert await ask(trusting, url_of(server), body=body) == body
        assert server.connections == 1


async def test_a_provider_that_hangs_is_a_late_reply(trusting: LeanTransport, server_end: ssl.SSLContext) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.hang()

    async with raw_server(script, tls=server_end) as server:
        with pytest.raises(ReplyTimeout):
            await ask(trusting, url_of(server), limits=replace(LIMITS, first_byte_s=0.1))
        await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_a_connection_that_ended_while_it_waited_is_not_used(
    trusting: LeanTransport, server_end: ssl.SSLContext
) -> None:
    async with raw_server(once(whole(b"ok")), tls=server_end) as server:
        for number in (1, 2, 3):
            assert await ask(trusting, url_of(server)) == b"ok"
            await asyncio.wait([each.closed for each in trusting.pool().connections], timeout=5)
            assert server.connections == number


async def test_a_large_reply_read_slowly_stays_within_the_buffer(
    trusting: LeanTransport, server_end: ssl.SSLContext
) -> None:
    size = 8 * 2**20
    async with raw_server(always(whole(bytes(size))), tls=server_end) as server:
        async with trusting.send(post(url_of(server)), LIMITS) as reply:
            [connection] = trusting.pool().connections
            received = peak = 0
            async for piece in reply.chunks():
                peak = max(peak, connection.buffered_bytes)
                received += len(piece)
                await asyncio.sleep(0)
        assert received == size
        assert peak <= 2**20
