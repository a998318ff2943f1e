"""An image that is shown while it is made or edited (OpenAI API reference, "Image streaming" and "Image edit
streaming"): some on the way, then the whole.

The event of the whole image is held back until the call is settled.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.answers import guarded
from tokenfoundry.gateway.bodies.texts import restored
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.records import CallRecord
from tokenfoundry.translate.shapes import check_no_error

_WHOLE = ("image_generation.completed", "image_edit.completed")


class ImageStream:
    """See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self, session: RedactionSession) -> None:
        self._session = session
        self._whole: dict[str, Any] | None = None

    @property
    def finished(self) -> bool:
        return self._whole is not None

    @property
    def storable(self) -> bool:
        return False

    def add(self, event: dict[str, Any]) -> bytes:
        check_no_error(event)
        if event.get("type") == "error":
            raise ProviderError("the provider reported an error in mid-stream")
        if not isinstance(event.get("type"), str):
            raise ProviderError("the provider sent an event without a type")
        if event["type"] in _WHOLE:
            self._whole = event
            return b""
        return _written(self._restored(event))

    def _restored(self, event: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = restored(guarded(event, self._session), self._session)
        return made

    def produced(self) -> str | None:
        return None

    def body(self) -> dict[str, Any]:
        return {"data": [] if self._whole is None else [self._whole]}

    def ending(self, record: CallRecord, summary: dict[str, Any]) -> bytes:
        return _written({**self._restored(self._whole or {}), "tokenfoundry": summary})

    def error(self, code: str, message: str) -> bytes:
        error = {"message": message, "type": code, "param": None, "code": code}
        return _written({"type": "error", "error": error})


def _written(event: dict[str, Any]) -> bytes:
    """An event as it is sent: named by its type."""
    kind = str(event["type"]).replace("\n", " ").replace("\r", " ")
    return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(event) + b"\n\n"
