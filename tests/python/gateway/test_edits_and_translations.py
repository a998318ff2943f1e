"""Pictures that are edited and varied, sound that is translated, with the official client: texts are redacted on the
wire and restored in the answer, files go as they are, and each call is held, billed and counted.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai.types import ImagesResponse
from openai.types.audio import Translation, TranslationVerbose

from support.factories import config
from support.openai_provider import echo_everything
from support.serving import served
from support.upstream import Exchange, Upstream
from tokenfoundry.errors import ConfigError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

# OpenAI has retired what answers some of these; others that speak its API still do.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

EMAIL = "mario.rossi@example.it"
SAID = f"Scrivi a {EMAIL}."
SENT = "Scrivi a [EMAIL_ADDRESS_1]."
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(echo_everything) as running:
        yield running


@pytest.fixture
def factory(upstream: Upstream, tmp_path: Path) -> Iterator[TokenFactory]:
    made = config(upstream.base_url, tmp_path / "data")
    target = made["targets"]["small"]
    pictures = ["image_edits", "image_variations"]
    made["targets"] |= {
        "painter": {**target, "endpoints": pictures, "price": {"image": {"1024x1024": "0.04"}, "currency": "EUR"}},
        "tokens-painter": {**target, "endpoints": pictures, "max_output_tokens": 1000},
        "ear": {**target, "endpoints": ["translations"], "price": {"audio_second": "0.0001", "currency": "EUR"}},
        "tokens-ear": {**target, "endpoints": ["translations"], "max_output_tokens": 2000},
    }
    made["budgets"] = [
        {"name": name, "match": {"project": "claims"}, "unit": unit, "window": {"kind": "lifetime"}, "hard": hard}
        for name, unit, hard in (("pictures", "images", 5), ("sounds", "audio", 3), ("money", "money", "9"))
    ]
    with TokenFactory.from_config(made) as running:
        yield running
        assert running.ledger.holds() == []


@pytest.fixture
def gateway(factory: TokenFactory) -> Iterator[tuple[str, str]]:
    """Its address and a key."""
    with served(factory.app()) as url:
        yield f"{url}/v1", factory.create_key(project="claims")


@pytest.fixture
def client(gateway: tuple[str, str]) -> Iterator[openai.OpenAI]:
    url, key = gateway
    with openai.OpenAI(api_key=key, base_url=url, max_retries=0) as made:
        yield made


def used(factory: TokenFactory, budget: str) -> int:
    return factory.ledger.balances(budget=budget)[0].used


def records(factory: TokenFactory) -> list[CallRecord]:
    return [CallRecord.from_bytes(entry.detail) for entry in factory.ledger.entries()]


def picture(name: str = "gatto.png") -> tuple[str, io.BytesIO, str]:
    return name, io.BytesIO(PICTURE), "image/png"


def recording(seconds: int = 3) -> tuple[str, io.BytesIO, str]:
    sound = bytes(16_000 * seconds)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    body = form + struct.pack("<4sI", b"data", len(sound)) + sound
    return f"{EMAIL}.wav", io.BytesIO(struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body), "audio/wav"


def sent(upstream: Upstream) -> Exchange:
    return upstream.received[-1]


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_an_edit_redacts_its_texts_and_leaves_its_pictures(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.images.edit(
        model="painter", image=picture(f"{EMAIL}.png"), mask=picture(), prompt=SAID, n=2, size="1024x1024", user=EMAIL
    )
    exchange = sent(upstream)
    assert exchange.path == "/v1/images/edits"
    assert exchange.raw.count(PICTURE) == 2
    assert SENT.encode() in exchange.raw
    assert EMAIL.encode() not in exchange.raw
    assert b'filename="file.png"' in exchange.raw
    assert b"small-1" in exchange.raw
    assert reply.data is not None
    assert [image.revised_prompt for image in reply.data] == [SAID, SAID]
    ImagesResponse.model_validate_json(reply.model_dump_json(exclude_unset=True), strict=True)
    assert (used(factory, "pictures"), used(factory, "money")) == (2, 80_000_000)
    assert records(factory)[0].endpoint == "image_edits"


def test_several_pictures_are_edited_together(client: openai.OpenAI, upstream: Upstream) -> None:
    client.images.edit(model="painter", image=[picture(), picture(), picture()], prompt="Un gatto", size="1024x1024")
    assert sent(upstream).raw.count(b'name="image[]"') == 3


def test_an_edit_by_tokens_holds_its_pictures_and_costs_what_was_reported(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    held: list[int] = []

    async def paint(exchange: Exchange) -> None:
        held.append(factory.ledger.holds()[0].amounts.money_nano)
        usage = {"input_tokens": 400, "output_tokens": 500, "total_tokens": 900}
        await exchange.answer({"created": 1, "data": [{"b64_json": "AA=="}], "usage": usage})

    upstream.behave = paint
    client.images.edit(model="tokens-painter", image=[picture(), picture()], prompt="Un gatto")
    assert held[0] >= 2 * 10_000 * 1000 + 1000 * 2000
    assert used(factory, "money") == 400 * 1000 + 500 * 2000


def test_an_edit_is_shown_while_it_is_made(client: openai.OpenAI, upstream: Upstream, factory: TokenFactory) -> None:
    stream = client.images.edit(model="tokens-painter", image=picture(), prompt=SAID, stream=True, partial_images=2)
    events = list(stream)
    assert [event.type for event in events] == ["image_edit.partial_image"] * 2 + ["image_edit.completed"]
    for event in events:
        type(event).model_validate_json(event.model_dump_json(exclude_unset=True), strict=True)
    assert b'name="stream"\r\n\r\ntrue\r\n' in sent(upstream).raw
    [entry] = factory.ledger.entries()
    assert (entry.amounts.images, entry.amounts.tokens) == (1, 310)


def test_a_variation_is_billed_by_its_images(client: openai.OpenAI, upstream: Upstream, factory: TokenFactory) -> None:
    client.images.create_variation(model="painter", image=picture(), n=3, size="1024x1024")
    assert (sent(upstream).path, sent(upstream).raw.count(PICTURE)) == ("/v1/images/variations", 1)
    assert (used(factory, "pictures"), used(factory, "money")) == (3, 120_000_000)
    with pytest.raises(openai.RateLimitError, match="pictures"):
        client.images.create_variation(model="painter", image=picture(), n=3, size="1024x1024")


@pytest.mark.parametrize(
    ("path", "fields", "files", "param"),
    [
        ("images/edits", {"prompt": "x"}, {}, "image"),
        ("images/edits", {"prompt": "x", "image": "no file"}, {"mask": b"x"}, "image"),
        ("images/edits", {}, {"image": b"x"}, "prompt"),
        ("images/edits", {"prompt": "x", "n": "many"}, {"image": b"x"}, "n"),
        ("images/edits", {"prompt": "x", "n": "11"}, {"image": b"x"}, "n"),
        ("images/edits", {"prompt": "x", "svg[model]": "m"}, {"image": b"x"}, "svg[model]"),
        ("images/edits", {"prompt": "x", "frame_count": "4"}, {"image": b"x"}, "frame_count"),
        ("images/edits", {"prompt": "x"}, {"image": b"x", "attached": b"x"}, "attached"),
        ("images/edits", {"prompt": "x", "stream": "perhaps"}, {"image": b"x"}, "stream"),
        ("images/variations", {"stream": "true"}, {"image": b"x"}, "stream"),
        ("audio/translations", {}, {}, "file"),
        ("audio/translations", {"stream": "true"}, {"file": b"x"}, "stream"),
        ("audio/translations", {"response_format": "diarized_json"}, {"file": b"x"}, "response_format"),
    ],
)
def test_a_form_that_cannot_be_held_or_read_is_refused_with_its_field(
    gateway: tuple[str, str],
    upstream: Upstream,
    path: str,
    fields: dict[str, str],
    files: dict[str, bytes],
    param: str,
) -> None:
    url, key = gateway
    model = "ear" if path.startswith("audio") else "painter"
    parts: Any = {name: (f"{name}.bin", data) for name, data in (files or {"unread": b""}).items()}
    reply = httpx2.post(
        f"{url}/{path}", headers={"authorization": f"Bearer {key}"}, data={"model": model, **fields}, files=parts
    )
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param), reply.text
    assert upstream.received == []


# -- sound -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("text", f"{SAID}\n"),
        ("srt", f"1\n00:00:00,000 --> 00:00:03,500\n{SAID}\n\n"),
        ("vtt", f"WEBVTT\n\n00:00:00.000 --> 00:00:03.500\n{SAID}\n\n"),
    ],
)
def test_a_plain_translation_is_billed_by_its_seconds(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory, form: Any, answer: str
) -> None:
    reply: Any = client.audio.translations.create(model="ear", file=recording(), prompt=SAID, response_format=form)
    assert reply == answer
    assert (used(factory, "money"), used(factory, "sounds")) == (8 * 100_000, 1)
    assert EMAIL.encode() not in sent(upstream).raw


def test_a_short_translation_is_short_and_billed_by_what_the_long_form_tells(
    client: openai.OpenAI, upstream: Upstream, factory: TokenFactory
) -> None:
    reply = client.audio.translations.create(model="ear", file=recording(), prompt=SAID)
    assert isinstance(reply, Translation)
    assert reply.text == SAID
    assert set(reply.model_dump()) == {"text", "tokenfoundry"}
    assert b"verbose_json" in sent(upstream).raw
    assert used(factory, "money") == 8 * 100_000
    assert records(factory)[0].endpoint == "translations"


def test_a_verbose_translation_is_of_the_published_shape(client: openai.OpenAI) -> None:
    reply: Any = client.audio.translations.create(
        model="ear", file=recording(), prompt=SAID, response_format="verbose_json"
    )
    assert isinstance(reply, TranslationVerbose)
    assert (reply.text, reply.duration) == (SAID, 7.2)


def test_a_translation_by_tokens_is_asked_for_as_it_was(client: openai.OpenAI, upstream: Upstream) -> None:
    client.audio.translations.create(model="tokens-ear", file=recording(), prompt=SAID)
    assert b'name="response_format"\r\n\r\njson\r\n' in sent(upstream).raw


# -- prices ------------------------------------------------------------------------------------------------------------


def test_edits_by_tokens_state_the_price_of_their_pictures() -> None:
    target = {"provider": "p", "model": "gpt-image-1", "endpoints": ["image_edits"], "max_output_tokens": 6240}
    provider = {"format": "openai", "keys": ["env:OPENAI_API_KEY"]}
    with pytest.raises(ConfigError, match="tokens of pictures"):
        TokenFactory.from_config(
            {
                "fx": {"USD": [{"from": "2026-01-01", "rate": "0.9"}]},
                "providers": {"p": provider},
                "targets": {"t": target},
            }
        )
