"""What a usage costs at the rates in force: line by line, exactly.

A part of the usage without a rate of its own costs what its whole costs (cached input costs input, sound costs text),
and the cost is flagged where that may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tokenfoundry.pricing.money import EXACT, ZERO
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    from tokenfoundry.pricing.rates import Band, Rates


class Line(msgspec.Struct, frozen=True):
    """One line of a cost: `tokens` of one `item` at `rate` per million are `amount`, exactly.

    `image`, `audio_second`, `search` and `request` are counted, and priced, one by one; `characters` by the million.
    """

    item: str
    """`input` (neither cached nor otherwise named), `output`, or the name of another rate."""
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
    `cache_write_1h_at_cache_write_rate`, `audio_at_text_rate` and `image_at_text_rate` (sound, or pictures that were
    made, have no rate), `output_not_priced` (the rates name no output), `service_tier_at_standard_rate` (the tier that
    served has no rates), `image_at_dearest_rate` (no price is stated for this quality and size), `image_not_priced`,
    `audio_second_not_priced`, `characters_not_priced`, `search_not_priced` (nothing in the rates prices them).
    """


def cost_of(rates: Rates, band: Band, usage: Usage) -> Cost:
    """What `usage` costs at the rates of `band`, one of `rates`."""
    flags: list[str] = []
    lines: list[Line] = []
    input_total = output_total = ZERO
    for name, tokens in _input_parts(band, usage, flags):
        rate = band.rate_of(name)
        amount = EXACT.scaleb(EXACT.multiply(rate, tokens), -6)
        lines.append(Line(name, tokens, rate, amount))
        input_total = EXACT.add(input_total, amount)
    for name, tokens in _output_parts(band, usage, flags):
        rate = band.rate_of(name)
        amount = EXACT.scaleb(EXACT.multiply(rate, tokens), -6)
        lines.append(Line(name, tokens, rate, amount))
        output_total = EXACT.add(output_total, amount)
    if usage.is_by_unit or rates.request is not None:
        for line, is_output in unit_lines(rates, usage, flags):
            lines.append(line)
            if is_output:
                output_total = EXACT.add(output_total, line.amount)
            else:
                input_total = EXACT.add(input_total, line.amount)
    if usage.estimated:
        flags.append("estimated")
    total = EXACT.add(input_total, output_total)
    return Cost(rates.currency, input_total, output_total, total, tuple(lines), tuple(flags))


def _input_parts(band: Band, usage: Usage, flags: list[str]) -> list[tuple[str, int]]:
    """The input's tokens by the rate that prices them.

    Cached tokens of no known kind are text first, then sound, then pictures. A report with a fault is read so that
    every token costs that any of its counts names: it is never made smaller.
    """
    read = usage.cache_read_tokens - usage.cache_read_audio_tokens - usage.cache_read_image_tokens
    # What is left of each kind after its cached part, before the unnamed cached part is taken off.
    text = usage.input_tokens - usage.input_audio_tokens - usage.input_image_tokens - usage.cache_write_tokens - read
    audio = usage.input_audio_tokens - usage.cache_read_audio_tokens
    image = usage.input_image_tokens - usage.cache_read_image_tokens
    if text < 0:
        audio, text = audio + text, 0
        if audio < 0:
            image, audio = image + audio, 0
    parts = {
        "input": text,
        "cache_read": read,
        "cache_write": usage.cache_write_tokens - usage.cache_write_1h_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
        "input_audio": audio,
        "cache_read_audio": usage.cache_read_audio_tokens,
        "input_image": image,
        "cache_read_image": usage.cache_read_image_tokens,
    }
    if "cache_read" not in band.stated and usage.cache_read_tokens:
        flags.append("cache_read_at_input_rate")
        for kind in ("audio", "image"):
            if f"cache_read_{kind}" not in band.fine:  # Then the nearest rate is that of its kind.
                parts[f"input_{kind}"] += parts[f"cache_read_{kind}"]
                parts[f"cache_read_{kind}"] = 0
    if "cache_write" not in band.stated and parts["cache_write"] > 0:
        flags.append("cache_write_at_input_rate")
    return _merged(band, parts, flags)


