"""What tokens cost: the rates of one model at one instant, and the exact cost of a usage at them.

Rates are decimals per million tokens. A tier picks the rates of the whole request: the last one whose threshold the
input is strictly above. A part without a rate of its own costs what its whole costs (cached input costs input), and the
cost is flagged.

Pricing stands on the path of every call, twice: about 2 us a cost, 0.6 us a worst case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.money import EXACT, ZERO, exact_rate
from tokenfoundry.usage import Usage

_RATE_NAMES = ("input", "output", "cache_read", "cache_write")
_PRICE_NAMES = (*_RATE_NAMES, "currency")


class Line(msgspec.Struct, frozen=True):
    """One line of a cost: `tokens` of one `item` at `rate` per million are `amount`, exactly."""

    item: str
    """`input` (not cached), `cache_read`, `cache_write` or `output`."""
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
    `output_not_priced` (the rates name no output), `audio_at_text_rate` (audio tokens were priced as text).
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

    @classmethod
    def from_price(cls, price: Mapping[str, Any], *, currency: str = "USD") -> Rates:
        """Rates from a `price:` of the configuration: decimals per million tokens, `input` and `output` required.

        `currency` is the one of a price that names none. Raises `InvalidInput` for a missing or unknown name, or a
        float.

        >>> Rates.from_price({"input": "0.15", "output": "0.45", "currency": "EUR"}).currency
        'EUR'
        """
        unknown = sorted(set(price) - set(_PRICE_NAMES))
        if unknown:
            raise InvalidInput(f"price: {', '.join(unknown)} is unknown; there are: {', '.join(_PRICE_NAMES)}")
        missing = [name for name in ("input", "output") if price.get(name) is None]
        if missing:
            raise InvalidInput(f"price: {' and '.join(missing)} must be stated, '0' if it is free")
        rates: dict[str, Any] = {
            name: exact_rate(price[name], name) for name in _RATE_NAMES if price.get(name) is not None
        }
        return cls(**rates, currency=price.get("currency") or currency)

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
        if usage.audio_tokens:
            flags.append("audio_at_text_rate")
        if usage.estimated:
            flags.append("estimated")
        total = EXACT.add(input_total, output_total)
        return Cost(self.currency, input_total, output_total, total, tuple(lines), tuple(flags))

    def _band(self, input_tokens: int) -> _Band:
        for band in self._bands:
            if input_tokens > band.above:
                return band
        raise InvalidInput(f"usage: input_tokens must be a whole number of at least 0, not {input_tokens}")


def worst_case(rates: Rates, *, input_tokens: int, max_output_tokens: int, n: int = 1) -> Decimal:
    """The most that a request can cost at `rates`, in units of their currency, exactly.

    No usage with up to `input_tokens` of input and up to `max_output_tokens` for each of its `n` choices costs more,
    whatever part of it is cached or written to a cache, and in whichever tier it falls.

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
    return EXACT.fma(band.dearest_input, input_tokens, EXACT.multiply(band.dearest_output, max_output_tokens * n))


def _band(tier: Tier, below: _Band | None) -> _Band:
    input_rate = exact_rate(tier.input, "input")
    output_rate = ZERO if tier.output is None else exact_rate(tier.output, "output")
    read_rate = input_rate if tier.cache_read is None else exact_rate(tier.cache_read, "cache_read")
    write_rate = input_rate if tier.cache_write is None else exact_rate(tier.cache_write, "cache_write")
    rate = (input_rate, output_rate, read_rate, write_rate)
    per_token = tuple(EXACT.scaleb(each, -6) for each in rate)
    dearest_input = max(per_token[0], per_token[2], per_token[3])
    dearest_output = per_token[1]
    return _Band(
        above=tier.above,
        rate=rate,
        input=per_token[0],
        output=per_token[1],
        cache_read=per_token[2],
        cache_write=per_token[3],
        dearest_input=max(dearest_input, below.dearest_input) if below else dearest_input,
        dearest_output=max(dearest_output, below.dearest_output) if below else dearest_output,
    )
