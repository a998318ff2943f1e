"""The same ids as tiktoken for the vocabularies that become tables at first use, and for those that are another one
with other special tokens.
"""

from __future__ import annotations

import pathlib

import pytest

from support.reference_tokens import CODE_POINTS, OLDER_VOCABULARIES, Pair, fuzzed

TEXTS = sorted((pathlib.Path(__file__).parents[1] / "data/texts").glob("*.txt"))


@pytest.fixture(scope="module", params=(*OLDER_VOCABULARIES, "o200k_harmony"))
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


def test_fuzzed_texts_have_the_same_ids(pair: Pair) -> None:
    for seed in range(4_000):
        pair.check(fuzzed(seed))


@pytest.mark.parametrize("context", ["a{}b 1", " {}a", "1{}2", "  {}\n", "{}\u0301!"])
def test_every_code_point_splits_alike(pair: Pair, context: str) -> None:
    for start in range(0, 0x20000, 512):
        pair.check_joined([context.format(chr(code_point)) for code_point in CODE_POINTS[start : start + 512]])


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_prose_has_the_same_ids(pair: Pair, path: pathlib.Path) -> None:
    pair.check(path.read_text(encoding="utf-8"))


def test_every_token_of_the_vocabulary_encodes_as_in_the_reference(pair: Pair) -> None:
    for token in pair.reference.token_byte_values():
        text = token.decode("utf-8", errors="replace")
        assert pair.ours.encode(text) == pair.reference.encode_ordinary(text), f"other ids for {text!r}"


def test_each_special_token_has_the_same_id(pair: Pair) -> None:
    assert pair.ours.special_tokens == pair.reference._special_tokens
    assert pair.ours.n_vocab == pair.reference.n_vocab
    for text in pair.reference.special_tokens_set:
        assert pair.ours.encode(f"a{text} b", allowed_special="all") == pair.reference.encode(
            f"a{text} b", allowed_special="all"
        )
        ordinary = pair.ours.encode(text)
        assert ordinary == pair.reference.encode_ordinary(text)
        assert pair.ours.special_tokens[text] not in ordinary
