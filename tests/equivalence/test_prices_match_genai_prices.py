"""The shipped table gives the prices of the package it was made from, at its dates, hours, tiers and service tiers."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices.data import providers
from genai_prices.types import Usage as TheirUsage

from tokenfoundry.errors import NotFound
from tokenfoundry.pricing import prices
from tokenfoundry.usage import Usage

NAMES = {
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "cache_write_1h_mtok",
    "input_audio_mtok",
    "cache_audio_read_mtok",
    "input_image_mtok",
    "cache_image_read_mtok",
    "output_audio_mtok",
    "output_image_mtok",
    "web_searches_kcount",
    "requests_kcount",
}
OTHER_UNITS = {"storage_searches_kcount"}
# Our fields by theirs.
COUNTS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_image_tokens": "output_image_tokens",
    "cache_audio_read_tokens": "cache_read_audio_tokens",
    "cache_image_read_tokens": "cache_read_image_tokens",
    "web_searches": "searches",
}
INSTANTS = [
    datetime(2023, 1, 1, 12, tzinfo=UTC),
    datetime(2025, 6, 15, 2, tzinfo=UTC),
    datetime(2026, 9, 1, 7, tzinfo=UTC),
    datetime(2026, 11, 20, 20, tzinfo=UTC),
]
USAGES = [
    Usage(input_tokens=1_234, output_tokens=567),
    Usage(input_tokens=200_000, output_tokens=1_001, cache_read_tokens=100_000),
    Usage(input_tokens=300_001, output_tokens=4_321, cache_read_tokens=50_000, cache_write_tokens=25_000),
    Usage(input_tokens=9_000, output_tokens=100, cache_write_tokens=5_000, cache_write_1h_tokens=3_000, searches=2),
    Usage(
        input_tokens=9_000,
        output_tokens=700,
        cache_read_tokens=1_500,
        input_audio_tokens=4_000,
        cache_read_audio_tokens=1_000,
        input_image_tokens=800,
        cache_read_image_tokens=300,
        output_audio_tokens=200,
        output_image_tokens=100,
    ),
]
PROVIDERS = ["openai", "anthropic", "google", "mistral", "deepseek", "aws", "azure", "groq", "together", "x-ai"]
# How they are asked for a tier that is called so here.
CONTEXTS = {
    "batch": {"processing": "batch"},
    "fast": {"speed": "fast"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


OURS = {"openai": {"whisper-1", "tts-1", "tts-1-hd", "moderation"}}


def is_priced_by_token(model: object) -> bool:
    listed = model.prices if isinstance(model.prices, list) else [model]
    stated = [{name for name, value in vars(each.prices).items() if value is not None} for each in listed]
    return all("input_mtok" in names and names <= NAMES | OTHER_UNITS for names in stated)


def their_cost(model: object, source: object, usage: Usage, at: datetime, **context: dict[str, str]) -> Decimal:
    counts = {theirs: getattr(usage, ours) for theirs, ours in COUNTS.items()}
    priced = model.calc_price(TheirUsage(**counts), source, genai_request_timestamp=at, **context)
    total: Decimal = priced.total_price
    return total


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_model_costs_the_same_as_in_genai_prices(provider: str) -> None:
    source = next(each for each in providers if each.id == provider)
    compared = 0
    for listed in source.models:
        theirs = source.find_model(listed.id)
        if theirs is None:
            continue  # a few ids do not match their own rules
        if not is_priced_by_token(theirs):
            if listed.id in OURS.get(provider, ()):
                continue  # priced by the second or the character (`unit_prices.json`)
            with pytest.raises(NotFound):
                prices().find(listed.id, provider=provider)
            continue
        for at in INSTANTS:
            for usage in USAGES:
                expected = their_cost(theirs, source, usage, at)
                actual = prices().cost(listed.id, usage, at=at, provider=provider)
                assert actual.total == expected, (listed.id, at, usage)
                compared += 1
    assert compared >= 20


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "groq"])
def test_every_service_tier_costs_the_same_as_in_genai_prices(provider: str) -> None:
    source = next(each for each in providers if each.id == provider)
    compared = 0
    for listed in source.models:
        theirs = source.find_model(listed.id)
        if theirs is None or not is_priced_by_token(theirs):
            continue
        for at in INSTANTS:
            rates = prices().rates(listed.id, at=at, provider=provider)
            for tier in rates.service_tiers:
                context = CONTEXTS[tier] if (provider, tier) != ("openai", "fast") else {"service_tier": "fast"}
                for usage in USAGES:
                    expected = their_cost(theirs, source, usage, at, price_context=context)
                    assert rates.served(tier)[0].cost(usage).total == expected, (listed.id, tier, at, usage)
                    compared += 1
    assert compared >= 10
