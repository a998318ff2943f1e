"""How many bytes of text a CPU second encodes and counts, against tiktoken? In MB of UTF-8 per second of one core.

    python benchmarks/python/bench_tokens.py

Equal ids are asserted on every input before anything is timed. tiktoken and tokenfoundry then take turns in one
process; the time is that of the process, the figure the median of the rounds, the spread that of their middle half.
The inputs: prose in five languages and code, each a few KB repeated, which is kind to the caches of both; one short
chat prompt; and texts that are merged from many small tokens.
"""

# ruff: noqa: T201

from __future__ import annotations

import base64
import importlib.metadata
import lzma
import pathlib
import platform
import random
import statistics
import time
from collections.abc import Callable

import tiktoken
import tiktoken_ext.openai_public as published

import tokenfoundry as tf

ROOT = pathlib.Path(__file__).parents[2]
ROUNDS = 9
ROUND_S = 0.02  # A shorter call is repeated for about as long as this, by tiktoken's time.


def committed_ranks(url: str, expected_hash: str | None = None) -> dict[bytes, int]:
    packed = ROOT / "cpp/tokenfoundry/tokens/vocabularies" / f"{pathlib.PurePosixPath(url).name}.xz"
    lines = lzma.decompress(packed.read_bytes()).splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def reference(name: str) -> tiktoken.Encoding:
    published.load_tiktoken_bpe = committed_ranks  # No network.
    return tiktoken.Encoding(**published.ENCODING_CONSTRUCTORS[name]())


def inputs() -> dict[str, str]:
    texts = {path.stem: path.read_text() for path in sorted((ROOT / "tests/data/texts").glob("*.txt"))}
    rng = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "chat, 90 bytes": "Could you summarise the attached minutes in three sentences, and list who has to do what?",
        **{f"{language}, prose": text * 16 for language, text in texts.items()},
        "code": pathlib.Path(published.__file__).read_text() * 6,
        "words at random": " ".join("".join(rng.choices(letters, k=rng.randrange(3, 12))) for _ in range(6_000)),
        "one word of 40 KB": "".join(rng.choices(letters, k=40_000)),
        "one letter, 40 KB": "a" * 40_000,
        "base64, 40 KB": base64.b64encode(rng.randbytes(30_000)).decode(),
    }


def cpu_s(call: Callable[[str], object], text: str, repeats: int) -> float:
    started = time.process_time_ns()
    for _ in range(repeats):
        call(text)
    return (time.process_time_ns() - started) / 1e9 / repeats


def measure(calls: dict[str, Callable[[str], object]], text: str) -> dict[str, list[float]]:
    first = next(iter(calls.values()))
    repeats = max(1, round(ROUND_S / cpu_s(first, text, 3)))
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            seconds[name].append(cpu_s(call, text, repeats))
    return seconds


def row(label: str, size_bytes: int, seconds: dict[str, list[float]]) -> str:
    rival_s = statistics.median(seconds["tiktoken"])
    cells = [f"{label:<20}{size_bytes:>9,}"]
    for values in seconds.values():
        low, middle, high = statistics.quantiles(values, n=4)
        spread = (high - low) / middle
        cells.append(f"{size_bytes / middle / 1e6:>8.1f} ±{spread / 2:>4.0%} {rival_s / middle:>6.1f}x")
    return "  ".join(cells)


def main() -> None:
    versions = {name: importlib.metadata.version(name) for name in ("tokenfoundry", "tiktoken")}
    print(f"Python {platform.python_version()}, {platform.processor() or platform.machine()}, {versions}")
    for name in ("o200k_base", "cl100k_base"):
        rival, ours = reference(name), tf.Tokenizer.load(name)
        calls = {"tiktoken": rival.encode_ordinary, "encode": ours.encode, "count": ours.count}
        headings = "  ".join(f"{heading:>21}" for heading in calls)
        print(
            f"\n{name}: MB/s, half the spread of the middle half, ratio to tiktoken\n{'':<20}{'bytes':>9}  {headings}"
        )
        for label, text in inputs().items():
            ids = rival.encode_ordinary(text)
            assert ours.encode(text) == ids, f"other ids for {label!r}"
            assert ours.count(text) == len(ids), f"another count for {label!r}"
            print(row(label, len(text.encode()), measure(calls, text)))


if __name__ == "__main__":
    main()
