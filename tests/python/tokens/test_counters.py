"""Whose vocabulary counts which model, what is said where that is not its own, and the bound that is certain."""

from __future__ import annotations

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokenfoundry as tf
import tokenfoundry.counters
import tokenfoundry.families
import tokenfoundry.tool_types
from tokenfoundry.counters import BYTES
from tokenfoundry.errors import NotFound
from tokenfoundry.families import UNKNOWN, family_of, names_in
from tokenfoundry.families.table import FAMILIES
from tokenfoundry.tokens import VOCABULARIES
from tokenfoundry.tool_types import namespace_of


def test_the_examples_of_the_docstrings_are_true() -> None:
    for module in (tokenfoundry.families, tokenfoundry.counters, tokenfoundry.tool_types):
        assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("model", "family", "method"),
    [
        ("gpt-5.6-sol", "GPT-5 and o-series", "exact"),
        ("openai.gpt-5.5", "GPT-5 and o-series", "exact"),
        ("azure/gpt-4o-mini", "GPT-4o and later", "exact"),
        ("ft:gpt-3.5-turbo:team::1", "GPT-4 and GPT-3.5", "exact"),
        ("gpt-6-astra", "GPT of another generation", "stand-in"),
        ("claude-sonnet-4-5", "Claude to 4.6", "factor"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "Claude to 4.6", "factor"),
        ("claude-opus-4-7", "Claude from 4.7", "factor"),
        ("claude-sonnet-5", "Claude from 4.7", "factor"),
        ("models/gemini-2.5-flash", "Gemini", "factor"),
        ("google.gemma-3-27b-it", "Gemma", "factor"),
        ("mistral-large-latest", "Mistral with tekken", "factor"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Mistral with SentencePiece", "factor"),
        ("mistral.mixtral-8x7b-instruct-v0:1", "Mistral with SentencePiece", "factor"),
        ("command-a-03-2025", "Cohere", "factor"),
        ("llama3-8b-8192", "Llama 3", "factor"),
        ("meta-llama/Llama-3.2-1B-Instruct", "Llama 3.1 to 4", "factor"),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", "Llama 3.1 to 4", "factor"),
        ("llama2", "Llama 2", "factor"),
        ("deepseek-chat", "DeepSeek", "factor"),
        ("qwen-max", "Qwen of another generation", "factor"),
        ("Qwen/Qwen3.5-397B-A17B", "Qwen of another generation", "factor"),
        ("grok-4", "Grok", "stand-in"),
        ("us.amazon.nova-lite-v1:0", "Amazon Nova", "stand-in"),
        ("amazon.titan-text-express-v1", "Amazon Titan", "factor"),
        ("adapter-7b", "unknown", "stand-in"),
        ("", "unknown", "stand-in"),
    ],
)
def test_a_model_is_of_its_family_however_it_is_called(model: str, family: str, method: str) -> None:
    counter = tf.TokenCounter.for_model(model)
    assert (counter.family.name, counter.method) == (family, method)
    assert counter.is_exact is (method == "exact")
    assert counter.source


def test_the_generations_of_qwen_whose_vocabulary_is_known_are_one_family() -> None:
    for model in ("qwen3-32b", "qwen.qwen3-32b-v1:0", "Qwen/Qwen2.5-7B-Instruct", "qwq-32b"):
        assert family_of(model).vocabulary == "qwen"


def test_a_family_whose_vocabulary_ships_is_exact_and_any_other_stands_in_for_it_or_is_not_exact() -> None:
    for family in FAMILIES:
        counter = tf.TokenCounter.for_model(family.prefixes[0])
        assert counter.family is family
        assert counter.is_exact is (family.vocabulary in VOCABULARIES)
        assert family.source
        assert counter.is_exact or family.vocabulary or family.stand_in is not None


def test_no_prefix_is_of_two_families() -> None:
    prefixes = [prefix for family in FAMILIES for prefix in family.prefixes]
    assert len(prefixes) == len(set(prefixes))
    assert all(names_in(prefix)[0] == prefix for prefix in prefixes)


def test_what_may_be_more_is_never_less_than_what_is_known() -> None:
    for template in [family.template for family in (*FAMILIES, UNKNOWN)]:
        assert template.hidden_most >= template.hidden
        assert template.with_tools_most >= template.with_tools
        assert template.with_format_most >= template.with_format


def test_a_tokenizer_never_stands_in_for_another_and_says_who_estimates() -> None:
    for model in ("claude-sonnet-4-5", "acme-1"):
        with pytest.raises(NotFound, match=r"is not known.*TokenCounter\.for_model"):
            tf.Tokenizer.for_model(model)


@given(st.text(max_size=200))
def test_the_bytes_of_a_text_are_no_fewer_than_its_tokens_in_any_vocabulary(text: str) -> None:
    for name in VOCABULARIES:
        tokenizer = tf.Tokenizer.load(name)
        assert tokenizer.count(text) <= BYTES.count(text)
        assert tokenizer.count(unicodedata.normalize("NFKC", text)) <= BYTES.count(text)
    counter = tf.TokenCounter.for_model("acme-1")
    assert counter.count(text) <= counter.most(text)


def test_what_is_no_text_and_no_name_is_a_type_error() -> None:
    counter = tf.TokenCounter.for_model("claude-sonnet-4-5")
    for count in (counter.count, counter.most):
        for given_text in (None, b"bytes"):
            with pytest.raises(TypeError, match="a text is a str, not"):
                count(given_text)  # type: ignore[arg-type]
    for for_model in (tf.Tokenizer.for_model, tf.TokenCounter.for_model):
        with pytest.raises(TypeError, match="the name of a model is a str, not NoneType"):
            for_model(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the name of a vocabulary is a str, not list"):
        tf.Tokenizer.load([])  # type: ignore[arg-type]


def test_a_factor_rounds_up() -> None:
    counter = tf.TokenCounter.for_model("claude-sonnet-4-5")
    tokens = tf.Tokenizer.load("o200k_base").count("Quanto costa?")
    assert counter.count("") == 0
    assert tokens < counter.count("Quanto costa?") <= tokens * 1.15 + 1


def test_a_name_of_any_length_is_some_models() -> None:
    assert family_of("x" * 100_000) is UNKNOWN
    assert family_of("." * 1000) is UNKNOWN
    assert family_of("gpt-4o" + "-" * 1000).name == "GPT-4o and later"


@pytest.mark.parametrize(
    "parameters",
    [None, [], {"properties": []}, {"properties": {"a": None}}, {"properties": {"a": {"type": ["string", "null"]}}}],
)
def test_tools_of_any_shape_are_some_types(parameters: object) -> None:
    assert "namespace functions" in namespace_of([{"name": "f", "parameters": parameters}, {}])


def test_a_schema_that_nests_for_ever_is_cut_short() -> None:
    for fields in (lambda one: {"type": "array", "items": one}, lambda one: {"anyOf": [one]}):
        schema: object = {"type": "string"}
        for _ in range(5000):
            schema = fields(schema)
        assert "any" in namespace_of([{"name": "f", "parameters": {"properties": {"a": schema}}}])
