"""The readers of streams: any split gives the same events, and nothing but `ProviderError` comes of garbage."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wire import amazon_message, framed, pieces_of
from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.formats import Framing
from tokenfoundry.providers.framing.event_stream import AmazonEvents
from tokenfoundry.providers.sse import JsonEvents

Body = dict[str, Any]


def is_last(event: Body) -> bool:
    return "last" in event


def amazon() -> Framing:
    return AmazonEvents(is_last)


def server_events() -> Framing:
    return JsonEvents(is_last)


def as_server_event(event: Body) -> bytes:
    return b": comment\r\nevent: x\ndata: " + json.dumps(event).encode() + b"\r\n\r\n"


KINDS: dict[str, tuple[Callable[[], Framing], Callable[[Body], bytes]]] = {
    "amazon": (amazon, amazon_message),
    "server events": (server_events, as_server_event),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
TEXTS = st.text(max_size=30)
# Amazon's messages are objects under one name; of the rest any object will do.
EVENTS = st.lists(st.builds(lambda name, said: {name: {"said": said}}, st.sampled_from(["a", "bc"]), TEXTS), max_size=8)
SIZES = st.lists(st.integers(1, 30), max_size=50)


def fed(framing: Framing, pieces: Iterator[bytes]) -> list[Body]:
    return [event for piece in pieces for event in framing.feed(piece)]


@every_kind
def test_any_split_of_the_bytes_gives_the_same_events(kind: str) -> None:
    make, encode = KINDS[kind]

    @settings(max_examples=100, deadline=None)
    @given(EVENTS, SIZES)
    def split(events: list[Body], sizes: list[int]) -> None:
        framing = make()
        data = b"".join(map(encode, events))
        assert fed(framing, pieces_of(data, chain(iter(sizes), repeat(5)))) == events
        assert not framing.ended

    split()


@every_kind
def test_what_follows_the_end_is_left_out(kind: str) -> None:
    make, encode = KINDS[kind]
    events: list[Body] = [{"a": {}}, {"last": {}}, {"b": {}}]
    framing = make()
    assert list(framing.feed(b"".join(map(encode, events)))) == events[:2]
    assert framing.ended


@every_kind
def test_nothing_but_provider_errors_comes_of_garbage(kind: str) -> None:
    make, encode = KINDS[kind]
    valid = encode({"a": {"said": "x"}})

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=80), st.integers(0, len(valid)), st.binary(max_size=8))
    def garble(noise: bytes, at: int, spliced: bytes) -> None:
        for data in (noise, valid[:at] + spliced + valid[at + len(spliced) :] + noise):
            with suppress(ProviderError):
                assert all(isinstance(event, dict) for event in make().feed(data))

    garble()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=30))
def test_any_headers_of_an_amazon_message_are_read_or_refused(headers: bytes, payload: bytes) -> None:
    with suppress(ProviderError):
        list(amazon().feed(framed(headers, payload)))


@given(EVENTS)
def test_botocore_reads_the_same_amazon_messages(events: list[Body]) -> None:
    data = b"".join(map(amazon_message, events))
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    theirs = [{message.headers[":event-type"]: json.loads(message.payload)} for message in buffer]
    assert list(amazon().feed(data)) == theirs


@pytest.mark.parametrize("at", [9, 40, -1])
def test_a_flipped_bit_is_found_by_a_checksum(at: int) -> None:
    data = bytearray(amazon_message({"a": {"said": "something long enough"}}))
    data[at] ^= 1
    with pytest.raises(ProviderError, match="checksum"):
        list(amazon().feed(bytes(data)))


def test_an_amazon_exception_is_an_event_of_its_own() -> None:
    event = {"throttlingException": {"message": "slow down"}}
    assert list(amazon().feed(amazon_message(event))) == [event]


def test_an_amazon_error_ends_the_stream_with_its_code() -> None:
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + len(value).to_bytes(2, "big") + value
        for name, value in (
            (b":message-type", b"error"),
            (b":error-code", b"InternalFailure"),
            (b":error-message", b"oh"),
        )
    )
    with pytest.raises(ProviderError, match="InternalFailure"):
        list(amazon().feed(framed(headers, b"")))


@pytest.mark.parametrize(("kind", "size"), [("amazon", 12), ("server events", 9 << 20)])
def test_an_event_over_8_mib_is_refused_before_it_has_come_whole(kind: str, size: int) -> None:
    head = struct.pack("!II", 9 << 20, 0)
    data = head + struct.pack("!I", zlib.crc32(head)) if kind == "amazon" else b"data: " + b"x" * size
    with pytest.raises(ProviderError, match="over 8 MiB"):
        list(KINDS[kind][0]().feed(data))


def test_done_ends_a_stream_of_server_events() -> None:
    framing = JsonEvents()
    assert list(framing.feed(b'data: {"a": 1}\n\ndata: [DONE]\n\ndata: {"b": 2}\n\n')) == [{"a": 1}]
    assert framing.ended
