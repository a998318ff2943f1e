"""The one place that talks to providers, with their keys.

A failure before the request was written (`ConnectFailed`) consumed nothing. After that (`ReplyLost`, `ReplyTimeout`)
the provider may have worked, so the caller settles instead of voiding.

One client serves any number of event loops: each gets connections of its own, opened at its first call. Which of the
two transports a provider gets is decided once: aiohttp where a proxy or the provider's setting wants it, or where
httptools is not installed; the lean one for all others.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import ConfigError
from tokenfoundry.providers.credentials.registry import credentials_of
from tokenfoundry.providers.formats import WireRequest
from tokenfoundry.providers.http import (
    ConnectFailed,
    Limits,
    ReplyLost,
    ReplyTimeout,
    Sending,
    Transport,
    UpstreamReply,
)
from tokenfoundry.providers.http.proxies import proxy_of_environment
from tokenfoundry.settings import ProviderSettings

__all__ = ["ConnectFailed", "ProviderClient", "ReplyLost", "ReplyTimeout", "Sending", "UpstreamReply"]

_LEAST_S = 0.001  # No time at all would mean no bound to aiohttp.


class _Transports:
    """The transports that a set of providers needs: one lean, and one of aiohttp for each proxy. Each is imported when
    needed.
    """

    def __init__(self) -> None:
        self._lean: Transport | None = None
        self._by_proxy: dict[str | None, Transport] = {}
        self._has_parser = importlib.util.find_spec("httptools") is not None

    def of(self, name: str, provider: ProviderSettings) -> Transport:
        proxy = _proxy_of(name, provider)
        if proxy or provider.client == "aiohttp" or not self._has_parser:
            return self._aiohttp(proxy)
        if self._lean is None:
            from tokenfoundry.providers.http.lean import LeanTransport

            self._lean = LeanTransport()
        return self._lean

    def in_pieces(self, name: str, provider: ProviderSettings) -> Transport:
        """A transport that takes a request's body in pieces."""
        return self._aiohttp(_proxy_of(name, provider))

    def _aiohttp(self, proxy: str | None) -> Transport:
        transport = self._by_proxy.get(proxy)
        if transport is None:
            from tokenfoundry.providers.http.by_aiohttp import AiohttpTransport

            transport = self._by_proxy[proxy] = AiohttpTransport(proxy=proxy)
        return transport

    def all(self) -> list[Transport]:
        return [*([] if self._lean is None else [self._lean]), *self._by_proxy.values()]


def _proxy_of(name: str, provider: ProviderSettings) -> str | None:
    proxy = provider.proxy or proxy_of_environment(provider.base_url)
    if proxy and not proxy.startswith(("http://", "https://")):
        said = "the environment's is not http://host:port: state one here, or name the provider's host in NO_PROXY"
        raise ConfigError(said, path=f"providers.{name}.proxy")
    return proxy


def _limits_of(provider: ProviderSettings) -> Limits:
    times = provider.timeout_s
    return Limits(times.connect, times.write, times.first_byte, times.read, times.total)


class ProviderClient:
    """Sends requests to the configured providers. Close it from each loop that used it."""

    def __init__(self, providers: Mapping[str, ProviderSettings], *, clock: Clock = system_clock) -> None:
        """Raises `ConfigError` for a key that is not there, and `MissingExtra`."""
        self._own = transports = _Transports()
        self._providers = dict(providers)
        self._routes = {
            name: (transports.of(name, provider), _limits_of(provider)) for name, provider in providers.items()
        }
        kept = {name: credentials_of(name, provider, clock=clock) for name, provider in providers.items()}
        self.keys = {name: tuple((each.label, each.identity) for each in each_of) for name, each_of in kept.items()}
        """Labels, which say where a key is kept, and identities, by provider."""
        self._credentials = {
            name: {each.identity: each.credential for each in each_of} for name, each_of in kept.items()
        }

    def fingerprints(self, provider: str) -> dict[str, Callable[[], str]]:
        """By identity, what tells whether that key of the provider has become another one (`Credential`)."""
        return {identity: each.fingerprint for identity, each in self._credentials[provider].items()}

    def key(self, provider: str, identity: str) -> str | None:
        """The text of that key of the provider; None when it has to be renewed first."""
        return self._credentials[provider][identity].current()

    async def renew(self, provider: str, identity: str, *, within_s: float) -> None:
        """Waits until `key` gives a text. Raises `CredentialFailed`."""
        await self._credentials[provider][identity].renew(within_s=within_s)

    def send(self, provider: str, request: WireRequest, *, within_s: float = math.inf) -> Sending:
        """Sends `request` to the provider; the reply lives as long as the block, and must be complete in `within_s`.
        See `Transport`.
        """
        transport, limits = self._routes[provider]
        return transport.send(request, limits, max(within_s, _LEAST_S))

    def transfer(self, provider: str, request: WireRequest, *, within_s: float) -> Sending:
        """As `send`, of what is large: its body may come in `pieces`, and nothing but `within_s` bounds the whole."""
        transport, limits = self._routes[provider]
        if request.pieces is not None:
            transport = self._own.in_pieces(provider, self._providers[provider])
            # The reply comes when all of the request is there.
            limits = replace(limits, first_byte_s=within_s)
        return transport.send(request, replace(limits, total_s=within_s))

    @property
    def open_loops(self) -> int:
        """How many event loops have not closed their connections."""
        return max((transport.open_loops for transport in self._own.all()), default=0)

    async def aclose(self) -> None:
        """Closes the connections opened on the running loop."""
        for transport in self._own.all():
            await transport.aclose()
