"""A stream that ends wherever it may: the client leaves, the provider breaks, the server stops. Always one settlement,
for what was produced, and no hold is left.
"""

from __future__ import annotations

import asyncio
import json
import queue
import random
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.factories import config
from support.serving import served
from support.upstream import Exchange, Upstream, chunk, parse_sse, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import EntryFlags
from tokenfoundry.prompt_tokens import chat_tokens
from tokenfoundry.records import CallRecord
from tokenfoundry.tokens import Tokenizer

MESSAGES = [{"role": "user", "content": "Racconta."}]
WORDS = ["", "C'era ", "una volta ", "un re ", "che contava ", "i suoi gettoni."]
EVENTS = [
    *(chunk({"role": "assistant", "content": word}) for word in WORDS),
    chunk({}, finish="stop"),
]
BODY = json.dumps({"model": "fast", "stream": True, "max_tokens": 50, "messages": MESSAGES}).encode()
TOKENS = Tokenizer.load("o200k_base")
INPUT_TOKENS = chat_tokens({"messages": MESSAGES}, TOKENS).tokens


def words_in(events: int) -> str:
    return "".join(WORDS[:events])


class Watched:
    """A gateway, and the records of its calls as they come."""

    def __init__(self, upstream: Upstream, data_dir: Path, **timeouts: float) -> None:
        made = config(upstream.base_url, data_dir)
        made["cache"] = {"enabled": False}
        made["providers"]["upstream"]["timeout_s"].update(timeouts)
        self.gateway = TokenFactory.from_config(made)
        self.key = self.gateway.create_key(project="claims")
        self._records: queue.Queue[CallRecord] = queue.Queue()
        self._settled = 0
        self.gateway.on_record(self._records.put)

    def check_cut(self, *, status: int, produced: str) -> None:
        """The next call to end has one settlement, for this text."""
        record = self._records.get(timeout=10)
        assert (record.outcome, record.status) == ("cut", status)
        expected = TOKENS.count(produced)
        assert (record.input_tokens, record.output_tokens) == (INPUT_TOKENS, expected)
        assert self.gateway.ledger.holds() == []
        entries = self.gateway.ledger.entries()
        assert len(entries) == self._settled + 1
        self._settled += 1
        assert entries[-1].amounts.tokens == INPUT_TOKENS + expected
        assert entries[-1].amounts.requests == 1
        assert entries[-1].amounts.money_nano == INPUT_TOKENS * 1000 + expected * 2000
        assert entries[-1].flags == EntryFlags.UNCERTAIN | EntryFlags.ESTIMATED

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            assert self.gateway.ledger.verify().ok
            assert self._records.empty(), "a call was settled more often than it was made"
        finally:
            self.gateway.close()


def produce(events: int, *, then: Callable[[Exchange], Awaitable[None]]) -> Callable[[Exchange], Awaitable[None]]:
    """A provider that streams so many events and then does that."""

    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        for each in EVENTS[:events]:
            await exchange.event(each)
        await then(exchange)

    return behave


async def stall(exchange: Exchange) -> None:
    await asyncio.Event().wait()


async def half_an_event(exchange: Exchange) -> None:
    await exchange.piece(b'data: {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"con')
    await stall(exchange)


def ask(url: str, key: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n"
    client.sendall(f"{head}content-length: {len(BODY)}\r\n\r\n".encode() + BODY)
    return client


def read_events(client: socket.socket, number: int) -> bytes:
    """Reads until the headers and so many events have come."""
    seen = b""
    while b"\r\n\r\n" not in seen or seen.count(b"\n\n") < number:
        data = client.recv(65536)
        assert data, seen
        seen += data
    return seen


def read_until(client: socket.socket, upstream: Upstream, events: int, *, call: int) -> None:
    """Reads so many events of that call, the first being 1. Before the first event the client is told nothing."""
    if events:
        read_events(client, events)
    while len(upstream.received) < call:
        time.sleep(0.002)


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closes", "resets"])
@pytest.mark.parametrize("then", [stall, half_an_event], ids=["between events", "in the middle of one"])
def test_a_client_that_leaves_at_any_event_is_settled_once_for_what_was_produced(
    upstream: Upstream, tmp_path: Path, then: Any, leave: Callable[[socket.socket], None]
) -> None:
    with Watched(upstream, tmp_path / "data", read=30, total=60) as watched, served(watched.gateway.app()) as url:
        for events in range(len(EVENTS) + 1):
            upstream.behave = produce(events, then=then)
            client = ask(url, watched.key)
            read_until(client, upstream, events, call=events + 1)
            leave(client)
            watched.check_cut(status=499, produced=words_in(events))


def test_a_client_that_leaves_in_the_middle_of_a_chunk_is_settled_once(upstream: Upstream, tmp_path: Path) -> None:
    """It has read its share of the bytes, and not a whole event."""
    with Watched(upstream, tmp_path / "data", read=30, total=60) as watched, served(watched.gateway.app()) as url:
        produced: list[int] = []

        async def one_and_tell(exchange: Exchange) -> None:
            await exchange.start_stream()
            for each in EVENTS[:3]:
                await exchange.event(each)
            produced.append(3)
            await stall(exchange)

        upstream.behave = one_and_tell
        for size in (1, 40, 400, 600):
            client = ask(url, watched.key)
            got = 0
            while got < size:
                got += len(client.recv(size - got))
            read_to = client.recv(65536, socket.MSG_PEEK)
            while read_to.count(b"\n\n") < 3 and len(read_to) + got < 700:
                read_to = client.recv(65536, socket.MSG_PEEK)
            client.close()
            watched.check_cut(status=499, produced=words_in(3))


def test_a_client_that_leaves_after_the_usage_was_told_is_settled_with_it(upstream: Upstream, tmp_path: Path) -> None:
    async def usage_and_stall(exchange: Exchange) -> None:
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(INPUT_TOKENS, 42)})
        await exchange.event(EVENTS[1])  # The usage is not relayed; when this has come, it has been read.
        await stall(exchange)

    with Watched(upstream, tmp_path / "data", read=30, total=60) as watched, served(watched.gateway.app()) as url:
        upstream.behave = produce(len(EVENTS), then=usage_and_stall)
        client = ask(url, watched.key)
        read_events(client, len(EVENTS) + 1)
        client.close()
        record = watched._records.get(timeout=10)
        assert record.outcome == "cut"
        assert record.output_tokens == 42
        assert watched.gateway.ledger.holds() == []
        assert len(watched.gateway.ledger.entries()) == 1


