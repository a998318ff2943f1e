"""Whole replies given again: what makes two calls the same, and what is kept of a reply.

Key and reply are in placeholder form, so a question about two different people is one entry, and each asker gets their
own values back. How old an answer may be, the terms of the asking intent and the caller's `Cache-Control` say.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import msgspec

from tokenfoundry.cache import Maker
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.sharing.keepable import Keepable
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.gateway.streams.replay import Borders
from tokenfoundry.privacy.forms import may_hold_form_in_json
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_log = logging.getLogger("tokenfoundry")

# Fields that do not change what a model answers. The model itself stands in the key as the alias.
_IGNORED = frozenset(
    {"user", "metadata", "stream", "stream_options", "store", "safety_identifier", "prompt_cache_key", "model"}
)


def question_of(redacted: dict[str, Any]) -> bytes:
    """What is asked, in canonical form: every field of a redacted body that the answer depends on. The keyed hash of it
    is the end of the cache's key, and what is on record of the prompt.
    """
    asked = {name: value for name, value in redacted.items() if name not in _IGNORED}
    return msgspec.json.encode(asked, order="sorted")


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An answer on disk, in placeholder form, and what it cost to produce."""

    at_ms: int
    generation: int
    maker: Maker
    usage: Usage
    borders: Borders
    is_plain: bool
    reply: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Recalled:
    """An answer that is given once more, in placeholder form."""

    target: Target
    usage: Usage
    borders: Borders
    reply: dict[str, Any] | msgspec.Raw
    age_ms: int | None
    """Since it was kept; None: it is shared as it is made."""
    is_plain: bool = False
    """Whether it certainly names no placeholder."""

    def may_hold_values_of(self, call: Call) -> bool:
        """Whether a placeholder of this call can stand in it."""
        if isinstance(self.reply, dict):
            return bool(call.session_of_shared.restorable) or call.session_of_shared.guards
        return call.session_of_shared.may_restore(bytes(self.reply))

    def whole(self) -> dict[str, Any]:
        """The reply, decoded."""
        if isinstance(self.reply, dict):
            return self.reply
        decoded: dict[str, Any] = msgspec.json.decode(self.reply)
        return decoded

    def as_written(self) -> dict[str, Any]:
        """The reply with the values of its fields as they were written, for who changes nothing in them."""
        return self.reply if isinstance(self.reply, dict) else dict(_FIELDS.decode(self.reply))


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ResponseCache:
    """Finds and keeps replies. Holds no personal data. Any thread."""

    def __init__(self, answers: KeptAnswers, keepable: Keepable) -> None:
        self._answers = answers
        self._keepable = keepable
        self._decoder = msgspec.json.Decoder(_Kept)
        self._encoder = msgspec.json.Encoder()

    def identify(self, call: Call) -> None:
        """Sets the call's key, and the generation in which it asks."""
        call.generation = self._answers.generation
        call.cache_key = self._answers.prefix(call) + call.prompt_hmac.encode()

    def find(self, call: Call) -> Recalled | None:
        """The reply kept for this call, if it is fresh enough and its key may reach the target it came from."""
        found = self._find(call)
        self._answers.count("misses" if found is None else "hits")
        return found

    def find_plain(self, call: Call) -> Recalled | None:
        """The same of one that certainly names no placeholder. To find none is no miss: the call is still to `find`."""
        found = self._find(call)
        if found is None or not found.is_plain:
            return None
        self._answers.count("hits")
        return found

    def _find(self, call: Call) -> Recalled | None:
        record = self._answers.get(call.cache_key)
        if record is None:
            return None
        try:
            kept = self._decoder.decode(record)
        except msgspec.DecodeError as error:
            _log.warning("a kept answer cannot be read: %s", type(error).__name__)
            return None
        age_ms = self._answers.age_ms(call, at_ms=kept.at_ms, generation=kept.generation, maker=kept.maker)
        target = next((target for target in call.reachable if target.name == kept.maker.target), None)
        if age_ms is None or target is None:
            return None
        return Recalled(target, kept.usage, kept.borders, kept.reply, age_ms, kept.is_plain)

    def keep(self, call: Call, target: Target, reply: dict[str, Any], usage: Usage, borders: Borders) -> None:
        """Keeps a reply, in placeholder form, when it may be kept."""
        reason = self._keepable.why_not(call, reply)
        if reason is not None:
            self._answers.reject(reason)
            return
        written = self._encoder.encode(reply)
        kept = _Kept(
            at_ms=self._answers.now_ms(),
            generation=call.generation,
            maker=self._answers.maker(call, target),
            usage=usage,
            borders=borders,
            is_plain=not may_hold_form_in_json(written),
            reply=msgspec.Raw(written),
        )
        self._answers.put(call.cache_key, self._encoder.encode(kept), ttl_ms=call.cache_terms.ttl_ms)
