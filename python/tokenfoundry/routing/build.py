"""Targets, aliases and policies as the settings state them."""

from __future__ import annotations

import re

from tokenfoundry.errors import NotFound
from tokenfoundry.routing.policy import Router, Rule
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import ProviderSettings, Settings, TargetSettings
from tokenfoundry.tokens import Tokenizer

_FALLBACK_TOKENIZER = "o200k_base"
_SAID_AS_CHAT = frozenset({"responses", "completions"})

# Whose every chat model also serves responses (OpenAI API reference; Azure OpenAI, "Use the Responses API").
_SERVE_RESPONSES = re.compile(r"https://(api\.openai\.com|[^/]+\.openai\.azure\.com)/")


def build_router(settings: Settings) -> Router:
    """The router of a configuration whose cross references were checked."""
    targets = {
        name: _target(name, target, settings.providers[target.provider]) for name, target in settings.targets.items()
    }
    aliases = {name: alias.targets or alias.policy or "" for name, alias in settings.aliases.items()}
    policies = {
        name: [Rule(rule.when, tuple(targets[target] for target in rule.use)) for rule in rules]
        for name, rules in settings.routing.items()
    }
    return Router(targets, aliases, policies)


def _target(name: str, settings: TargetSettings, provider: ProviderSettings) -> Target:
    tokenizer, exact = _tokenizer(settings)
    native: frozenset[str] = settings.endpoints
    if "endpoints" not in settings.model_fields_set and _SERVE_RESPONSES.match(provider.base_url):
        native |= {"responses"}
    return Target(
        name=name,
        provider=settings.provider,
        model=settings.model,
        region=settings.region or "",
        trust=settings.trust,
        tier=settings.tier or "",
        endpoints=native | _SAID_AS_CHAT if "chat" in native else native,
        native=native,
        tokenizer=tokenizer,
        tokenizer_is_exact=exact,
        max_output_tokens=settings.max_output_tokens,
        context_tokens=settings.context_tokens,
    )


def _tokenizer(settings: TargetSettings) -> tuple[Tokenizer, bool]:
    """The target's tokenizer, and whether it is known to be the model's own."""
    if settings.tokenizer is not None:
        return Tokenizer.load(settings.tokenizer), True
    try:
        return Tokenizer.for_model(settings.model), True
    except NotFound:
        return Tokenizer.load(_FALLBACK_TOKENIZER), False
