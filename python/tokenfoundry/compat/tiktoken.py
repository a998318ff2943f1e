"""tiktoken's face over TokenFoundry's tokenizer, for all its vocabularies.

    import tokenfoundry.compat.tiktoken as tiktoken

    encoding = tiktoken.encoding_for_model("gpt-4o")

Names, arguments, answers and errors are those of tiktoken 0.14, checked call by call in `tests/equivalence`. What is
not here: encodings made from ranks of one's own (`Tokenizer.from_file` reads those).
A model of a known family is known even where tiktoken's table has not heard of it yet.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final, Literal

from tokenfoundry.compat.tiktoken_models import encoding_name_of_older
from tokenfoundry.compat.tiktoken_unstable import Unstable
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.tokens import Tokenizer
from tokenfoundry.vocabularies.patterns import published_expression_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NONE: frozenset[str] = frozenset()
_MOST_ID: Final = 2**32 - 1
_NAMES: Final = ("gpt2", "r50k_base", "p50k_base", "p50k_edit", "cl100k_base", "o200k_base", "o200k_harmony")
_PATTERN_OF: Final = {"cl100k_base": "cl100k", "o200k_base": "o200k", "o200k_harmony": "o200k"}


class Encoding:
    """One vocabulary, as tiktoken names what can be done with it. From `get_encoding` or `encoding_for_model`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.name = tokenizer.name
        self.max_token_value = tokenizer.n_vocab - 1
        self._tokenizer = tokenizer
        self._special_tokens = tokenizer.special_tokens

    def __repr__(self) -> str:
        return f"<Encoding {self.name!r}>"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return get_encoding, (self.name,)

    @property
    def n_vocab(self) -> int:
        """The highest id plus one."""
        return self.max_token_value + 1

    @property
    def eot_token(self) -> int:
        """The id of `<|endoftext|>`."""
        return self._special_tokens["<|endoftext|>"]

    @functools.cached_property
    def special_tokens_set(self) -> set[str]:
        """The special tokens by name."""
        return set(self._special_tokens)

    @functools.cached_property
    def _mergeable_ranks(self) -> dict[bytes, int]:
        """The tokens but the special ones and their ids, which libraries read."""
        special = set(self._special_tokens.values())
        found = ((self._bytes_or_none(token), token) for token in range(self.n_vocab) if token not in special)
        return {value: token for value, token in found if value is not None}

    @property
    def _pat_str(self) -> str:
        """The regular expression by which text is cut, likewise."""
        return published_expression_of(_PATTERN_OF.get(self.name, "gpt2"))

    def is_special_token(self, token: int) -> bool:
        """Whether the id is one of a special token."""
        if not isinstance(token, int):
            raise AssertionError(f"a token is an int, not {type(token).__name__}")
        return token in self._special_tokens.values()

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of `text`; what spells a special token is ordinary text."""
        try:
            return self._tokenizer.encode(text)
        except InvalidInput:
            return self._tokenizer.encode(_without_surrogates(text))

    def encode(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[int]:
        """The ids of `text`, where what spells an allowed special token is one.

        Raises:
            ValueError: the text spells a special token that is disallowed; all that are not allowed are.
        """
        allowed = self._checked(text, allowed_special, disallowed_special)
        try:
            return self._tokenizer.encode(text, allowed_special=allowed)
        except InvalidInput:
            return self._tokenizer.encode(_without_surrogates(text), allowed_special=allowed)

    def encode_to_numpy(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> npt.NDArray[np.uint32]:
        """The same as an array.

        Raises:
            ValueError: the text spells a special token that is disallowed.
            UnicodeEncodeError: it holds a lone surrogate, which the others take for U+FFFD.
        """
        allowed = self._checked(text, allowed_special, disallowed_special)
        try:
            if not allowed:
                return self._tokenizer.encode_array(text)
            ids = self._tokenizer.encode(text, allowed_special=allowed)
        except InvalidInput:
            text.encode()  # Raises what tiktoken does.
            raise
        import numpy as np

        return np.array(ids, dtype=np.uint32)

    def encode_ordinary_batch(self, text: list[str], *, num_threads: int = 8) -> list[list[int]]:
        """`encode_ordinary` of each text, on so many threads."""
        _check_threads(num_threads)
        texts = list(text)  # An iterator can be read once, and some texts are read twice.
        try:
            return self._tokenizer.encode_batch(texts, int(num_threads or 0))
        except InvalidInput:
            return self._tokenizer.encode_batch(map(_without_surrogates, texts), int(num_threads or 0))

    def encode_batch(
        self,
        text: list[str],
        *,
        num_threads: int = 8,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[list[int]]:
        """`encode` of each text; on threads where no special token is allowed."""
        _check_threads(num_threads)
        texts = list(text)
        disallowed = disallowed_special if disallowed_special == "all" else frozenset(disallowed_special)
        if allowed_special:
            return [self.encode(one, allowed_special=allowed_special, disallowed_special=disallowed) for one in texts]
        for one in texts:
            self._checked(one, allowed_special, disallowed)
        return self.encode_ordinary_batch(texts, num_threads=num_threads)

    def encode_with_unstable(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> tuple[list[int], list[list[int]]]:
        """The ids of `text` that stay whatever text follows, and how those behind them may go on, in any order.

        Raises:
            ValueError: the text spells a special token that is disallowed.
            UnicodeEncodeError: it holds a lone surrogate.
        """
        allowed = self._checked(text, allowed_special, disallowed_special)
        text.encode()  # Raises what tiktoken does.
        ids = self._tokenizer.encode(text, allowed_special=allowed)
        specials = _any_of(frozenset(allowed)).finditer(text) if allowed else ()
        return self._unstable.split(ids, text[max((found.end() for found in specials), default=0) :])

    @functools.cached_property
    def _unstable(self) -> Unstable:
        return Unstable(self._tokenizer, self.token_byte_values())

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of the token of exactly this text, special ones included.

        Raises:
            KeyError: there is none.
        """
        wanted = text_or_bytes.encode() if isinstance(text_or_bytes, str) else text_or_bytes
        token = self._tokenizer.token_of(wanted)
        if token is None:
            raise KeyError(wanted)
        return token

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """The bytes of the ids.

        Raises:
            KeyError: no token has one of them.
            OverflowError: one is below 0, or of more than 32 bits.
            TypeError: they are in no order, or can be read once.
        """
        if isinstance(tokens, Mapping) or not hasattr(tokens, "__getitem__"):
            raise TypeError(f"tokens are a sequence, not {type(tokens).__name__}")
        try:
            return self._tokenizer.decode_bytes(tokens)
        except InvalidInput as error:
            if any(not 0 <= operator.index(token) <= _MOST_ID for token in tokens):
                raise OverflowError("out of range integral type conversion attempted") from None
            raise KeyError(str(error)) from None

    def decode(self, tokens: Sequence[int], errors: str = "replace") -> str:
        """The text of the ids; `errors` says what becomes of bytes that are no UTF-8."""
        return self.decode_bytes(tokens).decode("utf-8", errors=errors)

    def decode_single_token_bytes(self, token: int) -> bytes:
        """The bytes of one id."""
        return self.decode_bytes((token,))

    def decode_tokens_bytes(self, tokens: Sequence[int]) -> list[bytes]:
        """The bytes of each id."""
        return [self.decode_single_token_bytes(token) for token in tokens]

    def decode_with_offsets(self, tokens: Sequence[int]) -> tuple[str, list[int]]:
        """The text of the ids, and the character where each token begins.

        Raises:
            UnicodeDecodeError: the bytes are no UTF-8.
        """
        ids = list(tokens)
        text = b"".join(self.decode_tokens_bytes(ids)).decode()
        return text, self._tokenizer.starts(ids)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], *, errors: str = "replace", num_threads: int = 8
    ) -> list[str]:
        """`decode` of each list of ids. It takes less than starting threads would, so it starts none."""
        _check_threads(num_threads)
        return [self.decode(tokens, errors=errors) for tokens in batch]

    def decode_bytes_batch(self, batch: Sequence[Sequence[int]], *, num_threads: int = 8) -> list[bytes]:
        """`decode_bytes` of each list of ids, likewise."""
        _check_threads(num_threads)
        return [self.decode_bytes(tokens) for tokens in batch]

    def token_byte_values(self) -> list[bytes]:
        """The bytes of all tokens but the special ones, in their order as bytes."""
        return sorted(self._mergeable_ranks)

    def _bytes_or_none(self, token: int) -> bytes | None:
        try:
            return self._tokenizer.decode_bytes((token,))
        except InvalidInput:
            return None

    def _checked(
        self,
        text: str,
        allowed_special: Literal["all"] | AbstractSet[str],
        disallowed_special: Literal["all"] | Collection[str],
    ) -> AbstractSet[str]:
        """The allowed tokens that the vocabulary has; refuses a text with a disallowed one."""
        allowed = self.special_tokens_set if allowed_special == "all" else allowed_special
        disallowed = self.special_tokens_set - allowed if disallowed_special == "all" else disallowed_special
        if disallowed and (found := _any_of(frozenset(disallowed)).search(text)):
            raise ValueError(
                f"Encountered text corresponding to disallowed special token {found.group()!r}.\n"
                f"To have it encoded as a special token, pass it to `allowed_special`, e.g. "
                f"`allowed_special={{{found.group()!r}, ...}}`.\n"
                f"To have it encoded as ordinary text, leave it out of `disallowed_special`, e.g. "
                f"`disallowed_special=(enc.special_tokens_set - {{{found.group()!r}}})`, or pass "
                "`disallowed_special=()`.\n"
            )
        if not isinstance(allowed, set | frozenset) or not all(isinstance(token, str) for token in allowed):
            raise TypeError('allowed_special is "all" or a set of special tokens, each a str')
        return self.special_tokens_set & allowed


