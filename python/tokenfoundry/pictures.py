"""How many tokens a picture is, by its size and the published rule of the model that reads it.

The size is read from the head of the picture's own bytes, which nobody decodes. One that is named by an address, or
whose head is of no format that models read, is counted at the most its rule knows.

Sources: OpenAI, "Images and vision: calculating costs"; Anthropic, "Vision: evaluate image size"; Google, "Gemini API:
understand and count tokens". Where a rule can be read in two ways, such as whether a small picture is made larger, it
is read as the one that counts more: a hold must not be below the bill.
"""

from __future__ import annotations

import binascii
import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Final, Protocol

# Of base64 text. What stands before the size of a JPEG, such as a small picture of it, is rarely longer, and hostile
# bytes must not keep the parser busy.
_MOST_OF_A_HEAD = 128 << 10
_READ = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")

Size = tuple[int, int]


class PictureRule(Protocol):
    """What a picture of one model family counts."""

    def tokens(self, size: Size) -> int:
        """Of a picture of this width and height."""

    @property
    def most(self) -> int:
        """Of any picture."""

    @property
    def at_low_detail(self) -> int:
        """Of a picture that is asked to be looked at in low detail."""


@dataclass(frozen=True, slots=True)
class _Tiles:
    """So many for a picture, and for each square of 512 of it, once it fits in 2048 x 2048 and its shorter side is
    768.
    """

    base: int
    tile: int

    def tokens(self, size: Size) -> int:
        # Exactly: a side that is 512.0000001 by an error of rounding would be a tile more.
        scale = min(Fraction(768, min(size)), Fraction(2048, max(size)))
        return self.base + self.tile * ceil(size[0] * scale / 512) * ceil(size[1] * scale / 512)

    @property
    def most(self) -> int:
        return self.base + 8 * self.tile

    @property
    def at_low_detail(self) -> int:
        return self.base


@dataclass(frozen=True, slots=True)
class _Patches:
    """So many for each square of 32, of which a picture has at most 1,536: a larger one is made to fit."""

    factor: Fraction

    def tokens(self, size: Size) -> int:
        width, height = size
        patches = ceil(width / 32) * ceil(height / 32)
        if patches > _MOST_PATCHES:
            shrunk = sqrt(32 * 32 * _MOST_PATCHES / (width * height))
            across, down = width * shrunk / 32, height * shrunk / 32
            fits = min(floor(across) / across, floor(down) / down) or 1.0
            patches = min(_MOST_PATCHES, ceil(across * fits - 1e-9) * ceil(down * fits - 1e-9))
        return ceil(patches * self.factor)

    @property
    def most(self) -> int:
        return ceil(_MOST_PATCHES * self.factor)

    @property
    def at_low_detail(self) -> int:
        return self.most


_MOST_PATCHES = 1536


@dataclass(frozen=True, slots=True)
class _Area:
    """One for so many pixels, up to the largest picture that is not made smaller."""

    pixels: int
    most: int

    def tokens(self, size: Size) -> int:
        return min(self.most, ceil(size[0] * size[1] / self.pixels))

    @property
    def at_low_detail(self) -> int:
        return self.most


@dataclass(frozen=True, slots=True)
class _Squares:
    """So many for each square of 768, and for a small picture."""

    each: int
    most: int

    def tokens(self, size: Size) -> int:
        return min(self.most, self.each * ceil(size[0] / 768) * ceil(size[1] / 768))

    @property
    def at_low_detail(self) -> int:
        return self.most


_USUAL = _Tiles(85, 170)

# The longest prefix that a model's name begins with decides.
_RULE_OF_FAMILY: Final[dict[str, PictureRule]] = {
    "gpt-4o-mini": _Tiles(2833, 5667),
    "gpt-4.1-mini": _Patches(Fraction("1.62")),
    "gpt-4.1-nano": _Patches(Fraction("2.46")),
    "gpt-5": _Tiles(70, 140),
    "gpt-5-mini": _Patches(Fraction("1.62")),
    "gpt-5-nano": _Patches(Fraction("2.46")),
    "o1": _Tiles(75, 150),
    "o3": _Tiles(75, 150),
    "o4-mini": _Patches(Fraction("1.72")),
    "computer-use-preview": _Tiles(65, 129),
    "claude": _Area(750, most=4784),
    "gemini": _Squares(258, most=16 * 258),
}


def rule_of(model: str) -> PictureRule:
    """The rule of a model, by its family; of an unknown one, that of most of OpenAI's models."""
    base = model.removeprefix("ft:").rpartition("/")[2]
    families = [family for family in _RULE_OF_FAMILY if base.startswith(family)]
    return _RULE_OF_FAMILY[max(families, key=len)] if families else _USUAL


def picture_tokens(model: str, picture: str, *, detail: str | None = None) -> int:
    """The tokens of a picture: its address, which may be a `data:` one with its bytes, or its bytes alone in base64.

    >>> picture_tokens("gpt-4o", "https://example.it/gatto.png")
    1445
    >>> picture_tokens("gpt-4o", "https://example.it/gatto.png", detail="low")
    85
    """
    rule = rule_of(model)
    if detail == "low":
        return rule.at_low_detail
    size = size_of(picture)
    return rule.most if size is None else min(rule.most, rule.tokens(size))


def size_of(picture: str) -> Size | None:
    """Width and height in pixels, both above 0; None when they cannot be told."""
    start = 0
    if picture.startswith("data:"):
        start = picture.find(",") + 1
        if not picture.endswith(";base64,", 0, start):
            return None
    taken = picture[start : start + _MOST_OF_A_HEAD]
    try:
        head = binascii.a2b_base64(taken[: len(taken) // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    if not head.startswith(_READ):
        return None
    import imagesize  # Here, as it brings clients of the network that every start would wait for.

    try:
        width, height = imagesize.get(io.BytesIO(head))
    except (ValueError, struct.error):
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None
