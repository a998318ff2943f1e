"""A transcription that is told while it is made (OpenAI API reference, "Create transcription", streaming): deltas of
text, then the whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.answers import guarded, guarded_reply
from tokenfoundry.gateway.bodies.texts import restored
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.shapes import check_no_error

_DELTA, _DONE = "transcript.text.delta", "transcript.text.done"


class TranscriptStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession) -> None:
        self._session = session
        self._restorer = session.stream(json=None)
        self._whole: dict[str, Any] | None = None
        self._last_delta: dict[str, Any] = {}

    @property
    def finished(self) -> bool:
        return self._whole is not None

    @property
    def storable(self) -> bool:
        return False

    def add(self, event: dict[str, Any]) -> bytes:
        kind = event.get("type")
        check_no_error(event)
        if kind == "error":
            raise ProviderError("the provider reported an error in mid-stream")
        if not isinstance(kind, str):
            raise ProviderError("the provider sent an event without a type")
        if kind == _DONE:
            self._whole = event
            return b""  # Written by `ending`, after the call is settled.
        if kind != _DELTA:
            return _written(restored(guarded(event, self._session), self._session))
        if not isinstance(event.get("delta"), str):
            raise ProviderError("the provider sent an event of another shape")
        self._last_delta = {name: value for name, value in event.items() if name != "logprobs"}
        text = self._restorer.feed(event["delta"])
        told = self._last_delta if self._session.guards else event  # Probabilities would say the text once more.
        return _written({**told, "delta": text}) if text else b""

    def produced(self) -> str | None:
        # Sound that was heard is billed whether or not its words came through.
        return None

    def body(self) -> dict[str, Any]:
        return self._whole or {}

    def ending(self, record: CallRecord, summary: dict[str, Any]) -> bytes:
        held, whole = self._restorer.close(), guarded_reply(self._whole or {}, self._session)
        if self._session.guards:
            whole.pop("logprobs", None)
        rest = _written({**self._last_delta, "delta": held}) if held else b""
        return rest + _written({**restored(whole, self._session), "tokenfoundry": summary})

    def error(self, code: str, message: str) -> bytes:
        error = {"message": message, "type": code, "param": None, "code": code}
        return _written({"type": "error", "error": error})


def _written(event: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
