"""A server that stops takes no more calls, lets those in progress end for a while, and settles what it cuts."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.factories import config
from support.still_time import StillTime, settle
from support.upstream import Exchange, Upstream, answer_with, chunk
from tokenfoundry.errors import Unavailable
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.host.middleware import Route, TokenFactoryMiddleware
from tokenfoundry.gateway.host.native import Chunks
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings

OK = answer_with("Fatto.")


class Client:
    """One ASGI request, and what was sent back."""

    def __init__(self, factory: TokenFactory, key: str, *, stream: bool = False, app: Any = None) -> None:
        messages = [{"role": "user", "content": "ciao"}]
        self._body = json.dumps({"model": "fast", "messages": messages, "max_tokens": 50, "stream": stream}).encode()
        self._sent: list[Any] = []
        headers = [(b"authorization", f"Bearer {key}".encode()), (b"cache-control", b"no-store")]
        path = "/v1/chat/completions"
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        self.task = asyncio.ensure_future((app or factory.app())(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        if self._body:
            body, self._body = self._body, b""
            return {"type": "http.request", "body": body, "more_body": False}
        return await asyncio.Event().wait()

    async def _send(self, message: Any) -> None:
        self._sent.append(message)

    @property
    def status(self) -> int:
        return int(self._sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self._sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._sent)


class Draining:
    def __init__(self, factory: TokenFactory, time: StillTime, upstream: Upstream) -> None:
        self.factory = factory
        self.time = time
        self.upstream = upstream
        self.key = factory.create_key(project="claims")

    def ask(self, *, stream: bool = False) -> Client:
        return Client(self.factory, self.key, stream=stream)

    async def reached(self, calls: int) -> None:
        while len(self.upstream.received) < calls:
            await asyncio.sleep(0.002)

    @property
    def records(self) -> list[CallRecord]:
        return [CallRecord.from_bytes(entry.detail) for entry in self.factory.ledger.entries()]


@pytest.fixture
async def draining(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Draining]:
    time = StillTime()
    made = config(upstream.base_url, tmp_path / "data", server={"drain": "30s"})
    made["providers"]["upstream"]["timeout_s"] = {"connect": 20, "first_byte": 20, "read": 20, "total": 20}
    with TokenFactory(Settings.from_dict(made), timing=time.timing) as factory:
        yield Draining(factory, time, upstream)
        await factory.aclose()
        assert factory.ledger.holds() == []
        assert factory.ledger.verify().ok
        assert factory.health().in_progress == 0
        assert time.sleepers == 0


class Waiting:
    """A provider that answers when it is released."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def behave(self, exchange: Exchange) -> None:
        await self.released.wait()
        await OK(exchange)


