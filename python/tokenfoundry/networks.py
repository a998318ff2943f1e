"""Address ranges, read once and then asked many times.

An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`, as a socket that listens on both shows it) is that IPv4
address everywhere: in a range and in what is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED_BITS = 96  # the fixed part of ::ffff:0:0/96, which holds the whole of IPv4


def address_of(text: str) -> Address | None:
    """The address that a text is, or None.

    >>> address_of("::ffff:10.0.0.1")
    IPv4Address('10.0.0.1')
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return _unmapped(address)


def network_of(text: str) -> Network:
    """The range that a text is; a single address is a range of one. Raises `ValueError` in words.

    >>> network_of("10.0.0.0/8")
    IPv4Network('10.0.0.0/8')
    """
    try:
        network = ip_network(text)
    except ValueError:
        wanted = "an address range such as 10.0.0.0/8 or 2001:db8::/32, with no bit set beyond its prefix"
        raise ValueError(f"should be {wanted}") from None
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        return network if mapped is None else IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


class Networks:
    """A set of ranges. Immutable, so any thread may ask it.

    >>> address_of("10.1.2.3") in Networks(["10.0.0.0/8", "2001:db8::/32"])
    True
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Raises `ValueError` for the first text that is no range."""
        self._networks = tuple(map(network_of, texts))

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
