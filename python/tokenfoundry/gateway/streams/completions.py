"""A streamed completion of the older text API (OpenAI API reference, "Create completion"): chunks are completions whose
texts add up.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.privacy import RedactionSession, StreamRestorer
from tokenfoundry.providers.sse import comment, event
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.shapes import check_no_error

_DONE = b"[DONE]"
_MAX_CHOICES = 2048 * 128


class _Choice(msgspec.Struct):
    index: Annotated[int, msgspec.Meta(ge=0, lt=_MAX_CHOICES)] = 0
    text: str | None = None
    finish_reason: str | None = None


class _ChunkShape(msgspec.Struct):
    """The parts of a chunk that are looked into; all else may be anything."""

    choices: list[_Choice] | None = None


class CompletionStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession, *, wants_usage: bool) -> None:
        """`wants_usage`: the client asked for the usage chunk."""
        self._session = session
        self._wants_usage = wants_usage
        self._restorers: dict[int, StreamRestorer] = {}
        self._head: dict[str, Any] = {}
        self._usage: dict[str, Any] | None = None
        self._pieces: dict[int, list[str]] = {}
        self._finishes: dict[int, Any] = {}
        self._whole = True

    @property
    def finished(self) -> bool:
        return bool(self._pieces) and self._pieces.keys() == self._finishes.keys()

    @property
    def storable(self) -> bool:
        return self.finished and self._whole

    def add(self, event_: dict[str, Any]) -> bytes:
        check_no_error(event_)
        try:
            msgspec.convert(event_, _ChunkShape)
        except msgspec.ValidationError:
            raise ProviderError("the provider sent a chunk of another shape") from None
        if not self._head:
            self._head = {name: value for name, value in event_.items() if name not in ("choices", "usage")}
        usage = event_.pop("usage", None)
        if isinstance(usage, dict):
            self._usage = usage
        if usage is not None and not event_.get("choices"):
            return b""  # The usage chunk: it is written after the call is settled, when the client asked for it.
        choices = [self._restored(choice) for choice in event_.get("choices") or ()]
        return event(msgspec.json.encode({**event_, "choices": choices}))

    def produced(self) -> str:
        return "".join(piece for pieces in self._pieces.values() for piece in pieces)

    def body(self) -> dict[str, Any]:
        choices = [
            {"index": index, "text": "".join(pieces), "logprobs": None, "finish_reason": self._finishes.get(index)}
            for index, pieces in sorted(self._pieces.items())
        ]
        body = {**self._head, "object": "text_completion", "choices": choices}
        return {**body, "usage": self._usage} if self._usage is not None else body

    def ending(self, record: CallRecord, summary: dict[str, Any]) -> bytes:
        return _ending(record, summary, head=self._head, usage=self._usage, wants_usage=self._wants_usage)

    def error(self, code: str, message: str) -> bytes:
        error = {"message": message, "type": code, "param": None, "code": code}
        return event(msgspec.json.encode({"error": error}))

    def _restored(self, choice: dict[str, Any]) -> dict[str, Any]:
        """The choice with the caller's own values; one that finishes gets all its held-back text."""
        index, text = choice.get("index", 0), choice.get("text") or ""
        self._pieces.setdefault(index, []).append(text)
        if choice.get("logprobs"):
            self._whole = False  # Not put together, so not stored.
        restorer = self._restorers.get(index)
        if restorer is None:
            restorer = self._restorers[index] = self._session.stream(json=None)
        told = restorer.feed(text)
        if choice.get("finish_reason") is not None:
            self._finishes[index] = choice["finish_reason"]
            told += self._restorers.pop(index).close()
        if self._session.guards and choice.get("logprobs"):
            choice = {**choice, "logprobs": None}  # They say the text once more, token by token.
        return {**choice, "text": told}


def _ending(
    record: CallRecord,
    summary: dict[str, Any],
    *,
    head: dict[str, Any],
    usage: dict[str, Any] | None,
    wants_usage: bool,
) -> bytes:
    """What the call took, in the usage chunk or a comment, and `[DONE]`."""
    if not wants_usage:
        return comment(b"tokenfoundry " + msgspec.json.encode(summary)) + event(_DONE)
    counted = {
        "prompt_tokens": record.input_tokens,
        "completion_tokens": record.output_tokens,
        "total_tokens": record.input_tokens + record.output_tokens,
    }
    last = {**head, "object": "text_completion", "choices": [], "usage": usage or counted}
    return event(msgspec.json.encode({**last, "tokenfoundry": summary})) + event(_DONE)
