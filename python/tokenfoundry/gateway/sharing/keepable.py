"""Which answers are not kept, and why.

Kept is whatever the very same question may be answered with again, at any temperature and with tool calls: a caller who
wants another answer each time says `cache-control: no-cache`. Not kept is what ended before its end, what a provider or
a model refused, what holds personal data that the question did not, and what names a placeholder that means nothing to
who asked: to another, in a conversation, it may mean somebody.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.bodies.texts import texts
from tokenfoundry.privacy import Detector
from tokenfoundry.privacy.forms import forms_in, may_hold_form

Reason = Literal[
    "cut", "unfinished", "refused", "personal_data", "unknown_placeholder", "downgraded", "in_pieces", "disk"
]
"""`cut`: at a bound that the caller did not set. `unfinished`: the reply says that it is not whole. `refused`: by the
model or a filter of its provider. `personal_data`, `unknown_placeholder`: of the model's own. `downgraded`: by a
budget. `in_pieces`: its stream cannot be said as one reply. `disk`: the cache could not be written."""

_MEMO_LENGTH = 32  # Of words of the protocol, such as "chat.completion", which are looked at once.
_MEMO_SIZE = 1000

_NUMBERED = re.compile(r"_[0-9]+\]\Z")

_REFUSED = frozenset({"content_filter", "refusal", "safety", "recitation"})
_WHOLE_STATES = frozenset({None, "completed", "incomplete"})


class Keepable:
    """Judges answers. Any thread."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._harmless: set[str] = set()

    def why_not(self, call: Call, reply: dict[str, Any]) -> Reason | None:
        """Why this reply, in placeholder form, is not kept. None: it is."""
        if call.cut_by_us and call.endpoint.is_cut(reply):
            return "cut"
        if reply.get("status") not in _WHOLE_STATES:  # Of the responses dialect.
            return "unfinished"
        if _is_refused(reply):
            return "refused"
        # Each text by itself: joined to its neighbour, a value can hide.
        said = texts(reply)
        if call.session.uses_surrogates:
            said = [call.session.without_surrogates(text) for text in said]
        if any(self._holds_data(text) for text in said if text not in self._harmless):
            return "personal_data"
        if may_hold_form("".join(said)) and any(_names_nobody(call, text) for text in said):
            return "unknown_placeholder"
        return None

    def _holds_data(self, text: str) -> bool:
        if self._detector.detect(text):
            return True
        if len(text) > _MEMO_LENGTH:
            return False
        if len(self._harmless) >= _MEMO_SIZE:
            self._harmless = set()
        self._harmless.add(text)
        return False


def _names_nobody(call: Call, text: str) -> bool:
    value_of = call.session_of_shared.values.value_of
    return any(_NUMBERED.search(form.placeholder) and value_of(form.placeholder) is None for form in forms_in(text))


def _is_refused(reply: dict[str, Any]) -> bool:
    """Whether a model or a filter refused, in any dialect's words."""
    if reply.get("stop_reason") in _REFUSED:
        return True
    details = reply.get("incomplete_details")
    if isinstance(details, dict) and details.get("reason") in _REFUSED:
        return True
    for choice in _objects(reply.get("choices")):
        message = choice.get("message")
        if choice.get("finish_reason") in _REFUSED or (isinstance(message, dict) and message.get("refusal")):
            return True
    return any(
        part.get("type") == "refusal"
        for item in _objects(reply.get("output"))
        for part in _objects(item.get("content"))
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
