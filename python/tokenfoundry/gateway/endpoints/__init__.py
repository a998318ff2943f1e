"""What differs from one inference endpoint to the next, as pure functions on decoded bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tokenfoundry.privacy import RedactionSession
from tokenfoundry.routing.targets import Target


class Endpoint(Protocol):
    """`name` is how keys, targets and records call it. Every method but `check` relies on a body that passed it."""

    name: str
    produces_output: bool

    def check(self, body: dict[str, Any]) -> None:
        """Raises `Refused` (400) when the body has not the shape the walk relies on; unknown fields are left alone."""

    def as_text(self, body: dict[str, Any], reachable: Sequence[Target]) -> dict[str, Any]:
        """The body with what stands for text turned into text. Raises `Refused`."""

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        """A copy with every text redacted. Raises `BlockedContent` and `Refused`."""

    def input_tokens(self, body: dict[str, Any], target: Target) -> int:
        """Tokens of the prompt, as the target's tokenizer counts them."""

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        """The caller's own bound on the output of one choice; None when there is none."""

    def choices(self, body: dict[str, Any]) -> int:
        """How many outputs are asked for."""

    def is_reply(self, reply: Any) -> bool:
        """Whether a decoded body of a successful reply has the shape of one."""

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        """A copy with the caller's own values back in place."""

    def output_text(self, reply: dict[str, Any]) -> str:
        """All text the model produced, to be counted when the provider reports no usage."""