def test_sixty_four_clients_that_leave_at_random_are_settled_once_each(upstream: Upstream, tmp_path: Path) -> None:
    rng = random.Random(5)

    async def trickle(exchange: Exchange) -> None:
        await exchange.start_stream()
        for number in range(200):
            await exchange.event(EVENTS[1 + number % 5])
            await asyncio.sleep(0.005)

    upstream.behave = trickle
    slow = {"connect": 30, "read": 30, "total": 60}  # 64 at once, beside other tests.
    with Watched(upstream, tmp_path / "data", **slow) as watched, served(watched.gateway.app()) as url:
        clients = [ask(url, watched.key) for _ in range(64)]
        rng.shuffle(clients)
        for client in clients:
            read_events(client, rng.randint(0, 12))
            rng.choice([socket.socket.close, reset])(client)
        records = [watched._records.get(timeout=10) for _ in clients]
        assert {(record.outcome, record.status) for record in records} == {("cut", 499)}
        assert len({record.request_id for record in records}) == 64
        assert watched.gateway.ledger.holds() == []
        entries = watched.gateway.ledger.entries()
        assert len(entries) == 64
        assert sum(entry.amounts.tokens for entry in entries) == sum(
            record.input_tokens + record.output_tokens for record in records
        )


# -- the provider ------------------------------------------------------------------------------------------------------


async def report_an_error(exchange: Exchange) -> None:
    await exchange.event({"error": {"message": "overloaded", "type": "server_error"}})
    await exchange.end_stream()


async def send_garbage(exchange: Exchange) -> None:
    await exchange.event(b'{"choices": [')
    await exchange.end_stream()


async def send_another_shape(exchange: Exchange) -> None:
    await exchange.event({"choices": [{"index": -1}]})
    await exchange.end_stream()


async def be_reset(exchange: Exchange) -> None:
    await asyncio.sleep(0.02)  # A reset overtakes what was sent.
    exchange.reset()


async def vanish(exchange: Exchange) -> None:
    exchange.writer.close()


@pytest.mark.parametrize("break_off", [report_an_error, send_garbage, send_another_shape, be_reset, vanish])
def test_a_provider_that_breaks_at_any_event_is_settled_once_for_what_it_produced(
    upstream: Upstream, tmp_path: Path, break_off: Callable[[Exchange], Awaitable[None]]
) -> None:
    with Watched(upstream, tmp_path / "data") as watched, served(watched.gateway.app()) as url:
        for events in range(1, len(EVENTS)):
            upstream.behave = produce(events, then=break_off)
            with ask(url, watched.key) as client:
                seen = read_events(client, events + 1)
            *_, last = parse_sse(b"".join(piece for piece in seen.split(b"\r\n") if b"data: " in piece))
            assert last["error"]["code"] == "upstream_error"
            watched.check_cut(status=502, produced=words_in(events))


def test_a_provider_that_never_ends_is_cut_at_the_total_time_for_what_it_produced(
    upstream: Upstream, tmp_path: Path
) -> None:
    sent = 0

    async def babble(exchange: Exchange) -> None:
        nonlocal sent
        await exchange.start_stream()
        while True:
            await exchange.event(chunk({"content": "ancora "}))
            sent += 1
            await asyncio.sleep(0.02)

    upstream.behave = babble
    with Watched(upstream, tmp_path / "data", total=0.5) as watched, served(watched.gateway.app()) as url:
        with ask(url, watched.key) as client:
            seen = b""
            while b'"error"' not in seen:
                data = client.recv(65536)
                assert data, seen
                seen += data
        record = watched._records.get(timeout=10)
        assert record.outcome == "cut"
        relayed = seen.count(b'"ancora ')
        assert 1 < relayed <= sent
        assert record.output_tokens == TOKENS.count("ancora " * relayed)
        assert watched.gateway.ledger.holds() == []
        assert len(watched.gateway.ledger.entries()) == 1


# -- the server --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("events", [0, 1, 4, len(EVENTS)])
def test_a_server_that_stops_in_mid_stream_settles_what_was_produced(
    upstream: Upstream, tmp_path: Path, events: int
) -> None:
    upstream.behave = produce(events, then=stall)
    with Watched(upstream, tmp_path / "data", read=30, total=60) as watched:
        with served(watched.gateway.app(), graceful_s=0) as url:
            client = ask(url, watched.key)
            read_until(client, upstream, events, call=1)
        with client:
            # Without an answer to hang up on it is an attempt that was given up.
            watched.check_cut(status=499 if events else 502, produced=words_in(events))
