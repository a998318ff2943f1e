"""The same ids as tiktoken, before anything is timed: on the corpora, the prompts and fuzzed texts, from threads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tokenizing.subjects import Subject

FRAGMENTS = (
    *("'s", "'S", "'ll", "'", "’s", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\u00a0", "\u3000", "\x85"),
    *("0", "42", "123", "1234", "3.14", "१२३", "½", "/", "//", "{\n//", "!", "...", "—", "«", "{", "_", "€", "\x00"),
    *("the", " the", "Hello", "HELLO", "camelCase", "HTTPServer", "ǅ", "ʰ", "naïve", "Straße", "e\u0301", "\u0301"),
    *(
        "Ελλάδα",
        "Привет",
        "中文",
        "日本語",
        "カナ",
        "한국어",
        "ไทย",
        "हिन्दी",
        "العربية",
        "עברית",
        "😀",
        "👩‍👩‍👧‍👦",
        "\ufeff",
    ),
    *("<|endoftext|>", "<|", "https://example.it/a?b=c", "def f(x):\n    return x"),
)


def fuzzed(seed: int) -> str:
    rng = random.Random(seed)
    if seed % 3 == 0:
        code_points = (rng.randrange(0x110000) for _ in range(rng.randrange(1, 40)))
        return "".join(chr(code_point) for code_point in code_points if not 0xD800 <= code_point < 0xE000)
    few = rng.sample(FRAGMENTS, 4) if seed % 3 == 1 else FRAGMENTS
    return "".join(rng.choice(few) * rng.choice((1, 1, 1, 2, 5)) for _ in range(rng.randrange(1, 60)))


def check(rival: Subject, own: Subject, texts: Sequence[str]) -> None:
    expected = [list(rival.encode(text)) for text in texts]

    def ask(i: int) -> None:
        ids = own.encode(texts[i])
        assert ids == expected[i], f"other ids for {texts[i][:80]!r}"
        assert own.count(texts[i]) == len(ids), f"another count for {texts[i][:80]!r}"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(len(texts))))
    ids, offsets = own.batch(list(texts), 2)
    for i, wanted in enumerate(expected):
        assert ids[offsets[i] : offsets[i + 1]].tolist() == wanted, f"other ids in a batch for {texts[i][:80]!r}"
