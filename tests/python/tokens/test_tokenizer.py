from __future__ import annotations

import doctest
import os
import pathlib
import pickle
import shutil
import threading
import time

import pytest

import tokenfoundry as tf
import tokenfoundry.tokens
from tokenfoundry import _core, errors

DATA = pathlib.Path(_core.__file__).parent / "data"


@pytest.fixture(params=["o200k_base", "cl100k_base"])
def tokenizer(request: pytest.FixtureRequest) -> tf.Tokenizer:
    return tf.Tokenizer.load(request.param)


def test_the_examples_of_the_docstrings_are_true() -> None:
    result = doctest.testmod(tokenfoundry.tokens)
    assert result.attempted >= 5
    assert result.failed == 0


@pytest.mark.parametrize(
    ("model", "vocabulary"),
    [
        ("gpt-5", "o200k_base"),
        ("gpt-5.2-mini", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("o4-mini", "o200k_base"),
        ("ft:gpt-4o-mini:team::1", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-4-32k-0314", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("ft:gpt-3.5-turbo:team::1", "cl100k_base"),
        ("text-embedding-3-large", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
    ],
)
def test_a_model_of_a_known_family_has_the_vocabulary_of_its_family(model: str, vocabulary: str) -> None:
    assert tf.Tokenizer.for_model(model).name == vocabulary


@pytest.mark.parametrize("model", ["", "claude-sonnet-4-5", "gpt-2", "acme-1"])
def test_a_model_of_an_unknown_family_is_refused_by_its_name(model: str) -> None:
    with pytest.raises(errors.NotFound, match="is not known"):
        tf.Tokenizer.for_model(model)


def test_an_unknown_vocabulary_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(errors.NotFound, match="o200k_base, cl100k_base"):
        tf.Tokenizer.load("../o200k_base")


def test_a_tokenizer_is_not_made_by_hand() -> None:
    with pytest.raises(TypeError, match=r"Tokenizer\.load"):
        tf.Tokenizer()


def test_the_same_name_twice_is_one_table() -> None:
    first = tf.Tokenizer.load("o200k_base")
    second = tf.Tokenizer.load("o200k_base")
    assert first is second


def test_names_and_sizes_are_those_of_the_published_encodings() -> None:
    assert [
        (tf.Tokenizer.load(name).name, tf.Tokenizer.load(name).n_vocab) for name in ("o200k_base", "cl100k_base")
    ] == [
        ("o200k_base", 200_019),
        ("cl100k_base", 100_277),
    ]


def test_the_text_of_a_special_token_is_ordinary_text(tokenizer: tf.Tokenizer) -> None:
    ids = tokenizer.encode("<|endoftext|>")
    assert len(ids) > 1
    assert tokenizer.decode(ids) == "<|endoftext|>"


def test_a_user_cannot_forge_what_qwen_adds_without_calling_it_special() -> None:
    tokenizer = tf.Tokenizer.load("qwen")
    added = {text: token_id for text, token_id in tokenizer.special_tokens.items() if token_id >= 151_657}
    assert added["<tool_call>"] == 151_657
    assert added["<think>"] == 151_667
    for text, token_id in added.items():
        ids = tokenizer.encode(f"a{text}b")
        assert max(ids) < 151_643, text
        assert tokenizer.count(f"a{text}b") == len(ids) > 3
        assert tokenizer.decode(ids) == f"a{text}b"
        assert token_id in tokenizer.encode(f"a{text}b", allowed_special="all")
        assert token_id not in tokenizer.encode(f"a{text}b", allowed_special=["<|im_end|>"])


def test_the_empty_text_has_no_tokens(tokenizer: tf.Tokenizer) -> None:
    assert tokenizer.encode("") == []
    assert tokenizer.count("") == 0
    assert tokenizer.count_up_to("", 0) == 0
    assert tokenizer.decode([]) == ""


def test_counting_stops_above_the_limit(tokenizer: tf.Tokenizer) -> None:
    text = "one two three four five"
    assert tokenizer.count(text) == 5
    assert [tokenizer.count_up_to(text, limit) for limit in (0, 3, 4, 5, 6, 2**62)] == [1, 4, 5, 5, 5, 5]


def test_a_negative_limit_is_refused(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(errors.InvalidInput, match="at least 0"):
        tokenizer.count_up_to("a", -1)


def test_a_lone_surrogate_is_refused_by_every_method_that_reads_text(tokenizer: tf.Tokenizer) -> None:
    for call in (tokenizer.encode, tokenizer.count, lambda text: tokenizer.count_up_to(text, 9)):
        with pytest.raises(errors.InvalidInput, match="lone surrogate"):
            call("a\ud800")


def test_ids_that_end_within_a_character_decode_to_the_replacement_character(tokenizer: tf.Tokenizer) -> None:
    ids = tokenizer.encode("\U0001f9ff")
    assert len(ids) > 1
    assert tokenizer.decode(ids[:1]) == "\ufffd"
    assert tokenizer.decode_bytes(ids[:1]) == "\U0001f9ff".encode()[: len(tokenizer.decode_bytes(ids[:1]))]


@pytest.mark.parametrize("token_id", [-1, 100_256, 200_018 + 1, 2**32, 2**80])
def test_an_id_without_a_token_is_refused(token_id: int) -> None:
    with pytest.raises(errors.InvalidInput):
        tf.Tokenizer.load("cl100k_base").decode([0, token_id])


def test_ids_that_are_no_numbers_are_a_type_error(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(TypeError):
        tokenizer.decode(["a"])  # type: ignore[list-item]


def test_text_that_is_no_str_is_a_type_error(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(TypeError):
        tokenizer.encode(b"bytes")  # type: ignore[arg-type]


def test_a_pickled_tokenizer_comes_back_as_the_same_vocabulary(tokenizer: tf.Tokenizer) -> None:
    again = pickle.loads(pickle.dumps(tokenizer))
    assert again.name == tokenizer.name
    assert again.encode("x y") == tokenizer.encode("x y")


def test_threads_share_one_tokenizer(tokenizer: tf.Tokenizer) -> None:
    texts = [f"thread {n}: " + "perché sì, già! 123 " * 400 for n in range(4)]
    expected = [tokenizer.encode(text) for text in texts]
    results: list[list[int]] = [[] for _ in texts]

    def encode(n: int) -> None:
        for _ in range(5):
            results[n] = tokenizer.encode(texts[n])

    threads = [threading.Thread(target=encode, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == expected


def test_a_fork_goes_on_using_the_tokenizer(tokenizer: tf.Tokenizer) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if tokenizer.count("one two three") == 3 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        " " * 1_000_000,
        "\n" * 1_000_000,
        "A" * 1_000_000,
        "\u0301" * 500_000,
        "=" * 1_000_000,
        "中" * 300_000,
        (" " + "_" * 2_000 + "-" * 2_000) * 250,
    ],
    ids=["letter", "spaces", "newlines", "capital", "marks", "signs", "ideographs", "rulers"],
)
def test_a_megabyte_of_few_characters_takes_moments(tokenizer: tf.Tokenizer, text: str) -> None:
    started = time.process_time()
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert time.process_time() - started < 5.0  # Really 0.1 to 0.4 s; anything quadratic takes hours.


def test_a_long_piece_is_not_merged_to_learn_that_it_passes_a_limit(tokenizer: tf.Tokenizer) -> None:
    assert tokenizer.count_up_to("a" * 1_000_000, 100) == 101


def test_a_damaged_table_is_data_loss_and_not_a_smaller_vocabulary(tmp_path: pathlib.Path) -> None:
    table = tmp_path / "cl100k_base.tfv"
    shutil.copy(DATA / table.name, table)
    with table.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(errors.DataLoss, match="SHA-256"):
        _core.Tokenizer(str(table))


def test_a_missing_table_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.NotFound, match=r"cl100k_base\.tfv"):
        _core.Tokenizer(str(tmp_path / "cl100k_base.tfv"))


def test_an_array_holds_the_ids_and_owns_them(tokenizer: tf.Tokenizer) -> None:
    array = tokenizer.encode_array("one two three")
    assert (array.dtype.name, array.tolist()) == ("uint32", tokenizer.encode("one two three"))
    assert array.flags.writeable


def test_a_batch_of_no_texts_is_empty(tokenizer: tf.Tokenizer) -> None:
    ids, offsets = tokenizer.encode_batch_flat([])
    assert (ids.tolist(), offsets.tolist()) == ([], [0])
    assert tokenizer.encode_batch([]) == []
    assert tokenizer.count_batch([]).tolist() == []


def test_a_batch_is_any_iterable_of_texts(tokenizer: tf.Tokenizer) -> None:
    assert tokenizer.count_batch(word for word in ("one", "", "two three")).tolist() == [1, 0, 2]


def test_a_batch_on_less_than_no_threads_is_refused(tokenizer: tf.Tokenizer) -> None:
    for call in (tokenizer.encode_batch, tokenizer.encode_batch_flat, tokenizer.count_batch):
        with pytest.raises(errors.InvalidInput, match="at least 0"):
            call(["a"], threads=-1)


def test_a_batch_of_what_is_no_text_is_a_type_error(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(TypeError, match="not bytes"):
        tokenizer.count_batch([b"bytes"])  # type: ignore[list-item]


def test_a_special_token_that_the_vocabulary_lacks_is_refused_by_its_name(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(errors.InvalidInput, match=r"no special token <\|none\|>"):
        tokenizer.encode("a", allowed_special={"<|none|>"})
    with pytest.raises(errors.InvalidInput, match="collection of special tokens"):
        tokenizer.encode("a", allowed_special="<|endoftext|>")


def test_special_tokens_are_known_by_name(tokenizer: tf.Tokenizer) -> None:
    assert set(tokenizer.special_tokens) >= {"<|endoftext|>", "<|endofprompt|>"}
    for name, token_id in tokenizer.special_tokens.items():
        assert tokenizer.decode([token_id]) == name
        assert tokenizer.token_of(name.encode()) == token_id


def test_a_tokenizer_that_was_not_opened_is_refused_and_does_not_crash() -> None:
    hollow = tf.Tokenizer.__new__(tf.Tokenizer)
    for call in (hollow.count, hollow.encode):
        with pytest.raises(TypeError, match="was not made by"):
            call("a")


def test_another_keyword_of_encode_is_a_type_error(tokenizer: tf.Tokenizer) -> None:
    with pytest.raises(TypeError, match="allowed_special"):
        tokenizer.encode("a", special="all")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes a text"):
        tokenizer.encode()  # type: ignore[call-arg]


def test_a_number_beyond_64_bits_is_one_of_threads_or_tokens() -> None:
    tokenizer = tf.Tokenizer.load("o200k_base")
    for number in (2**63, 10**30):
        assert tokenizer.count_up_to("a b", number) == 2
        assert tokenizer.encode_batch(["a"], number) == [tokenizer.encode("a")]
        assert tokenizer.count_batch(["a"], number).tolist() == [1]
        assert tokenizer.encode_batch_flat(["a"], number)[0].tolist() == tokenizer.encode("a")
    with pytest.raises(errors.InvalidInput):
        tokenizer.count_up_to("a", -(10**30))


def test_a_tokenizer_that_was_not_made_says_so() -> None:
    assert repr(tf.Tokenizer.__new__(tf.Tokenizer)) == "<Tokenizer, not made>"
