"""`Usage`: the normal form of what a call consumed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.faults import readable
from tokenfoundry.usage.readers import READERS, Reader


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one call consumed. A provider's zero is a count; a count that nobody reported is no `Usage` at all.

    Every count is a non-negative int, and a part is never larger than its whole: both raise `InvalidInput`. Only a
    provider's report may say otherwise: then `fault` says what is wrong, and the counts stand as they were sent.

    >>> Usage(input_tokens=1200, output_tokens=80, cache_read_tokens=1000).cache_read_tokens
    1000
    """

    input_tokens: int = 0
    """Prompt tokens, those read from and written to the provider's cache included."""
    output_tokens: int = 0
    """Generated tokens, reasoning included."""
    cache_read_tokens: int = 0
    """The part of the input that the provider's prompt cache answered."""
    cache_write_tokens: int = 0
    """The part of the input that was written to the provider's prompt cache, for however long."""
    reasoning_tokens: int = 0
    """The part of the output that the caller does not see as an answer."""
    images: int = 0
    """Generated images."""
    audio_seconds: int = 0
    """Seconds of sound billed by length, not by token."""
    characters: int = 0
    """Characters of text to be spoken, billed by their number, not by token."""
    image_kind: str = ""
    """What decides the price of an image: its quality and size, such as `hd 1024x1024`."""
    estimated: bool = False
    """True when the counts come from a tokenizer, because no provider reported them."""
    cache_write_1h_tokens: int = 0
    """The part of `cache_write_tokens` that is kept for an hour, at a price of its own."""
    input_audio_tokens: int = 0
    """The part of the input that stands for sound, cached or not."""
    output_audio_tokens: int = 0
    """The part of the output that stands for sound."""
    cache_read_audio_tokens: int = 0
    """The part of both `cache_read_tokens` and `input_audio_tokens`, where it was reported."""
    input_image_tokens: int = 0
    """The part of the input that stands for pictures, cached or not."""
    output_image_tokens: int = 0
    """The part of the output that stands for pictures."""
    cache_read_image_tokens: int = 0
    """The part of both `cache_read_tokens` and `input_image_tokens`, where it was reported."""
    searches: int = 0
    """Searches that the provider made and bills one by one."""
    service_tier: str = ""
    """How the provider says it served the call, when not in the normal way: `batch`, `flex`, `priority`, `fast`, ..."""
    reported_cost: Decimal | None = None
    """What the provider says the call cost, in US dollars."""
    fault: str = ""
    """What cannot be true in a provider's report; empty when nothing is wrong with it."""

    def __post_init__(self) -> None:
        # Every call makes two of these: the loop that says what is wrong runs only when something is.
        if not (
            type(self.input_tokens) is int is type(self.output_tokens)
            and type(self.cache_read_tokens) is int is type(self.cache_write_tokens)
            and type(self.reasoning_tokens) is int is type(self.images)
            and type(self.audio_seconds) is int is type(self.characters)
            and 0
            <= self.input_tokens
            | self.output_tokens
            | self.cache_read_tokens
            | self.cache_write_tokens
            | self.reasoning_tokens
            | self.images
            | self.audio_seconds
            | self.characters
            <= _COUNT_MAX
        ):
            self._check_each(_COUNTS)
        is_fine = self.is_fine
        if is_fine:
            self._check_each(_FINE)
        if self.input_tokens + self.output_tokens > _MAX_TOKENS:
            raise InvalidInput(f"usage: {self.input_tokens} and {self.output_tokens} tokens are more than any call's")
        if not self.fault:
            self._check_parts(is_fine)

    def _check_each(self, names: tuple[str, ...]) -> None:
        for name in names:
            count = getattr(self, name)
            if type(count) is not int or not 0 <= count <= _COUNT_MAX:
                raise InvalidInput(f"usage: {name} must be a whole number of at least 0, not {count!r}")

    def _check_parts(self, is_fine: bool) -> None:
        if self.cache_read_tokens + self.cache_write_tokens > self.input_tokens:
            raise InvalidInput(
                f"usage: {self.cache_read_tokens} cached and {self.cache_write_tokens} newly cached tokens "
                f"are more than the input's {self.input_tokens}"
            )
        if self.reasoning_tokens > self.output_tokens:
            raise InvalidInput(
                f"usage: {self.reasoning_tokens} reasoning tokens are more than the output's {self.output_tokens}"
            )
        if not is_fine:
            return
        for part, whole in _PARTS:
            tokens = sum(getattr(self, name) for name in part)
            if tokens > getattr(self, whole):
                named = " and ".join(name.removesuffix("_tokens").replace("_", " ") for name in part)
                raise InvalidInput(
                    f"usage: {tokens} {named} tokens are more than the {getattr(self, whole)} of {whole}"
                )

    @property
    def is_fine(self) -> bool:
        """Whether it tells apart more than text and what was cached of it."""
        return bool(
            self.cache_write_1h_tokens
            or self.input_audio_tokens
            or self.output_audio_tokens
            or self.cache_read_audio_tokens
            or self.input_image_tokens
            or self.output_image_tokens
            or self.cache_read_image_tokens
            or self.searches
        )

    @property
    def is_by_unit(self) -> bool:
        """Whether any of it is billed by another unit than the token."""
        return bool(self.images or self.audio_seconds or self.characters or self.searches)

    @property
    def is_plain(self) -> bool:
        """Whether it is text alone, in the ordinary way, and nothing is wrong with it."""
        return not (
            self.is_fine
            or self.is_by_unit
            or self.service_tier
            or self.fault
            or self.image_kind
            or self.reported_cost is not None
        )

    @property
    def is_unreadable(self) -> bool:
        """Whether the provider reported something that is no counts at all: all of them are 0 here."""
        return bool(self.fault) and not (self.total_tokens or self.cache_read_tokens or self.cache_write_tokens)

    @property
    def audio_tokens(self) -> int:
        """Tokens that stand for sound, in the input and the output together."""
        return self.input_audio_tokens + self.output_audio_tokens

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    @classmethod
    def from_body(cls, format: str, body: Mapping[str, Any]) -> Usage | None:
        """What a provider's decoded reply says it consumed; None when it says nothing.

        `format` names a dialect (`chat`, `gemini`) or a vendor's format (`openai`). `body` is a whole reply or one
        event of a stream, as decoded from JSON.

        Raises `InvalidInput` for an unknown format, and for counts that cannot be true: negative, not whole, or a part
        larger than its whole. Nothing is clamped: a wrong bill is worse than none.

        >>> Usage.from_body("openai", {"usage": {"prompt_tokens": 9, "completion_tokens": 3}}).total_tokens
        12
        >>> Usage.from_body("openai", {"choices": []}) is None
        True
        """
        counts = _reader(format)(body)
        if counts is None:
            return None
        if counts.get("fault"):
            raise InvalidInput(counts["fault"])
        return cls(**counts)

    @classmethod
    def reported(cls, format: str, body: Mapping[str, Any]) -> Usage | None:
        """As `from_body`, of a provider whose answer was already used: counts that cannot be true are kept as they were
        sent, with a `fault`, but for fields that nobody can read; where those tell the whole there is nothing but that.

        Raises `InvalidInput` for an unknown format alone.

        >>> usage = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 10}}
        >>> told = Usage.reported("openai", {"usage": usage})
        >>> told.input_tokens, told.cache_read_tokens, told.fault
        (9, 10, "usage: 10 cached and 0 newly cached tokens are more than the input's 9")
        """
        reader = _reader(format)
        try:
            told = reader(body)
            return None if told is None else cls(**told)
        except InvalidInput as error:
            said = str(error)
        counts, fault = readable(reader, body)
        try:
            return cls(**{**counts, "fault": fault or said})
        except InvalidInput:
            return cls(fault=fault or said)


def _reader(format: str) -> Reader:
    reader = READERS.get(format)
    if reader is None:
        raise InvalidInput(f"no wire format is called {format!r}; there are: {', '.join(sorted(READERS))}")
    return reader


_COUNT_MAX = 2**63 - 1  # what the ledger can hold
_MAX_TOKENS = 10**12  # far above any call; keeps sums and costs within an int64
_FINE = (
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_read_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "cache_read_image_tokens",
    "searches",
)
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "images",
    "audio_seconds",
    "characters",
)
# What a whole is at least as large as.
_PARTS = (
    (("cache_write_1h_tokens",), "cache_write_tokens"),
    (("input_audio_tokens", "input_image_tokens"), "input_tokens"),
    (("output_audio_tokens", "output_image_tokens"), "output_tokens"),
    (("cache_read_audio_tokens", "cache_read_image_tokens"), "cache_read_tokens"),
    (("cache_read_audio_tokens",), "input_audio_tokens"),
    (("cache_read_image_tokens",), "input_image_tokens"),
)
