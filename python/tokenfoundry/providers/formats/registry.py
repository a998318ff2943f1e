"""The wire formats by the names that the settings call them, and the translations between dialects."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.providers.formats import Format
from tokenfoundry.providers.formats.anthropic import Anthropic
from tokenfoundry.providers.formats.azure import AzureFormat
from tokenfoundry.providers.formats.bedrock import BedrockFormat
from tokenfoundry.providers.formats.cohere import CohereFormat
from tokenfoundry.providers.formats.gemini import GeminiFormat, VertexFormat
from tokenfoundry.providers.formats.mistral import MistralFormat
from tokenfoundry.providers.formats.openai import OpenAIFormat
from tokenfoundry.providers.presets import PRESETS
from tokenfoundry.settings import ProviderSettings
from tokenfoundry.translate import Translation
from tokenfoundry.translate.chat_to_cohere import ChatToCohere
from tokenfoundry.translate.chat_to_converse import ChatToConverse
from tokenfoundry.translate.chat_to_gemini import ChatToGemini
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.chat_to_mistral import ChatToMistral
from tokenfoundry.translate.embeddings import (
    EmbeddingsToCohere,
    EmbeddingsToGemini,
    EmbeddingsToTitan,
    EmbeddingsToVertex,
)
from tokenfoundry.translate.messages_to_chat import MessagesToChat

TRANSLATIONS: tuple[Translation, ...] = (
    ChatToMessages(),
    MessagesToChat(),
    ChatToGemini(),
    ChatToCohere(),
    ChatToConverse(),
    ChatToMistral(),
    EmbeddingsToGemini(),
    EmbeddingsToVertex(),
    EmbeddingsToCohere(),
    EmbeddingsToTitan(),
)

_OWN: tuple[Format, ...] = (
    Anthropic(),
    AzureFormat(),
    BedrockFormat(),
    CohereFormat(),
    GeminiFormat(),
    MistralFormat(),
    VertexFormat(),
)

FORMATS: Mapping[str, Format] = {
    **{name: OpenAIFormat(name, preset) for name, preset in PRESETS.items()},
    **{format.name: format for format in _OWN},
}


def format_of(provider: ProviderSettings) -> Format:
    """The format that this provider speaks."""
    return FORMATS[provider.format]
