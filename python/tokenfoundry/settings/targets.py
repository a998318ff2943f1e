"""Providers, the targets on them, and how a model name that a client asks for becomes targets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tokenfoundry.settings.fields import (
    CountComparison,
    CurrencyCode,
    FieldProblem,
    FxRate,
    Key,
    Name,
    Rate,
    Seconds,
    Section,
    refuse_fields,
)
from tokenfoundry.settings.formats import FORMATS, FormatName, default_base_url
from tokenfoundry.settings.problems import did_you_mean

Endpoint = Literal["chat", "embeddings"]
Trust = Literal["external", "on_prem"]
Tier = Literal["small", "medium", "large"]


class FxRateSettings(Section):
    """An exchange rate from a day on."""

    from_date: date = Field(alias="from", description="The day, in UTC, from which the rate is in force.")
    rate: FxRate = Field(description="Units of the ledger's currency for one unit of this one.")


class TimeoutSettings(Section):
    """How long a provider may take, in seconds."""

    connect: Seconds = Field(5.0, description="To accept the connection, TLS included.")
    write: Seconds = Field(60.0, description="To take the whole request.")
    first_byte: Seconds = Field(120.0, description="From the request to the first byte of the answer.")
    read: Seconds = Field(60.0, description="Between two pieces of an answer that has begun.")
    total: Seconds = Field(600.0, description="For the whole call.")


def _read_option(value: Any) -> Any:
    """YAML reads an API version such as 2024-10-21 as a date, and others as numbers."""
    return value.isoformat() if isinstance(value, date) else str(value) if type(value) in (int, bool) else value


def _read_switch(value: Any) -> Any:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


Option = Annotated[str, BeforeValidator(_read_option)]


class ProviderSettings(Section):
    """Somebody who serves models: an address, a wire format, and the keys to it."""

    format: FormatName = Field(description="The wire format it speaks.")
    base_url: str = Field(
        description="The address before /chat/completions or its like; the format's own when missing."
    )
    keys: tuple[Key, ...] = Field(
        (), description="Where its API keys are kept: env:NAME or file:/path. None for an open node."
    )
    prompt_cache: Annotated[Literal["auto", "off"], BeforeValidator(_read_switch)] = Field(
        "auto",
        description="anthropic: auto marks prompts for its prompt cache where that pays and their sender marked none.",
    )
    options: dict[str, Option] = Field({}, description="What the format needs to know beyond, such as a region.")
    timeout_s: TimeoutSettings = Field(TimeoutSettings(), description="How long it may take.")
    proxy: str | None = Field(
        None,
        repr=False,  # It may hold a password.
        pattern=r"^https?://[^\s/?#]+/?$",
        description="The proxy it is reached through, http://host:port; HTTPS_PROXY and the like of the environment "
        "when missing.",
    )
    client: Literal["auto", "aiohttp"] = Field(
        "auto",
        description="auto: our own HTTP client, and aiohttp through a proxy. aiohttp: that one, for a server that has "
        "trouble with ours.",
    )

    @model_validator(mode="before")
    @classmethod
    def _take_the_address_of_the_format(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or values.get("base_url") is not None:
            return values
        name, options = str(values.get("format")), values.get("options") or {}
        if name not in FORMATS or not isinstance(options, Mapping):
            return values
        missing = sorted(FORMATS[name].required - set(options))
        refuse_fields(cls.__name__, [(("options", option), f"is required by {name}") for option in missing])
        base_url = default_base_url(name, {key: str(_read_option(value)) for key, value in options.items()})
        return values if base_url is None else {**values, "base_url": base_url}

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+(/[^\s?#@]*)?", value):
            raise ValueError("should be an http or https address without user, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_what_its_format_needs(self) -> ProviderSettings:
        known = list(FORMATS[self.format].options)
        unknown = [name for name in self.options if name not in known]
        problems: list[FieldProblem] = [
            (("options", name), f"{self.format} has no such option{did_you_mean(name, known)}") for name in unknown
        ]
        if FORMATS[self.format].needs_key and not self.keys:
            problems.append((("keys",), f'is required by {self.format}, such as ["env:{self.format.upper()}_API_KEY"]'))
        refuse_fields(type(self).__name__, problems)
        return self


class PriceSettings(Section):
    """What a target costs per million tokens, instead of the catalogue's price. Decimals in quotes."""

    input: Rate = Field(description="Input tokens.")
    output: Rate = Field(description="Output tokens, reasoning included.")
    cache_read: Rate | None = Field(
        None, description="Input tokens from the provider's cache; the input rate when missing."
    )
    cache_write: Rate | None = Field(
        None, description="Input tokens written to that cache; the input rate when missing."
    )
    currency: CurrencyCode | None = Field(None, description="ISO 4217; the ledger's currency when missing.")


