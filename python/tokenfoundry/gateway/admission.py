"""Who may come in: the key of a request, and what that key may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenfoundry.clock import Clock
from tokenfoundry.gateway.headers import AUTHORIZATION, OTHER_KEYS
from tokenfoundry.gateway.origin import origin_of
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.networks import Networks


class Admission:
    """Asks every request for its key."""

    def __init__(self, keys: KeyRing, *, clock: Clock, trusted_proxies: Networks) -> None:
        self._keys = keys
        self._clock = clock
        self._trusted_proxies = trusted_proxies

    def authenticate(self, headers: Mapping[str, str], peer: str) -> Key:
        """The key of a request from the address `peer`, in force now. Raises `Refused` (401, 403)."""
        text, now_ms = _key_text(headers), self._clock()
        key = self._keys.authenticate(text, now_ms=now_ms) if text else None
        if key is None:
            what = "unknown API key" if text else "no API key: send it as 'Authorization: Bearer tf_...'"
            raise Refused(401, "invalid_api_key", what, kind="authentication_error")
        if key.expires_at_ms is not None and now_ms >= key.expires_at_ms:
            raise Refused(401, "invalid_api_key", f"the API key {key.id} has expired", kind="authentication_error")
        if key.state != "active":
            raise Refused(403, f"key_{key.state}", f"the API key {key.id} is {key.state}", kind="permission_error")
        # Only a key with a list costs the reading of an address.
        if key.allowed_ips is not None and not key.allows_address(origin_of(peer, headers, self._trusted_proxies)):
            what = f"the API key {key.id} may not be used from this address"
            raise Refused(403, "ip_not_allowed", what, kind="permission_error")
        return key

    def is_in_force(self, key: Key) -> bool:
        """Whether nothing about a key has changed since it was authenticated, and it has not expired."""
        return self._keys.is_current(key) and (key.expires_at_ms is None or self._clock() < key.expires_at_ms)


def demand(key: Key, endpoint: str) -> None:
    """Raises `Refused` (403) for a key that may not use that endpoint."""
    if "inference" not in key.scopes:
        raise out_of_scope(key, "has no inference scope")
    if key.endpoints is not None and endpoint not in key.endpoints:
        raise out_of_scope(key, f"may not use {endpoint}; it may use {listed(key.endpoints)}")


def out_of_scope(key: Key, what: str) -> Refused:
    """403: the key may not do this."""
    return Refused(403, "scope", f"the API key {key.id} {what}", kind="permission_error")


def listed(allowed: Sequence[str] | None) -> str:
    """What a key may use, for a sentence."""
    return ", ".join(name or "none" for name in allowed or ())


def _key_text(headers: Mapping[str, str]) -> str:
    scheme, _, bearer = headers.get(AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    return next((headers[name] for name in OTHER_KEYS if headers.get(name)), "")
