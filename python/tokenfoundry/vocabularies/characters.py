"""Models of SentencePiece, as Llama 2, Mistral and Gemma have them: pairs of characters, where U+2581 stands for a
space; a character without a token is written as its bytes, `<0x00>` to `<0xFF>`.
"""

from __future__ import annotations

import collections
import re
from typing import Any, Final

from tokenfoundry.errors import InvalidInput
from tokenfoundry.vocabularies.cuttings import FIRST_WIDE_BYTE, Cutting, Spelling, component_of, parts_of, unknown

_SPACE: Final = "\u2581"
_BYTE: Final = re.compile(r"<0x([0-9A-F]{2})>")
_REPLACES_SPACE: Final = {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}
_PREPENDS_SPACE: Final = {"type": "Prepend", "prepend": _SPACE}
_SPLITS_AT_NOTHING: Final = {  # Behind a normalizer that has left no space.
    "type": "Split",
    "pattern": {"String": " "},
    "behavior": "MergedWithPrevious",
    "invert": False,
}
_PREPENDS: Final[dict[object, list[str]]] = {
    "always": ["space_before", "unless_there"],
    "first": ["space_before", "unless_there", "only_first"],
    "never": [],
}


def cutting(content: dict[str, Any], model: dict[str, Any]) -> Cutting:
    """How the file has texts prepared and cut.

    Raises:
        InvalidInput: in a way that is not known here.
    """
    if not model.get("byte_fallback"):
        raise InvalidInput("its model has neither bytes (`ByteLevel`) nor `byte_fallback`: some texts would be lost")
    rules = ["from_characters"]
    normalizers = parts_of(component_of(content, "normalizer"), "normalizers")
    for normalizer in normalizers:
        rules += _rules_of(normalizer)
    parts = parts_of(component_of(content, "pre_tokenizer"), "pretokenizers")
    pretokenizer = "whole"
    if len(parts) == 1 and parts[0].get("type") == "Metaspace":
        pretokenizer = _metaspace(parts[0], rules)
    elif parts and (parts != [_SPLITS_AT_NOTHING] or _REPLACES_SPACE not in normalizers):
        raise unknown("pre_tokenizer", parts[0])
    if "underscores_are_spaces" not in rules:
        raise InvalidInput("it writes no U+2581 for a space, as models of SentencePiece do, which is not known here")
    if _drops_first_space(content):
        rules.append("drops_first_space")
    return Cutting(pretokenizer, sorted(set(rules)))


def _rules_of(normalizer: dict[str, Any]) -> list[str]:
    if normalizer == _REPLACES_SPACE:
        return ["underscores_are_spaces"]
    if normalizer == _PREPENDS_SPACE:
        return ["space_before"]
    if normalizer.get("type") == "NFC":
        return ["nfc"]
    raise unknown("normalizer", normalizer)


def _metaspace(metaspace: dict[str, Any], rules: list[str]) -> str:
    legacy = "always" if metaspace.get("add_prefix_space", True) else "never"
    prepends = _PREPENDS.get(metaspace.get("prepend_scheme", legacy))
    if metaspace.get("replacement") != _SPACE or prepends is None or "space_before" in rules:
        raise unknown("pre_tokenizer", metaspace)
    rules += ["underscores_are_spaces", *prepends]
    return "each_space" if metaspace.get("split", True) else "whole"


def _drops_first_space(content: dict[str, Any]) -> bool:
    for decoder in parts_of(component_of(content, "decoder"), "decoders"):
        strips = decoder.get("type") == "Strip" and decoder.get("content") == " " and decoder.get("start") == 1
        is_metaspace = decoder.get("type") == "Metaspace" and decoder.get("prepend_scheme", "always") != "never"
        if strips or (is_metaspace and decoder.get("add_prefix_space", True)):
            return True
    return False


class _Characters:
    """A vocabulary of characters, with bytes for the others."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary

    def bytes_of(self, token: str) -> bytes | None:
        if not token:
            raise InvalidInput("a token is empty: it is damaged")
        if byte := _BYTE.fullmatch(token):
            value = int(byte[1], 16)
            is_spelled = value < FIRST_WIDE_BYTE and _letter(value) in self._vocabulary
            return None if is_spelled else bytes((value,))
        return None if " " in token else token.replace(_SPACE, " ").encode()

    def decoded(self, token: str) -> str:
        byte = _BYTE.fullmatch(token)
        return chr(int(byte[1], 16)) if byte else token

    def byte_ids(self, ids: dict[str, int]) -> list[int]:
        def of(byte: int) -> int:
            as_byte = ids.get(f"<0x{byte:02X}>", -1)
            return ids.get(_letter(byte), as_byte) if byte < FIRST_WIDE_BYTE else as_byte

        return [of(byte) for byte in range(256)]


def spelling_of(vocabulary: dict[str, int]) -> Spelling:
    """How a vocabulary of characters is spelled. Raises `InvalidInput` where one of its bytes is damaged."""
    _check_bytes(vocabulary)
    return _Characters(vocabulary)


def _check_bytes(vocabulary: dict[str, int]) -> None:
    """The bytes stand in a row, in which a letter may take the place of its byte, as the tabulator does for Gemma."""
    ids = {byte: vocabulary[name] for byte in range(256) if (name := f"<0x{byte:02X}>") in vocabulary}
    starts = collections.Counter(token_id - byte for byte, token_id in ids.items())
    start, standing = starts.most_common(1)[0] if starts else (0, 0)
    if standing <= len(ids) // 2:
        return
    for byte in range(256):
        if byte not in ids and vocabulary.get(_letter(byte)) != start + byte:
            raise InvalidInput(f"the byte {byte} has no token: it is damaged")


def _letter(byte: int) -> str:
    return _SPACE if byte == ord(" ") else chr(byte)
