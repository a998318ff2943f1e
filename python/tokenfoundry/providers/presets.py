"""Who speaks OpenAI's formats, what each of them serves of it, and where it differs: one row per provider.

Each row names the API document or SDK that states it. The addresses stand in `tokenfoundry.settings.formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MaxTokensField = Literal["max_tokens", "max_completion_tokens", "as_asked", "by_model"]

_ALL = frozenset(
    {
        "chat",
        "responses",
        "completions",
        "embeddings",
        "images",
        "image_edits",
        "image_variations",
        "speech",
        "transcriptions",
        "translations",
        "moderations",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How one provider speaks OpenAI's formats."""

    source: str
    """The document or SDK that states this row."""
    serves: frozenset[str]
    """The dialects it has endpoints for; which model serves which is said by the target."""
    max_tokens: MaxTokensField = "as_asked"
    """The field it takes the bound of the output in. `by_model`: as OpenAI's own models do."""
    takes_stream_options: bool = True
    """Whether a stream reports its usage only when asked by `stream_options`; else the last chunk always has it."""
    knows_developer: bool = False
    """Whether messages may have the role developer; else they are sent as system messages."""
    refuses: frozenset[str] = frozenset()
    """Fields that it answers with an error, so that the call is refused here, where another target may be chosen."""


PRESETS: Mapping[str, Preset] = {
    "openai": Preset(
        source="openai-python, openai/resources and openai/types/chat/completion_create_params.py",
        serves=_ALL,
        max_tokens="by_model",
        knows_developer=True,
    ),
    "openai_compatible": Preset(
        source="openai-python, openai/types/chat/completion_create_params.py",
        serves=_ALL,
        knows_developer=True,
    ),
    "azure": Preset(
        source="openai-python, openai/lib/azure.py; Azure OpenAI REST API reference, v1 and 2024-10-21",
        serves=_ALL - {"moderations", "image_variations"},
        knows_developer=True,
    ),
    "groq": Preset(
        source="groq-python 1.7, groq/resources and groq/types/chat; https://console.groq.com/docs/openai, for "
        "responses and for what is answered with 400",
        serves=frozenset({"chat", "responses", "embeddings", "speech", "transcriptions", "translations"}),
        refuses=frozenset({"logit_bias", "logprobs", "top_logprobs", "n"}),
    ),
    "deepseek": Preset(
        source="https://api-docs.deepseek.com/api/create-chat-completion",
        serves=frozenset({"chat"}),
        max_tokens="max_tokens",
    ),
    "xai": Preset(
        source="https://docs.x.ai/api-reference, whose image edits are no form and are left out",
        serves=frozenset({"chat", "responses", "images"}),
        knows_developer=True,
    ),
    "together": Preset(
        source="together-python 3.1, together/types/chat/completion_create_params.py and together/resources",
        serves=frozenset({"chat", "completions", "embeddings", "images", "speech", "transcriptions", "translations"}),
        max_tokens="max_tokens",
        takes_stream_options=False,
    ),
    "openrouter": Preset(
        source="https://openrouter.ai/docs/use-cases/usage-accounting; openrouter-python 1.3, openrouter/components",
        serves=frozenset({"chat", "responses", "completions", "embeddings"}),
        takes_stream_options=False,
        knows_developer=True,
    ),
    "nebius": Preset(
        source="https://docs.tokenfactory.nebius.com/api-reference/introduction",
        serves=frozenset({"chat", "completions", "embeddings", "images"}),
        max_tokens="max_tokens",
    ),
    "mistral": Preset(
        source="mistralai 3.7, mistralai/client/models/chatcompletionrequest.py and embeddingrequest.py",
        serves=frozenset({"mistral", "embeddings"}),
        takes_stream_options=False,
    ),
    "vllm": Preset(
        source="https://docs.vllm.ai/en/stable/serving/online_serving.html",
        serves=frozenset({"chat", "responses", "completions", "embeddings", "transcriptions", "translations"}),
    ),
    "ollama": Preset(
        source="https://github.com/ollama/ollama/blob/main/docs/api/openai-compatibility.mdx",
        serves=frozenset({"chat", "responses", "completions", "embeddings", "images"}),
        max_tokens="max_tokens",
    ),
    "llama_cpp": Preset(
        source="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        serves=frozenset({"chat", "responses", "completions", "embeddings"}),
        max_tokens="max_tokens",
    ),
}
