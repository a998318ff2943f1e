"""Forms with files, as clients send them and as nobody should."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.gateway.bodies.forms import read_form
from tokenfoundry.gateway.bodies.sound import longest_seconds
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.providers.formats.form import form

TYPE = "multipart/form-data; boundary=b"


def part(head: str, data: bytes = b"x") -> bytes:
    return b"--b\r\ncontent-disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


FILES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["file", "file.wav", "file.MP3"]),
        "content_type": st.just("audio/wav"),
        "data": st.binary(max_size=300),
    }
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"%\r\n\0[]\\'), min_size=1, max_size=9)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=50)


@given(st.dictionaries(NAMES, TEXTS, max_size=5), FILES, st.lists(TEXTS, min_size=1, max_size=3))
def test_what_is_written_as_a_form_is_read_again(texts: dict[str, str], file: dict[str, Any], many: list[str]) -> None:
    fields = {**texts, "a file": file, "many[]": many}
    content_type, raw = form(fields)
    assert read_form(content_type, raw) == fields


def test_of_the_name_of_a_file_only_the_extension_is_kept() -> None:
    read = read_form(TYPE, whole(part('name="file"; filename="mario.rossi@example.it.wav"')))
    assert read == {"file": {"name": "file.wav", "content_type": "application/octet-stream", "data": b"x"}}


def test_a_media_type_that_is_none_does_not_reach_the_provider() -> None:
    raw = part('name="file"; filename="a"\r\ncontent-type: audio/wav x\tinjected')
    assert read_form(TYPE, whole(raw))["file"]["content_type"] == "application/octet-stream"


BROKEN: dict[str, tuple[str, bytes]] = {
    "json": ("application/json", b"{}"),
    "no type": ("", b""),
    "no boundary": ("multipart/form-data", whole(part('name="a"'))),
    "a boundary that is too long": (f"multipart/form-data; boundary={'b' * 71}", b""),
    "no end": (TYPE, part('name="a"')),
    "nothing": (TYPE, b""),
    "another boundary": (TYPE, b"--c\r\n\r\n--c--\r\n"),
    "no name": (TYPE, whole(part("x"))),
    "the same name twice": (TYPE, whole(part('name="a"'), part('name="a"'))),
    "not utf-8": (TYPE, whole(part('name="a"', b"\xff"))),
    "too many parts": (TYPE, whole(*[part(f'name="{index}"') for index in range(65)])),
    "a header without an end": (TYPE, b"--b\r\n" + b"x" * 10_000),
    "too many headers": (TYPE, b"--b\r\n" + b"a: b\r\n" * 1000 + b"\r\n--b--\r\n"),
}


@pytest.mark.parametrize(("content_type", "raw"), BROKEN.values(), ids=BROKEN)
def test_a_form_that_is_none_is_refused(content_type: str, raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_form(content_type, raw)
    assert caught.value.status == 400


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    for framed in (raw, b"--b\r\n" + raw, whole(part('name="a"', raw))):
        with suppress(Refused):
            read_form(TYPE, framed)


@given(st.binary(max_size=80))
def test_the_length_of_a_sound_is_never_under_what_its_bytes_could_hold_uncompressed(tail: bytes) -> None:
    for data in (tail, b"RIFF\0\0\0\0WAVE" + tail, b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + tail):
        assert longest_seconds(data) >= 1
