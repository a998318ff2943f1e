"""The usage of Cohere's API, version 2: chat and embeddings.

Source: `Usage` and `ApiMeta` of cohere-python (`cohere/types`). Cohere says both what it billed and what the model saw;
the bill is what is counted here, and `tokens` where no bill is. Counts are decimals on the wire. A rerank is billed by
its `search_units`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import FieldFault, shown
from tokenfoundry.usage.openai import MAX_COUNT, part_of


def raw_of(body: Mapping[str, Any]) -> Any:
    """What a reply, the event that ends a stream, or a reply with embeddings reports."""
    delta = body.get("delta")
    return (delta if isinstance(delta, Mapping) else body).get("usage", body.get("meta"))


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    usage = part_of({"usage": raw_of(body)}, "usage")
    billed = part_of(usage, "billed_units")
    seen = part_of(usage, "tokens")
    counted = billed if "input_tokens" in billed or "output_tokens" in billed else seen
    image_tokens = _whole(billed, "image_tokens")
    searches = _whole(billed, "search_units")
    if not counted and not image_tokens and not searches:
        return None
    made: dict[str, Any] = {
        "input_tokens": _whole(counted, "input_tokens") + image_tokens,
        "output_tokens": _whole(counted, "output_tokens"),
    }
    if image_tokens:
        made["input_image_tokens"] = image_tokens
    if searches:
        made["searches"] = searches
    if counted is seen:  # Cached tokens are a part of what the model saw, not of the bill.
        made["cache_read_tokens"] = _whole(usage, "cached_tokens")
    return made


def _whole(part: Mapping[str, Any], name: str) -> int:
    count = part.get(name)
    if count is None:
        return 0
    whole = type(count) is int or (isinstance(count, float) and count.is_integer())
    if not whole or not 0 <= count <= MAX_COUNT:
        said = f"{name} must be a whole number of 0 to a million millions, not {shown(count)}"
        raise FieldFault(said, part, name) if name in _BESIDE else InvalidInput(f"usage: {said}")
    return int(count)


_BESIDE = frozenset({"cached_tokens", "search_units"})  # What the number of tokens is known without.
