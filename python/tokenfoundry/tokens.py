"""Tokens: the ids that a model reads, their number, and the text back from the ids.

The ids are exactly those of the model's own tokenizer: OpenAI's tiktoken, or `tokenizers` of Hugging Face. Text that
spells a special token, such as `<|endoftext|>`, is ordinary text here, unless a call says otherwise: a user cannot
forge one. So is text that spells what a model's file adds without calling it special, such as `<think>` of Qwen 3:
`tokenizers` makes one token of that in any text, as `allowed_special="all"` does here, where a count of ordinary text
takes some more.
"""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, SupportsIndex, SupportsInt

from tokenfoundry import _core
from tokenfoundry.errors import NotFound
from tokenfoundry.families import UNKNOWN, family_of
from tokenfoundry.vocabularies import files, published, table_cache

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VOCABULARIES: Final = published.NAMES
_MOST: Final = 2**63 - 1


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

    __slots__ = ("_origin",)
    _origin: tuple[object, ...]  # The name it was loaded by, or the arguments of from_file.

    def __init__(self, *_: object) -> None:
        raise TypeError("a Tokenizer comes from Tokenizer.load(), Tokenizer.for_model() or Tokenizer.from_file()")

    @classmethod
    def load(cls, name: str) -> Tokenizer:
        """The tokenizer called `name`, one of `VOCABULARIES`: `"o200k_base"`, `"o200k_harmony"`, `"cl100k_base"`,
        `"p50k_base"`, `"p50k_edit"`, `"r50k_base"`, `"gpt2"` or `"qwen"`: Qwen 2, 2.5 and 3, whose ordinary tokens are
        the same; of the special ones, `<think>` and `<tool_response>` are of Qwen 3 alone. Qwen's text is composed
        (NFC) by Unicode 16; `tokenizers` leaves some 120 characters alone that came to Unicode after the version it
        knows.

        Takes about 10 ms the first time; the same name then shares one table of memory. The last five ship in a small
        form, of which the first use on a machine builds a table, in up to 0.4 s, and keeps it in the user's cache
        folder.

        Raises:
            NotFound: no vocabulary is called so.
            DataLoss: the installed file is damaged.
        """
        if not isinstance(name, str):
            raise TypeError(f"the name of a vocabulary is a str, not {type(name).__name__}")
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

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        pattern: str | None = None,
        special_tokens: Mapping[str, int] | None = None,
        sha256: str | None = None,
    ) -> Tokenizer:
        """The tokenizer that a model's own file describes: `tokenizer.json` of Hugging Face (byte-level BPE, or BPE of
        SentencePiece with byte fallback), `tekken.json` of Mistral, or ranks, `.tiktoken`.

        A file of ranks needs its `pattern`, by name (`"o200k"`, `"cl100k"`, `"gpt2"`, `"qwen"`, `"llama3"`, `"tekken"`)
        or as the published regular expression, and its `special_tokens`, of which one must follow the last rank, or
        else the `sha256`: only so does a cut file show. The others say all that themselves. Special tokens, and those
        that a file adds without calling them special, are ones only where a call allows it. With `sha256` the file must
        be that very one: say it where a vocabulary decides on money.

        The table is built once, in up to some seconds, and kept in the user's cache folder.

        Raises:
            NotFound: there is no such file.
            InvalidInput: the file is damaged, cut, does not fit together, or asks for what is not known here; the
                message says which. Nothing of a file is left out silently.
        """
        return _from_file(os.fspath(path), name, pattern, files.pairs_of(special_tokens), sha256)

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
        return super().encode_batch(texts, _at_most_64_bits(threads))

    def encode_batch_flat(
        self, texts: Iterable[str], threads: SupportsInt | SupportsIndex = 0
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of all `texts` in one array, and where each text begins in it: text `i` is
        `ids[offsets[i]:offsets[i + 1]]`. No object is made for each id.

        Raises:
            InvalidInput: a text holds a lone surrogate, or the number of threads is negative.
            ImportError: numpy is not installed.
        """
        return super().encode_batch_flat(texts, _at_most_64_bits(threads))

    def count_batch(self, texts: Iterable[str], threads: SupportsInt | SupportsIndex = 0) -> npt.NDArray[np.uint32]:
        """The number of tokens of each of `texts`, counted on so many threads; 0 is one for each CPU.

        Raises:
            InvalidInput: a text holds a lone surrogate, or the number of threads is negative.
            ImportError: numpy is not installed.
        """
        return super().count_batch(texts, _at_most_64_bits(threads))

    def count_up_to(self, text: str, limit: SupportsInt | SupportsIndex) -> int:
        """The number of tokens of `text`, but at most `limit + 1`, which means "more than `limit`".

        Stops soon after the limit is passed: the rest of a long text is not tokenized.

        >>> Tokenizer.load("o200k_base").count_up_to("Hello, world!" * 1000, 10)
        11

        Raises:
            InvalidInput: the limit is negative, or the text holds a lone surrogate.
        """
        return super().count_up_to(text, _at_most_64_bits(limit))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`. Bytes that are not UTF-8, as when the ids end within a character, become U+FFFD.

        Raises:
            InvalidInput: no token has one of the ids.
        """
        text = self.decode_bytes(ids).decode("utf-8", errors="replace")
        return text.removeprefix(" ") if self.drops_first_space else text

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
        if not hasattr(self, "_origin"):
            return "<Tokenizer, not made>"
        loads = len(self._origin) == 1
        return f"Tokenizer.load({self.name!r})" if loads else f"Tokenizer.from_file({self._origin[0]!r})"

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Tokenizer.load if len(self._origin) == 1 else _from_file), self._origin


def _at_most_64_bits(number: SupportsInt | SupportsIndex) -> SupportsInt | SupportsIndex:
    """What the core takes; there are never so many threads or tokens."""
    return max(-1, min(number, _MOST)) if isinstance(number, int) else number


@functools.cache
def _open(name: str) -> Tokenizer:
    if name in published.TABLES:
        return _made(str(table_of(name)), origin=(name,))
    if renamed := published.RENAMED.get(name):
        base = renamed.base
        special = [(token_id, text) for text, token_id in renamed.special.items()]
        return _table(base, lambda table: _made(table, name, special, origin=(name,)))
    return _table(name, lambda table: _made(table, origin=(name,)))


def _table(name: str, opened: Callable[[str | bytes], Tokenizer]) -> Tokenizer:
    if name in published.TABLES:
        return opened(str(table_of(name)))
    key = table_cache.key_of(name, published.RANKS[name].sha256)
    return table_cache.open_table(key, lambda: published.build(name), opened)


def _made(*arguments: object, origin: tuple[object, ...]) -> Tokenizer:
    tokenizer = Tokenizer.__new__(Tokenizer)
    _core.Tokenizer.__init__(tokenizer, *arguments)  # type: ignore[call-overload]
    tokenizer._origin = origin
    return tokenizer


def _from_file(
    path: str,
    name: str | None,
    pattern: str | None,
    special_tokens: tuple[tuple[str, int], ...] | None,
    sha256: str | None,
) -> Tokenizer:
    wanted = files.Wanted(name, pattern, special_tokens, sha256)
    file = files.read(path, wanted)
    origin = (path, name, pattern, special_tokens, sha256)
    key = table_cache.key_of(file.content, repr(wanted), file.name)
    return table_cache.open_table(key, lambda: files.build(file, wanted), lambda table: _made(table, origin=origin))


def table_of(name: str) -> pathlib.Path:
    """The file of a vocabulary that was built with the package (`cpp/tokenfoundry/tokens/FORMAT.md`)."""
    return published.table_of(name)
