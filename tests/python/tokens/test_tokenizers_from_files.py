"""What `Tokenizer.from_file` makes of small files: whole ones, damaged ones, and those it cannot know."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import pathlib
import pickle
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import tokenizers

import tokenfoundry as tf
from tokenfoundry import errors
from tokenfoundry.vocabularies import byte_level, files, table_cache
from tokenfoundry.vocabularies.patterns import published_expression_of

WORDS = (b"th", b"the", b" t", b" th", b" the", b"in", b"ing", b"  ", b"ab", b"abab", b"\xc3\xa9")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
END = {"<|end|>": 256 + len(WORDS)}


@pytest.fixture(autouse=True)
def tables(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setenv("TOKENFOUNDRY_VOCABULARIES", str(tmp_path / "tables"))
    return tmp_path / "tables"


def ranks() -> bytes:
    tokens = [*(bytes((byte,)) for byte in range(256)), *WORDS]
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))


def spelled(token: bytes) -> str:
    return "".join(byte_level._LETTERS[byte] for byte in token)


def bytes_file() -> dict[str, Any]:
    """A tokenizer.json with the same tokens, each but the bytes made of two before it."""
    tokens = [*(bytes((byte,)) for byte in range(256)), *WORDS]
    merges = []
    for token in WORDS:
        cut = next(cut for cut in range(1, len(token)) if token[:cut] in tokens and token[cut:] in tokens)
        merges.append(f"{spelled(token[:cut])} {spelled(token[cut:])}")
    return {
        "added_tokens": [
            {"id": 256 + len(WORDS), "content": "<|end|>", "special": True, "normalized": False},
            {"id": 257 + len(WORDS), "content": "<tool>", "special": False, "normalized": False},
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {spelled(token): i for i, token in enumerate(tokens)}, "merges": merges},
    }


def characters_file() -> dict[str, Any]:
    vocabulary = {"<unk>": 0, **{f"<0x{byte:02X}>": 1 + byte for byte in range(256)}}
    for token in ("\u2581", "t", "h", "e", "é", "th", "the", "\u2581the", "\u2581\u2581"):
        vocabulary[token] = len(vocabulary)
    return {
        "added_tokens": [{"id": 0, "content": "<unk>", "special": True, "normalized": False}],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "\u2581"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
            ],
        },
        "pre_tokenizer": None,
        "decoder": {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        "model": {
            "type": "BPE",
            "byte_fallback": True,
            "vocab": vocabulary,
            "merges": ["t h", "th e", "\u2581 the", "\u2581 \u2581"],
        },
    }


def tekken_file() -> dict[str, Any]:
    tokens = [*(bytes((byte,)) for byte in range(256)), *WORDS]
    return {
        "config": {
            "pattern": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
            r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            "num_vocab_tokens": len(tokens),
            "default_vocab_size": len(tokens) + 25,
            "default_num_special_tokens": 25,
        },
        "vocab": [
            {
                "rank": rank,
                "token_bytes": base64.b64encode(token).decode(),
                "token_str": token.decode("utf-8", errors="replace"),
            }
            for rank, token in enumerate(tokens)
        ],
    }


JSON_FILES = {"bytes": bytes_file, "characters": characters_file, "tekken": tekken_file}


def written(tmp_path: pathlib.Path, content: object, name: str = "model.json") -> pathlib.Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def opened(tmp_path: pathlib.Path, content: object) -> tf.Tokenizer:
    return tf.Tokenizer.from_file(written(tmp_path, content))


def test_ranks_are_read_with_a_named_pattern_or_its_expression(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, ranks(), "small.tiktoken")
    for pattern in ("gpt2", GPT2):
        tokenizer = tf.Tokenizer.from_file(path, pattern=pattern, special_tokens=END)
        assert (tokenizer.name, tokenizer.n_vocab) == ("small", 257 + len(WORDS))
        assert tokenizer.encode(" the thing") == [256 + 4, 256 + 3, 256 + 6]
        assert tokenizer.encode("a<|end|>", allowed_special="all") == [97, 256 + len(WORDS)]


def test_ranks_that_are_cut_anywhere_are_refused(tmp_path: pathlib.Path) -> None:
    whole = ranks()
    for size in range(0, len(whole), 3):
        path = written(tmp_path, whole[:size], "cut.tiktoken")
        with pytest.raises(errors.InvalidInput, match=r"cut\.tiktoken"):
            tf.Tokenizer.from_file(path, pattern="gpt2", special_tokens=END)


def test_ranks_need_a_pattern_and_a_proof_that_they_are_whole(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, ranks(), "small.tiktoken")
    with pytest.raises(errors.InvalidInput, match="give the `pattern`, one of o200k"):
        tf.Tokenizer.from_file(path, special_tokens=END)
    with pytest.raises(errors.InvalidInput, match="`sha256`"):
        tf.Tokenizer.from_file(path, pattern="gpt2")
    with pytest.raises(errors.InvalidInput, match=r"no scanner is known for the pattern '\\\\w\+'"):
        tf.Tokenizer.from_file(path, pattern=r"\w+", special_tokens=END)
    with pytest.raises(errors.InvalidInput, match="cannot have the id 5"):
        tf.Tokenizer.from_file(path, pattern="gpt2", special_tokens={"<|five|>": 5} | END)
    for special_tokens in ({"<|end|>": 300}, {"<|end|>": 268}):
        with pytest.raises(errors.InvalidInput, match="ranks end at 267"):
            tf.Tokenizer.from_file(path, pattern="gpt2", special_tokens=special_tokens)
    digest = hashlib.sha256(ranks()).hexdigest()
    assert tf.Tokenizer.from_file(path, pattern="gpt2", sha256=digest).n_vocab == 256 + len(WORDS)
    with pytest.raises(errors.InvalidInput, match="not the wanted"):
        tf.Tokenizer.from_file(path, pattern="gpt2", sha256="0" * 64)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"special_tokens": {"x": 2**40}}, "'x' cannot have the id 1099511627776"),
        ({"special_tokens": {"x": -1}}, "'x' cannot have the id -1"),
        ({"special_tokens": {"x": "7"}}, "'x' cannot have the id '7'"),
        ({"special_tokens": {"a\ud800": 267}}, r"'a\\ud800' cannot have the id 267"),
        ({"special_tokens": {1: 2}}, "a mapping of texts to ids"),
        ({"special_tokens": 5}, "a mapping of texts to ids"),
        ({"sha256": 5}, r"small\.tiktoken: `sha256` needs a string, not 5"),
        ({"name": 5}, r"small\.tiktoken: `name` needs a string, not 5"),
        ({"pattern": []}, r"small\.tiktoken: `pattern` needs a string"),
        ({"name": "a\ud800"}, r"small\.tiktoken: a vocabulary's name has 1 to 32 bytes"),
        ({"name": ""}, "a vocabulary's name has 1 to 32 bytes"),
    ],
)
def test_what_is_said_of_a_file_is_refused_by_name_where_it_is_of_a_wrong_type(
    tmp_path: pathlib.Path, argument: dict[str, Any], message: str
) -> None:
    path = written(tmp_path, ranks(), "small.tiktoken")
    with pytest.raises(errors.InvalidInput, match=message):
        tf.Tokenizer.from_file(path, **({"pattern": "gpt2", "special_tokens": END} | argument))


def test_a_byte_order_mark_is_called_so(tmp_path: pathlib.Path) -> None:
    for content in (ranks(), json.dumps(bytes_file()).encode()):
        with pytest.raises(errors.InvalidInput, match=r"model\.json: it begins with a byte order mark"):
            opened(tmp_path, b"\xef\xbb\xbf" + content)
    with pytest.raises(errors.InvalidInput, match="byte order mark"):
        opened(tmp_path, json.dumps(bytes_file()).encode("utf-16"))


def test_a_path_that_no_file_has_is_not_found() -> None:
    with pytest.raises(errors.NotFound, match="cannot read"):
        tf.Tokenizer.from_file("a\x00b")


def test_a_tokenizer_json_of_bytes_is_read(tmp_path: pathlib.Path) -> None:
    tokenizer = opened(tmp_path, bytes_file())
    assert tokenizer.encode(" the thing") == [256 + 4, 256 + 3, 256 + 6]
    assert tokenizer.encode("é<tool>", allowed_special="all") == [256 + 10, 257 + len(WORDS)]
    assert tokenizer.special_tokens == {**END, "<tool>": 257 + len(WORDS)}
    assert 256 + len(WORDS) not in tokenizer.encode("<|end|>")
    assert tokenizer.decode(tokenizer.encode("a <|end|> é")) == "a <|end|> é"


def test_what_a_file_adds_without_calling_it_special_is_ordinary_text_unless_allowed(tmp_path: pathlib.Path) -> None:
    file = bytes_file()
    file["added_tokens"].append({"id": 257, "content": "the", "special": False, "normalized": False})
    tokenizer = opened(tmp_path, file)
    tool = 257 + len(WORDS)
    for allowed in ([], ["<|end|>"]):
        assert tool not in tokenizer.encode("é<tool>", allowed_special=allowed)
    assert tokenizer.count("é<tool>") == len(tokenizer.encode("é<tool>")) == 1 + len("<tool>")
    assert tokenizer.encode("é<tool>", allowed_special=["<tool>"])[-1] == tool
    # One that is an ordinary token, too, is still merged; where it is allowed, it comes before all merging.
    assert tokenizer.encode(" the the") == [256 + 4, 256 + 4]
    assert tokenizer.encode(" the", allowed_special="all") == [ord(" "), 257]


def test_a_tokenizer_json_of_characters_is_read(tmp_path: pathlib.Path) -> None:
    tokenizer = opened(tmp_path, characters_file())
    ids = characters_file()["model"]["vocab"]
    assert tokenizer.encode("the") == [ids["\u2581the"]]
    assert tokenizer.encode("thé 中") == [
        *(ids["\u2581"], ids["th"], ids["é"], ids["\u2581"]),
        *(ids["<0xE4>"], ids["<0xB8>"], ids["<0xAD>"]),
    ]
    assert tokenizer.decode(tokenizer.encode("the  é中")) == "the  é中"
    assert tokenizer.encode("<unk>", allowed_special="all")[-1] == 0
    assert 0 not in tokenizer.encode("<unk>")


def test_a_tekken_json_is_read(tmp_path: pathlib.Path) -> None:
    tokenizer = opened(tmp_path, tekken_file())
    assert tokenizer.encode("the12") == [25 + 257, 25 + ord("1"), 25 + ord("2")]
    assert tokenizer.encode("[INST]</s>", allowed_special="all") == [3, 2]
    assert tokenizer.special_tokens["<SPECIAL_24>"] == 24
    file = tekken_file()
    file["special_tokens"] = [{"rank": 0, "token_str": "<first>", "is_control": True}]
    assert opened(tmp_path, file).special_tokens["<first>"] == 0


@pytest.mark.parametrize("kind", JSON_FILES)
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: pathlib.Path, kind: str) -> None:
    whole = json.dumps(JSON_FILES[kind]()).encode()
    for size in range(0, len(whole), 97):
        with pytest.raises(errors.InvalidInput):
            opened(tmp_path, whole[:size])


@pytest.mark.parametrize("kind", JSON_FILES)
def test_a_file_with_a_wrong_byte_is_refused_or_has_as_many_tokens(tmp_path: pathlib.Path, kind: str) -> None:
    whole = json.dumps(JSON_FILES[kind]()).encode()
    expected = opened(tmp_path, whole)
    rng = random.Random(3)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        try:
            found = opened(tmp_path, bytes(damaged))
        except errors.InvalidInput:
            refused += 1
        else:
            assert found.n_vocab == expected.n_vocab
    assert refused > 200


def changes_of_bytes() -> dict[str, tuple[str, Any]]:
    split = {"type": "Split", "pattern": {"Regex": r"\w+"}, "behavior": "Isolated", "invert": False}
    letters = {"type": "ByteLevel", "use_regex": False}
    return {
        "no scanner is known": ("pre_tokenizer", {"type": "Sequence", "pretokenizers": [split, letters]}),
        "pre_tokenizer is not known": ("pre_tokenizer", {"type": "Sequence", "pretokenizers": [split, split, letters]}),
        "normalizer is not known.*NFKC": ("normalizer", {"type": "NFKC"}),
        "byte_fallback": ("pre_tokenizer", {"type": "Whitespace"}),
        "single_word": (
            "added_tokens",
            [{"id": 256 + len(WORDS), "content": "<x>", "special": True, "single_word": True}],
        ),
        "not byte pairs": ("model", {"type": "Unigram", "vocab": {}}),
        "`added_tokens` is no list": ("added_tokens", 5),
        "`decoder` is no object": ("decoder", [1]),
        "surrogates not allowed": ("added_tokens", [{"id": 267, "content": "<\ud800>", "special": True}]),
        "has the id 4294967296": ("added_tokens", [{"id": 2**32, "content": "<x>", "special": True}]),
        "has the id -1": ("added_tokens", [{"id": -1, "content": "<x>", "special": True}]),
        "dropout": ("model", bytes_file()["model"] | {"dropout": 0.1}),
        "is missing: it is damaged": ("model", {"type": "BPE", "merges": []}),
    }


@pytest.mark.parametrize("message", changes_of_bytes())
def test_what_is_not_known_is_refused_by_name(tmp_path: pathlib.Path, message: str) -> None:
    field, value = changes_of_bytes()[message]
    with pytest.raises(errors.InvalidInput, match=message):
        opened(tmp_path, bytes_file() | {field: value})


def test_the_pattern_that_tokenizers_reads_unlike_tiktoken_is_refused(tmp_path: pathlib.Path) -> None:
    letters = bytes_file()["pre_tokenizer"] | {"use_regex": False}
    expression = published_expression_of("cl100k")
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}
    cutting = {"type": "Sequence", "pretokenizers": [split, letters]}
    cut = tokenizers.pre_tokenizers.Split(tokenizers.Regex(expression), "isolated").pre_tokenize_str("1234567")
    assert [piece for piece, _ in cut] != ["123", "456", "7"]
    with pytest.raises(errors.InvalidInput, match="behind a counted repeat"):
        opened(tmp_path, bytes_file() | {"pre_tokenizer": cutting})
    split["pattern"] = {"Regex": GPT2}
    assert opened(tmp_path, bytes_file() | {"pre_tokenizer": cutting}).encode("th") == [256]
    tokenizer = tf.Tokenizer.from_file(written(tmp_path, ranks(), "a.tiktoken"), pattern=expression, special_tokens=END)
    assert tokenizer.encode("th") == [256]


def broken_models() -> dict[str, dict[str, Any]]:
    model = bytes_file()["model"]
    vocabulary, merges = model["vocab"], model["merges"]
    return {
        "no token has the id 3": {"vocab": {token: i for token, i in vocabulary.items() if i != 3}},
        "two tokens have one id": {"vocab": vocabulary | {"th": 257}},
        "is not of tokens of its vocabulary": {"merges": [*merges, "zz th"]},
        "merge 11 is there twice": {"merges": [*merges, merges[0]]},
        "no merge makes 'th' of 't' and 'h'": {"merges": []},
        "no merge makes 'Ã©'": {"merges": merges[:-1]},
        "is not of two tokens": {"merges": [*merges, "t h e"]},
        "has the id -1": {"vocab": vocabulary | {"th": -1}},
        "has the id '7'": {"vocab": vocabulary | {"th": "7"}},
        "has the id 99999999999999999999": {"vocab": vocabulary | {"th": 99999999999999999999}},
        "has the id 899999999": {"vocab": vocabulary | {"th": 899_999_999, "the": 2**32, "ing": 10**30}},
        "has the id 1048575": {"vocab": vocabulary | {"th": 2**20 - 1}},
        "surrogates": {"vocab": vocabulary | {"\ud800": 256 + len(WORDS)}},
    }


@pytest.mark.parametrize("message", broken_models())
def test_a_model_that_does_not_fit_together_is_refused(tmp_path: pathlib.Path, message: str) -> None:
    file = bytes_file()
    file["model"] = file["model"] | broken_models()[message]
    with pytest.raises(errors.InvalidInput, match=message):
        opened(tmp_path, file)


@pytest.mark.parametrize("kept", [0, len(WORDS) // 2, len(WORDS) - 1])
def test_merges_are_not_missing_either_where_whole_pieces_come_first(tmp_path: pathlib.Path, kept: int) -> None:
    file = bytes_file()
    file["model"]["ignore_merges"] = True
    assert opened(tmp_path, file).encode("the") == [257]
    del file["model"]["merges"][kept:]
    with pytest.raises(errors.InvalidInput, match="no merge makes"):
        opened(tmp_path, file)


@pytest.mark.parametrize("make", [bytes_file, characters_file])
def test_a_token_that_nobody_learnt_is_only_decoded(tmp_path: pathlib.Path, make: Callable[[], dict[str, Any]]) -> None:
    file = make()
    vocabulary = file["model"]["vocab"]
    file["added_tokens"] = []
    token_id = vocabulary["<|table|>"] = len(vocabulary)
    tokenizer = opened(tmp_path, file)
    assert token_id not in tokenizer.encode("<|table|>")
    assert tokenizer.decode([token_id]) == "<|table|>"


def test_a_token_of_a_million_letters_is_read_at_once(tmp_path: pathlib.Path) -> None:
    file = bytes_file()
    file["model"]["vocab"] |= {"x" * 1_000_000: 256 + len(WORDS)}
    file["added_tokens"] = []
    started = time.process_time()
    assert opened(tmp_path, file).encode("xx") == [ord("x")] * 2
    assert time.process_time() - started < 5.0  # Really 0.1 s; to try each cut of it takes minutes.


def test_a_model_without_a_byte_is_refused(tmp_path: pathlib.Path) -> None:
    file = copy.deepcopy(characters_file())
    vocabulary = file["model"]["vocab"]
    vocabulary["<0xG0>"] = vocabulary.pop("<0xE4>")
    with pytest.raises(errors.InvalidInput, match="the byte 228 has no token"):
        opened(tmp_path, file)


def test_a_byte_is_missing_only_where_its_letter_has_its_place(tmp_path: pathlib.Path) -> None:
    in_place = characters_file()
    vocabulary = in_place["model"]["vocab"]
    vocabulary["\t"] = vocabulary.pop("<0x09>")
    assert opened(tmp_path, in_place).encode("\t")[-1] == vocabulary["\t"]
    renamed = characters_file()
    vocabulary = renamed["model"]["vocab"]
    vocabulary["<0y74>"] = vocabulary.pop("<0x74>")
    with pytest.raises(errors.InvalidInput, match="the byte 116 has no token"):
        opened(tmp_path, renamed)


def test_a_name_twice_in_an_object_is_damage(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.InvalidInput, match="a name twice"):
        opened(tmp_path, json.dumps(bytes_file()).replace('"th":', '"the":', 1).encode())


def test_a_file_that_is_not_there_is_not_found(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.NotFound, match=r"none\.json"):
        tf.Tokenizer.from_file(tmp_path / "none.json")


def test_a_table_is_built_once_and_again_when_it_is_damaged(
    tmp_path: pathlib.Path, tables: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    build = files.build
    monkeypatch.setattr(files, "build", lambda *arguments: built.append(1) or build(*arguments))
    path = written(tmp_path, bytes_file())
    first = tf.Tokenizer.from_file(path).encode("the thing")
    assert tf.Tokenizer.from_file(path).encode("the thing") == first
    assert len(built) == 1
    (table,) = tables.glob("*.tfv")
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.unlink()
    table.write_bytes(content)
    assert tf.Tokenizer.from_file(path).encode("the thing") == first
    assert len(built) == 2
    written(tmp_path, characters_file())
    assert tf.Tokenizer.from_file(path).encode("the thing") != first


def test_where_no_table_can_be_kept_it_stays_in_memory(
    tmp_path: pathlib.Path, tables: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.write_text("a file where the folder would be", encoding="utf-8")
    assert opened(tmp_path, bytes_file()).encode("the") == [257]


def test_only_the_newest_tables_are_kept(
    tmp_path: pathlib.Path, tables: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        path = written(tmp_path, bytes_file() | {"version": number}, f"model{number}.json")
        tf.Tokenizer.from_file(path)
        size_bytes = max(table.stat().st_size for table in tables.glob("*.tfv"))
        monkeypatch.setattr(table_cache, "MAX_BYTES", 3 * size_bytes)
        for age, table in enumerate(sorted(tables.glob("*.tfv"), key=lambda table: table.stat().st_mtime_ns)):
            os.utime(table, (1_000 + age, 1_000 + age))
    assert len(list(tables.glob("*.tfv"))) == 3
    assert not [left for left in tables.iterdir() if left.suffix != ".tfv"]


def test_threads_that_open_one_file_at_once_all_have_it(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, bytes_file())
    found: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(tf.Tokenizer.from_file(path).encode("the"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[257]] * 4


def test_a_tokenizer_of_a_file_is_pickled_by_its_path(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, ranks(), "small.tiktoken")
    tokenizer = tf.Tokenizer.from_file(path, pattern="gpt2", special_tokens=END)
    again = pickle.loads(pickle.dumps(tokenizer))
    assert again.encode("the<|end|>", allowed_special="all") == [257, END["<|end|>"]]
    assert repr(again) == f"Tokenizer.from_file({str(path)!r})"
