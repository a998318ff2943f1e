"""Prompts with what is not text: files, sound, addresses. Their counts are no exact ones, and their bounds hold."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.estimates import estimates_of
from tokenfoundry.pricing import prices
from tokenfoundry.prompt_tokens import PromptTokens

NUMBERED = " ".join(f"({number} words of a page) Tj" for number in range(60_000))
AT_MS = 1_767_225_600_000


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def pdf(text: str) -> str:
    """The address of a file that holds a text as PDF packs it."""
    packed = zlib.compress(text.encode(), 9)
    return "data:application/pdf;base64," + base64_of(b"%PDF-1.4\n1 0 obj<<>>stream\n" + packed + b"\nendstream")


def file_part(address: str) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": "pagine.pdf", "file_data": address}}


def counted(part: dict[str, Any], model: str = "gpt-4o") -> tf.PromptCount:
    return tf.count_chat([{"role": "user", "content": [part]}], model=model)


def test_a_packed_file_is_held_at_no_less_than_the_text_in_it() -> None:
    text_tokens = tf.Tokenizer.load("o200k_base").count(NUMBERED)
    for model in ("gpt-4o", "claude-sonnet-4-5"):
        told = counted(file_part(pdf(NUMBERED)), model)
        assert told.tokens < text_tokens <= told.most
        assert not told.is_exact


def test_the_text_of_a_file_of_text_is_held_at_a_token_a_byte_and_not_more() -> None:
    told = counted(file_part("data:text/plain;base64," + base64_of(b"a" * 9_000)))
    assert 9_000 <= told.most <= 9_100


def test_a_file_is_held_at_no_more_than_any_model_can_hold() -> None:
    assert counted(file_part("data:application/pdf;base64," + "A" * 4_000_000)).most < 2_001_000


@pytest.mark.parametrize(
    "part",
    [
        file_part(pdf("Buongiorno.")),
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
        {"type": "video_url", "video_url": {"url": "https://example.it/filmato.mp4"}},
        {"type": "image_url", "image_url": {"url": "https://example.it/gatto.png"}},
    ],
    ids=["file", "file by its id", "sound", "a type nobody knows", "picture by its address"],
)
def test_what_nobody_read_is_not_exact(part: dict[str, Any]) -> None:
    told = counted(part)
    assert not told.is_exact
    assert told.to_dict()["is_exact"] is False
    assert told.tokens <= told.most


def test_a_picture_whose_rule_asks_for_no_size_is_exact() -> None:
    assert counted(
        {"type": "image_url", "image_url": {"url": "https://example.it/gatto.png", "detail": "low"}}
    ).is_exact


@pytest.mark.parametrize(("kind", "bytes_per_second"), [("mp3", 4_000), ("mp3", 1_000), ("wav", 8_000)])
def test_an_hour_of_sound_is_held_at_no_less_than_gemini_takes_for_it(kind: str, bytes_per_second: int) -> None:
    sound = base64_of(bytes(bytes_per_second * 3600))
    told = counted({"type": "input_audio", "input_audio": {"data": sound, "format": kind}}, "gemini-2.5-flash")
    assert told.most >= 3600 * 32


def test_in_the_other_dialects_it_is_not_exact_either() -> None:
    address = pdf("Buongiorno.")
    source = {"type": "base64", "media_type": "application/pdf", "data": address.partition(",")[2]}
    for endpoint, body in [
        ("messages", {"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": address}]}]}),
    ]:
        told = tf.count_body(body, model="gpt-4o", endpoint=endpoint)
        assert not told.is_exact
        assert told.tokens < told.most


def test_the_context_of_a_model_bounds_what_was_not_read_and_never_a_text() -> None:
    assert PromptTokens(10, 500, is_read=False).within(100) == PromptTokens(10, 100, is_read=False)
    assert PromptTokens(200, 500, is_read=False).within(100) == PromptTokens(200, 200, is_read=False)
    assert PromptTokens(10, 500, is_read=False).within(None).most == 500
    assert PromptTokens(10, 500).within(100).most == 500


def test_an_estimate_knows_the_context_of_its_model() -> None:
    body = {"messages": [{"role": "user", "content": [file_part(pdf(NUMBERED))]}], "max_tokens": 10}
    (told,) = estimates_of(body, ["gpt-4o"], prices(), at=AT_MS)
    assert told.context_tokens is not None
    assert told.prompt.most == told.context_tokens
    (unseen,) = estimates_of(
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        ["gpt-4o"],
        prices(),
        at=AT_MS,
    )
    assert unseen.prompt.most == unseen.context_tokens
