"""What a picture of a size counts, by the rule that its model's provider publishes.

    OpenAI      Images and vision: calculating costs. `original`, of the models since GPT-5.4, keeps up to 10,000
                patches (github.com/openai/codex, context_manager/history.rs)
    Anthropic   Vision: evaluate image size, and Coordinates: squares of 28, within 1,568 a side and about 1,600 tokens;
                from Opus 4.7 within 2,576 and 4,784. The page also says a token for 750 pixels: the larger counts
    Google      Gemini API, Understand and count tokens; Media resolution: 280, 560 or 1,120 tokens since Gemini 3;
                Gemma 3 Technical Report: 256 tokens
    Mistral     mistral-common, ImageEncoder: a token a square of 16 (Pixtral) or 28, and one a row, of sides to 1,540
    Qwen        Qwen2.5-VL and Qwen3-VL, model cards: a token for a square of 28, 4 to 16,384 of them
    Meta        Llama 4 in transformers, Llama4Processor: up to 16 squares of 336 and the whole, 144 tokens each, one
                behind each square, and three around the whole
    xAI         256 tokens for each square of 448, of which there are six at most, and the whole: not verified, from
                an earlier page
    Amazon      Nova user guide, Image understanding: a table from 800 to 2,600 tokens

A picture of Llama 4 counts the most it can: which squares are chosen is not worked out here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Final, Protocol

from tokenfoundry.families import names_in

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
    """So many for each square of 32, of which a picture has at most `squares`: a larger one is made to fit."""

    factor: Fraction
    squares: int = 1536

    def tokens(self, size: Size) -> int:
        width, height = size
        patches = ceil(width / 32) * ceil(height / 32)
        if patches > self.squares:
            shrunk = sqrt(32 * 32 * self.squares / (width * height))
            across, down = width * shrunk / 32, height * shrunk / 32
            fits = min(floor(across) / across, floor(down) / down) or 1.0
            patches = min(self.squares, ceil(across * fits - 1e-9) * ceil(down * fits - 1e-9))
        return ceil(patches * self.factor)

    @property
    def most(self) -> int:
        return ceil(self.squares * self.factor)

    @property
    def at_low_detail(self) -> int:
        return self.most


@dataclass(frozen=True, slots=True)
class _Grid:
    """One for each square of so many pixels a side, and one for each row with `rows`, once the longer side fits; or one
    for so many pixels, where those are more.
    """

    side: int
    most: int
    longest: int
    rows: bool = False
    pixels: int | None = None

    def tokens(self, size: Size) -> int:
        scale = min(Fraction(1), Fraction(self.longest, max(size)))
        across, down = (ceil(one * scale / self.side) for one in size)
        squares = across * down + (max(across, down) if self.rows else 0)
        area = 0 if self.pixels is None else ceil(size[0] * size[1] / self.pixels)
        return min(self.most, max(squares, area))

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


@dataclass(frozen=True, slots=True)
class _Whole:
    """As many for every picture."""

    most: int
    at_low_detail: int

    def tokens(self, size: Size) -> int:
        return self.most


@dataclass(frozen=True, slots=True)
class _Enlarged:
    """One for so many pixels, once the shorter side is no less than `shortest`."""

    pixels: int
    shortest: int
    most: int

    def tokens(self, size: Size) -> int:
        scale = max(Fraction(1), Fraction(self.shortest, min(size)))
        return min(self.most, ceil(size[0] * size[1] * scale * scale / self.pixels))

    @property
    def at_low_detail(self) -> int:
        return self.most


@dataclass(frozen=True, slots=True)
class _TilesAndWhole:
    """So many for each square of 448, of which there are six at most, and for the whole."""

    each: int

    def tokens(self, size: Size) -> int:
        return self.each * (1 + min(6, ceil(size[0] / 448) * ceil(size[1] / 448)))

    @property
    def most(self) -> int:
        return 7 * self.each

    @property
    def at_low_detail(self) -> int:
        return self.most


USUAL: Final[PictureRule] = _Tiles(85, 170)
"""Of most of OpenAI's models."""

DENSEST: Final[PictureRule] = _Grid(16, most=16384, longest=1 << 20, rows=True)
"""No published rule counts more for a picture."""

_CLAUDE_NEXT = _Grid(28, most=4784, longest=2576, pixels=750)
_LLAMA_4 = _Whole(16 * 145 + 147, at_low_detail=16 * 145 + 147)
_ORIGINAL = 10_000

# The longest prefix that a model's name begins with decides.
_RULES: Final[dict[str, PictureRule]] = {
    "gpt": USUAL,
    "chatgpt": USUAL,
    "gpt-4o-mini": _Tiles(2833, 5667),
    "gpt-4.1-mini": _Patches(Fraction("1.62")),
    "gpt-4.1-nano": _Patches(Fraction("2.46")),
    "gpt-5": _Tiles(70, 140),
    "gpt-5-mini": _Patches(Fraction("1.62")),
    "gpt-5-nano": _Patches(Fraction("2.46")),
    **{f"gpt-5.{minor}": _Patches(Fraction(1), _ORIGINAL) for minor in range(4, 10)},
    **{f"gpt-5.{minor}-mini": _Patches(Fraction("1.62"), _ORIGINAL) for minor in range(4, 10)},
    **{f"gpt-5.{minor}-nano": _Patches(Fraction("2.46"), _ORIGINAL) for minor in range(4, 10)},
    "o1": _Tiles(75, 150),
    "o3": _Tiles(75, 150),
    "o4-mini": _Patches(Fraction("1.72")),
    "computer-use-preview": _Tiles(65, 129),
    "claude": _Grid(28, most=1600, longest=1568, pixels=750),
    "claude-opus-4-7": _CLAUDE_NEXT,
    "claude-opus-4-8": _CLAUDE_NEXT,
    "claude-opus-5": _CLAUDE_NEXT,
    "claude-sonnet-5": _CLAUDE_NEXT,
    "claude-haiku-5": _CLAUDE_NEXT,
    "claude-fable": _CLAUDE_NEXT,
    "claude-mythos": _CLAUDE_NEXT,
    "gemini": _Squares(258, most=16 * 258),
    "gemini-3": _Whole(1120, at_low_detail=280),
    "gemma-3": _Whole(258, at_low_detail=258),
    "pixtral": _Grid(16, most=64 * 65, longest=1024, rows=True),
    "mistral": _Grid(28, most=55 * 56, longest=1540, rows=True),
    "ministral": _Grid(28, most=55 * 56, longest=1540, rows=True),
    "magistral": _Grid(28, most=55 * 56, longest=1540, rows=True),
    "qwen": _Grid(28, most=16384 + 2, longest=1 << 20, rows=False),
    "llama-4": _LLAMA_4,
    "llama4": _LLAMA_4,
    "grok": _TilesAndWhole(256),
    "nova": _Enlarged(650, shortest=900, most=2600),
}


def rule_of(model: str) -> PictureRule:
    """The rule of a model, by its family; of an unknown one, that of most of OpenAI's models."""
    return known_rule_of(model) or USUAL


@functools.lru_cache(maxsize=256)
def known_rule_of(model: str) -> PictureRule | None:
    """The rule of a model, by its family; None where none is published."""
    families = [family for name in names_in(model)[::-1] for family in _RULES if name.startswith(family)]
    return _RULES[max(families, key=len)] if families else None