class TargetSettings(Section):
    """One model at one provider: what a call can be sent to."""

    provider: str = Field(description="A name of `providers`.")
    model: str = Field(min_length=1, description="The model's name at that provider.")
    region: Name | None = Field(
        None, description="Where it computes, such as it, eu or us; budgets and rules can name it."
    )
    trust: Trust = Field(
        "external", description="external: gets placeholders for personal data. on_prem: may get the text as it is."
    )
    tier: Tier | None = Field(None, description="How capable it is.")
    price: PriceSettings | None = Field(
        None, description="Its price; required for on_prem, else the catalogue's when missing."
    )
    tokenizer: str | None = Field(
        None, description="The vocabulary that counts its tokens; chosen by the model when missing."
    )
    max_output_tokens: int | None = Field(None, ge=1, description="The most it may generate for one choice.")
    context_tokens: int | None = Field(None, ge=1, description="The most input and output it can hold together.")
    endpoints: frozenset[Endpoint] = Field(
        frozenset({"chat", "embeddings"}), min_length=1, description="What it serves: chat, embeddings."
    )


class AliasSettings(Section):
    """A model name that clients ask for: either targets in order, or a routing policy that picks them."""

    targets: tuple[str, ...] | None = Field(
        None, min_length=1, description="Names of `targets`, the first tried first."
    )
    policy: str | None = Field(None, description="A name of `routing`.")


def _read_alias(value: Any) -> Any:
    """An alias is written as a list of targets, or as {policy: name}."""
    if isinstance(value, AliasSettings):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return {"targets": tuple(value)}
    if isinstance(value, dict) and set(value) == {"policy"} and isinstance(value["policy"], str):
        return value
    raise ValueError("should be a list of targets, such as [gpt-mini], or {policy: name of a routing policy}")


Alias = Annotated[AliasSettings, BeforeValidator(_read_alias)]


class WhenSettings(Section):
    """What a call must be for a rule to apply; all that is stated must hold."""

    sensitive: bool | None = Field(None, description="Whether the prompt holds personal data.")
    input_tokens: CountComparison | None = Field(
        None, description='The estimated size of the prompt, such as "<= 500".'
    )

    def holds(self, *, sensitive: bool, input_tokens: int) -> bool:
        """Whether a call is of this kind.

        >>> WhenSettings.model_validate({"sensitive": True}).holds(sensitive=True, input_tokens=9)
        True
        """
        if self.sensitive is not None and self.sensitive != sensitive:
            return False
        return self.input_tokens is None or self.input_tokens.holds(input_tokens)


class RuleSettings(Section):
    """Which targets a kind of call uses."""

    when: WhenSettings = Field(WhenSettings(), description="The calls it is for; every call when missing.")
    use: tuple[str, ...] = Field(min_length=1, description="Names of `targets`, the first tried first.")

    @property
    def is_for_every_call(self) -> bool:
        """Whether the rule states no condition."""
        return self.when == WhenSettings()


def _ends_with_a_rule_for_every_call(rules: tuple[RuleSettings, ...]) -> tuple[RuleSettings, ...]:
    if not rules[-1].is_for_every_call:
        raise ValueError("should end with a rule without `when`, or a call may find no target")
    for index, rule in enumerate(rules[:-1]):
        if rule.is_for_every_call:
            raise ValueError(f"has a rule without `when` at [{index}], so the rules after it are never reached")
    return rules


PolicyRules = tuple[RuleSettings, ...]
