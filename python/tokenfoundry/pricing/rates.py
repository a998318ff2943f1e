"""What a call costs: the rates of one model at one instant, and the exact cost of a usage at them.

Rates are decimals per million tokens; what is not billed by the token has rates per image, per second of sound and per
million characters of text to be spoken. A tier picks the rates of the whole request: the last one whose threshold the
input is strictly above. A part without a rate of its own costs what its whole costs (cached input costs input), and the
cost is flagged.

Pricing stands on the path of every call, twice: about 2 us a cost, 0.6 us a worst case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.money import EXACT, TOKEN_SCALE, ZERO, exact_rate, scaled
from tokenfoundry.usage import Usage

_RATE_NAMES = ("input", "output", "cache_read", "cache_write")
_UNIT_NAMES = ("image", "audio_second", "characters")
_PRICE_NAMES = (*_RATE_NAMES, *_UNIT_NAMES, "currency")


class Line(msgspec.Struct, frozen=True):
    """One line of a cost: `tokens` of one `item` at `rate` per million are `amount`, exactly.

    `image` and `audio_second` are counted, and priced, one by one; `characters` by the million.
    """

    item: str
    """`input` (not cached), `cache_read`, `cache_write`, `output`, `image`, `audio_second` or `characters`."""
    tokens: int
    rate: Decimal
    amount: Decimal


class Cost(msgspec.Struct, frozen=True):
    """What a call costs, exactly, in units of `currency`: `total` is `input` plus `output`, and the lines' sum."""

    currency: str
    input: Decimal
    output: Decimal
    total: Decimal
    lines: tuple[Line, ...]
    flags: tuple[str, ...]
    """What makes this cost less certain than it looks; empty for a cost by reported counts and stated rates.

    `estimated` (no provider reported the counts), `cache_read_at_input_rate`, `cache_write_at_input_rate`,
    `output_not_priced` (the rates name no output), `audio_at_text_rate` (audio tokens were priced as text),
    `image_at_dearest_rate` (no price is stated for this quality and size), `image_not_priced`,
    `audio_second_not_priced`, `characters_not_priced` (nothing in the rates prices them).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The rates of requests with strictly more than `above` input tokens."""

    above: int
    input: Decimal
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


