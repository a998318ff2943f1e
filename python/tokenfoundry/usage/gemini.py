"""The usage of Google's Gemini API and of Vertex AI: generated content and embeddings.

Source: `GenerateContentResponseUsageMetadata`, `EmbedContentResponse` and `ContentEmbeddingStatistics` of google-genai
(`google/genai/types.py`). Cached tokens are a part of the prompt; thoughts and the results of Google's own tools stand
beside what they belong to, and the total is the sum of all four.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import FieldFault
from tokenfoundry.usage.openai import count_of, part_of, tier_of


def raw_of(body: Mapping[str, Any]) -> Any:
    """What a reply or an event reports; `usage` is where a meter puts what it has put together."""
    return body.get("usageMetadata", body.get("usage"))


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    usage = part_of({"usageMetadata": raw_of(body)}, "usageMetadata")
    if not any(name.endswith("TokenCount") for name in usage):
        return None
    prompt_tokens = count_of(usage, "promptTokenCount")
    if prompt_tokens is None:
        raise InvalidInput("usage: promptTokenCount is missing")
    thought_tokens = count_of(usage, "thoughtsTokenCount") or 0
    input_tokens = prompt_tokens + (count_of(usage, "toolUsePromptTokenCount") or 0)
    output_tokens = (count_of(usage, "candidatesTokenCount") or 0) + thought_tokens
    total_tokens, fault = count_of(usage, "totalTokenCount"), ""
    if total_tokens is not None:
        uncounted_tokens = total_tokens - input_tokens - output_tokens
        if uncounted_tokens < 0:
            fault = f"usage: totalTokenCount is {total_tokens}, less than its parts, {input_tokens + output_tokens}"
        else:
            output_tokens += uncounted_tokens  # What is in no part was generated, and is billed so.
    counts: dict[str, Any] = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": count_of(usage, "cachedContentTokenCount") or 0,
        "reasoning_tokens": thought_tokens,
    }
    for name, details in _MODALITIES:
        for part in _parts(usage, details):
            modality = _NAMED.get(str(part.get("modality")))
            tokens = count_of(part, "tokenCount")
            if modality and tokens:
                field = f"{name}_{modality}_tokens"
                counts[field] = counts.get(field, 0) + tokens
    tier = _tier_of(body, usage)
    if tier:
        counts["service_tier"] = tier
    if fault:
        counts["fault"] = fault
    return counts


_MODALITIES = (
    ("input", "promptTokensDetails"),
    ("input", "toolUsePromptTokensDetails"),
    ("output", "candidatesTokensDetails"),
    ("cache_read", "cacheTokensDetails"),
)
_NAMED = {"AUDIO": "audio", "IMAGE": "image"}  # Text, video and documents have no counts of their own here.
_TRAFFIC = {"ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": "flex", "PROVISIONED_THROUGHPUT": "provisioned"}


def _tier_of(body: Mapping[str, Any], usage: Mapping[str, Any]) -> str:
    """Gemini names the tier that served; Vertex AI the kind of traffic."""
    for around, name in ((usage, "serviceTier"), (body, "service_tier")):
        if around.get(name) is not None:
            return tier_of(around, name)
    traffic = usage.get("trafficType")
    return _TRAFFIC.get(traffic, "") if isinstance(traffic, str) else ""


def read_embeddings(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `read`, for embeddings: Vertex AI counts the tokens of each text, where its vector is."""
    if body.get("usageMetadata"):
        return read(body)
    predictions = body.get("predictions")
    if not isinstance(predictions, list) or not predictions:
        return None
    return {"input_tokens": sum(map(_token_count, predictions))}


def _token_count(prediction: Any) -> int:
    try:
        count = prediction["embeddings"]["statistics"]["token_count"]
    except (KeyError, TypeError) as error:
        raise InvalidInput("usage: token_count is missing") from error
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    return count_of({"token_count": count}, "token_count") or 0


def _parts(usage: Mapping[str, Any], name: str) -> list[Any] | tuple[Any, ...]:
    details = usage.get(name) or ()
    if not isinstance(details, list | tuple) or not all(isinstance(part, Mapping) for part in details):
        raise FieldFault(f"{name} must be a list of objects", usage, name)
    return details
