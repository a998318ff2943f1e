"""The shipped table gives the prices of the package it was made from, at its dates, hours and tiers."""

from datetime import UTC, datetime

import pytest
from genai_prices.data import providers
from genai_prices.types import Usage as TheirUsage

from tokenfoundry.errors import NotFound
from tokenfoundry.pricing import prices
from tokenfoundry.usage import Usage

NAMES = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"}
OTHER_UNITS = {
    "cache_write_1h_mtok",
    "web_searches_kcount",
    "storage_searches_kcount",
    "input_audio_mtok",
    "cache_audio_read_mtok",
}
INSTANTS = [
    datetime(2023, 1, 1, 12, tzinfo=UTC),
    datetime(2025, 6, 15, 2, tzinfo=UTC),
    datetime(2026, 9, 1, 7, tzinfo=UTC),
    datetime(2026, 10, 20, 20, tzinfo=UTC),
]
USAGES = [
    Usage(input_tokens=1_234, output_tokens=567),
    Usage(input_tokens=200_000, output_tokens=1_001, cache_read_tokens=100_000),
    Usage(input_tokens=300_001, output_tokens=4_321, cache_read_tokens=50_000, cache_write_tokens=25_000),
]
PROVIDERS = ["openai", "anthropic", "google", "mistral", "deepseek", "aws", "azure", "groq", "together", "x-ai"]


OURS = {
    "openai": {"whisper-1", "tts-1", "tts-1-hd", "gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "moderation"},
}


def is_priced_by_token(model: object) -> bool:
    listed = model.prices if isinstance(model.prices, list) else [model]
    stated = [{name for name, value in vars(each.prices).items() if value is not None} for each in listed]
    return all("input_mtok" in names and names <= NAMES | OTHER_UNITS for names in stated)


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
                continue  # priced by the second, the character or the image (`unit_prices.json`)
            with pytest.raises(NotFound):
                prices().find(listed.id, provider=provider)
            continue
        for at in INSTANTS:
            for usage in USAGES:
                counts = {
                    "input_tokens": usage.input_tokens,
                    "output_tokens": usage.output_tokens,
                    "cache_read_tokens": usage.cache_read_tokens,
                    "cache_write_tokens": usage.cache_write_tokens,
                }
                expected = theirs.calc_price(TheirUsage(**counts), source, genai_request_timestamp=at)
                actual = prices().cost(listed.id, usage, at=at, provider=provider)
                assert actual.total == expected.total_price, (listed.id, at, usage)
                compared += 1
    assert compared >= 12
