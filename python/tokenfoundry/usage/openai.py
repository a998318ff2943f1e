"""The usage of OpenAI's wire format: chat completions, embeddings, and the usage chunk that ends a stream.

Source: the `CompletionUsage` and `CreateEmbeddingResponse.usage` schemas of OpenAI's published API description.
Providers that speak this format disagree on two points, both settled here from their own sums, without asking who they
are:

- Some leave reasoning out of `completion_tokens` and only count it in `total_tokens` (xAI's documentation says so;
  Gemini's compatible endpoint does it). Whatever the total has beyond prompt and completion was generated and is billed
  as output.
- The cached part of the prompt is reported in `prompt_tokens_details.cached_tokens`, at the top level as
  `cached_tokens` (Moonshot) or as `prompt_cache_hit_tokens` (DeepSeek). Mistral's `num_cached_tokens` is documented
  nowhere as what is billed less, and is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import FieldFault, shown

MAX_COUNT: Final = 10**12
"""Far above what any call uses."""
_MAX_TIER_LENGTH: Final = 32
_MAX_DOLLARS: Final = 10**6  # far above what any call costs
_MAX_DECIMALS: Final = 30


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for what is no counts."""
    usage = part_of(body, "usage")
    if not usage:
        return None
    prompt_tokens = count_of(usage, "prompt_tokens")
    total_tokens = count_of(usage, "total_tokens")
    completion_tokens = count_of(usage, "completion_tokens")
    if prompt_tokens is None:
        # One that embeds alone may count in total; who tells what it generated has forgotten the prompt.
        if total_tokens is None or completion_tokens is not None:
            raise InvalidInput("usage: prompt_tokens is missing")
        prompt_tokens = total_tokens
    if completion_tokens is None:
        # Embeddings report none; a reply that states no total either may have generated anything.
        if total_tokens is None:
            raise InvalidInput("usage: completion_tokens and total_tokens are both missing")
        completion_tokens = 0
    prompt_details = part_of(usage, "prompt_tokens_details")
    completion_details = part_of(usage, "completion_tokens_details")
    reasoning_tokens = count_of(completion_details, "reasoning_tokens")
    fault = ""

    if total_tokens is not None:
        uncounted_tokens = total_tokens - prompt_tokens - completion_tokens
        if uncounted_tokens < 0:
            fault = (
                f"usage: total_tokens is {total_tokens}, less than the prompt's {prompt_tokens} "
                f"and the completion's {completion_tokens} together"
            )
        elif uncounted_tokens:
            completion_tokens += uncounted_tokens
            if not reasoning_tokens:
                reasoning_tokens = uncounted_tokens

    counts: dict[str, Any] = {
        "input_tokens": prompt_tokens,
        "output_tokens": completion_tokens,
        "cache_read_tokens": first_of(
            count_of(prompt_details, "cached_tokens"),
            count_of(usage, "cached_tokens"),
            count_of(usage, "prompt_cache_hit_tokens"),
        ),
        "cache_write_tokens": count_of(prompt_details, "cache_write_tokens") or 0,
        "reasoning_tokens": reasoning_tokens or 0,
    }
    if prompt_details:
        add_modalities(counts, prompt_details, "input")
    if completion_details:
        add_modalities(counts, completion_details, "output")
    add_beside(counts, body, usage)
    if fault:
        counts["fault"] = fault
    return counts


def add_modalities(counts: dict[str, Any], details: Mapping[str, Any], direction: str) -> None:
    """Adds what `details` tells of sound and pictures in that direction, where it is not nothing."""
    if not (details.get("audio_tokens") or details.get("image_tokens") or details.get("cached_tokens_details")):
        return  # As of nearly every call.
    for modality in ("audio", "image"):
        tokens = count_of(details, f"{modality}_tokens")
        if tokens:
            counts[f"{direction}_{modality}_tokens"] = tokens
    cached = part_of(details, "cached_tokens_details")
    for modality in ("audio", "image") if cached else ():
        tokens = count_of(cached, f"{modality}_tokens")
        if tokens:
            counts[f"cache_read_{modality}_tokens"] = tokens


