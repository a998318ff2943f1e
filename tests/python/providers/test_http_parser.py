"""Replies read from bytes, without a network."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.raw_server import chunked, whole
from tokenfoundry.providers.http.limits import MAX_HEAD_BYTES
from tokenfoundry.providers.http.parser import ReplyParser

TEXT = "Perché no? È così: 100 €.".encode()

REPLIES = {
    "with its length": whole(TEXT, "x-request-id: 7", "X-Many: a", "x-many: b"),
    "in chunks": chunked(TEXT, TEXT[:3], b"x" * 300),
    "with trailers": chunked(TEXT, trailers="x-check: 1\r\ncontent-type: text/html\r\n"),
    "with chunk extensions": b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n",
    "after interim heads": b"HTTP/1.1 100 Continue\r\nx-a: 1\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n"
    + whole(TEXT),
    "empty": whole(b""),
    "without a body": b"HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n",
    "an error": b"HTTP/1.1 529 \r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    "of HTTP/1.0, kept": b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 3\r\n\r\nabc",
}
UNTIL_CLOSE = {
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\n" + TEXT,
    "of HTTP/1.1": b"HTTP/1.1 200 OK\r\n\r\n" + TEXT,
}
BROKEN = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a length that is no number": b"HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "a coding that was not asked for": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nabc",
    "a chunk size that is no number": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n",
    "a negative chunk size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\nab\r\n",
    "a chunk size beyond 64 bits": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\nab\r\n",
    "a chunk longer than it says": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
    "a bare line feed": b"HTTP/1.1 200 OK\nx: y\n\n",
    "a control character": b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    "too many fields": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\nx: " + b"y" * (MAX_HEAD_BYTES + 100),
    "a large head": b"HTTP/1.1 200 OK\r\nx: " + b"y" * (MAX_HEAD_BYTES + 100) + b"\r\ncontent-length: 1\r\n\r\na",
    "interim heads without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 4000,
    "trailers without end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 20_000,
    "a trailer without end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: " + b"y" * 200_000,
    "a chunk extension without end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"y" * 200_000,
}


def read(*pieces: bytes, closed: bool = False) -> tuple[ReplyParser, bytes]:
    parser = ReplyParser()
    body = b"".join([parser.feed(piece) for piece in pieces if not parser.broken])
    if closed:
        parser.finish()
    return parser, body


def outcome(*pieces: bytes, closed: bool = False) -> tuple[object, ...]:
    parser, body = read(*pieces, closed=closed)
    return parser.status, parser.fields, body, parser.complete, parser.keep_alive, parser.spoiled, parser.broken


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places) if end > start]


@pytest.mark.parametrize("kind", [*REPLIES, *UNTIL_CLOSE])
@given(cuts=st.lists(st.integers(min_value=0, max_value=2000), max_size=12))
def test_a_reply_is_the_same_however_its_bytes_are_cut(kind: str, cuts: list[int]) -> None:
    data, closed = (REPLIES[kind], False) if kind in REPLIES else (UNTIL_CLOSE[kind], True)
    expected = outcome(data, closed=closed)
    assert expected[3]
    assert not expected[6]
    assert outcome(*split(data, cuts), closed=closed) == expected


@pytest.mark.parametrize("kind", [*REPLIES, *UNTIL_CLOSE])
def test_a_reply_is_the_same_byte_for_byte(kind: str) -> None:
    data, closed = (REPLIES[kind], False) if kind in REPLIES else (UNTIL_CLOSE[kind], True)
    assert outcome(*(bytes([byte]) for byte in data), closed=closed) == outcome(data, closed=closed)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_reply_that_breaks_the_rules_is_never_complete(kind: str) -> None:
    parser, _ = read(BROKEN[kind])
    assert parser.broken
    assert not parser.complete
    pieces = split(BROKEN[kind], list(range(0, len(BROKEN[kind]), 997)))
    assert read(*pieces)[0].broken


@pytest.mark.parametrize("kind", BROKEN)
def test_what_breaks_the_rules_cannot_be_made_whole_by_closing(kind: str) -> None:
    assert not read(BROKEN[kind], closed=True)[0].complete


@pytest.mark.parametrize("length", [0, 20, 60])
def test_a_reply_with_a_length_is_cut_short_by_a_close(length: int) -> None:
    data = REPLIES["with its length"]
    assert not read(data[: len(data) - 1 - length], closed=True)[0].complete
    assert not read(REPLIES["in chunks"][: -1 - length], closed=True)[0].complete


def test_the_last_of_interim_heads_is_the_reply() -> None:
    parser, body = read(REPLIES["after interim heads"])
    assert (parser.status, parser.fields, body) == (200, {b"content-length": b"%d" % len(TEXT)}, TEXT)


def test_trailers_are_in_no_reply() -> None:
    parser, _ = read(REPLIES["with trailers"])
    assert parser.fields == {b"transfer-encoding": b"chunked"}
    parser.begin()
    parser.feed(whole(b"ok"))
    assert parser.fields == {b"content-length": b"2"}


def test_repeated_fields_are_joined() -> None:
    assert read(REPLIES["with its length"])[0].fields[b"x-many"] == b"a, b"


@pytest.mark.parametrize("rest", [b"x", b"HTTP/1.1 200 OK\r\n", whole(b"another"), b"\x00"], ids=repr)
def test_what_follows_a_reply_spoils_its_connection_and_not_the_reply(rest: bytes) -> None:
    parser, body = read(whole(TEXT) + rest)
    assert (body, parser.complete, parser.broken, parser.spoiled) == (TEXT, True, "", True)
    parser, body = read(whole(TEXT), rest)
    assert (body, parser.complete, parser.broken, parser.spoiled) == (TEXT, True, "", True)


def test_one_parser_reads_reply_after_reply() -> None:
    parser = ReplyParser()
    for kind, data in REPLIES.items():
        if kind == "an error":
            continue  # It ends its connection.
        parser.begin()
        body = parser.feed(data)
        assert (parser.complete, parser.broken, parser.spoiled) == (True, "", False), kind
        assert body == read(data)[1]


def test_the_bytes_before_a_break_are_given_out() -> None:
    parser, body = read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")
    assert body == b"abc"
    assert parser.broken


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (whole(b"a"), True),
        (whole(b"a", "connection: close"), False),
        (REPLIES["of HTTP/1.0, kept"], True),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", False),
        (REPLIES["without a body"], True),
    ],
)
def test_the_provider_says_whether_its_connection_goes_on(data: bytes, kept: bool) -> None:
    assert read(data)[0].keep_alive is kept
