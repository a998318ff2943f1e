"""Providers, and the targets on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tokenfoundry.settings.fields import (
    CurrencyCode,
    DurationMs,
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

Endpoint = Literal[
    "chat",
    "embeddings",
    "responses",
    "completions",
    "images",
    "image_edits",
    "image_variations",
    "speech",
    "transcriptions",
    "translations",
    "moderations",
]
Trust = Literal["external", "on_prem"]
Tier = Literal["small", "medium", "large"]

Capability = Literal[
    "tools",
    "vision",
    "audio",
    "files",
    "json_object",
    "json_schema",
    "logprobs",
    "choices",
    "reasoning",
]
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)


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


def _read_batches(value: Any) -> Any:
    """YAML reads a bare `on` as true."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


# Their batches, where they have any, are not OpenAI's.
_OTHER_APIS = frozenset({"anthropic", "bedrock", "cohere", "gemini", "mistral", "vertex"})

Option = Annotated[str, BeforeValidator(_read_option)]


class ProviderSettings(Section):
    """Somebody who serves models: an address, a wire format, and the keys to it."""

    format: FormatName = Field(description="The wire format it speaks.")
    base_url: str = Field(
        description="The address before /chat/completions or its like; the format's own when missing."
    )
    keys: tuple[Key, ...] = Field(
        (),
        description="Where its API keys are kept: env:NAME or file:/path, which may be written again. Or whose tokens "
        "are used, and renewed: google (the credentials of the place) or google:/path for vertex, entra for azure, aws "
        "or aws:PROFILE for bedrock. None for an open node.",
    )
    prompt_cache: Annotated[Literal["auto", "off"], BeforeValidator(_read_switch)] = Field(
        "auto",
        description="anthropic: auto marks prompts for its prompt cache where that pays and their sender marked none.",
    )
    options: dict[str, Option] = Field({}, description="What the format needs to know beyond, such as a region.")
    timeout_s: TimeoutSettings = Field(TimeoutSettings(), description="How long it may take.")
    max_in_flight: int | None = Field(
        None, ge=1, description="How many calls may be under way at it at once; more wait in a bounded queue."
    )
    proxy: str | None = Field(
        None,
        repr=False,  # It may hold a password.
        pattern=r"^https?://[^\s/?#]+/?$",
        description="The proxy it is reached through, http://host:port; HTTPS_PROXY and the like of the environment "
        "when missing.",
    )
    batches: Annotated[Literal["auto", "on", "off"], BeforeValidator(_read_batches)] = Field(
        "auto",
        description="Whether batches go to its own files and batches API. auto: where its format is openai or azure. "
        "on: also another server of OpenAI's format that has it. off: their lines are sent one by one.",
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

    @property
    def _is_at_its_maker(self) -> bool:
        """Whether it is the service itself, which answers nobody without a key, and no server of one's own."""
        own = FORMATS[self.format].base_url or ""
        return own.startswith("https://") and urlsplit(own).hostname == urlsplit(self.base_url).hostname

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.isascii() or not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+(/[^\s?#@]*)?", value):
            raise ValueError("should be an http or https address in ASCII, without user, query or fragment")
        try:
            parts = urlsplit(value)
            _ = parts.port, (parts.hostname or "").encode("idna")
        except ValueError:  # UnicodeError is one: of an empty label, or one of over 63 letters
            raise ValueError("should be an http or https address, whose host and port there can be") from None
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_what_its_format_needs(self) -> ProviderSettings:
        known = list(FORMATS[self.format].options)
        unknown = [name for name in self.options if name not in known]
        problems: list[FieldProblem] = [
            (("options", name), f"{self.format} has no such option{did_you_mean(name, known)}") for name in unknown
        ]
        if self.batches == "on" and self.format in _OTHER_APIS:
            problems.append((("batches",), f"should be auto or off: {self.format} has not OpenAI's batches"))
        for index, key in enumerate(self.keys):
            if key.is_renewed and key.kind not in FORMATS[self.format].tokens:
                problems.append((("keys", index), f"{self.format} does not take tokens of {key.kind}"))
            elif self.format == "azure" and key.kind == "entra" and self.options.get("auth") != "entra":
                problems.append((("options", "auth"), "should be entra, as its keys are"))
        if not self.keys and (FORMATS[self.format].needs_key or self._is_at_its_maker):
            problems.append((("keys",), f'is required by {self.format}, such as ["env:{self.format.upper()}_API_KEY"]'))
        refuse_fields(type(self).__name__, problems)
        return self


class BatchPriceSettings(Section):
    """What a line of a provider's batch costs per million tokens. Decimals in quotes."""

    input: Rate = Field(description="Input tokens.")
    output: Rate = Field(description="Output tokens, reasoning included.")
    cache_read: Rate | None = Field(None, description="Input tokens from the provider's cache; input when missing.")
    cache_write: Rate | None = Field(None, description="Input tokens written to that cache; input when missing.")


class PriceSettings(Section):
    """What a target costs per million tokens, instead of the catalogue's price. Decimals in quotes.

    Images, sound and speech that are not billed by the token have prices of their own; beside one of them `input` and
    `output` may both be missing, for none. A target of embeddings or moderations alone needs no `output`.
    """

    input: Rate = Field(description="Input tokens.")
    output: Rate = Field(description="Output tokens, reasoning included.")
    cache_read: Rate | None = Field(
        None, description="Input tokens from the provider's cache; the input rate when missing."
    )
    cache_write: Rate | None = Field(
        None, description="Input tokens written to that cache; the input rate when missing."
    )
    image: Rate | Annotated[dict[str, Rate], Field(min_length=1)] | None = Field(
        None, description='One generated image; or by size and quality, such as {"1024x1024": "0.04"}.'
    )
    audio_second: Rate | None = Field(None, description="One second of sound to be transcribed.")
    characters: Rate | None = Field(None, description="A million characters of text to be spoken.")
    batch: BatchPriceSettings | None = Field(
        None, description="The price in the provider's batches; the normal one, flagged, when missing."
    )
    currency: CurrencyCode | None = Field(None, description="ISO 4217; the ledger's currency when missing.")

    @model_validator(mode="before")
    @classmethod
    def _tokens_are_free_beside_a_unit(cls, value: Any) -> Any:
        stated = set(value) if isinstance(value, dict) else set()
        if stated & {"image", "audio_second", "characters"} and not stated & {"input", "output"}:
            return {"input": "0", "output": "0", **value}
        return value


def _read_capabilities(value: Any) -> Any:
    """A list is all that the target can; a mapping changes what is known of its model."""
    if isinstance(value, list | tuple | set | frozenset):
        unknown = [each for each in value if each not in CAPABILITIES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} should be one of {', '.join(CAPABILITIES)}")
        return {name: name in value for name in CAPABILITIES}
    return value


Capabilities = Annotated[dict[Capability, bool], BeforeValidator(_read_capabilities)]


def _generates_no_tokens(endpoints: Any) -> bool:
    if not isinstance(endpoints, list | tuple | set | frozenset) or not endpoints:
        return False
    return all(each in ("embeddings", "moderations") for each in endpoints)


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
        None, description="The vocabulary that counts its tokens exactly; chosen by the model when missing."
    )
    max_output_tokens: int | None = Field(None, ge=1, description="The most it may generate for one choice.")
    context_tokens: int | None = Field(None, ge=1, description="The most input and output it can hold together.")
    endpoints: frozenset[Endpoint] = Field(
        frozenset({"chat", "embeddings"}),
        min_length=1,
        description="What it serves itself: chat, embeddings, responses, completions, images, image_edits, "
        "image_variations, speech, transcriptions, translations, moderations. Responses and completions are also said "
        "as chat to a target that serves only that.",
    )
    max_in_flight: int | None = Field(
        None, ge=1, description="How many calls may be under way at it at once; more wait in a bounded queue."
    )
    hedge_after_ms: DurationMs | None = Field(
        None,
        alias="hedge_after",
        description="When the next target is tried too, if this one has given no first byte: 800ms. Both are paid for.",
    )
    capabilities: Capabilities = Field(
        {},
        description="What it can take: a list of all, such as [tools, vision], or what differs from what is known of "
        "its model, such as {vision: false}. tools, vision, audio, files, json_object, json_schema, logprobs, choices "
        "(n above 1), reasoning. A call that needs what a target cannot is never sent to it.",
    )
    weight: Annotated[float, Field(gt=0, le=1_000_000)] = Field(
        1.0, description="Its share among the targets that a rule orders by weight."
    )
    tags: frozenset[Name] = Field(frozenset(), description="Words of your own that rules can choose it by.")

    @model_validator(mode="before")
    @classmethod
    def _what_generates_no_tokens_has_no_price_of_them(cls, value: Any) -> Any:
        price = value.get("price") if isinstance(value, dict) else None
        if not isinstance(price, dict) or "input" not in price or not _generates_no_tokens(value.get("endpoints")):
            return value
        return {**value, "price": {"output": "0", **price}}
