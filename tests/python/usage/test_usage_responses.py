"""Shapes: `ResponseUsage`, `ImagesResponse.usage` and `Transcription.usage` of OpenAI's published API description."""

from __future__ import annotations

from typing import Any

import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import Usage, UsageMeter

REPORTED: dict[str, tuple[dict[str, Any], Usage]] = {
    "a response": (
        {
            "input_tokens": 36,
            "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 2},
            "output_tokens": 87,
            "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": 123,
        },
        Usage(input_tokens=36, output_tokens=87, cache_read_tokens=30, cache_write_tokens=2, reasoning_tokens=64),
    ),
    "an image": (
        {
            "input_tokens": 50,
            "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
            "output_tokens": 272,
            "total_tokens": 322,
        },
        Usage(input_tokens=50, output_tokens=272),
    ),
    "a transcription by tokens": (
        {
            "type": "tokens",
            "input_tokens": 14,
            "input_token_details": {"text_tokens": 10, "audio_tokens": 4},
            "output_tokens": 101,
            "total_tokens": 115,
        },
        Usage(input_tokens=14, output_tokens=101, input_audio_tokens=4),
    ),
    "a transcription by length": ({"type": "duration", "seconds": 7.2}, Usage(audio_seconds=8)),
}


@pytest.mark.parametrize(("reported", "usage"), REPORTED.values(), ids=REPORTED)
def test_each_newer_endpoint_is_read(reported: dict[str, Any], usage: Usage) -> None:
    assert Usage.from_body("responses", {"usage": reported}) == usage


def test_the_usage_of_a_stream_stands_inside_its_last_event() -> None:
    meter = UsageMeter("responses")
    meter.see({"type": "response.created", "response": {"usage": None}})
    assert meter.usage is None
    meter.see({"type": "response.completed", "response": {"usage": {"input_tokens": 3, "output_tokens": 4}}})
    assert meter.usage == Usage(input_tokens=3, output_tokens=4)


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 3},
        {"output_tokens": 3},
        {"input_tokens": -1, "output_tokens": 0},
        {"type": "duration"},
        {"type": "duration", "seconds": -1},
        {"type": "duration", "seconds": float("inf")},
        {"type": "duration", "seconds": True},
    ],
)
def test_counts_that_cannot_be_true_are_refused(usage: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="usage"):
        Usage.from_body("responses", {"usage": usage})
