"""How many times faster than tiktoken, and than the fastest other tokenizer, are texts counted and encoded?

    scripts/bench tokens             everything; the rivals are installed into .bench-venv/tokens first
    scripts/bench tokens --quick     shorter texts and fewer rounds: some two minutes

The same vocabulary, o200k_base, in one process and on one thread: the tokenizers take turns, and the figure is the
ratio of the medians of their CPU time. "Fastest" is the better of gigatoken and fastokens in that run, each asked in
its quickest way for the form that is wanted. Neither counts without making the ids, so a count is compared with the
quickest way to the number. Ids equal to tiktoken's are asserted on all texts before anything is timed.

The texts are what `tokenizing/corpora.py` says; "1 KB" and "100" are cuts of 1,000 and of 100 characters.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tokenizing import corpora, equality, speed, standing
from tokenizing.speed import Row
from tokenizing.subjects import SUBJECTS, Subject, add_rivals

MAIN, OTHER = "o200k_base", "cl100k_base"
FURTHER = ("cl100k_base", "p50k_base", "r50k_base", "o200k_harmony", "qwen")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked."""

    characters: int  # Of each corpus.
    prompts: int
    fuzzed: int
    rounds: int
    fresh_rounds: int


FULL = Size(2_000_000, prompts=3_000, fuzzed=20_000, rounds=7, fresh_rounds=3)
QUICK = Size(500_000, prompts=500, fuzzed=2_000, rounds=3, fresh_rounds=1)


def say(*lines: str) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


def assert_equal(size: Size, texts: dict[str, str], prompts: list[str]) -> None:
    asked = [*texts.values(), *prompts, *(equality.fuzzed(seed) for seed in range(size.fuzzed))]
    for vocabulary in (MAIN, OTHER):
        equality.check(SUBJECTS["tiktoken"](vocabulary), SUBJECTS["tokenfoundry"](vocabulary), asked)
    say(f"ids equal to tiktoken's: {len(asked):,} texts ({size.fuzzed:,} fuzzed), {MAIN} and {OTHER}, 4 threads\n")


def row_line(row: Row) -> str:
    return (
        f"{row.label:<28}{row.to_tiktoken:>9.1f}x{row.to_fastest:>9.2f}x  {row.fastest:<11}"
        f"{row.seconds[speed.OWN] * 1e3:>9.2f} ms ±{row.spread / 2:.0%}"
    )


def section(title: str, rows: Iterable[Row]) -> None:
    say(f"{title:<28}{'tiktoken':>10}{'fastest':>10}  {'which':<11}{'ours':>12}")
    for row in rows:
        say(row_line(row))
    say("")


def cuts(text: str, characters: int, most: int) -> list[str]:
    return [text[start : start + characters] for start in range(0, min(len(text), characters * most), characters)]


def by_corpus(
    measure: Callable[[str, list[Subject], list[str], int], Row], texts: dict[str, str], size: Size, characters: int = 0
) -> Iterable[Row]:
    for kind, text in texts.items():
        asked = cuts(text, characters, 200_000 // characters) if characters else [text]
        yield measure(kind, LOADED, asked, size.rounds)


LOADED: list[Subject] = []


def show_standing(subjects: list[Subject], texts: dict[str, str]) -> None:
    own = next(subject for subject in subjects if subject.name == speed.OWN)
    say("1 MB of hostile text, encoded to a list, seconds of CPU")
    for name, seconds in standing.hostile_s(own).items():
        say(f"  {name:<26}{seconds:>8.3f}")
    say("", f"{'':<28}" + "".join(f"{subject.name:>14}" for subject in subjects))
    threads = [standing.fresh_thread(subject, texts["english"][5_000:6_000]) for subject in subjects]
    say(f"{'1 KB on a new thread, ms':<28}" + "".join(f"{seconds * 1e3:>14.3f}" for seconds, _ in threads))
    say(f"{'  and its memory, MB':<28}" + "".join(f"{memory / 1e6:>14.2f}" for _, memory in threads))
    loads = [standing.loading(subject.name) for subject in subjects]
    say(f"{'load and first count, s':<28}" + "".join(f"{seconds:>14.3f}" for seconds, _ in loads))
    say(f"{'  and its memory, MB':<28}" + "".join(f"{memory / 1e6:>14.1f}" for _, memory in loads))
    stalls = [standing.stall(subject, texts["english"]) for subject in subjects]
    say(f"{'stall of another thread':<28}" + "".join(f"{share:>14.0%}" for share in stalls))


def show_further(texts: dict[str, str], size: Size) -> None:
    """The other vocabularies, beside tiktoken alone; its Qwen does not compose, ours looks whether it must."""
    say(f"{'to tiktoken, 1 KB':<28}" + "".join(f"{kind:>11}" for kind in texts))
    for name in FURTHER:
        subjects = [SUBJECTS["tiktoken"](name), SUBJECTS[speed.OWN](name)]
        for form, measure in (("count", speed.counted), ("list", speed.listed)):
            rows = [measure(kind, subjects, cuts(text, 1_000, 200), size.rounds) for kind, text in texts.items()]
            say(f"{f'{name}, {form}':<28}" + "".join(f"{row.to_tiktoken:>10.1f}x" for row in rows))
    say("")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter texts and fewer rounds")
    size = QUICK if parser.parse_args().quick else FULL
    add_rivals()
    versions = {name: importlib.metadata.version(name) for name in ("tiktoken", "gigatoken", "fastokens")}
    texts = corpora.corpora(size.characters)
    prompts = corpora.prompts(texts, size.prompts)
    say(f"Python {platform.python_version()}, {platform.machine()}, {versions}")
    say("bytes: " + ", ".join(f"{name} {len(text.encode()):,}" for name, text in texts.items()))
    assert_equal(size, texts, prompts)

    LOADED.extend(make(MAIN) for make in SUBJECTS.values())
    section("count, large", by_corpus(speed.counted, texts, size))
    section("count, 1 KB", by_corpus(speed.counted, texts, size, 1_000))
    section("count, 100", by_corpus(speed.counted, texts, size, 100))
    section("list, large", by_corpus(speed.listed, texts, size))
    section("list, 1 KB", by_corpus(speed.listed, texts, size, 1_000))
    section("list, 100", by_corpus(speed.listed, texts, size, 100))
    section("numpy, large", by_corpus(speed.in_arrays, texts, size))
    section(
        "never seen, large", (speed.never_seen(kind, MAIN, text, size.fresh_rounds) for kind, text in texts.items())
    )
    section(
        "prompts",
        (
            speed.counted("one by one, count", LOADED, prompts, size.rounds),
            speed.in_batches("a batch, 2 threads (wall)", LOADED, prompts, size.rounds),
        ),
    )
    show_standing(LOADED, texts)
    say("")
    show_further(texts, size)


if __name__ == "__main__":
    main()
