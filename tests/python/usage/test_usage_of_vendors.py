"""The usage of each vendor's own format, in whole replies and in streams."""

from typing import Any

import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import Usage, UsageMeter

REPORTED: dict[str, tuple[str, dict[str, Any], Usage | None]] = {
    "gemini: thoughts and results of tools stand beside": (
        "gemini",
        {
            "usageMetadata": {
                "promptTokenCount": 100,
                "toolUsePromptTokenCount": 7,
                "cachedContentTokenCount": 80,
                "candidatesTokenCount": 10,
                "thoughtsTokenCount": 30,
                "totalTokenCount": 147,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 60},
                    {"modality": "AUDIO", "tokenCount": 40},
                ],
            }
        },
        Usage(input_tokens=107, output_tokens=40, cache_read_tokens=80, reasoning_tokens=30, input_audio_tokens=40),
    ),
    "gemini: what only the total counts was generated": (
        "vertex",
        {"usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 12}},
        Usage(input_tokens=5, output_tokens=7),
    ),
    "gemini: nothing": ("gemini", {"candidates": []}, None),
    "gemini embeddings": (
        "gemini_embeddings",
        {"embeddings": [], "usageMetadata": {"promptTokenCount": 4}},
        Usage(input_tokens=4),
    ),
    "gemini embeddings: nothing": ("gemini_embeddings", {"embeddings": [{"values": [1.0]}]}, None),
    "vertex embeddings: each text is counted": (
        "vertex_embeddings",
        {"predictions": [{"embeddings": {"statistics": {"token_count": count}}} for count in (2, 3.0)]},
        Usage(input_tokens=5),
    ),
    "cohere: what is billed, not what was seen": (
        "cohere",
        {"usage": {"billed_units": {"input_tokens": 4.0, "output_tokens": 3}, "tokens": {"input_tokens": 900}}},
        Usage(input_tokens=4, output_tokens=3),
    ),
    "cohere: what was seen, where no bill is": (
        "cohere",
        {"usage": {"tokens": {"input_tokens": 900, "output_tokens": 3}, "cached_tokens": 512}},
        Usage(input_tokens=900, output_tokens=3, cache_read_tokens=512),
    ),
    "cohere: the event that ends a stream": (
        "cohere",
        {"type": "message-end", "delta": {"usage": {"billed_units": {"input_tokens": 1, "output_tokens": 2}}}},
        Usage(input_tokens=1, output_tokens=2),
    ),
    "cohere: searches alone": ("cohere", {"usage": {"billed_units": {"search_units": 1}}}, Usage(searches=1)),
    "cohere embeddings: images are tokens too": (
        "cohere_embeddings",
        {"meta": {"billed_units": {"input_tokens": 2, "image_tokens": 9}}},
        Usage(input_tokens=11, input_image_tokens=9),
    ),
    "converse: the cache stands beside the input": (
        "converse",
        {
            "usage": {
                "inputTokens": 5,
                "outputTokens": 2,
                "totalTokens": 1107,
                "cacheReadInputTokens": 1000,
                "cacheWriteInputTokens": 100,
            }
        },
        Usage(input_tokens=1105, output_tokens=2, cache_read_tokens=1000, cache_write_tokens=100),
    ),
    "converse: the event that ends a stream": (
        "bedrock",
        {"metadata": {"usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}}},
        Usage(input_tokens=5, output_tokens=2),
    ),
    "titan": ("titan_embeddings", {"embedding": [1.0], "inputTextTokenCount": 6}, Usage(input_tokens=6)),
    "mistral: seconds of sound": (
        "mistral",
        {
            "usage": {
                "prompt_tokens": 4,
                "completion_tokens": 2,
                "total_tokens": 6,
                "prompt_audio_seconds": 30,
            }
        },
        Usage(input_tokens=4, output_tokens=2, audio_seconds=30),
    ),
}


@pytest.mark.parametrize("case", REPORTED)
def test_each_vendor_is_read_as_it_counts(case: str) -> None:
    format_name, body, usage = REPORTED[case]
    assert Usage.from_body(format_name, body) == usage


IMPOSSIBLE: list[tuple[str, dict[str, Any], str]] = [
    ("gemini", {"usageMetadata": {"candidatesTokenCount": 5}}, "promptTokenCount is missing"),
    ("gemini", {"usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 4}}, "less than its parts"),
    ("gemini", {"usageMetadata": {"promptTokenCount": 5, "cachedContentTokenCount": 6}}, "more than the input's 5"),
    ("gemini", {"usageMetadata": {"promptTokenCount": 5, "promptTokensDetails": 1}}, "list of objects"),
    ("gemini", {"usageMetadata": [1]}, "must be an object"),
    ("vertex_embeddings", {"predictions": [{"embeddings": {}}]}, "token_count is missing"),
    ("cohere", {"usage": {"billed_units": {"input_tokens": 1.5}}}, "whole number"),
    ("cohere", {"usage": {"billed_units": {"input_tokens": float("inf")}}}, "whole number"),
    ("converse", {"usage": {"inputTokens": 5}}, "outputTokens is missing"),
    ("converse", {"usage": {"inputTokens": -5, "outputTokens": 1}}, "whole number"),
    ("titan_embeddings", {"inputTextTokenCount": "6"}, "whole number"),
    ("mistral", {"usage": {"prompt_tokens": 1, "total_tokens": 1, "prompt_audio_seconds": -1}}, "whole number"),
]


@pytest.mark.parametrize(("format_name", "body", "said"), IMPOSSIBLE)
def test_counts_that_cannot_be_true_are_refused(format_name: str, body: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Usage.from_body(format_name, body)


def test_a_meter_takes_the_last_of_counts_that_grow() -> None:
    meter = UsageMeter("gemini")
    meter.see({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 10}})
    meter.see({"candidates": []})
    meter.see({"usageMetadata": {"candidatesTokenCount": 4, "totalTokenCount": 13, "promptTokenCount": None}})
    assert meter.usage == Usage(input_tokens=9, output_tokens=4)


@pytest.mark.parametrize("dialect", ["gemini", "cohere", "converse", "mistral"])
def test_a_meter_without_events_knows_nothing(dialect: str) -> None:
    assert UsageMeter(dialect).usage is None
