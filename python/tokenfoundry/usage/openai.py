"""The usage of OpenAI's wire format: chat completions, embeddings, and the usage chunk that ends a stream.

Source: the `CompletionUsage` and `CreateEmbeddingResponse.usage` schemas of OpenAI's published API description.
Providers that speak this format disagree on two points, both settled here from their own sums, without asking who they
are:

- Some leave reasoning out of `completion_tokens` and only count it in `total_tokens` (xAI's documentation says so;
  Gemini's compatible endpoint does it). Whatever the total has beyond prompt and completion was generated and is billed
  as output.
- The cached part of the prompt is reported in `prompt_tokens_details.cached_tokens`, at the top level as
  `cached_tokens` (Moonshot) or as `prompt_cache_hit_tokens` (DeepSeek).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput


def read(body: Mapping[str, Any]) -> dict[str, int] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    usage = part_of(body, "usage")
    if not usage:
        return None
    prompt_tokens = count_of(usage, "prompt_tokens")
    if prompt_tokens is None:
        raise InvalidInput("usage: prompt_tokens is missing")
    total_tokens = count_of(usage, "total_tokens")
    completion_tokens = count_of(usage, "completion_tokens")
    if (
        completion_tokens is None
    ):  # embeddings report none; a reply that states no total either may have generated anything
        if total_tokens is None:
            raise InvalidInput("usage: completion_tokens and total_tokens are both missing")
        completion_tokens = 0
    prompt_details = part_of(usage, "prompt_tokens_details")
    completion_details = part_of(usage, "completion_tokens_details")
    reasoning_tokens = count_of(completion_details, "reasoning_tokens")

    if total_tokens is not None:
        uncounted_tokens = total_tokens - prompt_tokens - completion_tokens
        if uncounted_tokens < 0:
            raise InvalidInput(
                f"usage: total_tokens is {total_tokens}, less than the prompt's {prompt_tokens} "
                f"and the completion's {completion_tokens} together"
            )
        if uncounted_tokens:
            completion_tokens += uncounted_tokens
            if not reasoning_tokens:
                reasoning_tokens = uncounted_tokens

    return {
        "input_tokens": prompt_tokens,
        "output_tokens": completion_tokens,
        "cache_read_tokens": _first(
            count_of(prompt_details, "cached_tokens"),
            count_of(usage, "cached_tokens"),
            count_of(usage, "prompt_cache_hit_tokens"),
        ),
        "cache_write_tokens": count_of(prompt_details, "cache_write_tokens") or 0,
        "reasoning_tokens": reasoning_tokens or 0,
        "audio_tokens": (count_of(prompt_details, "audio_tokens") or 0)
        + (count_of(completion_details, "audio_tokens") or 0),
    }


def part_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name; empty when it is missing or null. Raises `InvalidInput` for what is no object."""
    part = body.get(name)
    if part is None:
        return {}
    if type(part) is not dict and not isinstance(part, Mapping):
        raise InvalidInput(f"usage: {name} must be an object, not {type(part).__name__}")
    return part


def count_of(part: Mapping[str, Any], name: str) -> int | None:
    """The count of that name; None when it is missing or null. Raises `InvalidInput` for what is no count."""
    count = part.get(name)
    if count is None:
        return None
    if type(count) is not int or count < 0:
        raise InvalidInput(f"usage: {name} must be a whole number of at least 0, not {count!r}")
    return count


def _first(*counts: int | None) -> int:
    """The first count that was reported, zero included; 0 when none was."""
    return next((count for count in counts if count is not None), 0)
