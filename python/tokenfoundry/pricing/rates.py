"""The rates of one model at one instant: what a usage costs at them, and the most that a request can cost.

Rates are decimals per million tokens; what is not billed by the token has rates per image, per second of sound, per
million characters of text to be spoken, per search and per request. A tier picks the rates of the whole request: the
last one whose threshold the input is strictly above. A service tier (`batch`, `priority`, ...) has rates of its own.

Pricing stands on the path of every call, twice: about 2 us a cost, 0.6 us a worst case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.cost import Cost, cost_of, unit_lines
from tokenfoundry.pricing.money import EXACT, TOKEN_SCALE, ZERO, exact_rate, scaled
from tokenfoundry.usage import Usage

_RATE_NAMES: Final = ("input", "output", "cache_read", "cache_write")
FINE_INPUT: Final = ("cache_write_1h", "input_audio", "cache_read_audio", "input_image", "cache_read_image")
FINE_OUTPUT: Final = ("output_audio", "output_image")
FINE_NAMES: Final = (*FINE_INPUT, *FINE_OUTPUT)
TOKEN_NAMES: Final = (*_RATE_NAMES, *FINE_NAMES)
_UNIT_NAMES: Final = ("image", "audio_second", "characters", "search", "request")
# What stands in the place of tokens where it is billed; a search or a request is billed beside them.
_INSTEAD_OF_TOKENS: Final = ("image", "audio_second", "characters")
NO_TIER: Final = "service_tier_at_standard_rate"  # What is said of a cost.
RATE_NAMES: Final = (*TOKEN_NAMES, *_UNIT_NAMES)
_PRICE_NAMES: Final = (*RATE_NAMES, "currency", "tiers", "service_tiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The rates of requests with strictly more than `above` input tokens."""

    above: int
    input: Decimal
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    cache_read_audio: Decimal | None = None
    input_image: Decimal | None = None
    cache_read_image: Decimal | None = None
    output_audio: Decimal | None = None
    output_image: Decimal | None = None


