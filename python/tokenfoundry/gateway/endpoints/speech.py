"""`POST /v1/audio/speech` (OpenAI API reference, "Create speech"): text in, sound out as it is made.

Billed by the characters that are sent, so its cost is known before it is made. A placeholder is spoken as it is
written, because sound cannot be restored: let calls whose text holds personal data go to an on-prem target.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.gateway.bodies.texts import redacted
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most_bytes
from tokenfoundry.gateway.endpoints.checks import check_text
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.records import CallRecord
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_MAX_CHARACTERS = 1_000_000


class Speech(JsonEndpoint):
    name = "speech"
    kind = "speech"
    produces_output = False
    may_keep = False
    is_sound = True

    def check(self, body: dict[str, Any]) -> None:
        text = body.get("input")
        if not isinstance(text, str) or not 1 <= len(text) <= _MAX_CHARACTERS:
            raise invalid(f"input: needs a text of 1 to {_MAX_CHARACTERS} characters", param="input")
        voice = body.get("voice")
        if not (isinstance(voice, str) or (isinstance(voice, dict) and isinstance(voice.get("id"), str))):
            raise invalid("voice: needs the name of a voice, or an object with its id", param="voice")
        for field in ("instructions", "response_format"):
            check_text(body, field)
        if body.get("stream_format") not in (None, "audio"):
            raise invalid("stream_format: only audio is passed on", param="stream_format")

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        text = redacted(body["input"], session.redact, session.plain)
        rest = {name: value for name, value in body.items() if name not in ("input", "model")}
        return {"model": body["model"], "input": text, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        return at_most_bytes(target.tokenizer.count(body["input"]), body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        return 0

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        return body

    def choices(self, body: dict[str, Any]) -> int:
        return 1

    def worst(self, body: dict[str, Any], *, input_tokens: int, output_tokens: int) -> Usage:
        return Usage(characters=len(body["input"]))

    def is_stream(self, body: dict[str, Any]) -> bool:
        return True

    def streams_as(self, content_type: str) -> bool:
        return content_type.startswith("audio/") or content_type == "application/octet-stream"

    def is_reply(self, reply: Any) -> bool:
        return False

    def settled(
        self, body: dict[str, Any], reply: dict[str, Any], reported: Usage | None, worst: Usage
    ) -> tuple[dict[str, Any], Usage | None]:
        return reply, msgspec.structs.replace(reported or Usage(), characters=worst.characters)

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        return reply

    def output_text(self, reply: dict[str, Any]) -> str:
        return ""

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return SoundStream()


class SoundStream:
    """Sound as it arrives. See `tokenfoundry.gateway.streams.ReplyStream`."""

    def __init__(self) -> None:
        self._began = False

    @property
    def finished(self) -> bool:
        # That the connection was not cut is known where it is read.
        return self._began

    @property
    def storable(self) -> bool:
        return False

    def add(self, event: dict[str, Any]) -> bytes:
        self._began = True
        sound: bytes = event["sound"]
        return sound

    def produced(self) -> str | None:
        return None

    def body(self) -> dict[str, Any]:
        return {}

    def ending(self, record: CallRecord, summary: dict[str, Any]) -> bytes:
        return b""

    def error(self, code: str, message: str) -> bytes:
        # Nothing that could be written here is sound: the connection is cut, so that nobody takes a part for the whole.
        raise ProviderError(message)
