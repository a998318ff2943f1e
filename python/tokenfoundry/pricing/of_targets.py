"""The price of a target: the one it states, else that of a file, else the catalogue's, else the ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tokenfoundry.errors import ConfigError, NotFound
from tokenfoundry.pricing.applied import digest_of
from tokenfoundry.pricing.catalogue import Catalogue, PricedModel
from tokenfoundry.pricing.files import FilePrice, laid_over
from tokenfoundry.pricing.history import RateHistory
from tokenfoundry.pricing.rates import Rates

if TYPE_CHECKING:
    from tokenfoundry.settings import Settings, TargetSettings

CEILING: Final = "ceiling"  # Of a target whose model has no price of its own.

# Endpoints whose calls are billed by the token.
_TAKE_PICTURES = frozenset({"image_edits", "image_variations"})
_BY_TOKEN = frozenset({"chat", "embeddings", "responses", "completions"})


def check_bounded(name: str, target: TargetSettings, rates: Rates) -> None:
    """Raises `ConfigError` for a target with an endpoint whose calls could not be priced, or have no worst case."""
    by_token, price = target.endpoints & _BY_TOKEN, f"targets.{name}.price"
    if by_token and not rates.prices_tokens:
        served = ", ".join(sorted(by_token))
        raise ConfigError(
            f"tokens have no price, and it serves {served}: state endpoints, or input and output", path=price
        )
    outputs = rates.prices_tokens and rates.output is not None
    for endpoint, rate, unit in (
        ("images", rates.image, "image"),
        ("image_edits", rates.image, "image"),
        ("image_variations", rates.image, "image"),
        ("transcriptions", rates.audio_second, "audio_second"),
        ("translations", rates.audio_second, "audio_second"),
        ("speech", rates.characters, "characters"),
    ):
        if endpoint not in target.endpoints or rate is not None or (outputs and not rates.output and not rates.input):
            continue
        if endpoint == "speech" or not outputs:
            raise ConfigError(f"{endpoint} need a price in it, such as {unit}: {_EXAMPLES[unit]}", path=price)
        if endpoint in _TAKE_PICTURES and target.price is None:
            what = "the catalogue has no price for the tokens of pictures: state price, with their rate as input"
            raise ConfigError(f"{endpoint}: {what}", path=price)
        if target.max_output_tokens is None:
            what = f"is required, because {endpoint} are priced by tokens: the most that one of them can take"
            raise ConfigError(what, path=f"targets.{name}.max_output_tokens")


_EXAMPLES = {
    "image": '"0.04" for one, or by size {"1024x1024": "0.04"}',
    "audio_second": '"0.0001"',
    "characters": '"15" for a million',
}


def price_of(
    name: str, target: TargetSettings, settings: Settings, catalogue: Catalogue, rows: Sequence[FilePrice]
) -> PricedModel:
    if target.price is not None:
        rates = Rates.from_price(target.price.stated(), currency=settings.currency)
        constant = RateHistory.constant(rates)
        return PricedModel(
            name, "target", target.model, target.context_tokens, constant, digest_of(rates), "configuration"
        )
    at = {"model": target.model, "provider": target.provider, "region": target.region or ""}
    if target.trust == "on_prem":
        history = laid_over(None, rows, **at)
        if history is not None:
            return _of_file(name, target, history)
        raise ConfigError(
            "a target of trust on_prem states its own price, in units per million tokens: "
            'price: {input: "0.15", output: "0.45"}, or "0" when its cost is counted elsewhere',
            path=f"targets.{name}.price",
        )
    provider = catalogue.provider_at(settings.providers[target.provider].base_url)
    if provider is None and target.provider in catalogue:
        provider = target.provider
    try:
        found = catalogue.find(target.model, provider=provider)
    except NotFound as error:
        history = laid_over(None, rows, **at)
        if history is not None:
            return _of_file(name, target, history)
        if settings.price_ceiling is None:
            raise ConfigError(str(error), path=f"targets.{name}.price") from None
        rates = Rates.from_price(settings.price_ceiling.stated(), currency=settings.currency)
        constant = RateHistory.constant(rates)
        return PricedModel(name, CEILING, target.model, target.context_tokens, constant, digest_of(rates), CEILING)
    history = laid_over(found.history, rows, **at)
    return found if history is found.history or history is None else replace(found, history=history)


def _of_file(name: str, target: TargetSettings, history: RateHistory) -> PricedModel:
    digest = digest_of(history.periods[-1].rates)
    return PricedModel(name, "file", target.model, target.context_tokens, history, digest, "file of prices")
