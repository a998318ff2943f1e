"""A model's own tokenizer file: which of the kinds it is, and its table."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import Final

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.vocabularies import rank_file, strict_json, tekken, tokenizer_json

_LONGEST_NAME_BYTES: Final = 32
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


def read(path: str, wanted: Wanted) -> File:
    """The whole file.

    Raises:
        NotFound: there is none.
        InvalidInput: it is not the one of the SHA-256 that is wanted.
    """
    place = pathlib.Path(path)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read the vocabulary {path}: {error.strerror}") from None
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
        name = name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore") or "vocabulary"
    elif not 1 <= len(name.encode()) <= _LONGEST_NAME_BYTES:
        raise InvalidInput(f"a vocabulary's name has 1 to {_LONGEST_NAME_BYTES} bytes, not {name!r}")
    return name
