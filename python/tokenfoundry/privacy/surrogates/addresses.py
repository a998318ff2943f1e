"""Addresses of the net in names and ranges that are reserved for examples."""

from __future__ import annotations

import ipaddress
import re

from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.name_tables import FAMILY_NAMES, GIVEN_NAMES, LANGUAGES

_DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606, section 3.
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737.
_NAMED = re.compile(r"[A-Za-z]+([._-])[A-Za-z]+")
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")


def email(value: str, draw: Draw) -> str | None:
    """A name of nobody's, at a domain that is reserved: with two parts where it had two.

    >>> email("mario.rossi@studio.example.it", Draw(bytes(32)))
    'alessia.albertini@example.com'
    """
    local, at, _ = value.rpartition("@")
    if not at:
        return None
    language = draw.one_of(LANGUAGES)
    given = draw.one_of(draw.one_of(GIVEN_NAMES[language])).lower()
    family = draw.one_of(FAMILY_NAMES[language]).lower()
    parts = _NAMED.fullmatch(local)
    made = f"{given}{parts[1]}{family}" if parts else f"{given}{draw.digits(3)}"
    return f"{made}@{draw.one_of(_DOMAINS)}"


def ip_address(value: str, draw: Draw) -> str | None:
    """An address of the networks for documentation (RFC 5737, RFC 3849); None for what is more than an address."""
    try:
        version = ipaddress.ip_address(value).version
    except ValueError:
        return None
    if version == 4:
        return f"{draw.one_of(_NETWORKS)}.{draw.below(254) + 1}"
    return f"2001:db8:{draw.below(0xFFFE) + 1:x}::{draw.below(0xFFFE) + 1:x}"


def mac_address(value: str, draw: Draw) -> str | None:
    """An address of the range for documentation (RFC 7042, section 2.1.2)."""
    form = _MAC.fullmatch(value)
    if form is None:
        return None
    made = form[1].join(("00", "00", "5e", "00", "53", f"{draw.below(256):02x}"))
    return made.upper() if value.isupper() else made


def url(value: str, draw: Draw) -> str | None:
    """A page at a domain that is reserved. Nothing of the address is kept but its scheme."""
    scheme = "http" if value.lower().startswith("http:") else "https"
    return f"{scheme}://{draw.one_of(_DOMAINS)}/{draw.below(36**6):06d}"