class _Band(NamedTuple):
    """A tier made ready to multiply: every rate stated, and per token."""

    above: int
    rate: tuple[Decimal, Decimal, Decimal, Decimal]  # per million, as in _RATE_NAMES; a missing one already replaced
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    dearest_input: Decimal  # of this band and all below it, cached or not
    dearest_output: Decimal
    scaled: tuple[int, int, int, int]  # per token, in units of 10**-24, as in _RATE_NAMES
    scaled_dearest: tuple[int, int]  # of input and output


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
    image: Decimal | Mapping[str, Decimal] | None = None
    """One generated image; or by `quality size`, by size, or by quality, such as `hd 1024x1024` or `512x512`."""
    audio_second: Decimal | None = None
    characters: Decimal | None = None
    """A million of them."""
    currency: str = "USD"
    tiers: tuple[Tier, ...] = ()
    """By rising `above`. Below the first, the rates above hold."""
    _bands: tuple[_Band, ...] = field(init=False, repr=False, compare=False)  # by falling `above`, the last one is -1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise InvalidInput(f"price: currency must be an ISO 4217 code, such as EUR, not {self.currency!r}")
        bands: list[_Band] = []
        for tier in (Tier(above=-1, **{name: getattr(self, name) for name in _RATE_NAMES}), *self.tiers):
            if bands and tier.above <= bands[-1].above:
                raise InvalidInput(f"price: tiers must rise, and {tier.above} follows {bands[-1].above}")
            bands.append(_band(tier, bands[-1] if bands else None))
        object.__setattr__(self, "_bands", tuple(reversed(bands)))
        if self.image is not None:
            object.__setattr__(self, "image", _exact_image(self.image))
        for name in ("audio_second", "characters"):
            if (rate := getattr(self, name)) is not None:
                object.__setattr__(self, name, exact_rate(rate, name))

    @classmethod
    def from_price(cls, price: Mapping[str, Any], *, currency: str = "USD") -> Rates:
        """Rates from a `price:` of the configuration: decimals per million tokens, `input` and `output` required unless
        a price per image, second or character is stated.

        `currency` is the one of a price that names none. Raises `InvalidInput` for a missing or unknown name, or a
        float.

        >>> Rates.from_price({"input": "0.15", "output": "0.45", "currency": "EUR"}).currency
        'EUR'
        """
        unknown = sorted(set(price) - set(_PRICE_NAMES))
        if unknown:
            raise InvalidInput(f"price: {', '.join(unknown)} is unknown; there are: {', '.join(_PRICE_NAMES)}")
        missing = [name for name in ("input", "output") if price.get(name) is None]
        by_unit = {name: price[name] for name in _UNIT_NAMES if price.get(name) is not None}
        if missing and not (by_unit and len(missing) == 2):
            raise InvalidInput(f"price: {' and '.join(missing)} must be stated, '0' if it is free")
        rates: dict[str, Any] = {
            name: exact_rate(price[name], name) for name in _RATE_NAMES if price.get(name) is not None
        }
        if by_unit and not rates.get("input") and not rates.get("output"):
            rates = {"input": ZERO}  # Tokens are not free: they are not what it is billed by.
        return cls(**rates, **by_unit, currency=price.get("currency") or currency)

    @property
    def prices_tokens(self) -> bool:
        """Whether tokens have a price of their own, zero included: not where only images, seconds or characters do."""
        by_unit = any(getattr(self, name) is not None for name in _UNIT_NAMES)
        return not by_unit or self.output is not None or self.input > 0

    def cost(self, usage: Usage) -> Cost:
        """The exact cost of `usage`. Text and cached tokens are priced; see `Cost.flags` for what is not certain."""
        band = self._band(usage.input_tokens)
        input_rate, output_rate, read_rate, write_rate = band.rate
        read_tokens, write_tokens = usage.cache_read_tokens, usage.cache_write_tokens
        plain_tokens = usage.input_tokens - read_tokens - write_tokens
        lines: list[Line] = []
        flags: list[str] = []
        input_total = output_total = ZERO
        if plain_tokens:
            input_total = EXACT.multiply(band.input, plain_tokens)
            lines.append(Line("input", plain_tokens, input_rate, input_total))
        if read_tokens:
            amount = EXACT.multiply(band.cache_read, read_tokens)
            input_total = EXACT.add(input_total, amount)
            lines.append(Line("cache_read", read_tokens, read_rate, amount))
            if self.cache_read is None:
                flags.append("cache_read_at_input_rate")
        if write_tokens:
            amount = EXACT.multiply(band.cache_write, write_tokens)
            input_total = EXACT.add(input_total, amount)
            lines.append(Line("cache_write", write_tokens, write_rate, amount))
            if self.cache_write is None:
                flags.append("cache_write_at_input_rate")
        if usage.output_tokens:
            output_total = EXACT.multiply(band.output, usage.output_tokens)
            lines.append(Line("output", usage.output_tokens, output_rate, output_total))
            if self.output is None:
                flags.append("output_not_priced")
        if usage.is_by_unit:
            for line, is_output in self._unit_lines(usage, flags):
                lines.append(line)
                if is_output:
                    output_total = EXACT.add(output_total, line.amount)
                else:
                    input_total = EXACT.add(input_total, line.amount)
        if usage.audio_tokens:
            flags.append("audio_at_text_rate")
        if usage.estimated:
            flags.append("estimated")
        total = EXACT.add(input_total, output_total)
        return Cost(self.currency, input_total, output_total, total, tuple(lines), tuple(flags))

    def scaled_cost(self, usage: Usage) -> tuple[int, tuple[str, ...]] | None:
        """The total of `cost` in units of 10**-24, and its flags, for what every call asks; None when more than text
        and cached tokens is billed.
        """
        if usage.is_by_unit or usage.audio_tokens:
            return None
        read_tokens, write_tokens = usage.cache_read_tokens, usage.cache_write_tokens
        input_rate, output_rate, read_rate, write_rate = self._band(usage.input_tokens).scaled
        total = (usage.input_tokens - read_tokens - write_tokens) * input_rate + usage.output_tokens * output_rate
        flags: tuple[str, ...] = ()
        if read_tokens:
            total += read_tokens * read_rate
            if self.cache_read is None:
                flags += ("cache_read_at_input_rate",)
        if write_tokens:
            total += write_tokens * write_rate
            if self.cache_write is None:
                flags += ("cache_write_at_input_rate",)
        if usage.output_tokens and self.output is None:
            flags += ("output_not_priced",)
        return total, (*flags, "estimated") if usage.estimated else flags

    def scaled_worst(self, *, input_tokens: int, output_tokens: int) -> int:
        """`worst_case` of tokens alone, in units of 10**-24."""
        input_rate, output_rate = self._band(input_tokens).scaled_dearest
        return input_tokens * input_rate + output_tokens * output_rate

    def _unit_lines(self, usage: Usage, flags: list[str]) -> Iterator[tuple[Line, bool]]:
        """The lines of what is not billed by the token, and whether each is output."""
        if usage.images:
            rate, is_stated = self._image_rate(usage.image_kind)
            if rate is not None:
                yield Line("image", usage.images, rate, EXACT.multiply(rate, usage.images)), True
                if not is_stated:
                    flags.append("image_at_dearest_rate")
            elif not usage.output_tokens:
                flags.append("image_not_priced")
        if usage.audio_seconds:
            if self.audio_second is not None:
                amount = EXACT.multiply(self.audio_second, usage.audio_seconds)
                yield Line("audio_second", usage.audio_seconds, self.audio_second, amount), False
            elif not usage.total_tokens:
                flags.append("audio_second_not_priced")
        if usage.characters:
            if self.characters is not None:
                amount = EXACT.scaleb(EXACT.multiply(self.characters, usage.characters), -6)
                yield Line("characters", usage.characters, self.characters, amount), False
            elif not usage.total_tokens:
                flags.append("characters_not_priced")

    def _image_rate(self, kind: str) -> tuple[Decimal | None, bool]:
        """The rate of such an image, the dearest when none is stated for it; and whether one is."""
        if not isinstance(self.image, Mapping):
            return self.image, True
        for name in (kind, *reversed(kind.split(" "))):
            if name in self.image:
                return self.image[name], True
        return max(self.image.values()), False

    def _band(self, input_tokens: int) -> _Band:
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
    and characters at most; its tokens are not looked at.

    Raises `InvalidInput` for a negative count.

    >>> rates = Rates(input=Decimal(1), output=Decimal(2), cache_write=Decimal("1.25"))
    >>> worst_case(rates, input_tokens=800, max_output_tokens=500)
    Decimal('0.00200000')
    """
    if max_output_tokens < 0 or n < 1:
        raise InvalidInput(
            f"a worst case needs max_output_tokens of at least 0 and n of at least 1, not {max_output_tokens}, {n}"
        )
    band = rates._band(input_tokens)
    worst = EXACT.fma(band.dearest_input, input_tokens, EXACT.multiply(band.dearest_output, max_output_tokens * n))
    if units is not None and units.is_by_unit:
        for line, _ in rates._unit_lines(units, []):
            worst = EXACT.add(worst, line.amount)
    return worst


def _exact_image(price: Any) -> Decimal | dict[str, Decimal]:
    if not isinstance(price, Mapping):
        return exact_rate(price, "image")
    if not price:
        raise InvalidInput("price: image must state at least one size or quality")
    return {kind: exact_rate(rate, f"image: {kind}") for kind, rate in price.items()}


def _band(tier: Tier, below: _Band | None) -> _Band:
    input_rate = exact_rate(tier.input, "input")
    output_rate = ZERO if tier.output is None else exact_rate(tier.output, "output")
    read_rate = input_rate if tier.cache_read is None else exact_rate(tier.cache_read, "cache_read")
    write_rate = input_rate if tier.cache_write is None else exact_rate(tier.cache_write, "cache_write")
    rate = (input_rate, output_rate, read_rate, write_rate)
    per_token = tuple(EXACT.scaleb(each, -6) for each in rate)
    dearest_input = max(per_token[0], per_token[2], per_token[3])
    dearest_output = per_token[1]
    if below:
        dearest_input = max(dearest_input, below.dearest_input)
        dearest_output = max(dearest_output, below.dearest_output)
    return _Band(
        above=tier.above,
        rate=rate,
        input=per_token[0],
        output=per_token[1],
        cache_read=per_token[2],
        cache_write=per_token[3],
        dearest_input=dearest_input,
        dearest_output=dearest_output,
        scaled=(
            scaled(per_token[0], TOKEN_SCALE),
            scaled(per_token[1], TOKEN_SCALE),
            scaled(per_token[2], TOKEN_SCALE),
            scaled(per_token[3], TOKEN_SCALE),
        ),
        scaled_dearest=(scaled(dearest_input, TOKEN_SCALE), scaled(dearest_output, TOKEN_SCALE)),
    )
