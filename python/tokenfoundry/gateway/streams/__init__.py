"""A streamed answer in the dialect that its client asked: restored, put together, ended.

One file per dialect. What arrives are decoded events, already in the asked dialect.
"""

from __future__ import annotations

from typing import Any, Protocol

from tokenfoundry.records import CallRecord

Body = dict[str, Any]


class ReplyStream(Protocol):
    """One stream on its way to the client. Belongs to one call."""

    @property
    def finished(self) -> bool:
        """Whether the answer came to its end by the dialect's own rule."""

    @property
    def storable(self) -> bool:
        """Whether `body` says all that the events said, and the answer is finished."""

    def add(self, event: Body) -> bytes:
        """Takes one event in placeholder form; returns what the client gets now: server-sent events with the caller's
        own values, empty when all of it is held back (a cut placeholder, the usage).

        Raises `ProviderError` for an event of another shape or that reports an error.
        """

    def produced(self) -> str | None:
        """All text that the model has produced so far, as its tokens are counted; None for what is not text."""

    def body(self) -> Body:
        """What was put together so far, as the reply that would have come without streaming, in placeholder form."""

    def ending(self, record: CallRecord, summary: Body) -> bytes:
        """The last bytes, after the call is settled: withheld events, the `tokenfoundry` summary, the end's mark."""

    def error(self, code: str, message: str) -> bytes:
        """The event that tells of an error in mid-stream."""
