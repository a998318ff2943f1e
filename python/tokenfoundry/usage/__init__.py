"""What one call consumed, in one normal form whatever the provider's wire format.

Every format reports the same few counts under other names and with other borders: one counts cached prompt tokens
inside the input, another beside it. `Usage` is the normal form that prices, budgets and records read; each file of this
package turns one wire format into its fields and knows nothing else. `UsageMeter` follows a stream, whose events may
each tell a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.dialects import READERS, UsageReader, merged

__all__ = ["Usage", "UsageMeter"]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one call consumed. A provider's zero is a count; a count that nobody reported is no `Usage` at all.

    Every count is a non-negative int, and a part is never larger than its whole: both raise `InvalidInput`, here and
    nowhere else, so that a `Usage` that exists can be priced.

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
    """The part of the input that was written to the provider's prompt cache."""
    reasoning_tokens: int = 0
    """The part of the output that the caller does not see as an answer."""
    audio_tokens: int = 0
    """Tokens that stand for sound, in the input and the output together."""
    images: int = 0
    """Generated images."""
    audio_seconds: int = 0
    """Seconds of sound billed by length, not by token."""
    estimated: bool = False
    """True when the counts come from a tokenizer, because no provider reported them."""

    def __post_init__(self) -> None:
        for name in _COUNTS:
            count = getattr(self, name)
            if type(count) is not int or not 0 <= count <= _COUNT_MAX:
                raise InvalidInput(f"usage: {name} must be a whole number of at least 0, not {count!r}")
        if self.cache_read_tokens + self.cache_write_tokens > self.input_tokens:
            raise InvalidInput(
                f"usage: {self.cache_read_tokens} cached and {self.cache_write_tokens} newly cached tokens "
                f"are more than the input's {self.input_tokens}"
            )
        if self.input_tokens + self.output_tokens > _MAX_TOKENS:
            raise InvalidInput(f"usage: {self.input_tokens} and {self.output_tokens} tokens are more than any call's")
        if self.reasoning_tokens > self.output_tokens:
            raise InvalidInput(
                f"usage: {self.reasoning_tokens} reasoning tokens are more than the output's {self.output_tokens}"
            )
        if self.audio_tokens > self.input_tokens + self.output_tokens:
            raise InvalidInput(
                f"usage: {self.audio_tokens} audio tokens are more than "
                f"the {self.input_tokens + self.output_tokens} of input and output"
            )

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    @classmethod
    def from_body(cls, format: str, body: Mapping[str, Any]) -> Usage | None:
        """What a provider's decoded reply says it consumed; None when it says nothing.

        `format` names a dialect (`chat`, `gemini`, `cohere`, ...) or a wire format (`openai`, `vertex`, ...). `body` is
        a whole reply or one event of a stream, as decoded from JSON.

        Raises `InvalidInput` for an unknown format, and for counts that cannot be true: negative, not whole, or a part
        larger than its whole. Nothing is clamped: a wrong bill is worse than none.

        >>> Usage.from_body("openai", {"usage": {"prompt_tokens": 9, "completion_tokens": 3}}).total_tokens
        12
        >>> Usage.from_body("openai", {"choices": []}) is None
        True
        """
        reader = _reader(format)
        found = reader.find(body)
        counts = None if found is None else reader.read(found)
        return None if counts is None else cls(**counts)


class UsageMeter:
    """The usage of one reply, put together from its events. Belongs to one attempt.

    >>> meter = UsageMeter("chat")
    >>> meter.see({"usage": {"prompt_tokens": 9, "completion_tokens": None, "total_tokens": 9}})
    >>> meter.see({"usage": {"completion_tokens": 3, "total_tokens": 12}})
    >>> meter.usage.total_tokens
    12
    """

    def __init__(self, dialect: str) -> None:
        self._reader = _reader(dialect)
        self.raw: dict[str, Any] = {}
        """What the provider has reported so far, in its own words; empty when nothing."""

    def see(self, event: Mapping[str, Any]) -> None:
        """Takes one event, or a whole reply. Raises `InvalidInput` where usage should stand and is no object."""
        found = self._reader.find(event)
        if found is not None:
            self.raw = merged(self.raw, found)

    @property
    def usage(self) -> Usage | None:
        """The usage so far, None when none was reported. Raises `InvalidInput` for counts that cannot be true."""
        counts = self._reader.read(self.raw) if self.raw else None
        return None if counts is None else Usage(**counts)


def _reader(dialect: str) -> UsageReader:
    reader = READERS.get(dialect)
    if reader is None:
        raise InvalidInput(f"no dialect is called {dialect!r}; there are: {', '.join(sorted(READERS))}")
    return reader


_COUNT_MAX = 2**63 - 1  # what the ledger can hold
_MAX_TOKENS = 10**12  # far above any call; keeps sums and costs within an int64
_COUNTS = tuple(name for name in Usage.__struct_fields__ if name != "estimated")
