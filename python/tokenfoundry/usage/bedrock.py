"""The usage of Amazon Bedrock: Converse, and Titan's text embeddings.

Source: `TokenUsage` of botocore's service model for `bedrock-runtime`; "Prompt caching" in the Bedrock user guide:
tokens read from and written to the cache stand beside `inputTokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import FieldFault
from tokenfoundry.usage.openai import count_of, part_of, tier_of


def raw_of(body: Mapping[str, Any]) -> Any:
    """What a reply, or the event that ends a stream, reports."""
    metadata = body.get("metadata")
    return (metadata if isinstance(metadata, Mapping) else body).get("usage")


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    usage = part_of({"usage": raw_of(body)}, "usage")
    if not usage:
        return None
    input_tokens, output_tokens = count_of(usage, "inputTokens"), count_of(usage, "outputTokens")
    if input_tokens is None or output_tokens is None:
        raise InvalidInput("usage: inputTokens or outputTokens is missing")
    cache_read_tokens = count_of(usage, "cacheReadInputTokens") or 0
    cache_write_tokens = count_of(usage, "cacheWriteInputTokens") or 0
    total_tokens = count_of(usage, "totalTokens")
    counts: dict[str, Any] = {
        "input_tokens": input_tokens + cache_read_tokens + cache_write_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": cache_read_tokens,
        "cache_write_tokens": cache_write_tokens,
    }
    details = usage.get("cacheDetails") or ()
    if not isinstance(details, list | tuple) or not all(isinstance(each, Mapping) for each in details):
        raise FieldFault("cacheDetails must be a list of objects", usage, "cacheDetails")
    for_an_hour = sum(count_of(each, "inputTokens") or 0 for each in details if each.get("ttl") == "1h")
    if for_an_hour:
        counts["cache_write_1h_tokens"] = for_an_hour
    tier = _tier_of(body)
    if tier:
        counts["service_tier"] = tier
    if total_tokens is not None and total_tokens < input_tokens + output_tokens:  # It need not count what was cached.
        counts["fault"] = f"usage: totalTokens is {total_tokens}, less than its parts, {input_tokens + output_tokens}"
    return counts


def _tier_of(body: Mapping[str, Any]) -> str:
    """The service tier of a reply, of the event that ends a stream, or of what a meter has put together."""
    metadata = body.get("metadata")
    around = metadata if isinstance(metadata, Mapping) else body
    name = "serviceTier" if "serviceTier" in around else "service_tier"
    tier = around.get(name)
    return tier_of(tier, "type") if isinstance(tier, Mapping) else tier_of(around, name)


def read_titan(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `read`, for a reply of Titan embeddings, which counts its input only."""
    count = count_of(body, "inputTextTokenCount")
    return None if count is None else {"input_tokens": count}
