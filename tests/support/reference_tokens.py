"""tiktoken, built from the committed rank files so that nothing is downloaded, and texts to compare it on."""

from __future__ import annotations

import base64
import lzma
import pathlib
import random

import pytest
import tiktoken
import tiktoken.load
import tiktoken_ext.openai_public as published

import tokenfoundry as tf

ROOT = pathlib.Path(__file__).parents[2]
RANKS = ROOT / "cpp/tokenfoundry/tokens/vocabularies"
VOCABULARIES = ("o200k_base", "cl100k_base")
OLDER_VOCABULARIES = ("p50k_base", "r50k_base", "p50k_edit", "gpt2")
R50K_TOKENS = 50_256  # They are the first ones of p50k_base, so its file is not committed.
R50K_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
CODE_POINTS = [*range(0xD800), *range(0xE000, 0x110000)]


def committed_ranks(tiktoken_bpe_file: str, expected_hash: str | None = None) -> dict[bytes, int]:
    name = pathlib.PurePosixPath(tiktoken_bpe_file).name
    packed = RANKS / f"{name.replace('r50k', 'p50k')}.xz"
    ranks = lzma.decompress(packed.read_bytes())
    if name.startswith("r50k"):
        ranks = b"".join(ranks.splitlines(keepends=True)[:R50K_TOKENS])
    assert expected_hash is not None
    assert tiktoken.load.check_hash(ranks, expected_hash)
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, ranks.splitlines())}


class Pair:
    """Our tokenizer and the reference."""

    def __init__(self, name: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(published, "load_tiktoken_bpe", committed_ranks)
            # GPT-2's first files spell the tokens of r50k_base, in another format that is not committed.
            r50k = committed_ranks("r50k_base.tiktoken", R50K_SHA256)
            patch.setattr(published, "data_gym_to_mergeable_bpe_ranks", lambda **_: r50k)
            self.reference = tiktoken.Encoding(**published.ENCODING_CONSTRUCTORS[name]())
        self.ours = tf.Tokenizer.load(name)

    def check(self, text: str) -> None:
        ids = self.ours.encode(text)
        assert ids == self.reference.encode_ordinary(text), f"other ids for {text!r}"
        assert self.ours.count(text) == len(ids)
        assert self.ours.decode(ids) == text, f"not the same text back for {text!r}"

    def check_joined(self, texts: list[str]) -> None:
        """Checks a long text at once and, if it is wrong, finds the part that is wrong by itself."""
        joined = "".join(texts)
        if self.ours.encode(joined) != self.reference.encode_ordinary(joined):
            for text in texts:
                self.check(text)
        self.check(joined)


FRAGMENTS = (
    *("'s", "'S", "'ſ", "'t", "'RE", "'ve", "'Ll", "'d", "'m", "'", "’s", "''", "'r", "'l"),
    *(
        " ",
        "  ",
        "   ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " \n",
        "\n ",
        "\t\n\t",
        "\u00a0",
        "\u2003",
        "\u3000",
        "\x85",
        "\x0b",
    ),
    *("0", "7", "42", "123", "1234", "3.14", "१२३", "Ⅷ", "½", "²"),
    *("/", "//", "/\n", "!", "...", "—", "«", "»", "{", "}", "_", "#", "@", "$", "€", "```", "\\", "\x00", "\x1b[0m"),
    *("the", " the", "Hello", "HELLO", "camelCase", "HTTPServer", "Ǆ", "ǅ", "ʰ", "ª", "naïve", "Straße", "İ", "ı"),
    *("e\u0301", "A\u0301", "\u0301", "\u0301\u0302", "\u20dd", "\u0903", "ÀÈ", "àè", "Ελλάδα", "Привет", "ПРИВЕТ"),
    *("中文", "日本語", "カナ", "한국어", "ไทย", "हिन्दी", "العربية", "עברית", "ქართული", "አማርኛ"),
    *("😀", "👩‍👩‍👧‍👦", "🇮🇹", "👍🏽", "\ufe0f", "\u200d", "\ufeff", "\ufffd", "\ue000", "\U0010ffff", "\u0378"),
    *(
        "<|endoftext|>",
        "<|fim_prefix|>",
        "<|endofprompt|>",
        "<|",
        "|>",
        "https://example.it/a?b=c",
        "def f(x):\n    return x",
    ),
)


def fuzzed(seed: int) -> str:
    rng = random.Random(seed)
    kind = rng.randrange(4)
    if kind == 0:  # Any code point at all.
        return "".join(chr(rng.choice(CODE_POINTS)) for _ in range(rng.randrange(1, 40)))
    if kind == 1:  # One script.
        block = rng.choice(CODE_POINTS) & ~0xFF
        span = [code_point for code_point in range(block, block + 256) if not 0xD800 <= code_point < 0xE000]
        return "".join(rng.choice((" ", "a", "A", chr(rng.choice(span)))) for _ in range(rng.randrange(1, 60)))
    if kind == 2:  # Few different fragments, so that runs are long.
        few = rng.sample(FRAGMENTS, 3)
        return "".join(rng.choice(few) * rng.randrange(1, 6) for _ in range(rng.randrange(1, 40)))
    return "".join(rng.choice(FRAGMENTS) for _ in range(rng.randrange(1, 80)))
