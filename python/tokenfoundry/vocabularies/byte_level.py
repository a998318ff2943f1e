"""Byte-level models, as GPT-2 first had them: each byte of a text is a letter of an alphabet of 256."""

from __future__ import annotations

import re
from typing import Any, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.vocabularies.cuttings import Cutting, Spelling, component_of, parts_of, unknown
from tokenfoundry.vocabularies.patterns import pattern_of

_PRINTED: Final = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_OTHERS: Final = tuple(byte for byte in range(256) if byte not in _PRINTED)
_LETTERS: Final = {byte: chr(byte) for byte in _PRINTED} | {byte: chr(256 + i) for i, byte in enumerate(_OTHERS)}
_BYTES: Final = {ord(letter): chr(byte) for byte, letter in _LETTERS.items()}
_ALPHABET: Final = frozenset(_LETTERS.values())
_COUNTED_AND_KEPT: Final = re.compile(r"\{[0-9]+(,[0-9]*)?\}\+")
_TAKES_ALL: Final = (("Isolated", False), ("Removed", True))  # Of a pattern that matches everything: the same pieces.


def cutting(content: dict[str, Any]) -> Cutting | None:
    """How the file has texts cut; None: its model is of characters.

    Raises:
        InvalidInput: in a way that is not known here.
    """
    component_of(content, "decoder")  # Whatever it is: bytes are decoded as bytes. But no damage passes.
    parts = parts_of(component_of(content, "pre_tokenizer"), "pretokenizers")
    last = parts[-1] if parts else {}
    if last.get("type") != "ByteLevel":
        return None
    uses_own_pattern = last.get("use_regex", True)
    if len(parts) == 1 and uses_own_pattern:
        pattern = "gpt2"
    elif len(parts) == 2 and not uses_own_pattern:
        pattern = _pattern_of_split(parts[0])
    else:
        raise unknown("pre_tokenizer", {"pretokenizers": parts})
    rules = _rules(content)
    if last.get("add_prefix_space"):
        if len(parts) > 1:  # There each piece would get one.
            raise unknown("pre_tokenizer", last)
        rules += ["space_before", "unless_there"]
    return Cutting(pattern, rules)


def _pattern_of_split(split: dict[str, Any]) -> str:
    pattern = split.get("pattern")
    expression = pattern.get("Regex") if isinstance(pattern, dict) else None
    how = (split.get("behavior"), split.get("invert", False))
    if split.get("type") != "Split" or not isinstance(expression, str) or how not in _TAKES_ALL:
        raise unknown("pre_tokenizer", split)
    if _COUNTED_AND_KEPT.search(expression):
        raise InvalidInput(
            f"the `+` behind a counted repeat in its pattern {expression!r} repeats that again for `tokenizers`, where "
            "for tiktoken it takes nothing back; a file of ranks, `.tiktoken`, says which is meant"
        )
    return pattern_of(expression)


def _rules(content: dict[str, Any]) -> list[str]:
    normalizers = parts_of(component_of(content, "normalizer"), "normalizers")
    for normalizer in normalizers:
        if normalizer.get("type") != "NFC":
            raise unknown("normalizer", normalizer)
    return ["nfc"] if normalizers else []


class _Letters:
    """A vocabulary spelled in the alphabet of bytes."""

    def bytes_of(self, token: str) -> bytes | None:
        if not token:
            raise InvalidInput("a token is empty: it is damaged")
        return token.translate(_BYTES).encode("latin-1") if _ALPHABET.issuperset(token) else None

    def decoded(self, token: str) -> str:
        return token

    def byte_ids(self, ids: dict[str, int]) -> list[int]:
        return [ids.get(_LETTERS[byte], -1) for byte in range(256)]


SPELLING: Final[Spelling] = _Letters()
