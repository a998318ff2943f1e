"""Who counts the tokens of a model: its own vocabulary where it ships, else a stand-in, and the bound that is certain.

counter = TokenCounter.for_model("claude-sonnet-4-5")
counter.count("Quanto costa?")   # an estimate
counter.is_exact                 # False
counter.source                   # why, and whose number it is
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, Protocol

from tokenfoundry.families import UNPUBLISHED, Family, family_of
from tokenfoundry.tokens import VOCABULARIES, Tokenizer


class Counts(Protocol):
    """What counts texts. A `Tokenizer` does."""

    @property
    def name(self) -> str: ...

    def count(self, text: str, /) -> int: ...


class Scaled:
    """The tokens of a stand-in, times a factor, rounded up."""

    __slots__ = ("_denominator", "_numerator", "_tokenizer", "name")

    def __init__(self, tokenizer: Tokenizer, factor: Fraction) -> None:
        self.name = f"{tokenizer.name} x {float(factor):.4g}"
        self._tokenizer = tokenizer
        self._numerator, self._denominator = factor.as_integer_ratio()

    def count(self, text: str, /) -> int:
        return -(-self._tokenizer.count(text) * self._numerator // self._denominator)


class Bytes:
    """A token for each byte of UTF-8. No vocabulary that can write any byte takes more; one that first normalizes the
    text, as SentencePiece may, takes those of the normalized text.
    """

    name: Final = "utf8_bytes"

    def count(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"a text is a str, not {type(text).__name__}")
        if text.isascii():
            return len(text)
        normalized = unicodedata.normalize("NFKC", text)
        return max(len(text.encode("utf-8", "replace")), len(normalized.encode("utf-8", "replace")))


BYTES: Final = Bytes()

Method = Literal["exact", "factor", "stand-in"]


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """The counter of a model, and what is to be said of its counts. Immutable."""

    model: str
    family: Family
    counter: Counts
    method: Method
    """`exact`: the model's own vocabulary, of ordinary text: what spells a token that only templates write, such as
    `<think>`, counts as text, though a provider may read one token there. `factor`: another one, times a factor that
    `source` states. `stand-in`: another one as it is, because nothing is published.
    """
    source: str

    @classmethod
    def for_model(cls, model: str) -> TokenCounter:
        """Of any model; what is not known of it, the answer says.

        >>> TokenCounter.for_model("gpt-4o").method
        'exact'
        >>> TokenCounter.for_model("claude-sonnet-4-5").method
        'factor'
        >>> TokenCounter.for_model("acme-1").method
        'stand-in'
        """
        return _counter_of(family_of(model))(model)

    @property
    def is_exact(self) -> bool:
        return self.method == "exact"

    @property
    def name(self) -> str:
        """Of what counts: a vocabulary, with the factor where there is one."""
        return self.counter.name

    def count(self, text: str) -> int:
        """The tokens of a text, by `method`. Raises `InvalidInput` for a lone surrogate."""
        return self.counter.count(text)

    def most(self, text: str) -> int:
        """The tokens that a text is at most: its count where that is exact, else its bytes of UTF-8."""
        return self.counter.count(text) if self.is_exact else BYTES.count(text)


@functools.lru_cache(maxsize=256)
def _counter_of(family: Family) -> functools.partial[TokenCounter]:
    if family.vocabulary in VOCABULARIES:
        tokenizer = Tokenizer.load(family.vocabulary)
        return functools.partial(TokenCounter, family=family, counter=tokenizer, method="exact", source=family.source)
    instead = family.stand_in or UNPUBLISHED
    tokenizer = Tokenizer.load(instead.vocabulary)
    counter: Counts = tokenizer if instead.factor == 1 else Scaled(tokenizer, instead.factor)
    method: Method = "stand-in" if instead is UNPUBLISHED else "factor"
    return functools.partial(TokenCounter, family=family, counter=counter, method=method, source=instead.source)