def _output_parts(band: Band, usage: Usage, flags: list[str]) -> list[tuple[str, int]]:
    output = max(usage.output_tokens, usage.reasoning_tokens)  # Reasoning is a part of it, unless the report is wrong.
    parts = {
        "output": output - usage.output_audio_tokens - usage.output_image_tokens,
        "output_audio": usage.output_audio_tokens,
        "output_image": usage.output_image_tokens,
    }
    if "output" not in band.stated and output:
        flags.append("output_not_priced")
    merged = _merged(band, parts, flags)
    if usage.images and "image_at_text_rate" in flags:
        flags.remove("image_at_text_rate")  # Whoever makes pictures alone has one rate for all that it puts out.
    return merged


def _merged(band: Band, parts: dict[str, int], flags: list[str]) -> list[tuple[str, int]]:
    """The parts that are not nothing, those without a rate put to their whole."""
    for name in reversed(parts):
        tokens = parts[name]
        if tokens <= 0 or name not in _PARENTS or name in band.fine:
            continue
        whole, flag = _PARENTS[name]
        parts[whole] = max(0, parts[whole]) + tokens
        parts[name] = 0
        if flag and flag not in flags:
            flags.append(flag)
    return [(name, tokens) for name, tokens in parts.items() if tokens > 0]


# What a part without a rate of its own costs, and what is said of it. Pictures that go in cost text at most models.
_PARENTS = {
    "cache_write_1h": ("cache_write", "cache_write_1h_at_cache_write_rate"),
    "input_audio": ("input", "audio_at_text_rate"),
    "cache_read_audio": ("cache_read", ""),
    "input_image": ("input", ""),
    "cache_read_image": ("cache_read", ""),
    "output_audio": ("output", "audio_at_text_rate"),
    "output_image": ("output", "image_at_text_rate"),
}


def unit_lines(rates: Rates, usage: Usage, flags: list[str]) -> Iterator[tuple[Line, bool]]:
    """The lines of what is not billed by the token, and whether each is output."""
    if rates.request is not None:
        yield Line("request", 1, rates.request, rates.request), False
    if usage.images:
        rate, is_stated = _image_rate(rates, usage.image_kind)
        if rate is not None:
            yield Line("image", usage.images, rate, EXACT.multiply(rate, usage.images)), True
            if not is_stated:
                flags.append("image_at_dearest_rate")
        elif not usage.output_tokens:
            flags.append("image_not_priced")
    if usage.audio_seconds:
        if rates.audio_second is not None:
            amount = EXACT.multiply(rates.audio_second, usage.audio_seconds)
            yield Line("audio_second", usage.audio_seconds, rates.audio_second, amount), False
        elif not usage.total_tokens:
            flags.append("audio_second_not_priced")
    if usage.characters:
        if rates.characters is not None:
            amount = EXACT.scaleb(EXACT.multiply(rates.characters, usage.characters), -6)
            yield Line("characters", usage.characters, rates.characters, amount), False
        elif not usage.total_tokens:
            flags.append("characters_not_priced")
    if usage.searches:
        if rates.search is not None:
            amount = EXACT.multiply(rates.search, usage.searches)
            yield Line("search", usage.searches, rates.search, amount), False
        else:
            flags.append("search_not_priced")


def _image_rate(rates: Rates, kind: str) -> tuple[Decimal | None, bool]:
    """The rate of such an image, the dearest when none is stated for it; and whether one is."""
    if rates.image is None or isinstance(rates.image, Decimal):
        return rates.image, True
    for name in (kind, *reversed(kind.split(" "))):
        if name in rates.image:
            return rates.image[name], True
    return max(rates.image.values()), False
