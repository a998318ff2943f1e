"""The response cache as the gateway uses it: what makes two calls the same, and what is kept of a reply.

Key and reply are in placeholder form, so a question about two different people is one entry, and each asker gets their
own values back. What must not be kept is not kept: a reply cut by a bound the caller did not set, and one with
personal data of the model's own.

The cache may be lost, so nothing that goes wrong with it ever fails a call: it is a miss, and a line in the log.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

import msgspec

from tokenfoundry.cache import Cache
from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.gateway.call import Call
from tokenfoundry.gateway.texts import texts
from tokenfoundry.privacy import Detector
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_log = logging.getLogger("tokenfoundry")

_FORMAT = 1

# Fields that do not change what a model answers.
_IGNORED = frozenset(
    {"user", "metadata", "stream", "stream_options", "store", "safety_identifier", "prompt_cache_key", "model"}
)


class StoredReply(msgspec.Struct, frozen=True):
    """A reply in placeholder form, and what it cost to produce."""

    reply: dict[str, Any]
    target: str
    usage: Usage


class ResponseCache:
    """Finds and keeps replies within a scope. Holds no personal data."""

    def __init__(
        self,
        cache: Cache,
        *,
        ttl_ms: int,
        scope: Literal["project", "workspace", "key"],
        policy: str,
        detector: Detector,
    ) -> None:
        """`policy` identifies the privacy policy: another policy makes other placeholders, so it never shares an
        entry.
        """
        self._cache = cache
        self._ttl_ms = ttl_ms
        self._scope = scope
        self._policy = policy
        self._detector = detector
        self._decoder = msgspec.json.Decoder(StoredReply)

    def find(self, call: Call) -> StoredReply | None:
        """The reply kept for this call, if its key may reach the target it came from."""
        try:
            data = self._cache.get(self._key(call))
            stored = None if data is None else self._decoder.decode(data)
        except (TokenFoundryError, msgspec.DecodeError) as error:
            _log.warning("the response cache cannot be read: %s", type(error).__name__)
            return None
        if stored is None or stored.target not in {target.name for target in call.reachable}:
            return None
        return stored

    def keep(self, call: Call, target: Target, reply: dict[str, Any], usage: Usage) -> None:
        """Keeps a reply when it may be kept."""
        if call.cut_by_us and call.endpoint.is_cut(reply):
            return
        try:
            # Each text by itself: joined to its neighbour, a value can hide.
            if any(self._detector.detect(text) for text in texts(reply)):
                return
            value = msgspec.json.encode(StoredReply(reply, target.name, usage))
            self._cache.put(self._key(call), value, ttl_ms=self._ttl_ms)
        except TokenFoundryError as error:
            _log.warning("the response cache cannot be written: %s", type(error).__name__)

    def _key(self, call: Call) -> bytes:
        material = {
            "format": _FORMAT,
            "endpoint": call.endpoint.name,
            "scope": [call.axes.workspace, getattr(call.axes, self._scope)],
            "alias": call.alias,
            "targets": [[target.name, target.provider, target.model, target.region] for target in call.reachable],
            "regions": call.key.regions,
            "policy": self._policy,
            "body": {name: value for name, value in call.redacted.items() if name not in _IGNORED},
        }
        return msgspec.json.encode(material, order="sorted")
