"""The wire formats by the names that the settings call them."""

from __future__ import annotations

from tokenfoundry.providers.formats import Format
from tokenfoundry.providers.formats.openai import OpenAI
from tokenfoundry.settings import ProviderSettings
from tokenfoundry.translate import Translation
from tokenfoundry.translate.completions_to_chat import CompletionsToChat
from tokenfoundry.translate.responses_to_chat import ResponsesToChat

TRANSLATIONS: tuple[Translation, ...] = (ResponsesToChat(), CompletionsToChat())


def format_of(provider: ProviderSettings) -> Format:
    """The format that this provider speaks."""
    return OpenAI()
