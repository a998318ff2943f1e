"""Anthropic's usage. Shapes: the Anthropic API reference, `Usage` and `MessageDeltaUsage`, and the examples of
"Streaming Messages" and "Prompt caching".
"""

from __future__ import annotations

from typing import Any

import pytest

from support.anthropic_upstream import USAGE, events, message, text
from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import Usage, UsageMeter


@pytest.mark.parametrize("format", ["anthropic", "messages"])
def test_input_contains_what_was_read_from_the_cache_and_written_to_it(format: str) -> None:
    usage = Usage.from_body(format, message(text("Ciao")))
    assert usage == Usage(input_tokens=20, output_tokens=7, cache_read_tokens=5, cache_write_tokens=3)


def test_writes_are_summed_where_only_their_lifetimes_are_told() -> None:
    lifetimes = {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 4}
    usage = Usage.from_body(
        "anthropic", {"usage": {"input_tokens": 1, "output_tokens": 1, "cache_creation": lifetimes}}
    )
    assert usage is not None
    assert (usage.input_tokens, usage.cache_write_tokens) == (7, 6)


def test_thinking_is_reasoning() -> None:
    told = {"input_tokens": 1, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}
    usage = Usage.from_body("anthropic", {"usage": told})
    assert usage is not None
    assert usage.reasoning_tokens == 4


@pytest.mark.parametrize("body", [{}, {"usage": None}, {"usage": {}}, {"type": "ping"}])
def test_a_body_that_tells_nothing_is_no_usage(body: dict[str, Any]) -> None:
    assert Usage.from_body("anthropic", body) is None


@pytest.mark.parametrize(
    "told",
    [
        {"output_tokens": 3},
        {"input_tokens": -1, "output_tokens": 3},
        {"input_tokens": "1", "output_tokens": 3},
        {"input_tokens": 1, "output_tokens": 3.5},
        {"input_tokens": 1, "output_tokens": 3, "cache_read_input_tokens": True},
        {"input_tokens": 1, "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 4}},
    ],
)
def test_counts_that_cannot_be_true_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Usage.from_body("anthropic", {"usage": told})


def test_a_stream_tells_what_its_whole_reply_tells() -> None:
    meter = UsageMeter("messages")
    for event in events(message(text("Ciao"))):
        meter.see(event)
    assert meter.usage == Usage.from_body("messages", message(text("Ciao")))


def test_totals_of_the_end_replace_what_the_start_told_and_nulls_say_nothing() -> None:
    meter = UsageMeter("messages")
    meter.see({"type": "message_start", "message": {"usage": {**USAGE, "output_tokens": 1}}})
    meter.see(
        {"type": "message_delta", "usage": {"input_tokens": 30, "cache_read_input_tokens": None, "output_tokens": 9}}
    )
    assert meter.usage == Usage(input_tokens=38, output_tokens=9, cache_read_tokens=5, cache_write_tokens=3)


def test_a_stream_that_was_cut_has_told_no_output() -> None:
    meter = UsageMeter("messages")
    meter.see({"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}})
    assert meter.usage is None
