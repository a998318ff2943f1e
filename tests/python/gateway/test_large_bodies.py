"""A hundred megabytes, from either side: the caller gets a clear error, and the process is no larger for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from soak.served import Served, served
from support.factories import config
from support.upstream import Behaviour, Exchange, Upstream, chunk, parse_sse

HUNDRED_MB = 100 * 10**6
BLOCK = b"a" * (1 << 18)
MOST_GROWTH_MIB = 25  # What the allocator may keep; what is read of these bodies in all is far more.
QUESTION = {"model": "fast", "max_tokens": 50, "messages": [{"role": "user", "content": "Scrivi."}]}


@asynccontextmanager
async def gateway(folder: Path, upstream: Upstream) -> AsyncIterator[tuple[Served, aiohttp.ClientSession]]:
    """A process of its own, as its memory is what is looked at. Nothing is held or under way when it ends."""
    made = config(upstream.base_url, folder / "data")
    made["providers"]["upstream"]["timeout_s"] = {"connect": 5, "first_byte": 20, "read": 20, "total": 60}
    (folder / "tokenfoundry.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    async with served(folder / "tokenfoundry.yaml", log=folder / "log") as process, aiohttp.ClientSession() as session:
        yield process, session
        assert (await process.at_rest()).holds == 0
        assert await process.end() == 0
    assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")


async def blocks() -> AsyncIterator[bytes]:
    for _ in range(HUNDRED_MB // len(BLOCK) + 1):
        yield BLOCK


async def growth_mib(process: Served, ask: Callable[[], Awaitable[None]], *, calls: int) -> float:
    """What so many calls add to the memory of the process, after a first."""
    await ask()
    before = await process.at_rest()
    for _ in range(calls):
        await ask()
    return (await process.at_rest()).rss_mib - before.rss_mib


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "without"])
async def test_a_request_of_a_hundred_megabytes_is_refused_in_flat_memory(tmp_path: Path, length: bool) -> None:
    headers = {"content-length": str(HUNDRED_MB)} if length else {}
    with Upstream() as upstream:
        async with gateway(tmp_path, upstream) as (process, session):
            headers |= {"authorization": f"Bearer {process.keys['claims']}", "expect": "100-continue"}

            async def ask() -> None:
                url = f"{process.url}/v1/chat/completions"
                async with session.post(url, data=blocks(), headers=headers) as reply:
                    assert reply.status == 413
                    assert "10000000" in (await reply.json())["error"]["message"].replace(",", "")

            assert await growth_mib(process, ask, calls=4) <= MOST_GROWTH_MIB
        assert not upstream.received


async def whole(exchange: Exchange) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {HUNDRED_MB}\r\n\r\n"
    await exchange.send(head.encode() + b'{"choices": "')
    await _send_blocks(exchange.send)


async def in_chunks(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    await _send_blocks(exchange.piece)


async def one_event(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.piece(b"data: ")
    await _send_blocks(exchange.piece)


async def large_events(exchange: Exchange) -> None:
    event = b"data: " + json.dumps(chunk({"content": "parola " * 2000})).encode() + b"\n\n"
    await exchange.start_stream()
    for _ in range(HUNDRED_MB // len(event)):
        await exchange.piece(event)


async def small_events(exchange: Exchange) -> None:
    """So many that what costs more with the length of the answer would not end."""
    event = b"data: " + json.dumps(chunk({"content": "è già "})).encode() + b"\n\n"
    await exchange.start_stream()
    for _ in range(HUNDRED_MB // len(event) // 100):
        await exchange.piece(event * 100)


async def _send_blocks(send: Callable[[bytes], Awaitable[None]]) -> None:
    for _ in range(HUNDRED_MB // len(BLOCK)):
        await send(BLOCK)


@pytest.mark.parametrize(
    ("behave", "stream"),
    [(whole, False), (in_chunks, False), (one_event, True), (large_events, True), (small_events, True)],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_an_answer_of_a_hundred_megabytes_is_an_error_in_flat_memory(
    tmp_path: Path, behave: Behaviour, stream: bool
) -> None:
    with Upstream(behave) as upstream:
        async with gateway(tmp_path, upstream) as (process, session):
            headers = {"authorization": f"Bearer {process.keys['claims']}", "cache-control": "no-store"}

            async def ask() -> None:
                body: dict[str, Any] = {**QUESTION, "stream": stream}
                async with session.post(f"{process.url}/v1/chat/completions", json=body, headers=headers) as reply:
                    if reply.status == 200:
                        last = parse_sse((await reply.read())[-1000:].partition(b"\n\n")[2])[-1]
                        assert last["error"]["code"] == "upstream_error"
                    else:
                        assert (reply.status, (await reply.json())["error"]["code"]) == (502, "upstream_error")

            assert await growth_mib(process, ask, calls=2) <= MOST_GROWTH_MIB