def add_beside(counts: dict[str, Any], body: Mapping[str, Any], usage: Mapping[str, Any]) -> None:
    """Adds what is told beside the counts of tokens: the tier that served, searches, and what it cost."""
    tier = body.get("service_tier")
    if tier is not None:
        counts["service_tier"] = tier_of(body, "service_tier")
    if _BESIDE.isdisjoint(usage):
        return
    cost = cost_of(usage)
    if cost is not None:
        counts["reported_cost"] = cost
    searches = count_of(part_of(usage, "server_tool_use_details"), "web_search_requests")
    if searches is None:
        searches = count_of(usage, "num_search_queries")
    if searches:
        counts["searches"] = searches


_BESIDE = frozenset({"cost", "cost_in_usd_ticks", "server_tool_use_details", "num_search_queries"})

# What providers call the way in which they serve everybody.
_ORDINARY = frozenset({"default", "standard", "auto", "on_demand", "standard_only", "unspecified"})


def tier_of(part: Mapping[str, Any], name: str) -> str:
    """The service tier of that name in the normal form: empty for the ordinary one. Raises for what is no name.

    >>> tier_of({"service_tier": "default"}, "service_tier"), tier_of({"service_tier": "PRIORITY"}, "service_tier")
    ('', 'priority')
    """
    value = part.get(name)
    if value is None or (type(value) is str and value in _ORDINARY):
        return ""
    if not isinstance(value, str) or len(value) > _MAX_TIER_LENGTH or not value.isprintable():
        raise FieldFault("service_tier must be a short name", part, name)
    tier = value.lower()
    return "" if tier in _ORDINARY else tier


def cost_of(usage: Mapping[str, Any]) -> Decimal | None:
    """What the provider says a call cost, in US dollars, to the digit it was sent with; None when it says nothing.

    OpenRouter tells `cost`, and what a provider of one's own key takes beside it; Perplexity a `total_cost`; xAI ticks
    of 10**-10 dollars. Raises `InvalidInput` for what is no amount.
    """
    cost = usage.get("cost")
    if isinstance(cost, Mapping):
        cost = cost.get("total_cost")
    if cost is not None:
        told = dollars_of(cost, usage, "cost")
        if usage.get("is_byok") is True:
            details = usage.get("cost_details")
            upstream = details.get("upstream_inference_cost") if isinstance(details, Mapping) else details
            return told if upstream is None else told + dollars_of(upstream, usage, "cost")
        return told
    ticks = usage.get("cost_in_usd_ticks")
    if ticks is None:
        return None
    if type(ticks) is not int or not 0 <= ticks <= _MAX_DOLLARS * 10**10:
        said = f"cost_in_usd_ticks must be a whole number of at least 0, and of a million dollars, not {shown(ticks)}"
        raise FieldFault(said, usage, "cost_in_usd_ticks")
    return Decimal(ticks).scaleb(-10)


def dollars_of(value: Any, part: Mapping[str, Any], name: str) -> Decimal:
    """An amount that stands in `part` under that name. Raises for what no call costs, and for more decimals than can be
    reckoned with exactly.

    >>> dollars_of("0.00125", {}, "cost")
    Decimal('0.00125')
    """
    is_number = isinstance(value, int | float | str | Decimal) and not isinstance(value, bool)
    try:
        # The shortest text of a float is what was sent, of as many digits as anybody bills in.
        amount = Decimal(repr(value) if isinstance(value, float) else value) if is_number else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= _MAX_DOLLARS:
        raise FieldFault(f"{name} must be an amount of 0 to a million", part, name)
    if amount.as_tuple().exponent < -_MAX_DECIMALS:  # type: ignore[operator]  # It is finite.
        raise FieldFault(f"{name} has more than {_MAX_DECIMALS} decimals", part, name)
    return amount


def part_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name; empty when it is missing or null. Raises `InvalidInput` for what is no object."""
    part = body.get(name)
    if part is None:
        return {}
    if type(part) is not dict and not isinstance(part, Mapping):
        raise FieldFault(f"{name} must be an object, not {type(part).__name__}", body, name)
    return part


def count_of(part: Mapping[str, Any], name: str) -> int | None:
    """The count of that name; None when it is missing or null. Raises `InvalidInput` for what is no count."""
    count = part.get(name)
    if count is None:
        return None
    if type(count) is not int or not 0 <= count <= MAX_COUNT:
        kind = "at most a million millions" if type(count) is int and count > 0 else "a whole number of at least 0"
        raise FieldFault(f"{name} must be {kind}, not {shown(count)}", part, name)
    return count


def first_of(*counts: int | None) -> int:
    """The first count that was reported, zero included; 0 when none was."""
    return next((count for count in counts if count is not None), 0)
