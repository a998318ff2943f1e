"""A field that nobody can read is a fault of the report, which says all else all the same."""

from typing import Any

import pytest

from tokenfoundry.usage import Usage, UsageMeter

HUGE = 2**62 + 5
CHAT = {"prompt_tokens": 9000, "completion_tokens": 20}
CLAUDE = {"input_tokens": 9000, "output_tokens": 20}
CONVERSE = {"inputTokens": 9000, "outputTokens": 20}
GEMINI = {"promptTokenCount": 9000, "candidatesTokenCount": 20}
BYOK = {"cost": 1, "is_byok": True, "cost_details": {"upstream_inference_cost": -1}}


@pytest.mark.parametrize(
    ("format", "body", "said"),
    [
        ("openai", {"usage": {**CHAT, "cost": -0.1}}, "cost"),
        ("openai", {"usage": {**CHAT, "cost": "NaN"}}, "cost"),
        ("openai", {"usage": {**CHAT, "cost": 10**9}}, "cost"),
        ("openai", {"usage": {**CHAT, "cost": "1E-400000000"}}, "cost has more than 30 decimals"),
        ("openai", {"usage": {**CHAT, "cost": "0." + "1" * 130}}, "cost has more than 30 decimals"),
        ("openai", {"usage": {**CHAT, "cost_in_usd_ticks": HUGE}}, "cost_in_usd_ticks"),
        ("openai", {"usage": {**CHAT, **BYOK}}, "cost"),
        ("openai", {"usage": {**CHAT, **BYOK, "cost_details": [1]}}, "cost"),
        ("openai", {"usage": CHAT, "service_tier": {}}, "service_tier"),
        ("openai", {"usage": {**CHAT, "num_search_queries": HUGE}}, "num_search_queries"),
        ("openai", {"usage": {**CHAT, "num_search_queries": 10**5000}}, "one of more than 24 digits"),
        ("openai", {"usage": {**CHAT, "prompt_tokens_details": {"cached_tokens": HUGE}}}, "cached_tokens"),
        ("openai", {"usage": {**CHAT, "prompt_tokens_details": {"audio_tokens": HUGE}}}, "audio_tokens"),
        ("openai", {"usage": {**CHAT, "completion_tokens_details": {"reasoning_tokens": HUGE}}}, "reasoning_tokens"),
        ("openai", {"usage": {**CHAT, "prompt_tokens_details": [1]}}, "prompt_tokens_details"),
        ("openai", {"usage": {**CHAT, "total_tokens": "x"}}, "total_tokens"),
        ("anthropic", {"usage": {**CLAUDE, "service_tier": 5}}, "service_tier"),
        ("anthropic", {"usage": {**CLAUDE, "server_tool_use": {"web_search_requests": HUGE}}}, "web_search_requests"),
        ("converse", {"usage": CONVERSE, "serviceTier": {"type": 5}}, "service_tier"),
        ("converse", {"metadata": {"usage": {**CONVERSE, "cacheDetails": [{"ttl": "1h"}, 1]}}}, "cacheDetails"),
        ("gemini", {"usageMetadata": {**GEMINI, "cachedContentTokenCount": -1}}, "cachedContentTokenCount"),
        ("gemini", {"usageMetadata": {**GEMINI, "promptTokensDetails": [{"tokenCount": HUGE}]}}, "tokenCount"),
        ("cohere", {"usage": {"tokens": CLAUDE, "cached_tokens": -1}}, "cached_tokens"),
    ],
)
def test_one_bad_field_takes_no_good_count_with_it(format: str, body: dict[str, Any], said: str) -> None:
    told = Usage.reported(format, body)
    assert told is not None
    assert (told.input_tokens, told.output_tokens) == (9000, 20)
    assert said in told.fault
    assert not told.is_fine
    assert (told.cache_read_tokens, told.reasoning_tokens, told.reported_cost) == (0, 0, None)


def test_all_that_can_be_read_beside_several_bad_fields_is_kept() -> None:
    details = {"cached_tokens": 5, "audio_tokens": "x", "image_tokens": 4}
    usage = {**CHAT, "cost": "NaN", "num_search_queries": 2, "prompt_tokens_details": details}
    told = Usage.reported("openai", {"usage": usage, "service_tier": 5})
    assert told == Usage(
        input_tokens=9000,
        output_tokens=20,
        cache_read_tokens=5,
        input_image_tokens=4,
        searches=2,
        fault="usage: audio_tokens must be a whole number of at least 0, not a str",
    )
    assert usage["cost"] == "NaN"  # What is the caller's stays as it was sent.


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("openai", {"usage": {**CHAT, "completion_tokens": -1}}),
        ("openai", {"usage": {**CHAT, "prompt_tokens": HUGE}}),
        ("openai", {"usage": [1]}),
        ("anthropic", {"usage": {**CLAUDE, "output_tokens": "x"}}),
        ("anthropic", {"usage": {**CLAUDE, "cache_read_input_tokens": -1}}),
        ("converse", {"usage": {**CONVERSE, "cacheWriteInputTokens": -1}}),
        ("gemini", {"usageMetadata": {**GEMINI, "candidatesTokenCount": -1}}),
        ("cohere", {"usage": {"tokens": {**CLAUDE, "output_tokens": HUGE}}}),
        ("ollama", {"prompt_eval_count": 5, "eval_count": -1}),
    ],
)
def test_where_a_whole_cannot_be_read_nothing_smaller_stands_for_it(format: str, body: dict[str, Any]) -> None:
    told = Usage.reported(format, body)
    assert told is not None
    assert told.is_unreadable


def test_a_report_of_bad_fields_alone_is_given_up_on() -> None:
    details = [{"modality": "AUDIO", "tokenCount": -1} for _ in range(10_000)]
    told = Usage.reported("gemini", {"usageMetadata": {**GEMINI, "promptTokensDetails": details}})
    assert told is not None
    assert told.is_unreadable


@pytest.mark.parametrize(
    ("dialect", "event"),
    [
        ("chat", {"choices": [], "usage": [1]}),
        ("responses", {"type": "response.completed", "response": {"usage": "x"}}),
        ("messages", {"type": "message_start", "message": {"usage": [2]}}),
        ("messages", {"type": "message_start", "message": [1]}),
        ("gemini", {"usageMetadata": 5}),
        ("converse", {"metadata": {"usage": [1]}}),
    ],
)
def test_what_stands_in_a_stream_where_usage_should_is_a_fault(dialect: str, event: dict[str, Any]) -> None:
    meter = UsageMeter(dialect)
    meter.see(event)
    told = meter.usage
    assert told is not None
    assert told.is_unreadable
    assert "must be an object" in told.fault


def test_counts_told_beside_what_is_no_usage_are_kept_with_the_fault() -> None:
    meter = UsageMeter("chat")
    meter.see({"choices": [], "usage": CHAT})
    meter.see({"choices": [], "usage": [1]})
    told = meter.usage
    assert told is not None
    assert (told.input_tokens, told.output_tokens) == (9000, 20)
    assert told.fault == "usage: usage must be an object, not list"


def test_a_total_of_converse_below_its_parts_is_a_fault() -> None:
    told = Usage.reported("converse", {"usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 3}})
    assert told is not None
    assert (told.input_tokens, told.output_tokens) == (5, 2)
    assert told.fault == "usage: totalTokens is 3, less than its parts, 7"
    uncached = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7, "cacheReadInputTokens": 100}
    assert Usage.from_body("converse", {"usage": uncached}) == Usage(
        input_tokens=105, output_tokens=2, cache_read_tokens=100
    )
