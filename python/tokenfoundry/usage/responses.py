"""The usage of OpenAI's newer endpoints: responses, image generation and transcription.

Source: the `ResponseUsage`, `ImagesResponse.usage` and `Transcription.usage` schemas of OpenAI's published API
description. All three say `input_tokens` and `output_tokens`; a transcription that is billed by length says
`{"type": "duration", "seconds": ...}` instead. In the events of a streamed response the usage
stands inside `response`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import shown
from tokenfoundry.usage.openai import MAX_COUNT, add_beside, add_modalities, count_of, part_of


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    usage = part_of(body, "usage")
    if not usage:
        return None
    if usage.get("type") == "duration":
        return {"audio_seconds": whole_seconds(usage.get("seconds"), "usage: seconds")}
    input_tokens, output_tokens = count_of(usage, "input_tokens"), count_of(usage, "output_tokens")
    if input_tokens is None or output_tokens is None:
        raise InvalidInput("usage: input_tokens or output_tokens is missing")
    # `input_token_details` is how a transcription calls it.
    inputs = part_of(usage, "input_tokens_details") or part_of(usage, "input_token_details")
    outputs = part_of(usage, "output_tokens_details") or part_of(usage, "output_token_details")
    reasoning_tokens = count_of(outputs, "reasoning_tokens") or 0
    total_tokens, fault = count_of(usage, "total_tokens"), ""
    if total_tokens is not None:
        uncounted_tokens = total_tokens - input_tokens - output_tokens
        if uncounted_tokens < 0:
            fault = f"usage: total_tokens is {total_tokens}, less than its parts, {input_tokens + output_tokens}"
        elif uncounted_tokens:  # As in a chat: what is in no part was generated.
            output_tokens += uncounted_tokens
            reasoning_tokens = reasoning_tokens or uncounted_tokens
    counts: dict[str, Any] = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": count_of(inputs, "cached_tokens") or 0,
        "cache_write_tokens": count_of(inputs, "cache_write_tokens") or 0,
        "reasoning_tokens": reasoning_tokens,
    }
    add_modalities(counts, inputs, "input")
    add_modalities(counts, outputs, "output")
    add_beside(counts, body, usage)
    if fault:
        counts["fault"] = fault
    return counts


def read_images(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `read`, of pictures: what was put out is pictures, where it is not told apart."""
    counts = read(body)
    if counts and "output_image_tokens" not in counts and not part_of(part_of(body, "usage"), "output_tokens_details"):
        counts["output_image_tokens"] = counts.get("output_tokens", 0)
    return counts


def read_transcription(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `read`; a transcription may also tell its length alone (`duration`). Raises as `read` does."""
    counts = read(body)
    if body.get("duration") is None:
        return counts
    return {**(counts or {}), "audio_seconds": whole_seconds(body["duration"], "duration")}


def usage_of_event(event: Mapping[str, Any]) -> Any:
    """Where an event of a stream states usage, as it stands there; None when it states none."""
    response = event.get("response")
    return response.get("usage") if isinstance(response, Mapping) else None


def whole_seconds(value: Any, name: str) -> int:
    """A duration as it is billed: whole seconds, rounded up. Raises `InvalidInput` for what is none.

    >>> whole_seconds(7.2, "duration")
    8
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_COUNT:
        raise InvalidInput(f"{name} must be seconds of at least 0, not {shown(value)}")
    return math.ceil(value)
