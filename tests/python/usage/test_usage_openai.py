from typing import Any

import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import Usage

# What a provider reports under "usage", and the counts that must come of it.
REPORTED = {
    "a chat completion": (
        {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
        Usage(input_tokens=19, output_tokens=10),
    ),
    "details with cached and reasoning parts": (
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 192, "accepted_prediction_tokens": 0},
        },
        Usage(input_tokens=2006, output_tokens=300, cache_read_tokens=1920, reasoning_tokens=192),
    ),
    "a cache write": (
        {
            "prompt_tokens": 5000,
            "completion_tokens": 1,
            "total_tokens": 5001,
            "prompt_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 3000},
        },
        Usage(input_tokens=5000, output_tokens=1, cache_read_tokens=1000, cache_write_tokens=3000),
    ),
    "embeddings, which generate nothing": ({"prompt_tokens": 8, "total_tokens": 8}, Usage(input_tokens=8)),
    "details that are null": (
        {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": None},
        Usage(input_tokens=3, output_tokens=2),
    ),
    "zeros": ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage()),
    "no total": ({"prompt_tokens": 3, "completion_tokens": 2}, Usage(input_tokens=3, output_tokens=2)),
    "reasoning beside the completion": (
        {
            "prompt_tokens": 12,
            "completion_tokens": 1,
            "total_tokens": 399,
            "completion_tokens_details": {"reasoning_tokens": 386},
        },
        Usage(input_tokens=12, output_tokens=387, reasoning_tokens=386),
    ),
    "reasoning only in the total": (
        {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623},
        Usage(input_tokens=20, output_tokens=603, reasoning_tokens=405),
    ),
    "cached tokens at the top level": (
        {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55, "cached_tokens": 40},
        Usage(input_tokens=50, output_tokens=5, cache_read_tokens=40),
    ),
    "cache hits and misses": (
        {
            "prompt_tokens": 50,
            "completion_tokens": 5,
            "total_tokens": 55,
            "prompt_cache_hit_tokens": 30,
            "prompt_cache_miss_tokens": 20,
        },
        Usage(input_tokens=50, output_tokens=5, cache_read_tokens=30),
    ),
    "a cached zero that is stated twice": (
        {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}, "cached_tokens": 4},
        Usage(input_tokens=9, output_tokens=1, cache_read_tokens=0),
    ),
    "audio on both sides": (
        {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "prompt_tokens_details": {"audio_tokens": 6},
            "completion_tokens_details": {"audio_tokens": 4},
        },
        Usage(input_tokens=9, output_tokens=5, input_audio_tokens=6, output_audio_tokens=4),
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_what_the_provider_reports_becomes_the_normal_form(name: str) -> None:
    usage, expected = REPORTED[name]
    assert Usage.from_body("openai", {"object": "chat.completion", "choices": [], "usage": usage}) == expected


@pytest.mark.parametrize("body", [{}, {"usage": None}, {"usage": {}}, {"choices": [{"delta": {"content": "hi"}}]}])
def test_a_body_without_usage_reports_none(body: dict[str, Any]) -> None:
    assert Usage.from_body("openai", body) is None


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"prompt_tokens": -1, "completion_tokens": 1}, "prompt_tokens"),
        ({"prompt_tokens": 1.5, "completion_tokens": 1}, "prompt_tokens"),
        ({"prompt_tokens": 1, "completion_tokens": "2"}, "completion_tokens"),
        ({"prompt_tokens": True, "completion_tokens": 2}, "prompt_tokens"),
        ({"completion_tokens": 2, "total_tokens": 2}, "prompt_tokens is missing"),
        ({"prompt_tokens": 2}, "both missing"),
        ({"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 9}, "total_tokens is 9"),
        ({"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}}, "input's 5"),
        (
            {"prompt_tokens": 5, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 6}},
            "output's 5",
        ),
        ({"prompt_tokens": 5, "completion_tokens": 5, "prompt_tokens_details": [1]}, "prompt_tokens_details"),
        ([1, 2], "usage must be an object"),
    ],
)
def test_a_report_that_cannot_be_true_is_a_data_error(usage: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Usage.from_body("openai", {"usage": usage})
