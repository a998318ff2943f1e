"""A model's own tokenizer file: which of the kinds it is, and its table."""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import pathlib
from collections.abc import Mapping
from typing import Final

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.vocabularies import rank_file, special, strict_json, tekken, tokenizer_json

_LONGEST_NAME_BYTES: Final = 32
_BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FOLDER_TELLS: Final = ("tokenizer", "tekken")  # Stems that every model's file has.


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the caller says of a file."""

    name: str | None
    pattern: str | None
    special_tokens: tuple[tuple[str, int], ...] | None
    sha256: str | None


@dataclasses.dataclass(frozen=True)
class File:
    """What was read, and what the vocabulary is called."""

    path: pathlib.Path
    content: bytes
    name: str


def pairs_of(special_tokens: Mapping[str, int] | None) -> tuple[tuple[str, int], ...] | None:
    """Special tokens as `Wanted` keeps them.

    Raises:
        InvalidInput: they are no mapping of texts.
    """
    if special_tokens is None:
        return None
    if not isinstance(special_tokens, Mapping) or not all(isinstance(text, str) for text in special_tokens):
        raise InvalidInput(f"`special_tokens` needs a mapping of texts to ids, not {special_tokens!r}")
    return tuple(sorted(special_tokens.items()))


def read(path: str, wanted: Wanted) -> File:
    """The whole file.

    Raises:
        NotFound: there is none.
        InvalidInput: it is not the one of the SHA-256 that is wanted, or what is said of it is of a wrong type.
    """
    for argument in ("name", "pattern", "sha256"):
        if not isinstance(value := getattr(wanted, argument), str | None):
            raise InvalidInput(f"{path}: `{argument}` needs a string, not {value!r}")
    place = pathlib.Path(path)
    try:
        content = place.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error  # ValueError: no path has such a character.
        raise NotFound(f"cannot read the vocabulary {path}: {why}") from None
    if wanted.sha256 is not None:
        found = hashlib.sha256(content).hexdigest()
        if found != wanted.sha256.lower():
            raise InvalidInput(f"{path} has SHA-256 {found}, not the wanted {wanted.sha256}")
    return File(place, content, _name_of(place, wanted))


def build(file: File, wanted: Wanted) -> bytes:
    """The table of a file.

    Raises:
        InvalidInput: it is damaged, does not fit together, or asks for what is not known here.
    """
    try:
        return _build(file, wanted)
    except InvalidInput as error:
        raise InvalidInput(f"{file.path}: {error}") from None


def _build(file: File, wanted: Wanted) -> bytes:
    if file.content.startswith(_BYTE_ORDER_MARKS):
        raise InvalidInput("it begins with a byte order mark, which no tokenizer's file does: save it as UTF-8 without")
    if not file.content.lstrip().startswith(b"{"):
        return rank_file.build(
            file.content, file.name, wanted.pattern, wanted.special_tokens, is_verified=wanted.sha256 is not None
        )
    if wanted.pattern is not None or wanted.special_tokens is not None:
        raise InvalidInput("it says its pattern and its special tokens itself: leave both out")
    content = strict_json.loads(file.content)
    if not isinstance(content, dict):
        raise InvalidInput("it is no JSON object")
    if "model" in content:
        return tokenizer_json.build(content, file.name)
    if "config" in content:
        return tekken.build(content, file.name)
    raise InvalidInput("it is neither a tokenizer.json, which has a `model`, nor a tekken.json, which has a `config`")


def _name_of(path: pathlib.Path, wanted: Wanted) -> str:
    name = wanted.name
    if name is None:
        name = path.absolute().parent.name if path.stem in _FOLDER_TELLS else path.stem
        name = name.encode(errors="replace")[:_LONGEST_NAME_BYTES].decode(errors="ignore") or "vocabulary"
    elif not special.is_text(name) or len(name.encode()) > _LONGEST_NAME_BYTES:
        raise InvalidInput(f"{path}: a vocabulary's name has 1 to {_LONGEST_NAME_BYTES} bytes of UTF-8, not {name!r}")
    return name