@functools.cache
def get_encoding(encoding_name: str) -> Encoding:
    """The encoding called so.

    Raises:
        ValueError: there is none.
    """
    if encoding_name not in _NAMES:
        raise ValueError(f"Unknown encoding {encoding_name}. There are {', '.join(list_encoding_names())}.")
    return Encoding(Tokenizer.load(encoding_name))


def list_encoding_names() -> list[str]:
    """The names that `get_encoding` knows."""
    return list(_NAMES)


def encoding_name_for_model(model_name: str) -> str:
    """The name of a model's encoding.

    Raises:
        KeyError: the model is of no family whose vocabulary ships and is one of tiktoken's.
    """
    if older := encoding_name_of_older(model_name):
        return older
    try:
        name = Tokenizer.for_model(model_name).name
    except NotFound as error:
        raise KeyError(f"{error} Name the encoding with `get_encoding`.") from None
    if name not in _NAMES:
        raise KeyError(
            f"{model_name!r} is counted by {name}, no encoding of tiktoken: `Tokenizer.load({name!r})` is it"
        )
    return name


def encoding_for_model(model_name: str) -> Encoding:
    """The encoding of a model.

    Raises:
        KeyError: as `encoding_name_for_model` says.
    """
    return get_encoding(encoding_name_for_model(model_name))


def _check_threads(num_threads: int | None) -> None:
    if num_threads is not None and num_threads <= 0:
        raise ValueError("max_workers must be greater than 0")


def _without_surrogates(text: str) -> str:
    """What tiktoken makes of a lone surrogate: U+FFFD; of a pair, its character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@functools.lru_cache(maxsize=128)
def _any_of(tokens: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tokens)))
