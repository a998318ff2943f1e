"""What a call of a conversation shares with others: the numbers of its placeholders are the conversation's, so that
question and answer are numbered by themselves, by first occurrence, before they are compared or kept.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.gateway.bodies.texts import texts
from tokenfoundry.privacy import PlaceholderMap, RedactionSession
from tokenfoundry.privacy.forms import forms_in
from tokenfoundry.privacy.restore import restore


class Shared:
    """Of one call, once it is redacted."""

    def __init__(self, session: RedactionSession) -> None:
        self._values = session.values
        renumbering = session.values.renumbering()
        self.is_renumbered = renumbering is not None
        """Whether the call is sent with other numbers than it is shared with."""
        by_itself = PlaceholderMap()
        self._numbers = PlaceholderMap()
        for sent, value in session.values.items():
            shared = sent if renumbering is None else renumbering[sent]
            by_itself.hold(shared, value)
            self._numbers.hold(sent, shared)
        self.session = session.numbered(by_itself)
        """Restores what was shared: with this call's values alone, none of the conversation's others."""

    def question(self, redacted: dict[str, Any]) -> dict[str, Any]:
        """The redacted body as it is compared."""
        made: dict[str, Any] = self._renumbered(redacted)
        return made

    def reply(self, reply: dict[str, Any]) -> dict[str, Any] | None:
        """A reply as it is kept, in placeholder form; None for one that names another placeholder of the conversation,
        which means somebody to this caller alone, or that is signed with the numbers in it.
        """
        if any(self._is_of_conversation(text) for text in texts(reply)) or (self.is_renumbered and _is_signed(reply)):
            return None
        made: dict[str, Any] = self._renumbered(reply)
        return made

    def _renumbered(self, value: Any) -> Any:
        if not self.is_renumbered:
            return value
        if isinstance(value, str):
            return restore(value, self._numbers)
        if isinstance(value, list):
            return [self._renumbered(item) for item in value]
        if isinstance(value, dict):
            return {restore(name, self._numbers): self._renumbered(item) for name, item in value.items()}
        return value

    def _is_of_conversation(self, text: str) -> bool:
        return any(
            form.placeholder not in self._values and self._values.value_of(form.placeholder) is not None
            for json in (False, True)
            for form in forms_in(text, json=json)
        )


def _is_signed(reply: dict[str, Any]) -> bool:
    content = reply.get("content")
    return isinstance(content, list) and any(isinstance(block, dict) and "signature" in block for block in content)
