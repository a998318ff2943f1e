"""The wire formats by the names that the settings call them."""

from __future__ import annotations

from tokenfoundry.providers.formats import Format
from tokenfoundry.providers.formats.openai import OpenAI
from tokenfoundry.settings import ProviderSettings
from tokenfoundry.translate import Translation

TRANSLATIONS: tuple[Translation, ...] = ()


def format_of(provider: ProviderSettings) -> Format:
    """The format that this provider speaks."""
    return OpenAI()
