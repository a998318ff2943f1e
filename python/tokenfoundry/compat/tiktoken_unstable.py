"""How a text that goes on may end: tiktoken's `encode_with_unstable`.

The tokens of a text's last piece may become others when more text comes. What tiktoken 0.14 answers is not all of what
may come, nor always right; here is the same, its quirks included (`src/lib.rs`, `_encode_unstable_native`), the
completions in another order: there it is that of a hash set.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Final

from tokenfoundry.tokens import Tokenizer

_SPACES: Final = frozenset(b" \n\t")
_NO_WHITE_SPACE: Final = "\x1c\x1d\x1e\x1f"  # To Unicode's property, though they are spaces to Python.


class Unstable:
    """What is needed of one vocabulary: `tokens` are its ordinary ones, in the order of their bytes."""

    def __init__(self, tokenizer: Tokenizer, tokens: Sequence[bytes]) -> None:
        self._tokenizer = tokenizer
        self._tokens = tokens

    def split(self, ids: list[int], last: str) -> tuple[list[int], list[list[int]]]:
        """The ids that stay, and how those may go on that do not, each once. `last` is what stands behind the last
        special token.
        """
        count = self._unstable_count(ids, last)
        if count == 0:
            return ids, []
        stable, open_bytes = ids[:-count], self._tokenizer.decode_bytes(ids[-count:])
        return stable, list(map(list, {tuple(completion) for completion in self._completions(open_bytes)}))

    def _unstable_count(self, ids: list[int], last: str) -> int:
        """Those of the last piece; of white space, those of the pieces before, too."""
        if not last:
            return 0
        begin = self._tokenizer.last_piece_begin(last)
        count = self._tokenizer.count(last.encode()[begin:].decode())
        if self._is_space(ids[-count]):
            while count < len(ids) and self._is_space(ids[-count - 1]):
                count += 1
        return count

    def _is_space(self, token: int) -> bool:
        return _SPACES.issuperset(self._tokenizer.decode_bytes((token,)))

    def _completions(self, open_bytes: bytes) -> Iterator[Sequence[int]]:
        for token in self._beginning_with(open_bytes):
            yield (self._token_of(token),)
        for cut in range(1, len(open_bytes)):
            for token in self._beginning_with(open_bytes[cut:]):
                yield self._covering(open_bytes[:cut] + token, len(open_bytes))
        # A last white space that more text cuts off.
        last = open_bytes.decode()[-1]
        if (before := open_bytes[: -len(last.encode())]) and last.isspace() and last not in _NO_WHITE_SPACE:
            yield [*self._tokenizer.encode_uncut(before), *self._tokenizer.encode_uncut(last.encode())]

    def _beginning_with(self, prefix: bytes) -> Iterator[bytes]:
        for at in range(bisect.bisect_left(self._tokens, prefix), len(self._tokens)):
            if not self._tokens[at].startswith(prefix):
                return
            yield self._tokens[at]

    def _covering(self, text: bytes, size: int) -> list[int]:
        """The first tokens of `text` that are at least so many bytes."""
        try:
            ids = self._tokenizer.encode(text.decode())
        except UnicodeDecodeError:
            ids = self._tokenizer.encode_uncut(text)
        for at, token in enumerate(ids, 1):
            size -= len(self._tokenizer.decode_bytes((token,)))
            if size <= 0:
                return ids[:at]
        return ids

    def _token_of(self, token: bytes) -> int:
        found = self._tokenizer.token_of(token)
        assert found is not None, "it was taken from the vocabulary"
        return found
