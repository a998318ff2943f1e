"""Names of providers: how often they are looked up, and which of their addresses is used."""

from __future__ import annotations

import asyncio
import socket

import pytest

from support.asking import ask
from support.raw_server import always, once, raw_server, whole
from tokenfoundry.providers.http import ConnectFailed
from tokenfoundry.providers.http.lean import LeanTransport
from tokenfoundry.providers.http.resolver import AddressInfo


class Names:
    """A name service: what it answers, and what it was asked. Time stands still until it is moved."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked: list[tuple[str, int]] = []
        self.now_s = 1000.0
        self.answers = asyncio.Event()
        self.answers.set()

    async def lookup(self, host: str, port: int) -> list[AddressInfo]:
        self.asked.append((host, port))
        await self.answers.wait()
        if not self.addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        stream = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(socket.AF_INET, *stream, (address, port)) for address in self.addresses]

    def transport(self) -> LeanTransport:
        return LeanTransport(lookup=self.lookup, clock_s=lambda: self.now_s)


async def test_a_name_is_looked_up_anew_once_a_minute_at_most() -> None:
    names = Names("127.0.0.1")
    lean = names.transport()
    async with raw_server(once(whole(b"ok", "connection: close"))) as server:
        url = f"http://provider.example:{server.port}/"
        for seconds, looked_up in ((0, 1), (30, 1), (29, 1), (2, 2), (59, 2), (1, 3)):
            names.now_s += seconds
            assert await ask(lean, url) == b"ok"
            assert names.asked == [("provider.example", server.port)] * looked_up
        await lean.aclose()


async def test_a_name_that_moved_is_followed_by_new_connections() -> None:
    names = Names("127.0.0.1")
    lean = names.transport()
    async with raw_server(once(whole(b"ok", "connection: close"))) as server:
        url = f"http://provider.example:{server.port}/"
        assert await ask(lean, url) == b"ok"
        names.addresses = ["127.0.0.2"]  # Where nobody listens.
        assert await ask(lean, url) == b"ok"
        names.now_s += 60
        with pytest.raises(ConnectFailed):
            await ask(lean, url)
        await lean.aclose()


async def test_the_addresses_of_a_name_are_tried_in_turn() -> None:
    names = Names("127.0.0.3", "127.0.0.2", "127.0.0.1")
    lean = names.transport()
    async with raw_server(always(whole(b"ok"))) as server:
        assert await ask(lean, f"http://provider.example:{server.port}/") == b"ok"
        await lean.aclose()


async def test_an_address_that_does_not_answer_is_overtaken_by_the_next() -> None:
    """The first is a listener whose queue is full: the system drops what knocks at it."""
    names = Names("127.0.0.2", "127.0.0.1")
    lean = names.transport()
    async with raw_server(always(whole(b"ok"))) as server:
        with socket.socket() as full:
            full.bind(("127.0.0.2", server.port))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(("127.0.0.2", server.port))
            assert await ask(lean, f"http://provider.example:{server.port}/") == b"ok"
            for each in waiting:
                each.close()
        await lean.aclose()


async def test_concurrent_requests_share_one_look_up() -> None:
    names = Names("127.0.0.1")
    names.answers.clear()
    lean = names.transport()
    async with raw_server(always(whole(b"ok"))) as server:
        url = f"http://provider.example:{server.port}/"
        asking = [asyncio.ensure_future(ask(lean, url)) for _ in range(5)]
        while not names.asked:
            await asyncio.sleep(0)
        asking[0].cancel()  # The one that asked first takes nothing from the others.
        names.answers.set()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(outcomes[0], asyncio.CancelledError)
        assert outcomes[1:] == [b"ok"] * 4
        assert len(names.asked) == 1
        await lean.aclose()


async def test_a_failed_look_up_is_not_remembered() -> None:
    names = Names()
    lean = names.transport()
    async with raw_server(always(whole(b"ok"))) as server:
        url = f"http://provider.example:{server.port}/"
        with pytest.raises(ConnectFailed, match="Temporary failure"):
            await ask(lean, url)
        names.addresses = ["127.0.0.1"]
        assert await ask(lean, url) == b"ok"
        await lean.aclose()


async def test_closing_gives_up_what_is_being_looked_up() -> None:
    names = Names("127.0.0.1")
    names.answers.clear()
    lean = names.transport()
    asking = asyncio.ensure_future(ask(lean, "http://provider.example/"))
    while not names.asked:
        await asyncio.sleep(0)
    await lean.aclose()
    with pytest.raises(ConnectFailed):
        await asking


async def test_the_system_is_asked_when_nobody_else_is(lean: LeanTransport) -> None:
    async with raw_server(always(whole(b"ok"))) as server:
        assert await ask(lean, f"http://localhost:{server.port}/") == b"ok"