class Band(NamedTuple):
    """A tier made ready to multiply: every rate stated, and per token."""

    above: int
    rate: tuple[Decimal, Decimal, Decimal, Decimal]  # per million, as in _RATE_NAMES; a missing one already replaced
    stated: frozenset[str]  # which of _RATE_NAMES are, and not replaced
    fine: Mapping[str, Decimal]  # those of FINE_NAMES that are stated, per million
    dearest_input: Decimal  # per token; of this band and all below it, cached or not
    dearest_output: Decimal
    scaled: tuple[int, int, int, int]  # per token, in units of 10**-24, as in _RATE_NAMES
    scaled_dearest: tuple[int, int]  # of input and output
    dearest_text: Decimal  # per token; of input that is text alone and kept for no hour, cached or not
    scaled_text: int  # the same in units of 10**-24

    def rate_of(self, name: str) -> Decimal:
        """The rate of that name, per million; a fine one must be stated."""
        return self.fine[name] if name in self.fine else self.rate[_RATE_NAMES.index(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one model costs per million tokens at one instant. Immutable.

    >>> rates = Rates(input=Decimal("0.15"), output=Decimal("0.60"), cache_read=Decimal("0.075"))
    >>> rates.cost(Usage(input_tokens=3000, output_tokens=500, cache_read_tokens=1000)).total
    Decimal('0.000675000')
    """

    input: Decimal
    output: Decimal | None = None
    """None for a model that generates nothing, such as an embedding model."""
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    """What is kept for an hour, where that has a price of its own."""
    input_audio: Decimal | None = None
    cache_read_audio: Decimal | None = None
    input_image: Decimal | None = None
    cache_read_image: Decimal | None = None
    output_audio: Decimal | None = None
    output_image: Decimal | None = None
    image: Decimal | Mapping[str, Decimal] | None = None
    """One generated image; or by `quality size`, by size, or by quality, such as `hd 1024x1024` or `512x512`."""
    audio_second: Decimal | None = None
    characters: Decimal | None = None
    """A million of them."""
    search: Decimal | None = None
    """One search of the provider's own."""
    request: Decimal | None = None
    """One call, whatever it uses."""
    currency: str = "USD"
    tiers: tuple[Tier, ...] = ()
    """By rising `above`. Below the first, the rates above hold."""
    service_tiers: Mapping[str, Rates] = field(default_factory=lambda: MappingProxyType({}))
    """The rates of calls that were served in another way, such as `batch`, `flex` or `priority`."""
    rented: bool = False
    """Whether calls cost nothing because the hours of their endpoint are paid."""
    text_costs_less: bool = field(init=False, repr=False, compare=False)
    """Whether the most that text can cost is less than what sound, pictures or an hour in the cache can."""
    _bands: tuple[Band, ...] = field(init=False, repr=False, compare=False)  # by falling `above`, the last one is -1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise InvalidInput(f"price: currency must be an ISO 4217 code, such as EUR, not {self.currency!r}")
        bands: list[Band] = []
        for tier in (Tier(above=-1, **{name: getattr(self, name) for name in TOKEN_NAMES}), *self.tiers):
            if bands and tier.above <= bands[-1].above:
                raise InvalidInput(f"price: tiers must rise, and {tier.above} follows {bands[-1].above}")
            if tier.output is None and self.output is not None:
                raise InvalidInput(f"price: the tier above {tier.above} must state output, '0' if it is free")
            bands.append(_band(tier, bands[-1] if bands else None))
        object.__setattr__(self, "_bands", tuple(reversed(bands)))
        object.__setattr__(self, "text_costs_less", any(band.dearest_text < band.dearest_input for band in bands))
        if self.image is not None:
            object.__setattr__(self, "image", _exact_image(self.image))
        for name in ("audio_second", "characters", "search", "request"):
            if (rate := getattr(self, name)) is not None:
                object.__setattr__(self, name, exact_rate(rate, name))

    @classmethod
    def from_price(cls, price: Mapping[str, Any], *, currency: str = "USD") -> Rates:
        """Rates from a `price:` of the configuration: decimals per million tokens, `input` and `output` required unless
        a price per image, second, character, search or request is stated. `tiers` are such prices with `above`,
        `service_tiers` such prices by name.

        `currency` is the one of a price that names none. Raises `InvalidInput` for a missing or unknown name, or a
        float.

        >>> Rates.from_price({"input": "0.15", "output": "0.45", "currency": "EUR"}).currency
        'EUR'
        """
        unknown = sorted(set(price) - set(_PRICE_NAMES))
        if unknown:
            raise InvalidInput(f"price: {', '.join(unknown)} is unknown; there are: {', '.join(_PRICE_NAMES)}")
        currency = price.get("currency") or currency
        missing = [name for name in ("input", "output") if price.get(name) is None]
        by_unit = {name: price[name] for name in _UNIT_NAMES if price.get(name) is not None}
        if missing and not (by_unit and len(missing) == 2):
            raise InvalidInput(f"price: {' and '.join(missing)} must be stated, '0' if it is free")
        rates = {"input": ZERO, "output": ZERO} | _stated(price)
        if not rates["input"] and not rates["output"] and any(name in by_unit for name in _INSTEAD_OF_TOKENS):
            rates = {"input": ZERO}  # Tokens are not free: they are not what it is billed by.
        tiers = tuple(Tier(above=each["above"], **_stated(each)) for each in price.get("tiers") or ())
        service_tiers = {
            name: cls.from_price(each, currency=currency) for name, each in (price.get("service_tiers") or {}).items()
        }
        return cls(**rates, **by_unit, currency=currency, tiers=tiers, service_tiers=MappingProxyType(service_tiers))

    @property
    def prices_tokens(self) -> bool:
        """Whether tokens have a price of their own, zero included: not where only images, seconds or characters do."""
        by_unit = any(getattr(self, name) is not None for name in _INSTEAD_OF_TOKENS)
        return not by_unit or self.output is not None or self.input > 0

    def served(self, service_tier: str) -> tuple[Rates, tuple[str, ...]]:
        """The rates of calls served in that way, and what is to be said when there are none of its own."""
        if not service_tier:
            return self, ()
        rates = self.service_tiers.get(service_tier)
        return (rates, ()) if rates is not None else (self, (NO_TIER,))

    def cost(self, usage: Usage) -> Cost:
        """The exact cost of `usage`; see `Cost.flags` for what is not certain."""
        rates, flags = self.served(usage.service_tier)
        cost = cost_of(rates, rates.band(usage.input_tokens), usage)
        if flags:
            return Cost(cost.currency, cost.input, cost.output, cost.total, cost.lines, (*cost.flags, *flags))
        return cost

    def scaled_cost(self, usage: Usage) -> tuple[int, tuple[str, ...]] | None:
        """The total of `cost` in units of 10**-24, and its flags, for what every call asks; None when more than text
        and cached tokens is billed, or in another way.
        """
        if self.request is not None or not usage.is_plain:
            return None
        read_tokens, write_tokens = usage.cache_read_tokens, usage.cache_write_tokens
        band = self.band(usage.input_tokens)
        input_rate, output_rate, read_rate, write_rate = band.scaled
        total = (usage.input_tokens - read_tokens - write_tokens) * input_rate + usage.output_tokens * output_rate
        flags: tuple[str, ...] = ()
        if read_tokens:
            total += read_tokens * read_rate
            if "cache_read" not in band.stated:
                flags += ("cache_read_at_input_rate",)
        if write_tokens:
            total += write_tokens * write_rate
            if "cache_write" not in band.stated:
                flags += ("cache_write_at_input_rate",)
        if usage.output_tokens and "output" not in band.stated:
            flags += ("output_not_priced",)
        return total, (*flags, "estimated") if usage.estimated else flags

    def scaled_worst(self, *, input_tokens: int, output_tokens: int, is_text: bool = False) -> int:
        """`worst_case` of tokens alone, in units of 10**-24; of an input that `is_text` and kept for no hour, what that
        can cost.
        """
        band = self.band(input_tokens)
        input_rate, output_rate = band.scaled_dearest
        if is_text:
            input_rate = band.scaled_text
        return input_tokens * input_rate + output_tokens * output_rate

    def band(self, input_tokens: int) -> Band:
        """The rates of a request with that input."""
        for band in self._bands:
            if input_tokens > band.above:
                return band
        raise InvalidInput(f"usage: input_tokens must be a whole number of at least 0, not {input_tokens}")


def worst_case(
    rates: Rates, *, input_tokens: int, max_output_tokens: int, n: int = 1, units: Usage | None = None
) -> Decimal:
    """The most that a request can cost at `rates`, in units of their currency, exactly.

    No usage with up to `input_tokens` of input and up to `max_output_tokens` for each of its `n` choices costs more,
    whatever part of it is cached or written to a cache, and in whichever tier it falls. `units` are the images, seconds
    and characters at most; its tokens are not looked at. Searches are the provider's own doing, and bounded by nobody.

    Raises `InvalidInput` for a negative count.

    >>> rates = Rates(input=Decimal(1), output=Decimal(2), cache_write=Decimal("1.25"))
    >>> worst_case(rates, input_tokens=800, max_output_tokens=500)
    Decimal('0.00200000')
    """
    if max_output_tokens < 0 or n < 1:
        raise InvalidInput(
            f"a worst case needs max_output_tokens of at least 0 and n of at least 1, not {max_output_tokens}, {n}"
        )
    band = rates.band(input_tokens)
    worst = EXACT.fma(band.dearest_input, input_tokens, EXACT.multiply(band.dearest_output, max_output_tokens * n))
    if rates.request is not None or (units is not None and units.is_by_unit):
        for line, _ in unit_lines(rates, units or Usage(), []):
            worst = EXACT.add(worst, line.amount)
    return worst


def _stated(price: Mapping[str, Any]) -> dict[str, Any]:
    return {name: exact_rate(price[name], name) for name in TOKEN_NAMES if price.get(name) is not None}


def _exact_image(price: Any) -> Decimal | dict[str, Decimal]:
    if not isinstance(price, Mapping):
        return exact_rate(price, "image")
    if not price:
        raise InvalidInput("price: image must state at least one size or quality")
    return {kind: exact_rate(rate, f"image: {kind}") for kind, rate in price.items()}


def _band(tier: Tier, below: Band | None) -> Band:
    input_rate = exact_rate(tier.input, "input")
    output_rate = ZERO if tier.output is None else exact_rate(tier.output, "output")
    read_rate = input_rate if tier.cache_read is None else exact_rate(tier.cache_read, "cache_read")
    write_rate = input_rate if tier.cache_write is None else exact_rate(tier.cache_write, "cache_write")
    fine = {name: exact_rate(rate, name) for name in FINE_NAMES if (rate := getattr(tier, name)) is not None}
    texts = (input_rate, read_rate, write_rate)
    inputs = (*texts, *(fine[name] for name in FINE_INPUT if name in fine))
    outputs = (output_rate, *(fine[name] for name in FINE_OUTPUT if name in fine))
    dearest_input, dearest_output = EXACT.scaleb(max(inputs), -6), EXACT.scaleb(max(outputs), -6)
    dearest_text = EXACT.scaleb(max(texts), -6)
    if below:
        dearest_text = max(dearest_text, below.dearest_text)
        dearest_input = max(dearest_input, below.dearest_input)
        dearest_output = max(dearest_output, below.dearest_output)
    rate = (input_rate, output_rate, read_rate, write_rate)
    in_scale = [scaled(EXACT.scaleb(each, -6), TOKEN_SCALE) for each in rate]
    return Band(
        above=tier.above,
        rate=rate,
        stated=frozenset(name for name in _RATE_NAMES if getattr(tier, name) is not None),
        fine=fine,
        dearest_input=dearest_input,
        dearest_output=dearest_output,
        scaled=(in_scale[0], in_scale[1], in_scale[2], in_scale[3]),
        scaled_dearest=(scaled(dearest_input, TOKEN_SCALE), scaled(dearest_output, TOKEN_SCALE)),
        dearest_text=dearest_text,
        scaled_text=scaled(dearest_text, TOKEN_SCALE),
    )
