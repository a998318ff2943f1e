"""`tokenizer.json` files as models have them, trained on the texts of this folder by `tokenizers` itself."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any, Final

import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers

from tokenfoundry.vocabularies.patterns import expression_of

ROOT: Final = pathlib.Path(__file__).parents[2]
TEXTS: Final = [
    *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/data/texts").glob("*.txt"))),
    *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "python/tokenfoundry").glob("*.py"))),
    "中文字符 日本語のテキスト 한국어 텍스트 हिन्दी العربية Ελλάδα Привет 😀 👍🏽 e\u0301 \n\n\t  x = y;\n",
]
SPACE: Final = "\u2581"
SPECIAL: Final = "<|end|>"
ADDED: Final = "<tool>"


def trained(change: Callable[[tokenizers.Tokenizer], None], alphabet: list[str], size: int = 3_000) -> dict[str, Any]:
    """The file of a model that was trained as `change` has set it up, with a special and an added token."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    change(tokenizer)
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<unk>", SPECIAL], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.add_tokens([tokenizers.AddedToken(ADDED, normalized=False)])
    file: dict[str, Any] = json.loads(tokenizer.to_str())
    return file


def with_added_last(file: dict[str, Any]) -> dict[str, Any]:
    """The added token has the id behind the vocabulary, as `tokenizers` numbers it whatever the file says."""
    file["added_tokens"][-1]["id"] = len(file["model"]["vocab"])
    return file


def byte_level(pattern: str, *, normalizer: Any = None, add_prefix_space: bool = False) -> dict[str, Any]:
    """A model of bytes, cut by a pattern."""

    def change(tokenizer: tokenizers.Tokenizer) -> None:
        tokenizer.normalizer = normalizer
        tokenizer.decoder = decoders.ByteLevel()
        if pattern == "gpt2":
            tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
            return
        split = pre_tokenizers.Split(Regex(expression_of(pattern)), behavior="isolated")
        letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, letters])

    return trained(change, pre_tokenizers.ByteLevel.alphabet())


def of_characters(
    *, prepends: bool = True, metaspace: pre_tokenizers.Metaspace | None = None, all_merges: bool = False
) -> dict[str, Any]:
    """A model of SentencePiece with byte fallback. `all_merges`: every pair that spells a token merges, as in files
    that were converted from SentencePiece's own.
    """

    def change(tokenizer: tokenizers.Tokenizer) -> None:
        # Learnt with a space before each word, so that some tokens have one and some have several.
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)

    file = trained(change, [])
    vocabulary, model = file["model"]["vocab"], file["model"]
    for count in (2, 3, 4, 8):
        vocabulary[SPACE * count] = len(vocabulary)
        half = SPACE * (count // 2)
        model["merges"].append([half, SPACE * (count - count // 2)])
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    if all_merges:
        ranked = sorted(vocabulary.items(), key=lambda item: item[1])
        model["merges"] = [
            [token[:cut], token[cut:]]
            for token, _ in ranked
            for cut in range(1, len(token))
            if token[:cut] in vocabulary and token[cut:] in vocabulary
        ]
    model |= {"byte_fallback": True, "unk_token": "<unk>", "fuse_unk": True}
    replaced: list[Any] = [normalizers.Prepend(SPACE)] if prepends else []
    replaced.append(normalizers.Replace(" ", SPACE))
    parts = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    parts += [decoders.Strip(" ", 1, 0)] if prepends or metaspace is not None else []
    shell = tokenizers.Tokenizer(models.BPE())
    shell.decoder = decoders.Sequence(parts)
    if metaspace is not None:
        shell.pre_tokenizer = metaspace
    else:
        shell.normalizer = normalizers.Sequence(replaced)
    outer = json.loads(shell.to_str())
    return with_added_last(file) | {name: outer[name] for name in ("normalizer", "pre_tokenizer", "decoder")}