async def test_a_call_in_progress_is_answered_and_a_new_one_refused(draining: Draining) -> None:
    provider = Waiting()
    draining.upstream.behave = provider.behave
    early = draining.ask()
    await draining.reached(1)
    ending = asyncio.ensure_future(draining.factory.app().drain())
    await settle()
    late = draining.ask()
    await late.task
    assert late.status == 503
    assert json.loads(late.body)["error"]["code"] == "shutting_down"
    assert late.headers[b"connection"] == b"close"
    assert late.headers[b"retry-after"] == b"1"
    draining.upstream.call_soon(provider.released.set)
    await ending
    await early.task
    assert early.status == 200
    assert [record.outcome for record in draining.records] == ["answered"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_that_does_not_end_is_cut_and_settled(draining: Draining, stream: bool) -> None:
    async def stall(exchange: Exchange) -> None:
        if stream:
            await exchange.start_stream()
            await exchange.event(chunk({"role": "assistant", "content": "C'era"}))
        await asyncio.sleep(30)

    draining.upstream.behave = stall
    call = draining.ask(stream=stream)
    await draining.reached(1)
    if stream:
        while not call.body:
            await asyncio.sleep(0.002)
    ending = asyncio.ensure_future(draining.factory.app().drain())
    await settle()
    draining.time.advance(29)
    await settle()
    assert draining.records == []
    draining.time.advance(1)
    await ending
    await call.task
    if stream:
        *_, told = call.body.decode().strip().split("\n\n")
        told = told.removeprefix("data: ")
    else:
        assert (call.status, call.headers[b"connection"]) == (503, b"close")
        told = call.body.decode()
    assert json.loads(told)["error"]["code"] == "shutting_down"
    (record,) = draining.records
    assert record.outcome == "cut"
    assert record.cost_nano > 0
    assert (record.output_tokens < 50) == stream


async def test_the_end_of_the_servers_life_drains(draining: Draining) -> None:
    provider = Waiting()
    draining.upstream.behave = provider.behave
    messages: asyncio.Queue[Any] = asyncio.Queue()
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    life = asyncio.ensure_future(draining.factory.app()({"type": "lifespan"}, messages.get, send))
    messages.put_nowait({"type": "lifespan.startup"})
    call = draining.ask()
    await draining.reached(1)
    messages.put_nowait({"type": "lifespan.shutdown"})
    await settle()
    assert sent == ["lifespan.startup.complete"]
    draining.upstream.call_soon(provider.released.set)
    await life
    await call.task
    assert call.status == 200
    assert sent[-1] == "lifespan.shutdown.complete"
    late = draining.ask()
    await late.task
    assert late.status == 503, "between the end of its life and that of its server"
    async with draining.factory.lifespan()(None):
        again = draining.ask()
        await again.task
    assert again.status == 200


async def test_a_host_that_mounts_the_gateway_drains_it_with_its_own_life(draining: Draining) -> None:
    async def stall(exchange: Exchange) -> None:
        await asyncio.sleep(30)

    draining.upstream.behave = stall
    async with draining.factory.lifespan()(None):
        call = draining.ask()
        await draining.reached(1)
        asyncio.get_running_loop().call_later(0.05, draining.time.advance, 30)
    await call.task
    assert call.status == 503
    assert [record.outcome for record in draining.records] == ["cut"]


async def half_a_stream(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(chunk({"role": "assistant", "content": "C'era"}))
    await asyncio.sleep(30)


async def native_stream(draining: Draining) -> Chunks:
    messages = [{"role": "user", "content": "ciao"}]
    stream = await draining.factory.chat(
        key=draining.key, model="fast", messages=messages, max_tokens=50, stream=True, cache_control="no-store"
    )
    assert (await anext(aiter(stream)))["choices"][0]["delta"]["content"] == "C'era"
    return stream


async def test_a_stream_in_the_hands_of_the_host_is_waited_for(draining: Draining) -> None:
    provider = Waiting()

    async def stream_when_released(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": "C'era"}))
        await provider.released.wait()
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    draining.upstream.behave = stream_when_released
    stream = await native_stream(draining)
    assert draining.factory.health().in_progress == 1
    ending = asyncio.ensure_future(draining.factory.app().drain())
    await settle()
    assert not ending.done()
    with pytest.raises(Unavailable, match="shutting down"):
        await native_stream(draining)
    draining.upstream.call_soon(provider.released.set)
    assert [piece async for piece in stream]
    await ending
    assert [record.outcome for record in draining.records] == ["answered"]


@pytest.mark.parametrize("is_read", [False, True])
async def test_a_stream_in_the_hands_of_the_host_is_cut_and_settled(draining: Draining, is_read: bool) -> None:
    draining.upstream.behave = half_a_stream
    stream = await native_stream(draining)
    reading = asyncio.ensure_future(anext(aiter(stream))) if is_read else None
    ending = asyncio.ensure_future(draining.factory.app().drain())
    await settle()
    assert draining.records == []
    draining.time.advance(30)
    await ending
    (record,) = draining.records
    assert (record.outcome, record.output_tokens < 50) == ("cut", True)
    with pytest.raises(Unavailable, match="shutting down"):
        await (reading or anext(aiter(stream)))
    if reading is not None:
        assert not reading.cancelled()


async def test_a_stream_that_the_host_forgets_is_not_in_progress_for_ever(draining: Draining) -> None:
    draining.upstream.behave = half_a_stream
    stream = await native_stream(draining)
    del stream
    gc.collect()
    while draining.factory.health().in_progress:
        await asyncio.sleep(0.002)
    assert [record.outcome for record in draining.records] == ["cut"]


def hosted(draining: Draining, handler: Any) -> Client:
    route = Route(key=draining.key)
    app = TokenFactoryMiddleware(handler, factory=draining.factory, routes={"/v1/chat/completions": route})
    return Client(draining.factory, draining.key, app=app)


async def test_calls_of_the_hosts_own_routes_are_drained_too(draining: Draining) -> None:
    handling = asyncio.Event()

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        handling.set()
        await asyncio.Event().wait()

    call = hosted(draining, handle)
    await handling.wait()
    assert draining.factory.health().in_progress == 1
    ending = asyncio.ensure_future(draining.factory.app().drain())
    await settle()
    late = hosted(draining, handle)
    await late.task
    assert (late.status, json.loads(late.body)["error"]["code"]) == (503, "shutting_down")
    draining.time.advance(30)
    await ending
    assert call.task.cancelled()
    assert [record.outcome for record in draining.records] == ["cut"]


async def test_streams_and_hosted_calls_fill_the_gateway(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = half_a_stream
    with TokenFactory.from_config(config(upstream.base_url, tmp_path / "data", server={"max_concurrent": 1})) as made:
        draining = Draining(made, StillTime(), upstream)
        stream = await native_stream(draining)
        with pytest.raises(Unavailable, match="too many calls"):
            await native_stream(draining)
        refused = hosted(draining, None)
        await refused.task
        assert refused.status == 503
        await stream.aclose()
        await stream.aclose()
        again = await native_stream(draining)
        await again.aclose()
        await made.aclose()


async def test_what_waits_between_attempts_is_cut_without_a_trace(upstream: Upstream, tmp_path: Path) -> None:
    async def fail(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no"}}, status=503)

    upstream.behave = fail
    time = StillTime()
    made = config(upstream.base_url, tmp_path / "data", server={"drain": 0}, resilience={})
    with TokenFactory(Settings.from_dict(made), timing=time.timing) as factory:
        call = Client(factory, factory.create_key())
        while not time.sleepers:
            await asyncio.sleep(0.002)
        await factory.app().drain()
        await call.task
        assert call.status == 503
        assert factory.ledger.holds() == []
        assert time.sleepers == 0
        await factory.aclose()
