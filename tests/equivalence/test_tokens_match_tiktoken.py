"""The same ids as tiktoken, for the two main vocabularies, on all that tells a wrong scanner or a wrong merge apart.

tiktoken is built from the committed rank files, so that nothing is downloaded.
"""

from __future__ import annotations

import concurrent.futures
import itertools
import pathlib
import random
import unicodedata
from collections.abc import Iterator

import pytest

import tokenfoundry as tf
from support.reference_tokens import CODE_POINTS, VOCABULARIES, Pair, fuzzed

ROOT = pathlib.Path(__file__).parents[2]
TEXTS = sorted((ROOT / "tests/data/texts").glob("*.txt"))

# Each context puts the code point where another alternative of the patterns would take it.
EVERY_CONTEXT = ("a{}b 1",)
ASSIGNED_CONTEXTS = ("A{0}{0}B", " {}a", "é{}'S", "1{}2", "  {}\n", "!{}/\n", "{}AB\u0301C", "\n{} ", "'{}")


@pytest.fixture(scope="module", params=VOCABULARIES)
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


def joined_cases(context: str, code_points: list[int]) -> Iterator[list[str]]:
    for start in range(0, len(code_points), 512):
        yield [context.format(chr(code_point)) for code_point in code_points[start : start + 512]]


@pytest.mark.parametrize("context", EVERY_CONTEXT)
def test_every_code_point_is_of_the_class_that_the_reference_gives_it(pair: Pair, context: str) -> None:
    for texts in joined_cases(context, CODE_POINTS):
        pair.check_joined(texts)


@pytest.mark.parametrize("context", ASSIGNED_CONTEXTS)
def test_every_sort_of_character_splits_alike_wherever_it_stands(pair: Pair, context: str) -> None:
    ideographs = range(0x3400, 0xD7A4)  # One category, the same class: tested once above.
    code_points = [
        code_point
        for code_point in CODE_POINTS
        if code_point < 0x20000 and code_point not in ideographs and unicodedata.category(chr(code_point)) != "Cn"
    ]
    for texts in joined_cases(context, code_points):
        pair.check_joined(texts)


def test_fuzzed_texts_have_the_same_ids(pair: Pair) -> None:
    for seed in range(20_000):
        pair.check(fuzzed(seed))


def test_threads_and_batches_have_the_same_ids(pair: Pair) -> None:
    texts = [fuzzed(seed) for seed in range(20_000, 22_000)]
    texts += [path.read_text(encoding="utf-8") for path in TEXTS]
    expected = [pair.reference.encode_ordinary(text) for text in texts]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pair.ours.encode, texts)) == expected
    assert pair.ours.encode_batch(texts, threads=3) == expected
    ids, offsets = pair.ours.encode_batch_flat(texts, threads=2)
    assert [ids[start:end].tolist() for start, end in itertools.pairwise(offsets)] == expected
    assert pair.ours.count_batch(texts, threads=2).tolist() == list(map(len, expected))
    assert [pair.ours.encode_array(text).tolist() for text in texts] == expected


@pytest.mark.parametrize("allowed", ["all", {"<|endoftext|>"}, {"<|endofprompt|>"}, set()])
def test_special_tokens_that_are_allowed_have_the_same_ids(pair: Pair, allowed: str | set[str]) -> None:
    texts = ["<|endoftext|>", "a<|endofprompt|> b<|endoftext|><|endoftext|>", "<|endoftext", " <|endofprompt|>\n", ""]
    for text in texts:
        expected = pair.reference.encode(text, allowed_special=allowed, disallowed_special=())  # type: ignore[arg-type]
        assert pair.ours.encode(text, allowed_special=allowed) == expected


def test_tokens_begin_where_the_reference_says(pair: Pair) -> None:
    for seed in range(300):
        ids = pair.ours.encode(fuzzed(seed))
        assert (pair.ours.decode(ids), pair.ours.starts(ids)) == pair.reference.decode_with_offsets(ids)


LETTERS = ("A", "b", "ǅ", "中", "ʰ", "\u0301", "'", "s", " ", "1", "\n", "!", "/")


def test_all_short_orders_of_the_character_classes_split_alike(pair: Pair) -> None:
    """Every string of up to four characters, one of each class: no path through the patterns is left out."""
    texts = [""]
    shorter = [""]
    for _ in range(4):
        shorter = [text + letter for text in shorter for letter in LETTERS]
        texts += shorter
    for text in texts:
        assert pair.ours.encode(text) == pair.reference.encode_ordinary(text), f"other ids for {text!r}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_prose_has_the_same_ids(pair: Pair, path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) > 2_000
    pair.check(text)
    for cut in range(0, len(text), 7):
        pair.check(text[cut : cut + 200])


def test_the_texts_are_in_five_languages() -> None:
    assert [path.stem for path in TEXTS] == ["de", "en", "es", "fr", "it"]


@pytest.mark.parametrize("length", [95, 96, 97, 127, 128, 129, 1_000, 20_000])
def test_pieces_on_both_sides_of_the_long_merge_have_the_same_ids(pair: Pair, length: int) -> None:
    rng = random.Random(length)
    for letters in ("a", "ab", "abcdefghijklmnopqrstuvwxyz", "etaoin", "éàü", "中文字"):
        pair.check("".join(rng.choice(letters) for _ in range(length)))
    for sign in ("=", "-", " ", "\n", "!?", "\t"):
        pair.check("".join(rng.choice(sign) for _ in range(length)))


def test_every_token_of_the_vocabulary_encodes_as_in_the_reference(pair: Pair) -> None:
    for token in pair.reference.token_byte_values():
        try:
            text = token.decode("utf-8")
        except UnicodeDecodeError:
            continue
        assert pair.ours.encode(text) == pair.reference.encode_ordinary(text), f"other ids for {text!r}"


def test_every_id_decodes_to_the_same_bytes_special_tokens_included(pair: Pair) -> None:
    assert pair.ours.n_vocab == pair.reference.n_vocab
    for token_id in range(pair.reference.n_vocab):
        try:
            expected = pair.reference.decode_single_token_bytes(token_id)
        except KeyError:
            with pytest.raises(tf.errors.InvalidInput):
                pair.ours.decode_bytes([token_id])
        else:
            assert pair.ours.decode_bytes([token_id]) == expected
