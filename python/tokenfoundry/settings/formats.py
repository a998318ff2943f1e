"""The wire formats that a provider can be configured with: where each is served, and the options it takes.

What they put on the wire is the business of `tokenfoundry.providers`; a test holds both lists together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FormatName = Literal[
    "openai",
    "openai_compatible",
    "azure",
    "anthropic",
    "gemini",
    "vertex",
    "mistral",
    "cohere",
    "bedrock",
    "groq",
    "deepseek",
    "xai",
    "together",
    "openrouter",
    "nebius",
    "vllm",
    "ollama",
    "llama_cpp",
]


@dataclass(frozen=True, slots=True)
class FormatDefaults:
    """What a provider's settings may leave out, and what they may add."""

    base_url: str | None = None
    """The address when none is given, with `{option}` where an option stands in it; None when one must be given."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What each option is, by its name."""
    required: frozenset[str] = frozenset()
    """The options that must be given where the address is not."""
    needs_key: bool = False
    """Whether no server of this format answers without a key."""
    tokens: frozenset[str] = frozenset()
    """Whose renewed tokens it takes for a key: kinds of a `KeyReference`."""


_MAX_TOKENS_FIELD = {"max_tokens_field": "The field that bounds the output: max_tokens or max_completion_tokens."}

FORMATS: Mapping[str, FormatDefaults] = {
    "openai": FormatDefaults(
        "https://api.openai.com/v1",
        {
            "organization": "The organization that is billed.",
            "project": "The project that is billed.",
            **_MAX_TOKENS_FIELD,
        },
    ),
    "openai_compatible": FormatDefaults(None, _MAX_TOKENS_FIELD, tokens=frozenset({"google", "entra"})),
    "anthropic": FormatDefaults(
        "https://api.anthropic.com/v1",
        {
            "anthropic_version": "The version of the API; 2023-06-01 when missing.",
            "anthropic_beta": "Beta features of every call, separated by commas; callers may name others.",
        },
    ),
    "azure": FormatDefaults(
        None,
        {
            "api_version": "A dated API version, such as 2024-10-21, for deployments in the path; the v1 API without.",
            "auth": "key (the default): an API key. entra: a Microsoft Entra access token.",
            **_MAX_TOKENS_FIELD,
        },
        needs_key=True,
        tokens=frozenset({"entra"}),
    ),
    "gemini": FormatDefaults("https://generativelanguage.googleapis.com/v1beta", needs_key=True),
    "vertex": FormatDefaults(
        "https://{location}-aiplatform.googleapis.com/v1beta1/projects/{project}/locations/{location}/publishers/google",
        {"project": "The Google Cloud project.", "location": "The region, such as europe-west8, or global."},
        frozenset({"project", "location"}),
        needs_key=True,
        tokens=frozenset({"google"}),
    ),
    "mistral": FormatDefaults("https://api.mistral.ai/v1", needs_key=True),
    "cohere": FormatDefaults(
        "https://api.cohere.com/v2",
        {"input_type": "What embedded texts are: search_document (the default), search_query, classification, ..."},
        needs_key=True,
    ),
    "bedrock": FormatDefaults(
        "https://bedrock-runtime.{region}.amazonaws.com",
        {"region": "The AWS region, such as eu-south-1."},
        frozenset({"region"}),
        needs_key=True,
        tokens=frozenset({"aws"}),
    ),
    "groq": FormatDefaults("https://api.groq.com/openai/v1"),
    "deepseek": FormatDefaults("https://api.deepseek.com"),
    "xai": FormatDefaults("https://api.x.ai/v1"),
    "together": FormatDefaults("https://api.together.ai/v1"),
    "openrouter": FormatDefaults("https://openrouter.ai/api/v1"),
    "nebius": FormatDefaults("https://api.tokenfactory.nebius.com/v1"),
    "vllm": FormatDefaults("http://127.0.0.1:8000/v1", _MAX_TOKENS_FIELD),
    "ollama": FormatDefaults("http://127.0.0.1:11434/v1"),
    "llama_cpp": FormatDefaults("http://127.0.0.1:8080/v1"),
}


# Google's addresses that do not begin with the location's name (google-genai, `_api_client.py`).
_VERTEX_HOSTS = {
    "global": "aiplatform.googleapis.com",
    "us": "aiplatform.us.rep.googleapis.com",
    "eu": "aiplatform.eu.rep.googleapis.com",
}


def default_base_url(name: str, options: Mapping[str, str]) -> str | None:
    """The address of a format whose required options are given; None when it has none of its own.

    >>> default_base_url("bedrock", {"region": "eu-south-1"})
    'https://bedrock-runtime.eu-south-1.amazonaws.com'
    """
    template = FORMATS[name].base_url
    if template is None:
        return None
    location = options.get("location", "")
    if name == "vertex" and location in _VERTEX_HOSTS:
        template = template.replace("{location}-aiplatform.googleapis.com", _VERTEX_HOSTS[location])
    return template.format_map(options)
