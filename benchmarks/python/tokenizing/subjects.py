"""The tokenizers that are compared, with the same vocabulary: each loaded from the committed rank file."""

from __future__ import annotations

import lzma
import site
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rivals_venv import rivals_python
from tokenfoundry.vocabularies import published as vocabularies
from tokenfoundry.vocabularies.patterns import expression_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RANKS = ROOT / ".bench-venv" / "tokens-ranks"

Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One tokenizer, and how it answers each question."""

    name: str
    encode: Callable[[str], Sequence[int]]  # To a list of Python's integers.
    array: Callable[[str], Any] | None  # To an array, or to its bytes.
    count: Callable[[str], int]
    batch: Callable[[list[str], int], Any]  # All ids of many texts, on so many threads.


def add_rivals() -> None:
    """Puts the packages of the rivals behind those of this environment."""
    python = rivals_python(
        "tokens",
        HERE / "requirements.txt",
        installing="installing gigatoken, fastokens and tiktoken",
        failed="the rivals could not be installed",
    )
    for folder in (python.parent.parent / "lib").glob("python*/site-packages"):
        site.addsitedir(str(folder))


def rank_file(name: str) -> Path:
    path = RANKS / f"{name}.tiktoken"
    if not path.exists():
        RANKS.mkdir(parents=True, exist_ok=True)
        is_table = name in vocabularies.TABLES
        packed = ROOT / "cpp/tokenfoundry/tokens/vocabularies" / f"{name}.tiktoken.xz"
        path.write_bytes(lzma.decompress(packed.read_bytes()) if is_table else vocabularies.ranks_of(name))
    return path


def reference(name: str) -> Any:
    """tiktoken's encoding, without the network."""
    import tiktoken
    import tiktoken.load
    import tiktoken_ext.openai_public as published

    published.load_tiktoken_bpe = lambda url, expected_hash=None: tiktoken.load.load_tiktoken_bpe(
        str(rank_file(url.rsplit("/", 1)[1].removesuffix(".tiktoken")))
    )
    if name == "qwen":  # tiktoken cuts and merges it, but does not compose.
        ranks = tiktoken.load.load_tiktoken_bpe(str(rank_file(name)))
        return tiktoken.Encoding(name, pat_str=expression_of(name), mergeable_ranks=ranks, special_tokens={})
    return tiktoken.Encoding(**published.ENCODING_CONSTRUCTORS[name]())


def tiktoken_subject(name: str) -> Subject:
    encoding = reference(name)
    return Subject(
        "tiktoken",
        encoding.encode_ordinary,
        encoding.encode_to_numpy,
        lambda text: len(encoding.encode_ordinary(text)),
        lambda texts, threads: [encoding.encode_ordinary(text) for text in texts],
    )


def own_subject(name: str) -> Subject:
    import tokenfoundry.tokens as own

    tokenizer = own.Tokenizer.load(name)
    if name in vocabularies.TABLES:
        tokenizer = own.Tokenizer.__new__(own.Tokenizer)  # A fresh one: it has learnt nothing yet.
        super(own.Tokenizer, tokenizer).__init__(str(own.table_of(name)))
    return Subject(
        "tokenfoundry",
        tokenizer.encode,
        tokenizer.encode_array,
        tokenizer.count,
        lambda texts, threads: tokenizer.encode_batch_flat(texts, threads),
    )


def gigatoken_subject(name: str) -> Subject:
    import gigatoken

    tokenizer = gigatoken.Tokenizer.from_tiktoken(str(rank_file(name)), special_tokens={})
    return Subject(
        "gigatoken",
        lambda text: tokenizer.encode(text).tolist(),
        tokenizer.encode,
        lambda text: len(tokenizer.encode(text)),
        lambda texts, threads: tokenizer.encode_batch(texts, parallel=threads > 1),
    )


def fastokens_subject(name: str) -> Subject:
    from fastokens._native import Tokenizer

    pattern = reference(name)._pat_str
    tokenizer = Tokenizer.from_tiktoken(str(rank_file(name)), pattern=pattern)
    return Subject(
        "fastokens",
        lambda text: tokenizer.encode_ordinary(text).ids,
        lambda text: tokenizer.encode_batch_flat([text])[0],
        lambda text: len(tokenizer.encode_batch_flat([text])[0]) // 4,
        lambda texts, threads: tokenizer.encode_batch_flat(texts),
    )


SUBJECTS = {
    "tiktoken": tiktoken_subject,
    "tokenfoundry": own_subject,
    "gigatoken": gigatoken_subject,
    "fastokens": fastokens_subject,
}
