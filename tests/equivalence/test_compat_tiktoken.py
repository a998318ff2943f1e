"""The drop-in answers each call as tiktoken does, errors included."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tiktoken
import tiktoken.model

import tokenfoundry.compat.tiktoken as ours
from support.reference_tokens import OLDER_VOCABULARIES, VOCABULARIES, Pair, fuzzed

SPECIAL = "<|endoftext|>"
TEXTS = (
    "",
    "hello world",
    f"a{SPECIAL}b",
    "<|fim_prefix|> <|endofprompt|>",
    "perché 中文 👍🏽",
    "a\ud800b",
    "\ud83d\ude00",
)


@pytest.fixture(scope="module", params=(*VOCABULARIES, *OLDER_VOCABULARIES))
def encodings(request: pytest.FixtureRequest) -> tuple[ours.Encoding, tiktoken.Encoding]:
    return ours.get_encoding(request.param), Pair(request.param).reference


def outcome(call: Callable[[], Any]) -> object:
    """What a call gives, or which error it raises."""
    try:
        answer = call()
    except (ValueError, KeyError, TypeError, OverflowError, AssertionError) as error:
        return type(error)
    return answer.tolist() if hasattr(answer, "tolist") else answer


def same(encodings: tuple[ours.Encoding, tiktoken.Encoding], call: Callable[[Any], Any]) -> None:
    mine, theirs = (outcome(lambda encoding=encoding: call(encoding)) for encoding in encodings)
    assert mine == theirs


def test_every_public_name_is_there_with_the_same_parameters() -> None:
    for name, theirs in inspect.getmembers(tiktoken.Encoding):
        if name.startswith("_"):
            continue
        mine = getattr(ours.Encoding, name)
        if inspect.isfunction(theirs):
            assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters), name
    for name in ("get_encoding", "list_encoding_names", "encoding_name_for_model", "encoding_for_model"):
        mine, theirs = getattr(ours, name), getattr(tiktoken, name)
        assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters), name


@pytest.mark.parametrize("text", TEXTS)
def test_each_way_to_encode_gives_the_same(encodings: tuple[ours.Encoding, tiktoken.Encoding], text: str) -> None:
    same(encodings, lambda encoding: encoding.encode_ordinary(text))
    same(encodings, lambda encoding: encoding.encode_ordinary_batch([text, "x"], num_threads=2))
    for allowed in (set(), {SPECIAL}, {"<|none|>"}, "all"):
        for disallowed in ((), "all", [SPECIAL], {"lo"}):
            options = {"allowed_special": allowed, "disallowed_special": disallowed}
            same(encodings, lambda encoding, options=options: encoding.encode(text, **options))
            same(encodings, lambda encoding, options=options: encoding.encode_batch([text, "x"], **options))
            same(encodings, lambda encoding, options=options: encoding.encode_to_numpy(text, **options))


def test_texts_and_ids_that_can_be_read_once_are_all_read(encodings: tuple[ours.Encoding, tiktoken.Encoding]) -> None:
    for texts in (["a", "b"], ["a", "\ud800", "b"], [f"a{SPECIAL}", "b"]):
        same(encodings, lambda encoding, texts=texts: encoding.encode_batch(iter(texts)))
        same(encodings, lambda encoding, texts=texts: encoding.encode_batch(iter(texts), disallowed_special=iter("b")))
        same(encodings, lambda encoding, texts=texts: encoding.encode_batch(iter(texts), allowed_special="all"))
        same(encodings, lambda encoding, texts=texts: encoding.encode_ordinary_batch(iter(texts)))
    same(encodings, lambda encoding: encoding.decode_with_offsets(iter([1, 2])))
    same(encodings, lambda encoding: encoding.decode_tokens_bytes(iter([1, 2])))
    same(encodings, lambda encoding: encoding.decode_batch(iter([[1], [2]])))


@pytest.mark.parametrize("allowed", [{1}, {SPECIAL, 1}, [SPECIAL], None, 5])
def test_what_is_allowed_is_a_set_of_names(encodings: tuple[ours.Encoding, tiktoken.Encoding], allowed: Any) -> None:
    for disallowed in ((), "all"):
        options = {"allowed_special": allowed, "disallowed_special": disallowed}
        same(encodings, lambda encoding, options=options: encoding.encode(f"a{SPECIAL}", **options))
        same(encodings, lambda encoding, options=options: encoding.encode_to_numpy(f"a{SPECIAL}", **options))


@pytest.mark.parametrize("token", ["hello", b"hello", SPECIAL, "no such token", b"\xff", b"", "中"])
def test_single_tokens_are_the_same(encodings: tuple[ours.Encoding, tiktoken.Encoding], token: str | bytes) -> None:
    same(encodings, lambda encoding: encoding.encode_single_token(token))


@pytest.mark.parametrize(
    "tokens", [[], [0], [100, 200, 300], [50256], [100257], [250_000], [15339, 300_000], ["a"], [-1], [2**32], [2**70]]
)
def test_each_way_to_decode_gives_the_same(
    encodings: tuple[ours.Encoding, tiktoken.Encoding], tokens: list[int]
) -> None:
    same(encodings, lambda encoding: encoding.decode(tokens))
    same(encodings, lambda encoding: encoding.decode(tokens, errors="ignore"))
    same(encodings, lambda encoding: encoding.decode_bytes(tokens))
    same(encodings, lambda encoding: encoding.decode_tokens_bytes(tokens))
    same(encodings, lambda encoding: encoding.decode_batch([tokens, [1]]))
    same(encodings, lambda encoding: encoding.decode_bytes_batch([tokens, [1]]))
    for token in tokens:
        same(encodings, lambda encoding, token=token: encoding.decode_single_token_bytes(token))


@pytest.mark.parametrize("tokens", [{1}, frozenset([1]), {1: 2}, {1: 2}.keys(), (1,), b"a", range(3), np.array([1])])
def test_ids_are_decoded_from_a_sequence_alone(encodings: tuple[ours.Encoding, tiktoken.Encoding], tokens: Any) -> None:
    for encoding in encodings:
        with pytest.raises(TypeError):
            encoding.decode(iter(tokens))  # type: ignore[arg-type]
    same(encodings, lambda encoding: encoding.decode(tokens))
    same(encodings, lambda encoding: encoding.decode_bytes(tokens))


def test_offsets_of_ids_that_no_token_has_fail_at_the_first(
    encodings: tuple[ours.Encoding, tiktoken.Encoding],
) -> None:
    for tokens in ([300_000, -1], [-1, 300_000], [2**32], [1, 300_000]):
        same(encodings, lambda encoding, tokens=tokens: encoding.decode_with_offsets(tokens))


@pytest.mark.parametrize("num_threads", [0, -1, 3, None, 2**63])
def test_a_number_of_threads_is_taken_or_refused_alike(
    encodings: tuple[ours.Encoding, tiktoken.Encoding], num_threads: Any
) -> None:
    same(encodings, lambda encoding: encoding.encode_batch(["a b"], num_threads=num_threads))
    same(encodings, lambda encoding: encoding.encode_ordinary_batch(["a b"], num_threads=num_threads))
    same(encodings, lambda encoding: encoding.decode_batch([[1]], num_threads=num_threads))
    same(encodings, lambda encoding: encoding.decode_bytes_batch([[1]], num_threads=num_threads))


UNSTABLE = ("", "a", " ", "hello fanta", "hello ", "a\n\n", "a \n", "\t \n \t", "1\u00a0", "中文", "👍", "x\x1c", "12")


@pytest.mark.parametrize("allowed", [{SPECIAL}, "all"])
def test_how_a_text_may_go_on_is_the_same(encodings: tuple[ours.Encoding, tiktoken.Encoding], allowed: Any) -> None:
    def asked(encoding: Any, text: str) -> object:
        stable, completions = encoding.encode_with_unstable(text, allowed_special=allowed, disallowed_special=())
        assert len({tuple(completion) for completion in completions}) == len(completions)
        return stable, sorted(completions)

    for text in (*UNSTABLE, *TEXTS, f"a{SPECIAL}", f"{SPECIAL} {SPECIAL}b c", *map(cut_short, range(6))):
        same(encodings, lambda encoding, text=text: asked(encoding, text))


def cut_short(seed: int) -> str:
    """The end of it is what counts; a long one takes tiktoken's time."""
    text = fuzzed(seed)
    return text[: len(text) // 2][-40:]


def test_offsets_are_the_same(encodings: tuple[ours.Encoding, tiktoken.Encoding]) -> None:
    for seed in range(200):
        ids = encodings[1].encode_ordinary(fuzzed(seed))
        for part in (ids, ids[:-1]):
            same(encodings, lambda encoding, part=part: encoding.decode_with_offsets(part))


def test_what_an_encoding_says_of_itself_is_the_same(encodings: tuple[ours.Encoding, tiktoken.Encoding]) -> None:
    for name in ("name", "n_vocab", "max_token_value", "eot_token", "special_tokens_set"):
        same(encodings, lambda encoding, name=name: getattr(encoding, name))
    same(encodings, repr)
    same(encodings, lambda encoding: encoding.token_byte_values())
    for name in ("_special_tokens", "_mergeable_ranks", "_pat_str"):
        same(encodings, lambda encoding, name=name: getattr(encoding, name))
    for token in (0, 100257, 199999, 200018, 10**9, "a", None, True):
        same(encodings, lambda encoding, token=token: encoding.is_special_token(token))


def test_a_pickled_encoding_is_the_same_one(encodings: tuple[ours.Encoding, tiktoken.Encoding]) -> None:
    assert pickle.loads(pickle.dumps(encodings[0])) is encodings[0]


def test_each_model_of_the_reference_has_the_same_encoding() -> None:
    named = {**tiktoken.model.MODEL_TO_ENCODING}
    named |= {f"{prefix}x": name for prefix, name in tiktoken.model.MODEL_PREFIX_TO_ENCODING.items()}
    for model, name in named.items():
        assert ours.encoding_name_for_model(model) == name
        assert ours.encoding_for_model(model) is ours.get_encoding(name)


def test_the_same_encodings_are_there() -> None:
    assert sorted(ours.list_encoding_names()) == sorted(tiktoken.list_encoding_names())


def test_a_model_whose_vocabulary_is_none_of_the_reference_is_unknown() -> None:
    for module in (ours, tiktoken):
        for ask in (module.encoding_name_for_model, module.encoding_for_model):
            with pytest.raises(KeyError, match=r"qwen2\.5-7b"):
                ask("qwen2.5-7b")


def test_what_is_unknown_is_refused_as_the_reference_does() -> None:
    with pytest.raises(ValueError, match="Unknown encoding gpt9_base"):
        ours.get_encoding("gpt9_base")
    with pytest.raises(KeyError, match="get_encoding"):
        ours.encoding_for_model("claude-sonnet-4-5")
