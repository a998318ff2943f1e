"""Whom LiteLLM's names for providers mean.

Source: litellm 1.83, `litellm_core_utils/get_llm_provider_logic.py` (prefixes, addresses, variables of keys) and
`types/router.py` (`LiteLLM_Params`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider of LiteLLM's as a provider of ours."""

    format: str
    key: str = ""
    """The environment variable that LiteLLM reads its key from when the file states none; for bedrock, that of a key
    which its file holds.
    """
    base_url: str = ""
    """The address where the format has none of its own."""
    suffix: str = ""
    """What our addresses end with and LiteLLM's `api_base` does not."""


VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("openai", "OPENAI_API_KEY"),
    "text-completion-openai": Vendor("openai", "OPENAI_API_KEY"),
    "custom_openai": Vendor("openai_compatible"),
    "litellm_proxy": Vendor("openai_compatible", "LITELLM_PROXY_API_KEY"),
    "azure": Vendor("azure", "AZURE_API_KEY"),
    "anthropic": Vendor("anthropic", "ANTHROPIC_API_KEY", suffix="/v1"),
    "gemini": Vendor("gemini", "GEMINI_API_KEY"),
    "vertex_ai": Vendor("vertex"),
    "mistral": Vendor("mistral", "MISTRAL_API_KEY"),
    "cohere": Vendor("cohere", "COHERE_API_KEY"),
    "cohere_chat": Vendor("cohere", "COHERE_API_KEY"),
    "bedrock": Vendor("bedrock", "AWS_BEDROCK_KEY"),
    "groq": Vendor("groq", "GROQ_API_KEY"),
    "deepseek": Vendor("deepseek", "DEEPSEEK_API_KEY"),
    "xai": Vendor("xai", "XAI_API_KEY"),
    "together_ai": Vendor("together", "TOGETHERAI_API_KEY"),
    "openrouter": Vendor("openrouter", "OPENROUTER_API_KEY"),
    "nebius": Vendor("nebius", "NEBIUS_API_KEY"),
    "hosted_vllm": Vendor("vllm"),
    "ollama": Vendor("ollama", suffix="/v1"),
    "ollama_chat": Vendor("ollama", suffix="/v1"),
    "llamafile": Vendor("openai_compatible", base_url="http://127.0.0.1:8080/v1"),
    "lm_studio": Vendor("openai_compatible", "LM_STUDIO_API_KEY"),
    "perplexity": Vendor("openai_compatible", "PERPLEXITYAI_API_KEY", "https://api.perplexity.ai"),
    "nvidia_nim": Vendor("openai_compatible", "NVIDIA_NIM_API_KEY", "https://integrate.api.nvidia.com/v1"),
    "cerebras": Vendor("openai_compatible", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1"),
    "sambanova": Vendor("openai_compatible", "SAMBANOVA_API_KEY", "https://api.sambanova.ai/v1"),
    "fireworks_ai": Vendor("openai_compatible", "FIREWORKS_AI_API_KEY", "https://api.fireworks.ai/inference/v1"),
    "deepinfra": Vendor("openai_compatible", "DEEPINFRA_API_KEY", "https://api.deepinfra.com/v1/openai"),
}

# Whose a model is that stands without a prefix; LiteLLM looks it up in its table of prices.
_FAMILIES: Final = (
    (("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "davinci-", "babbage-"), "openai"),
    (("claude-",), "anthropic"),
    (("gemini-",), "vertex_ai"),
    (("command-", "embed-english", "embed-multilingual"), "cohere"),
)


def vendor_of(model: str, custom: str | None) -> tuple[str, str] | None:
    """LiteLLM's name of the provider and the provider's of the model; None for a provider that is not known here.

    >>> vendor_of("azure/my-deployment", None), vendor_of("claude-sonnet-4-5", None), vendor_of("mystery", None)
    (('azure', 'my-deployment'), ('anthropic', 'claude-sonnet-4-5'), None)
    """
    prefix, _, rest = model.partition("/")
    if custom is not None:
        return (custom, rest if prefix == custom else model) if custom in VENDORS else None
    if rest and prefix in VENDORS:
        return prefix, _without_route(prefix, rest)
    for beginnings, name in _FAMILIES:
        if not rest and model.startswith(beginnings):
            return name, model
    return None


def _without_route(vendor: str, model: str) -> str:
    """`bedrock/converse/<model>` says how it is called, not what."""
    return model.removeprefix("converse/").removeprefix("invoke/") if vendor == "bedrock" else model
