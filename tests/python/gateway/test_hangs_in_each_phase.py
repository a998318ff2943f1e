"""A provider that hangs, in each phase of a call: the caller is told in time, and what may have been used is booked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from support.factories import config
from support.upstream import Exchange, Upstream, answer_with, chunk
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

SHORT_S = 0.25
UNKNOWN = "provider.example"
QUESTION: list[Any] = [{"role": "user", "content": "Scrivi a mario.rossi@example.it."}]

Hang = Callable[[], AbstractContextManager[str]]
"""Gives the address of a provider that hangs."""


@contextmanager
def hang_in_the_name() -> Iterator[str]:
    """The name service does not answer."""
    over, ask = threading.Event(), socket.getaddrinfo

    def asked(host: Any, *arguments: Any, **options: Any) -> Any:
        if host in (UNKNOWN, UNKNOWN.encode()):
            over.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return ask(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", asked)
        try:
            yield f"http://{UNKNOWN}/v1"
        finally:
            over.set()


@contextmanager
def listener(*, backlog: int = 16, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    """Connections are made with it, and nobody takes them."""
    with socket.socket() as made:
        if receive_bytes is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.bind(("127.0.0.1", 0))
        made.listen(backlog)
        yield made


def port_of(made: socket.socket) -> int:
    port: int = made.getsockname()[1]
    return port


@contextmanager
def hang_in_the_connection() -> Iterator[str]:
    """Its queue is full, so the system drops what knocks."""
    with listener(backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{port_of(full)}/v1"


@contextmanager
def hang_in_the_handshake() -> Iterator[str]:
    with listener() as silent:
        yield f"https://127.0.0.1:{port_of(silent)}/v1"


@contextmanager
def hang_before_the_request_is_taken() -> Iterator[str]:
    with listener(receive_bytes=4096) as deaf:
        yield f"http://127.0.0.1:{port_of(deaf)}/v1"


def hanging(*sent: bytes) -> Hang:
    """It takes the request, sends so much and no more."""

    async def behave(exchange: Exchange) -> None:
        for piece in sent:
            await exchange.send(piece)
        await asyncio.sleep(20)

    @contextmanager
    def hang() -> Iterator[str]:
        with Upstream(behave) as upstream:
            yield upstream.base_url

    return hang


WHOLE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
NOT_SENT = {
    "name": hang_in_the_name,
    "connection": hang_in_the_connection,
    "handshake": hang_in_the_handshake,
}
SENT = {
    "request": hang_before_the_request_is_taken,
    "before the head": hanging(),
    "in the head": hanging(WHOLE_HEAD[:20]),
    "before the body": hanging(WHOLE_HEAD),
    "in the body": hanging(WHOLE_HEAD, b'{"choices": ['),
}
STREAMS = {
    "before the head": hanging(),
    "in the head": hanging(STREAM_HEAD[:20]),
    "before the first event": hanging(STREAM_HEAD),
    "in the first event": hanging(STREAM_HEAD, b'data: {"choi'),
}


@contextmanager
def gateway_to(base_url: str, data_dir: Path, **sections: Any) -> Iterator[TokenFactory]:
    """When it ends no hold is left."""
    made = config(base_url, data_dir, **sections)
    times = {"connect": SHORT_S, "write": SHORT_S, "first_byte": SHORT_S, "read": SHORT_S, "total": 10}
    made["providers"]["upstream"]["timeout_s"] = times
    with TokenFactory.from_config(made) as gateway:
        yield gateway
        assert gateway.ledger.holds() == []
        assert gateway.ledger.verify().ok
        assert gateway.health().in_progress == 0


def ask(gateway: TokenFactory, *, model: str = "fast", messages: Any = QUESTION, **options: Any) -> Any:
    client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
    return client.chat.completions.create(model=model, messages=messages, max_tokens=50, **options)


def record_of(gateway: TokenFactory) -> CallRecord:
    (record,) = [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries()]
    return record


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("phase", NOT_SENT)
def test_a_hang_before_anything_was_sent_costs_nothing(tmp_path: Path, phase: str, stream: bool) -> None:
    with NOT_SENT[phase]() as base_url, gateway_to(base_url, tmp_path / "data") as gateway:
        with pytest.raises(openai.InternalServerError) as raised:
            ask(gateway, stream=stream)
        assert (raised.value.status_code, raised.value.code) == (502, "upstream_error")
        assert "small" in str(raised.value)
        record = record_of(gateway)
        assert (record.outcome, record.cost_nano) == ("failed", 0)


@pytest.mark.parametrize("phase", SENT)
def test_a_hang_after_that_is_told_in_time_and_booked_at_its_worst(tmp_path: Path, phase: str) -> None:
    large = [{"role": "user", "content": "parola " * 1_200_000}] if phase == "request" else QUESTION
    with SENT[phase]() as base_url, gateway_to(base_url, tmp_path / "data") as gateway:
        with pytest.raises(openai.InternalServerError) as raised:
            ask(gateway, messages=large)
        assert (raised.value.status_code, raised.value.code) == (504, "upstream_timeout")
        record = record_of(gateway)
        assert (record.outcome, record.output_tokens, record.flags) == ("cut", 50, ("uncertain", "estimated"))


@pytest.mark.parametrize("phase", STREAMS)
def test_a_stream_that_hangs_before_its_first_event_is_an_ordinary_error(tmp_path: Path, phase: str) -> None:
    with STREAMS[phase]() as base_url, gateway_to(base_url, tmp_path / "data") as gateway:
        with pytest.raises(openai.InternalServerError) as raised:
            ask(gateway, stream=True)
        assert (raised.value.status_code, raised.value.code) == (504, "upstream_timeout")
        assert record_of(gateway).outcome == "cut"


@pytest.mark.parametrize("rest", [b"", b"\n", b"data: {"], ids=["between events", "at an end of line", "in an event"])
def test_a_stream_that_hangs_between_chunks_ends_with_an_error_after_what_came(tmp_path: Path, rest: bytes) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(chunk({"role": "assistant", "content": "Ecco: [EMAIL_ADDRESS_1]"}))
        if rest:
            await exchange.piece(rest)
        await asyncio.sleep(20)

    with Upstream(behave) as upstream, gateway_to(upstream.base_url, tmp_path / "data") as gateway:
        said: list[str] = []
        with pytest.raises(openai.APIError) as raised:
            said.extend(piece.choices[0].delta.content or "" for piece in ask(gateway, stream=True))
        assert raised.value.code == "upstream_error"
        assert "".join(said) == "Ecco: mario.rossi@example.it"
        record = record_of(gateway)
        assert (record.outcome, record.flags) == ("cut", ("uncertain", "estimated"))
        assert 0 < record.output_tokens < 50


@pytest.mark.parametrize("phase", [*NOT_SENT, *(phase for phase in SENT if phase != "request")])
def test_a_hang_in_any_phase_leaves_the_call_to_the_next_target(tmp_path: Path, phase: str) -> None:
    with Upstream(answer_with("ok")) as upstream, {**NOT_SENT, **SENT}[phase]() as base_url:
        made = config(base_url, tmp_path / "data")
        providers = {**made["providers"], "second": {"format": "openai", "base_url": upstream.base_url}}
        targets = {**made["targets"], "large": {**made["targets"]["large"], "provider": "second"}}
        with gateway_to(base_url, tmp_path / "data", providers=providers, targets=targets) as gateway:
            assert ask(gateway, model="both").tokenfoundry["target"] == "large"
