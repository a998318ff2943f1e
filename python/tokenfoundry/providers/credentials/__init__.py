"""What proves to a provider who asks: a key of the environment, a key in a file that may change, a token that is
renewed before it ends.

The walk asks `current()`, which never waits. Only where there is nothing to give, as at a start or when renewing failed
for too long, does an attempt wait in `renew`, and no longer than it says.
"""

from __future__ import annotations

from typing import Protocol

from tokenfoundry.errors import ProviderError


class CredentialFailed(ProviderError):
    """There is nothing to prove it with now; nothing was sent. Says neither a token nor where one is kept: that stands
    in the log.
    """


class Credential(Protocol):
    """One of a provider's keys. Any thread, any event loop."""

    def current(self) -> str | None:
        """The text to send; None when there is none that is still good. Never waits."""

    def fingerprint(self) -> str:
        """What is another one once somebody has put another key in its place; no secret. Never waits. Of tokens, whose
        they are: one that is renewed is not another key.
        """

    async def renew(self, *, within_s: float) -> None:
        """Waits, at most so long, until `current` gives a text. Raises `CredentialFailed`."""
