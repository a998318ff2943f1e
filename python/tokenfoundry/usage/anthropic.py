"""The usage of Anthropic's wire format: a message, and the two events of a stream that tell it.

Source: the `Usage` and `MessageDeltaUsage` schemas of the Anthropic API reference ("Create a Message", "Streaming
Messages", "Prompt caching"). There `input_tokens` counts only what was neither read from the prompt cache nor written
to it, so the three together are the input; a stream tells the input in `message_start` and totals in `message_delta`,
which replace what was told before.

What the provider's own tools did (`server_tool_use`) is billed by the search; what they fetched, by its tokens alone,
which are in the input. `iterations`, where there are any, are the steps that the totals are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.openai import count_of, part_of, tier_of

_FOR_MINUTES, _FOR_AN_HOUR = "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for what is no counts."""
    usage = part_of(body, "usage")
    input_tokens, output_tokens = count_of(usage, "input_tokens"), count_of(usage, "output_tokens")
    if output_tokens is None:
        return None  # A stream that was cut has told its input alone: its output was not nothing.
    if input_tokens is None:
        raise InvalidInput("usage: input_tokens is missing")
    read_tokens = count_of(usage, "cache_read_input_tokens") or 0
    write_tokens = count_of(usage, "cache_creation_input_tokens")
    by_lifetime = part_of(usage, "cache_creation")
    for_an_hour = count_of(by_lifetime, _FOR_AN_HOUR) or 0
    if write_tokens is None:
        write_tokens = (count_of(by_lifetime, _FOR_MINUTES) or 0) + for_an_hour
    counts: dict[str, Any] = {
        "input_tokens": input_tokens + read_tokens + write_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": read_tokens,
        "cache_write_tokens": write_tokens,
        "reasoning_tokens": count_of(part_of(usage, "output_tokens_details"), "thinking_tokens") or 0,
    }
    if for_an_hour:
        counts["cache_write_1h_tokens"] = for_an_hour
    searches = count_of(part_of(usage, "server_tool_use"), "web_search_requests")
    if searches:
        counts["searches"] = searches
    tier = "fast" if usage.get("speed") == "fast" else tier_of(usage, "service_tier")
    if tier:
        counts["service_tier"] = tier
    return counts


def raw_of_event(event: Mapping[str, Any]) -> Any:
    """The usage object of one event of a stream, to be laid over those of earlier ones.

    `message_start` tells as output what was generated before its first piece, which is no count of the answer.

    >>> raw_of_event({"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}})
    {'input_tokens': 9}
    >>> raw_of_event({"type": "message_delta", "usage": {"output_tokens": 7}})
    {'output_tokens': 7}
    """
    if event.get("type") != "message_start":
        return event.get("usage")
    message = event.get("message")
    usage = message.get("usage") if isinstance(message, Mapping) else message
    if not isinstance(usage, Mapping):
        return usage
    return {name: value for name, value in usage.items() if name not in ("output_tokens", "output_tokens_details")}
