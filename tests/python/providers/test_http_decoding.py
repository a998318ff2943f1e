"""Content codings: what was packed comes out as it was, and nothing takes more memory than it may."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.providers.http.decoding import DecodedBody
from tokenfoundry.providers.http.errors import ReplyLost
from tokenfoundry.providers.http.limits import MAX_PIECE_BYTES

TEXT = "".join(f"{number}: perché no? " for number in range(5000)).encode()


def gzipped(data: bytes) -> bytes:
    """The same bytes at any time, as the names of tests are made of them."""
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


PACKED = {
    "gzip": [gzipped(TEXT)],
    "x-gzip": [gzipped(TEXT)],
    "GZIP": [gzipped(TEXT[:1000]) + gzipped(TEXT[1000:]), gzipped(b"") + gzipped(TEXT)],
    "deflate": [zlib.compress(TEXT), raw_deflate(TEXT)],
    "identity": [TEXT],
}
CASES = [(coding, data) for coding, kinds in PACKED.items() for data in kinds]


async def unpacked(coding: str, pieces: Iterable[bytes]) -> list[bytes]:
    left = iter([*pieces, b""])

    async def next_piece() -> bytes:
        return next(left)

    body = DecodedBody(next_piece, coding)
    plain = []
    while piece := await body.piece():
        plain.append(piece)
    return plain


@pytest.mark.parametrize(("coding", "data"), CASES)
async def test_what_was_packed_comes_out_as_it_was(coding: str, data: bytes) -> None:
    assert b"".join(await unpacked(coding, [data])) == TEXT
    assert b"".join(await unpacked(coding, (bytes([byte]) for byte in data))) == TEXT


@given(case=st.sampled_from(CASES), cuts=st.lists(st.integers(min_value=1, max_value=5000), max_size=8))
async def test_what_was_packed_comes_out_the_same_however_it_is_cut(case: tuple[str, bytes], cuts: list[int]) -> None:
    coding, data = case
    places = [0, *sorted({cut for cut in cuts if cut < len(data)}), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    assert b"".join(await unpacked(coding, pieces)) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
async def test_an_empty_body_is_empty_in_every_coding(coding: str) -> None:
    assert await unpacked(coding, []) == []


async def test_each_flushed_event_comes_out_with_its_bytes() -> None:
    stream = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    events = [f"data: {number}\n\n".encode() for number in range(5)]
    pieces = [stream.compress(event) + stream.flush(zlib.Z_SYNC_FLUSH) for event in events]
    assert await unpacked("gzip", [*pieces, stream.flush()]) == events


@pytest.mark.parametrize(
    ("coding", "data", "said"),
    [
        ("gzip", gzipped(TEXT)[:-1], "cut short"),
        ("gzip", gzipped(TEXT)[:5], "cut short"),
        ("deflate", b"x", "cut short"),
        ("gzip", TEXT, "packed wrongly"),
        ("deflate", b"\xff" * 50, "packed wrongly"),
        ("gzip", gzipped(TEXT) + b"and more", "packed wrongly"),
        ("deflate", zlib.compress(TEXT) + b"and more", "goes on after"),
        ("br", b"\x0b\x00\x80", "'br', not asked for"),
        ("gzip, gzip", gzipped(gzipped(TEXT)), "not asked for"),
    ],
)
async def test_what_cannot_be_unpacked_is_a_lost_reply(coding: str, data: bytes, said: str) -> None:
    with pytest.raises(ReplyLost, match=said):
        await unpacked(coding, [data])


async def test_a_large_body_that_packs_well_comes_in_pieces_of_bounded_size() -> None:
    lines = b"".join(b'{"index": %d, "content": "rimborso"}\n' % number for number in range(400_000))
    plain = await unpacked("gzip", [gzip.compress(lines, 1)])
    assert b"".join(plain) == lines
    assert max(map(len, plain)) <= MAX_PIECE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_given_up_long_before_it_is_unpacked(coding: str) -> None:
    packed = (gzip.compress if coding == "gzip" else zlib.compress)(bytes(40 * 2**20), 9)
    left = iter([packed[start : start + 65_536] for start in range(0, len(packed), 65_536)])
    taken = largest = 0

    async def next_piece() -> bytes:
        return next(left)

    body = DecodedBody(next_piece, coding)

    async def read_all() -> None:
        nonlocal taken, largest
        while piece := await body.piece():
            taken += len(piece)
            largest = max(largest, len(piece))

    with pytest.raises(ReplyLost, match="over 100 times its size"):
        await read_all()
    assert largest <= MAX_PIECE_BYTES
    assert taken <= 16 * 2**20
