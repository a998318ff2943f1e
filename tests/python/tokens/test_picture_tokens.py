"""What a picture counts: the sizes that pictures state of themselves, and the rules that their models publish."""

from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_openai.chat_models.base import _count_image_tokens
from PIL import Image

from tokenfoundry.picture_rules import rule_of
from tokenfoundry.pictures import picture_tokens, size_of

SIDES = st.integers(1, 12_000)
ADDRESS = "https://example.it/gatto.png"
MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "gpt-5-mini", "o3", "claude-sonnet-4-5", "gemini-2.5-pro", "another"]


def drawn(kind: str, width: int, height: int, **saved: bytes) -> str:
    """A picture of that size, in base64."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(made, kind, **saved)
    return base64.b64encode(made.getvalue()).decode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_a_picture_says_its_size_whatever_its_address_calls_it(kind: str, head: str) -> None:
    assert size_of(head + drawn(kind, 640, 481)) == (640, 481)


def test_a_photograph_with_a_small_one_and_a_profile_before_its_size_says_its_size() -> None:
    assert size_of(drawn("JPEG", 4000, 3000, exif=b"Exif\0\0" + bytes(60_000), icc_profile=bytes(20_000))) == (
        4000,
        3000,
    )


@pytest.mark.parametrize(
    "picture",
    [
        ADDRESS,
        "",
        "data:image/png;base64,",
        "data:image/png,iVBORw0KGgo=",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg width='9' height='9'/>").decode(),
        drawn("PNG", 9, 9)[:20],
        base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(8)).decode(),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_a_picture_whose_size_is_not_known_counts_the_most(picture: str, model: str) -> None:
    assert size_of(picture) is None
    assert picture_tokens(model, picture) == rule_of(model).most


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        # The examples of OpenAI's page, "Calculating costs".
        ("gpt-4o", (1024, 1024), 765),
        ("gpt-4o", (2048, 4096), 1105),
        ("gpt-4.1-mini", (1024, 1024), 1659),
        ("gpt-4.1-mini", (1800, 2400), 2353),
        ("gpt-4o-mini", (1024, 1024), 2833 + 4 * 5667),
        ("openai/gpt-5", (1024, 1024), 70 + 4 * 140),
        ("gpt-5-nano", (1024, 1024), 2520),
        # Of Anthropic's, "Evaluate image size".
        ("claude-sonnet-4-5", (1000, 1000), 1334),
        ("claude-sonnet-4-5", (200, 200), 64),  # 54 by its pixels, and 8 x 8 squares of 28.
        ("gemini-2.5-flash", (384, 384), 258),
        ("gemini-3-flash-preview", (384, 384), 1120),
        # Of Amazon's table: 1,400 x 900 takes about 1,800.
        ("us.amazon.nova-pro-v1:0", (1400, 900), 1939),
        ("us.amazon.nova-pro-v1:0", (540, 360), 1870),  # Billed with 1,827.
        ("us.mistral.pixtral-large-2502-v1:0", (597, 566), 38 * 36 + 38),
        ("mistral-small-latest", (280, 280), 110),
        ("qwen3-vl-plus", (280, 280), 100),
        ("grok-4", (448, 448), 512),
        ("llama4-maverick", (597, 566), 16 * 145 + 147),
        ("claude-opus-4-7", (2576, 2576), 4784),
    ],
)
def test_the_examples_of_the_published_rules_hold(model: str, size: tuple[int, int], tokens: int) -> None:
    assert picture_tokens(model, drawn("PNG", *size)) == tokens


def test_low_detail_is_the_base_of_the_models_that_look_at_tiles_and_no_less_elsewhere() -> None:
    picture = drawn("PNG", 1024, 1024)
    assert picture_tokens("gpt-4o", picture, detail="low") == 85
    assert picture_tokens("gpt-5", picture, detail="low") == 70
    assert picture_tokens("gpt-4.1-mini", picture, detail="low") == rule_of("gpt-4.1-mini").most


@given(SIDES, SIDES, st.sampled_from(MODELS))
def test_a_picture_counts_alike_on_its_side_and_never_more_than_the_most(width: int, height: int, model: str) -> None:
    rule = rule_of(model)
    assert 0 < rule.tokens((width, height)) == rule.tokens((height, width)) <= rule.most or model.startswith("gemini")


@given(st.integers(768, 8000), st.integers(768, 8000))
def test_a_large_picture_counts_no_less_than_langchain_counts(width: int, height: int) -> None:
    # It rounds a side down to whole pixels, and may so lose a row of tiles.
    assert 0 <= rule_of("gpt-4o").tokens((width, height)) - _count_image_tokens(width, height) <= 4 * 170


@given(
    st.sampled_from(
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b""]
    ),
    st.binary(max_size=400),
)
def test_hostile_bytes_are_a_picture_of_some_size_or_of_none(head: bytes, rest: bytes) -> None:
    size = size_of(base64.b64encode(head + rest).decode())
    assert size is None or min(size) > 0


@given(st.text(max_size=60))
def test_any_text_may_stand_for_a_picture(text: str) -> None:
    assert 0 < picture_tokens("gpt-4o", "data:image/png;base64," + text) <= rule_of("gpt-4o").most
