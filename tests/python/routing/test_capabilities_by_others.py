"""What is known of models beside what others know of them: the model table inside litellm. Where ours says more than
theirs, it cites who says so.

A row that says less is no fault: a call that needs more is refused with a sentence, and `capabilities` of the target
says it.
"""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import NotFound
from tokenfoundry.pricing import prices
from tokenfoundry.routing.capabilities import context_of, family_capabilities

FLAGS = {
    "supports_function_calling": "tools",
    "supports_vision": "vision",
    "supports_response_schema": "json_schema",
    "supports_reasoning": "reasoning",
    "supports_audio_input": "audio",
    "supports_pdf_input": "files",
}
# The makers themselves, and Amazon, whose names are theirs with a prefix. Resellers leave things out.
MAKERS = {"openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "cohere_chat", "bedrock_converse"}

# Models, what they can though litellm does not say so, and who says so.
CITED = [
    (r"gpt-3\.5-turbo-16k", "tools", "OpenAI, 'Function calling and other API updates', June 2023"),
    (r"command-(a|r7b|r-08|r-plus-08)", "json_schema", "Cohere, 'Structured Outputs': from 08-2024 on"),
    (r"gemini-[23]", "audio files", "Google, 'Gemini models': inputs; 'Document understanding'"),
    (r"gemini-.*(tts|native-audio|live)", "audio", "Google, 'Gemini models': it speaks"),
    (r"pixtral-large|mistral-medium-2505", "vision", "Mistral, 'Models': multimodal"),
    (r"pixtral-large|devstral-2|ministral-3|mistral-large-3|magistral-small", "json_schema",
     "Mistral, 'Structured outputs': all current models; on Bedrock its server decides"),
    (r"open-mistral-nemo", "tools", "Mistral, 'Function calling': Mistral Nemo"),
    (r"llama4-(maverick|scout)", "vision", "Meta, Llama 4 model card: multimodal"),
    (r"kimi-k2-thinking", "tools", "Moonshot AI, Kimi K2 Thinking model card: tool calling"),
    (r"gpt-oss-safeguard", "reasoning", "OpenAI, 'gpt-oss-safeguard technical report'"),
    (r"grok-", "json_schema", "xAI, 'Structured Outputs': from grok-2-1212 on"),
    (r"grok-4", "vision", "xAI, 'Models and pricing': grok-4 takes images"),
]  # fmt: skip

# Models, and who says that they hold more than litellm has it.
LONGER = [
    (r"llama4-(maverick|scout)", "Meta, Llama 4 model card: 1M and 10M"),
    (r"mistral-large-3", "Mistral, 'Models': Mistral Large 3, 256k"),
    (r"codestral", "Mistral, 'Models': Codestral 25.08, 256k"),
    (r"qwen3-vl-235b", "Qwen, Qwen3-VL-235B-A22B model card: 256K"),
]  # fmt: skip


@cache
def table() -> dict[str, dict[str, Any]]:
    """Read and not imported: that takes seconds."""
    found = importlib.util.find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    rows = json.loads(Path(found.origin).with_name("model_prices_and_context_window_backup.json").read_text("utf-8"))
    return {
        name: row for name, row in rows.items() if row.get("litellm_provider") in MAKERS and row.get("mode") == "chat"
    }


def cited(name: str, capability: str) -> bool:
    return any(re.search(pattern, name) and capability in can.split() for pattern, can, _ in CITED)


def beyond(name: str, row: dict[str, Any]) -> set[str]:
    """What our table says and theirs does not."""
    known = family_capabilities(name.rpartition("/")[2]) or frozenset()
    return {capability for flag, capability in FLAGS.items() if capability in known and not row.get(flag)}


def test_a_row_says_no_more_than_others_do_or_cites_who_does() -> None:
    found = {name: beyond(name, row) for name, row in table().items()}
    uncited = {name: [each for each in more if not cited(name, each)] for name, more in found.items()}
    assert {name: more for name, more in uncited.items() if more} == {}
    assert sum(family_capabilities(name.rpartition("/")[2]) is not None for name in table()) > 250


@pytest.mark.parametrize(("pattern", "can", "source"), CITED)
def test_no_citation_is_left_over(pattern: str, can: str, source: str) -> None:
    more = {each for name, row in table().items() if re.search(pattern, name) for each in beyond(name, row)}
    assert set(can.split()) <= more, source


@pytest.mark.parametrize(("pattern", "source"), LONGER)
def test_no_citation_of_a_length_is_left_over(pattern: str, source: str) -> None:
    assert any(ours > theirs for name, ours, theirs in contexts() if re.search(pattern, name)), source


def contexts() -> list[tuple[str, int, int]]:
    """Models, what our price table says they hold, and what litellm does: input and output together."""
    found = []
    for name, row in table().items():
        try:
            bare = name.rpartition("/")[2]
            ours = context_of(bare, prices().find(bare).context_tokens)
        except NotFound:
            continue
        if ours and row.get("max_input_tokens"):
            found.append((name, ours, row["max_input_tokens"] + (row.get("max_output_tokens") or 0)))
    return found


def test_no_model_is_said_to_hold_more_than_others_say_or_somebody_is_cited() -> None:
    compared = contexts()
    longer = {name for name, ours, theirs in compared if ours > theirs}
    assert len(compared) > 200
    assert {name for name in longer if not any(re.search(pattern, name) for pattern, _ in LONGER)} == set()
