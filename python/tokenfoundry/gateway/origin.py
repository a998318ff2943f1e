"""Where a request comes from, when proxies stand in between."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.gateway.headers import FORWARDED_FOR
from tokenfoundry.networks import Address, Networks, address_of


def origin_of(peer: str, headers: Mapping[str, str], trusted_proxies: Networks) -> Address | None:
    """The client's address: the connection's own, or what a trusted proxy says of it; None when nobody knows.

    Each proxy writes who it was called by at the end of X-Forwarded-For, so only what trusted ones wrote is believed:
    the list is read from its end, up to the first address that is no trusted proxy. Anybody can write the rest.

    >>> proxies = Networks(["10.0.0.0/8"])
    >>> origin_of("10.0.0.1", {"x-forwarded-for": "192.0.2.99, 203.0.113.7, 10.0.0.2"}, proxies)
    IPv4Address('203.0.113.7')
    >>> origin_of("203.0.113.7", {"x-forwarded-for": "10.0.0.9"}, proxies)
    IPv4Address('203.0.113.7')
    """
    address = address_of(peer)
    forwarded = headers.get(FORWARDED_FOR)
    if forwarded is None or address not in trusted_proxies:
        return address
    for text in reversed(forwarded.split(",")):
        address = address_of(_without_port(text.strip()))
        if address not in trusted_proxies:
            return address
    return address


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.1:443` or `[2001:db8::1]:443`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, _, _ = text.partition(":")
    return host if text.count(":") == 1 else text
