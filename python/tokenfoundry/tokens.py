"""Tokens: the ids that a model reads, their number, and the text back from the ids.

The ids are exactly those of OpenAI's tiktoken. Text that spells a special token, such as `<|endoftext|>`, is ordinary
text here: a user cannot forge one.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence
from typing import Final

from tokenfoundry import _core
from tokenfoundry.errors import NotFound

VOCABULARIES: Final = ("o200k_base", "cl100k_base")

# The longest prefix that a model's name begins with decides.
_VOCABULARY_OF_FAMILY: Final = {
    "gpt-5": "o200k_base",
    "gpt-4.5": "o200k_base",
    "gpt-4.1": "o200k_base",
    "gpt-4o": "o200k_base",
    "chatgpt-4o": "o200k_base",
    "o1": "o200k_base",
    "o3": "o200k_base",
    "o4": "o200k_base",
    "gpt-4": "cl100k_base",
    "gpt-3.5": "cl100k_base",
    "gpt-35": "cl100k_base",
    "text-embedding-3": "cl100k_base",
    "text-embedding-ada-002": "cl100k_base",
}


class Tokenizer:
    """One vocabulary. Immutable: share it between threads, use it after `fork()`.

    >>> tokenizer = Tokenizer.load("o200k_base")
    >>> tokenizer.encode("Hello, world!")
    [13225, 11, 2375, 0]
    >>> tokenizer.decode([13225, 11, 2375, 0])
    'Hello, world!'
    """

    __slots__ = ("_core",)

    _core: _core.Tokenizer

    def __init__(self) -> None:
        raise TypeError("a Tokenizer comes from Tokenizer.load(name) or Tokenizer.for_model(model)")

    @classmethod
    def load(cls, name: str) -> Tokenizer:
        """The tokenizer called `name`: `"o200k_base"` or `"cl100k_base"`.

        Takes about 10 ms the first time; the same name then shares one table of memory.

        Raises:
            NotFound: no vocabulary is called so.
            DataLoss: the installed table is damaged.
        """
        if name not in VOCABULARIES:
            raise NotFound(f"no vocabulary is called {name!r}; there are {', '.join(VOCABULARIES)}")
        tokenizer = object.__new__(cls)
        tokenizer._core = _open(name)
        return tokenizer

    @classmethod
    def for_model(cls, model: str) -> Tokenizer:
        """The tokenizer of an OpenAI model, by its family: dated and suffixed names belong to it.

        Source: the model table of tiktoken 0.14, and the families' later members.

        >>> Tokenizer.for_model("gpt-4o-mini-2024-07-18").name
        'o200k_base'
        >>> Tokenizer.for_model("gpt-4-turbo").name
        'cl100k_base'

        Raises:
            NotFound: the model is of no family whose vocabulary is known exactly.
        """
        return cls.load(_vocabulary_of(model))

    @property
    def name(self) -> str:
        """The name of the vocabulary."""
        return self._core.name

    @property
    def n_vocab(self) -> int:
        """The highest id plus one, special tokens included; some ids below it may be unused."""
        return self._core.n_vocab

    def encode(self, text: str) -> list[int]:
        """The ids of `text`.

        Raises:
            InvalidInput: the text holds a lone surrogate.
        """
        return self._core.encode(text)

    def count(self, text: str) -> int:
        """The number of tokens of `text`, without making them: `len(encode(text))`.

        >>> Tokenizer.load("o200k_base").count("Hello, world!")
        4

        Raises:
            InvalidInput: the text holds a lone surrogate.
        """
        return self._core.count(text)

    def count_up_to(self, text: str, limit: int) -> int:
        """The number of tokens of `text`, but at most `limit + 1`, which means "more than `limit`".

        Stops soon after the limit is passed: the rest of a long text is not tokenized.

        >>> Tokenizer.load("o200k_base").count_up_to("Hello, world!" * 1000, 10)
        11

        Raises:
            InvalidInput: the limit is negative, or the text holds a lone surrogate.
        """
        return self._core.count_up_to(text, limit)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`. Bytes that are not UTF-8, as when the ids end within a character, become U+FFFD.

        Raises:
            InvalidInput: no token has one of the ids.
        """
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of `ids`, one token after the other; special tokens give their name.

        >>> Tokenizer.load("o200k_base").decode_bytes([199999])
        b'<|endoftext|>'

        Raises:
            InvalidInput: no token has one of the ids.
        """
        return self._core.decode(ids)

    def __repr__(self) -> str:
        return f"Tokenizer.load({self.name!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Tokenizer.load, (self.name,)


@functools.cache
def _open(name: str) -> _core.Tokenizer:
    return _core.Tokenizer.open(str(table_of(name)))


def table_of(name: str) -> pathlib.Path:
    """The file of the vocabulary called `name`, as it was installed (`cpp/tokenfoundry/tokens/FORMAT.md`)."""
    return pathlib.Path(_core.__file__).parent / "data" / f"{name}.tfv"


def _vocabulary_of(model: str) -> str:
    base = model.removeprefix("ft:")
    families = [family for family in _VOCABULARY_OF_FAMILY if base.startswith(family)]
    if not families:
        raise NotFound(
            f"the tokenizer of model {model!r} is not known; "
            f"known families: {', '.join(f'{family}*' for family in _VOCABULARY_OF_FAMILY)}"
        )
    return _VOCABULARY_OF_FAMILY[max(families, key=len)]
