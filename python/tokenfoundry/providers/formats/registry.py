"""The wire formats by the names that the settings call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tokenfoundry.providers.formats import Format
from tokenfoundry.providers.formats.anthropic import Anthropic
from tokenfoundry.providers.formats.openai import OpenAI
from tokenfoundry.settings import ProviderSettings
from tokenfoundry.translate import Translation
from tokenfoundry.translate.chat_to_messages import ChatToMessages
from tokenfoundry.translate.messages_to_chat import MessagesToChat

_FORMATS: Mapping[str, Callable[[], Format]] = {"anthropic": Anthropic, "openai": OpenAI}

TRANSLATIONS: tuple[Translation, ...] = (ChatToMessages(), MessagesToChat())


def format_of(provider: ProviderSettings) -> Format:
    """The format that this provider speaks."""
    return _FORMATS[provider.format]()
