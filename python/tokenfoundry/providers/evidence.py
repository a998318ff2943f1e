"""What each wire format was checked against. No format has been run against the real service in our tests.

A fixture is a request, a reply or a stream under `tests/data/wire`, each naming the API document or SDK that states its
shape; a test holds this table and those files together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tested = Literal["fixtures", "request fixtures", "untested"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one format."""

    tested: Tested
    """`request fixtures`: what it is sent is checked, its answers are taken for OpenAI's."""
    source: str
    """Where the shapes of its fixtures are stated."""


EVIDENCE: Mapping[str, Evidence] = {
    "openai": Evidence("fixtures", "openai-python 3.54, openai/types"),
    "openai_compatible": Evidence("request fixtures", "openai-python 3.54, openai/types"),
    "anthropic": Evidence("fixtures", "anthropic-python 2.12, anthropic/types; platform.claude.com/docs"),
    "azure": Evidence("request fixtures", "openai-python 3.54, openai/lib/azure.py; Azure OpenAI on Microsoft Learn"),
    "gemini": Evidence("fixtures", "google-genai 3.4, google/genai/types.py and models.py"),
    "vertex": Evidence("fixtures", "google-genai 3.4, google/genai/types.py and models.py"),
    "mistral": Evidence("fixtures", "mistralai-python 3.7, mistralai/client/models"),
    "cohere": Evidence("fixtures", "cohere-python 7.3, cohere/v2/raw_client.py and cohere/types"),
    "bedrock": Evidence("fixtures", "botocore 1.44, data/bedrock-runtime/2023-09-30"),
    "groq": Evidence("request fixtures", "groq-python 1.7, groq/types/chat; console.groq.com/docs/openai"),
    "deepseek": Evidence("fixtures", "api-docs.deepseek.com, Create Chat Completion"),
    "xai": Evidence("request fixtures", "docs.x.ai/api-reference"),
    "together": Evidence("request fixtures", "together-python 3.1, together/types/chat"),
    "openrouter": Evidence("request fixtures", "openrouter.ai/docs; openrouter-python 1.3"),
    "nebius": Evidence("request fixtures", "docs.tokenfactory.nebius.com, API reference"),
    "vllm": Evidence("request fixtures", "docs.vllm.ai, Online Serving"),
    "ollama": Evidence("request fixtures", "github.com/ollama/ollama, docs/api/openai-compatibility.mdx"),
    "llama_cpp": Evidence("request fixtures", "github.com/ggml-org/llama.cpp, tools/server/README.md"),
}


def evidence_of(format_name: str) -> Evidence:
    """What speaks for a format; `untested` for one that is not in the table."""
    return EVIDENCE.get(format_name, Evidence("untested", ""))
