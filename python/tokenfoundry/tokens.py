"""Tokens: the ids that a model reads, their number, and the text back from the ids.

The ids are exactly those of OpenAI's tiktoken. Text that spells a special token, such as `<|endoftext|>`, is ordinary
text here, unless a call says otherwise: a user cannot forge one.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, SupportsIndex, SupportsInt

from tokenfoundry import _core
from tokenfoundry.errors import NotFound
from tokenfoundry.families import UNKNOWN, family_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VOCABULARIES: Final = ("o200k_base", "cl100k_base")


class Tokenizer(_core.Tokenizer):
    """One vocabulary. Immutable: share it between threads, use it after `fork()`.

    `encode(text)` gives the ids as a list, `count(text)` their number without making them: both are plain functions of
    the core. A text that holds a lone surrogate is refused with `InvalidInput`. `encode(text, allowed_special=...)`,
    with `"all"` or names, is the only way in which a text becomes special tokens.

    >>> tokenizer = Tokenizer.load("o200k_base")
    >>> tokenizer.encode("Hello, world!")
    [13225, 11, 2375, 0]
    >>> tokenizer.count("Hello, world!")
    4
    >>> tokenizer.decode([13225, 11, 2375, 0])
    'Hello, world!'
    >>> tokenizer.encode("Hello<|endoftext|>", allowed_special="all")
    [13225, 199999]
    """

    __slots__ = ()

    def __init__(self, *_: object) -> None:
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
        return _open(name)

    @classmethod
    def for_model(cls, model: str) -> Tokenizer:
        """A model's own tokenizer, by its family: dated and suffixed names belong to it, and those of resellers.

        Source: `tokenfoundry.families`. It never stands in for another: ids of another vocabulary would say something
        else. `TokenCounter.for_model` counts for any model, and says where it only estimates.

        >>> Tokenizer.for_model("gpt-4o-mini-2024-07-18").name
        'o200k_base'
        >>> Tokenizer.for_model("gpt-4-turbo").name
        'cl100k_base'

        Raises:
            NotFound: the model is of no family whose vocabulary ships.
        """
        family = family_of(model)
        if family.vocabulary not in VOCABULARIES:
            known = f"its family is {family.name}; " if family is not UNKNOWN else ""
            raise NotFound(
                f"the tokenizer of model {model!r} is not known: {known}{family.source}; "
                "TokenCounter.for_model(model) estimates its tokens"
            )
        return cls.load(family.vocabulary)

    def encode_array(self, text: str) -> npt.NDArray[np.uint32]:
        """The ids of `text` as an array of numpy, without a copy.

        Raises:
            InvalidInput: the text holds a lone surrogate.
            ImportError: numpy is not installed.
        """
        return super().encode_array(text)

    def encode_batch(self, texts: Iterable[str], threads: SupportsInt | SupportsIndex = 0) -> list[list[int]]:
        """The ids of each of `texts`, made on so many threads; 0 is one for each CPU.

        Raises:
            InvalidInput: a text holds a lone surrogate, or the number of threads is negative.
        """
        return super().encode_batch(texts, threads)

    def encode_batch_flat(
        self, texts: Iterable[str], threads: SupportsInt | SupportsIndex = 0
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of all `texts` in one array, and where each text begins in it: text `i` is
        `ids[offsets[i]:offsets[i + 1]]`. No object is made for each id.

        Raises:
            InvalidInput: a text holds a lone surrogate, or the number of threads is negative.
            ImportError: numpy is not installed.
        """
        return super().encode_batch_flat(texts, threads)

    def count_batch(self, texts: Iterable[str], threads: SupportsInt | SupportsIndex = 0) -> npt.NDArray[np.uint32]:
        """The number of tokens of each of `texts`, counted on so many threads; 0 is one for each CPU.

        Raises:
            InvalidInput: a text holds a lone surrogate, or the number of threads is negative.
            ImportError: numpy is not installed.
        """
        return super().count_batch(texts, threads)

    def count_up_to(self, text: str, limit: SupportsInt | SupportsIndex) -> int:
        """The number of tokens of `text`, but at most `limit + 1`, which means "more than `limit`".

        Stops soon after the limit is passed: the rest of a long text is not tokenized.

        >>> Tokenizer.load("o200k_base").count_up_to("Hello, world!" * 1000, 10)
        11

        Raises:
            InvalidInput: the limit is negative, or the text holds a lone surrogate.
        """
        return super().count_up_to(text, limit)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`. Bytes that are not UTF-8, as when the ids end within a character, become U+FFFD.

        Raises:
            InvalidInput: no token has one of the ids.
        """
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of `ids`, one token after the other; special tokens give their name.

        >>> Tokenizer.load("o200k_base").decode_bytes([199999])
        b'<|endoftext|>'

        Raises:
            InvalidInput: no token has one of the ids.
        """
        return super().decode_bytes(ids)

    def starts(self, ids: Iterable[int]) -> list[int]:
        """Where each token begins in the text of `ids`, in characters; a token that begins within a character has the
        place of that character.

        >>> tokenizer = Tokenizer.load("o200k_base")
        >>> tokenizer.starts(tokenizer.encode("perché no"))
        [0, 3, 6]

        Raises:
            InvalidInput: no token has one of the ids.
        """
        starts: list[int] = []
        characters = 0
        for token_id in ids:
            token = self.decode_bytes((token_id,))
            starts.append(max(0, characters - (0x80 <= token[0] < 0xC0)))
            characters += sum(not 0x80 <= byte < 0xC0 for byte in token)
        return starts

    def __repr__(self) -> str:
        return f"Tokenizer.load({self.name!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Tokenizer.load, (self.name,)


@functools.cache
def _open(name: str) -> Tokenizer:
    tokenizer = Tokenizer.__new__(Tokenizer)
    _core.Tokenizer.__init__(tokenizer, str(table_of(name)))
    return tokenizer


def table_of(name: str) -> pathlib.Path:
    """The file of the vocabulary called `name`, as it was installed (`cpp/tokenfoundry/tokens/FORMAT.md`)."""
    return pathlib.Path(_core.__file__).parent / "data" / f"{name}.tfv"
