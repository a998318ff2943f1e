"""One real call per target, as small as it can be. It costs what the provider asks for it, and is not in the books."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import msgspec

from tokenfoundry.clock import Clock
from tokenfoundry.doctor.finding import Finding, failed, ok, skipped, warning
from tokenfoundry.errors import InvalidInput, ProviderError
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.formats import Endpoint, Format
from tokenfoundry.providers.formats.registry import TRANSLATIONS, format_of
from tokenfoundry.providers.plan import Planner, Said
from tokenfoundry.routing.targets import serves
from tokenfoundry.settings import Settings, TargetSettings
from tokenfoundry.translate import Body, Translations, Untranslatable

_LONGEST_S = 30.0
_TEXT = "Hi"

# Smallest calls, by what a target serves; what is not here costs more than a look is worth.
_SMALLEST: dict[str, dict[str, Any]] = {
    "chat": {"messages": [{"role": "user", "content": _TEXT}], "max_tokens": 1},
    "embeddings": {"input": _TEXT},
    "completions": {"prompt": _TEXT, "max_tokens": 1},
    "moderations": {"input": _TEXT},
}


async def trial(name: str, settings: Settings, client: ProviderClient, clock: Clock) -> Finding:
    """What the target answers to the smallest call."""
    about = f"target {name}"
    target = settings.targets[name]
    asked = next((each for each in _SMALLEST if each in target.endpoints), None)
    if asked is None:
        return skipped(about, f"not called: {', '.join(sorted(target.endpoints))} cost more than a look is worth")
    try:
        return await _called(about, asked, target, settings, client, clock)
    except Untranslatable as error:
        return failed(about, f"cannot be told a call: {error}", "see `format` and `endpoints`")
    except CredentialFailed as error:
        return failed(about, str(error), "the log says why; see the provider's `keys`")
    except ProviderError as error:
        return failed(about, f"no answer: {error}", "see what is said of its provider")
    except InvalidInput as error:
        return failed(about, str(error), "see the provider's settings")


async def _called(
    about: str, asked: str, target: TargetSettings, settings: Settings, client: ProviderClient, clock: Clock
) -> Finding:
    provider = settings.providers[target.provider]
    spoken: Format = format_of(provider)
    plan = Planner(Translations(TRANSLATIONS)).plan(asked, spoken, lambda dialect: serves(target.endpoints, dialect))
    if plan is None:
        return failed(about, f"{provider.format} has nothing to say {asked} in", "see `endpoints`")
    said = plan.said({**_SMALLEST[asked], "model": target.model})
    label, identity = next(iter(client.keys[target.provider]), (None, None))
    if identity is not None and client.key(target.provider, identity) is None:
        await client.renew(target.provider, identity, within_s=_LONGEST_S)
    key = None if identity is None else client.key(target.provider, identity)
    to = Endpoint(provider.base_url, target.model, key, dict(provider.options))
    began = perf_counter()
    async with client.send(
        target.provider, said.request(to, stream=False, now_ms=clock()), within_s=_LONGEST_S
    ) as reply:
        raw = await reply.read()
    took = f"{(perf_counter() - began) * 1000:.0f} ms"
    if reply.is_success:
        body = _reply(asked, said, raw)
        if body is None:
            told = f"answered {reply.status} in {took}, and with no reply to {asked}"
            return failed(about, told, "see `base_url` and `format`: something else may listen there")
        return ok(about, f"answered {asked} in {took}: it costs {_usage(said, body)}, which is not in the books")
    message = _message(spoken, raw, key)
    told = f"answered {reply.status} in {took}{': ' if message else ''}{message}"
    if reply.status in (401, 403):
        return failed(about, told, f"see the key in {label}, and what it may do")
    if reply.status == 404:
        return failed(about, told, f"see `model: {target.model}`, `base_url`, and whether the key may use it")
    if reply.status == 429:
        return warning(about, told, "its rate limit or its credit is used up")
    if reply.status == 400:
        return warning(about, told, "the key is taken and the call is not: some models refuse one that is so small")
    return failed(about, told, "ask again later, or see the provider's state page")


def _reply(asked: str, said: Said, raw: bytes) -> Body | None:
    """The provider's reply, None when it has not the shape of one."""
    endpoint = next(each for each in ENDPOINTS.values() if each.name == asked)
    try:
        body = msgspec.json.decode(raw)
        return body if isinstance(body, dict) and endpoint.is_reply(said.reply(body)) else None
    except (msgspec.DecodeError, InvalidInput, ProviderError, RecursionError, UnicodeDecodeError):
        return None


def _usage(said: Said, body: Body) -> str:
    try:
        usage = said.usage(body)
    except InvalidInput:
        usage = None
    return "what it is priced at" if usage is None else f"{usage.total_tokens} tokens"


def _message(spoken: Format, raw: bytes, key: str | None) -> str:
    """What an error reply says, without the key: some providers say which one they were sent."""
    try:
        message = spoken.error_message(msgspec.json.decode(raw))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
    # Those of AWS have parts.
    for secret in () if key is None else (key, *(part for part in key.split(":") if part)):
        message = message.replace(secret, "***")
    return message[:200]
