"""What one call consumed, in one normal form whatever the provider's wire format.

Every format reports the same few counts under other names and with other borders: one counts cached prompt tokens
inside the input, another beside it. `Usage` is the normal form that prices, budgets and records read; each file of this
package turns one wire format into its fields and knows nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import anthropic, bedrock, cohere, gemini, mistral, openai, responses

__all__ = ["Usage", "UsageMeter"]

# By the vendor whose format it is, and by the dialects that state usage in it.
_READERS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | None]] = {
    "openai": openai.read,
    "chat": openai.read,
    "completions": openai.read,
    "embeddings": openai.read,
    "images": responses.read,
    "image_edits": responses.read,
    "image_variations": responses.read,
    "moderations": openai.read,
    "responses": responses.read,
    "speech": responses.read,
    "transcriptions": responses.read_transcription,
    "translations": responses.read_transcription,
    "anthropic": anthropic.read,
    "messages": anthropic.read,
    "mistral": mistral.read,
    "gemini": gemini.read,
    "vertex": gemini.read,
    "gemini_embeddings": gemini.read_embeddings,
    "vertex_embeddings": gemini.read_embeddings,
    "cohere": cohere.read,
    "cohere_embeddings": cohere.read,
    "bedrock": bedrock.read,
    "converse": bedrock.read,
    "titan_embeddings": bedrock.read_titan,
}

# The object of an event that states usage, by dialect; most have it where a whole reply has it.
_RAW_OF_EVENT: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "messages": anthropic.raw_of_event,
    "gemini": gemini.raw_of,
    "cohere": cohere.raw_of,
    "converse": bedrock.raw_of,
    "responses": responses.usage_of_event,
}

# Whose streams tell the input before the output.
_INPUT_FIRST = frozenset({"messages"})


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
    characters: int = 0
    """Characters of text to be spoken, billed by their number, not by token."""
    image_kind: str = ""
    """What decides the price of an image: its quality and size, such as `hd 1024x1024`."""
    estimated: bool = False
    """True when the counts come from a tokenizer, because no provider reported them."""

    def __post_init__(self) -> None:
        # Every call makes two of these: the loop that says what is wrong runs only when something is.
        if not (
            type(self.input_tokens) is int is type(self.output_tokens)
            and type(self.cache_read_tokens) is int is type(self.cache_write_tokens)
            and type(self.reasoning_tokens) is int is type(self.audio_tokens)
            and type(self.images) is int is type(self.audio_seconds) is type(self.characters)
            and 0
            <= self.input_tokens
            | self.output_tokens
            | self.cache_read_tokens
            | self.cache_write_tokens
            | self.reasoning_tokens
            | self.audio_tokens
            | self.images
            | self.audio_seconds
            | self.characters
            <= _COUNT_MAX
        ):
            self._check_each()
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

    def _check_each(self) -> None:
        for name in _COUNTS:
            count = getattr(self, name)
            if type(count) is not int or not 0 <= count <= _COUNT_MAX:
                raise InvalidInput(f"usage: {name} must be a whole number of at least 0, not {count!r}")

    @property
    def is_by_unit(self) -> bool:
        """Whether any of it is billed by another unit than the token."""
        return bool(self.images or self.audio_seconds or self.characters)

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
        reader = _READERS.get(format)
        if reader is None:
            raise InvalidInput(f"no wire format is called {format!r}; there are: {', '.join(sorted(_READERS))}")
        counts = reader(body)
        return None if counts is None else cls(**counts)


class UsageMeter:
    """The usage of one stream, from its events as the provider sent them.

    Providers repeat and complete what they said: later counts stand in the place of earlier ones, a null says nothing.

    >>> meter = UsageMeter("chat")
    >>> meter.see({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
    >>> meter.usage.total_tokens
    12
    """

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._raw_of = _RAW_OF_EVENT.get(dialect, _usage_field)
        self._raw: dict[str, Any] = {}

    def see(self, event: Mapping[str, Any]) -> None:
        """Takes one event."""
        raw = self._raw_of(event)
        if isinstance(raw, Mapping):
            self._raw.update((name, value) for name, value in raw.items() if value is not None)

    @property
    def usage(self) -> Usage | None:
        """What was reported so far. Raises `InvalidInput` for counts that cannot be true."""
        return Usage.from_body(self._dialect, {"usage": self._raw}) if self._raw else None

    def usage_so_far(self, count_output: Callable[[], int]) -> Usage | None:
        """The same; of a stream that has told its input alone, with the output that was counted, as estimated.

        >>> meter = UsageMeter("messages")
        >>> meter.see({"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}})
        >>> meter.usage is None, meter.usage_so_far(lambda: 3).total_tokens
        (True, 28)
        """
        usage = self.usage
        if usage is not None or self._dialect not in _INPUT_FIRST or self._raw.get("input_tokens") is None:
            return usage
        told = Usage.from_body(self._dialect, {"usage": {**self._raw, "output_tokens": count_output()}})
        return None if told is None else msgspec.structs.replace(told, estimated=True)


def _usage_field(event: Mapping[str, Any]) -> Any:
    return event.get("usage")


_COUNT_MAX = 2**63 - 1  # what the ledger can hold
_MAX_TOKENS = 10**12  # far above any call; keeps sums and costs within an int64
_COUNTS = tuple(name for name in Usage.__struct_fields__ if name not in ("image_kind", "estimated"))
