"""The vocabularies that ship, by name.

o200k_base and cl100k_base are tables that were built with the package. The others ship as packed ranks, a tenth of the
size, and become a table at first use. Those that differ only in their special tokens share one.

Sources: `tiktoken_ext/openai_public.py` of tiktoken 0.14, and `tokenizer.json` of Qwen2.5 and Qwen3.
`cpp/tokenfoundry/tokens/vocabularies/PROVENANCE.md` has the origin and the SHA-256 of each file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import lzma
import pathlib
from collections.abc import Mapping
from typing import Final

from tokenfoundry import _core
from tokenfoundry.errors import DataLoss
from tokenfoundry.vocabularies import special

DATA: Final = pathlib.Path(_core.__file__).parent / "data"

_END: Final = "<|endoftext|>"
_MIDDLE: Final = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
_HARMONY: Final = {
    200002: "<|return|>",
    200003: "<|constrain|>",
    200005: "<|channel|>",
    200006: "<|start|>",
    200007: "<|end|>",
    200008: "<|message|>",
    200012: "<|call|>",
}
_QWEN_SPECIAL: Final = (
    _END,
    *("<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>"),
    *("<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"),
    *("<|image_pad|>", "<|video_pad|>"),
)
_QWEN_ADDED: Final = (  # Not special by its own file. The last four are of Qwen 3 alone.
    *("<tool_call>", "</tool_call>", *_MIDDLE, "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"),
    *("<tool_response>", "</tool_response>", "<think>", "</think>"),
)
_QWEN_FIRST_SPECIAL: Final = 151_643


@dataclasses.dataclass(frozen=True)
class Ranks:
    """A vocabulary that ships as ranks: the first `tokens` lines of a packed file, and what is done with a text."""

    packed: str
    tokens: int
    sha256: str  # Of those lines.
    pretokenizer: str
    special: tuple[special.Special, ...]
    text_rules: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Renamed:
    """A vocabulary that is another one with other special tokens."""

    base: str
    special: Mapping[str, int]


def _harmony() -> dict[str, int]:
    reserved = {token_id: f"<|reserved_{token_id}|>" for token_id in range(200_000, 201_088)}
    named = {199_998: "<|startoftext|>", 199_999: _END, **reserved, **_HARMONY}
    # 200018 has two names: the one of o200k_base, which decoding gives, and a reserved one.
    return {"<|endofprompt|>": 200_018, **{text: token_id for token_id, text in named.items()}}


TABLES: Final = ("o200k_base", "cl100k_base")
RANKS: Final = {
    "p50k_base": Ranks(
        packed="p50k_base",
        tokens=50_280,
        sha256="94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
        pretokenizer="gpt2",
        special=((50_256, _END, []),),
    ),
    "r50k_base": Ranks(
        packed="p50k_base",
        tokens=50_256,
        sha256="306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        pretokenizer="gpt2",
        special=((50_256, _END, []),),
    ),
    "qwen": Ranks(
        packed="qwen",
        tokens=151_643,
        sha256="b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
        pretokenizer="qwen",
        special=tuple((_QWEN_FIRST_SPECIAL + i, text, []) for i, text in enumerate((*_QWEN_SPECIAL, *_QWEN_ADDED))),
        text_rules=("nfc",),
    ),
}
RENAMED: Final = {
    "o200k_harmony": Renamed("o200k_base", _harmony()),
    "p50k_edit": Renamed("p50k_base", {_END: 50_256, **dict(zip(_MIDDLE, (50_281, 50_282, 50_283), strict=True))}),
    "gpt2": Renamed("r50k_base", {_END: 50_256}),
}
NAMES: Final = (*TABLES, *RANKS, *RENAMED)


def table_of(name: str) -> pathlib.Path:
    """The file of a vocabulary that was built with the package."""
    return DATA / f"{name}.tfv"


def build(name: str) -> bytes:
    """The table of a vocabulary that ships as ranks.

    Raises:
        DataLoss: the installed ranks are damaged.
    """
    ranks = RANKS[name]
    return _core.table_of_ranks(ranks_of(name), name, ranks.pretokenizer, ranks.text_rules, ranks.special, True)


def ranks_of(name: str) -> bytes:
    """The published file of ranks of such a vocabulary.

    Raises:
        DataLoss: the installed file is damaged.
    """
    ranks = RANKS[name]
    path = DATA / f"{ranks.packed}.tiktoken.xz"
    try:
        lines = lzma.decompress(path.read_bytes()).splitlines(keepends=True)
    except (OSError, lzma.LZMAError) as error:
        raise DataLoss(f"{path} cannot be read: {error}") from None
    wanted = b"".join(lines[: ranks.tokens])
    if hashlib.sha256(wanted).hexdigest() != ranks.sha256:
        raise DataLoss(f"{path} is damaged: its SHA-256 is not that of the published ranks")
    return wanted
