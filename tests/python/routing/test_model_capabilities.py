"""What a model can take is known by its family, stated by the configuration, and never guessed."""

from __future__ import annotations

import pytest

from tokenfoundry.routing.capabilities import capabilities_of, family_capabilities
from tokenfoundry.settings import Settings
from tokenfoundry.settings.targets import CAPABILITIES

# Model, what it can take, what it cannot (the makers' pages, see routing/capabilities.py).
FAMILIES = [
    ("gpt-4o-mini", "tools vision json_schema logprobs choices", "audio reasoning"),
    ("gpt-4o-audio-preview", "audio tools", "vision"),
    ("gpt-4o-2024-05-13", "tools vision", "json_schema"),
    ("gpt-4-0314", "choices", "tools"),
    ("cohere.command-r-v1:0", "tools", "json_schema"),
    ("command-r-08-2024", "json_schema tools", "vision"),
    ("gpt-4.1-2025-04-14", "tools vision json_schema", "reasoning"),
    ("gpt-3.5-turbo", "tools logprobs", "vision json_schema"),
    ("openai/gpt-5-mini", "tools vision reasoning", "logprobs"),
    ("o3-mini", "tools reasoning json_schema", "vision logprobs"),
    ("claude-sonnet-4-5", "tools vision files reasoning json_schema", "logprobs choices audio"),
    ("claude-sonnet-4-20250514", "tools vision reasoning", "json_schema"),
    ("claude-3-haiku-20240307", "tools vision", "reasoning json_schema choices"),
    ("anthropic.claude-opus-4-1-20250805-v1:0", "tools vision files reasoning", "choices"),
    ("models/gemini-2.5-flash", "tools vision audio files json_schema reasoning", "logprobs"),
    ("mistral-large-latest", "tools json_schema vision", "audio"),
    ("deepseek-reasoner", "reasoning", "tools vision"),
    ("Qwen/Qwen2.5-VL-7B-Instruct", "vision", "json_schema"),
    ("meta-llama/Llama-3.1-8B-Instruct", "tools", "vision"),
    ("llama-3.2-11b-vision", "vision", "audio"),
    ("us.amazon.nova-pro-v1:0", "vision tools", "audio"),
    ("command-r-plus-08-2024", "tools json_object", "vision"),
    ("grok-4", "tools vision", "audio"),
]


@pytest.mark.parametrize(("model", "can", "cannot"), FAMILIES)
def test_a_known_family_says_what_its_models_take(model: str, can: str, cannot: str) -> None:
    found = capabilities_of(model)
    assert set(can.split()) <= found
    assert found.isdisjoint(cannot.split())


def test_every_row_names_capabilities_that_exist() -> None:
    for model, _, _ in FAMILIES:
        assert (family_capabilities(model) or frozenset()) <= set(CAPABILITIES)


def test_of_an_unknown_model_only_what_harms_nobody_is_assumed() -> None:
    assert family_capabilities("my-own-finetune") is None
    assert capabilities_of("my-own-finetune") == {"reasoning"}


def test_a_list_is_all_that_a_target_can() -> None:
    assert capabilities("capabilities: [tools]") == {"tools"}


def test_a_mapping_changes_what_is_known() -> None:
    changed = capabilities("capabilities: {vision: false, audio: true}")
    assert changed == capabilities_of("gpt-4o") - {"vision"} | {"audio"}


def capabilities(stated: str) -> frozenset[str]:
    text = "providers: {p: {format: openai, base_url: 'http://127.0.0.1:9'}}\n"
    settings = Settings.from_yaml(text + f"targets: {{t: {{provider: p, model: gpt-4o, {stated}}}}}", environ={})
    return capabilities_of("gpt-4o", settings.targets["t"].capabilities)
