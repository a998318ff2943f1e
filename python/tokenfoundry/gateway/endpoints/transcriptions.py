"""`POST /v1/audio/transcriptions` (OpenAI API reference, "Create transcription"): a form with a file of sound in, what
was said out.

The sound goes as it is: nothing is redacted in it. The prompt and every other text of the form are redacted.

Billed by the second or by tokens. The plain answers (`text`, `srt`, `vtt`) tell neither, so the provider is asked for
JSON and the plain answer is written here. Models that are billed by tokens also stream.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.forms import YES_NO, read_form
from tokenfoundry.gateway.bodies.sound import longest_seconds
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most_bytes
from tokenfoundry.gateway.endpoints.checks import check_text
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.transcripts import TranscriptStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target
from tokenfoundry.translate import Untranslatable
from tokenfoundry.usage import Usage

PLAIN = {
    "text": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}
_JSON = ("json", "verbose_json", "diarized_json")
_TOKENS_PER_SECOND = 25  # of sound, at most, for models that are billed by tokens
_SOUND_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/]*={0,2}")
_REFERENCES = "known_speaker_references[]"


class Transcriptions(JsonEndpoint):
    name = "transcriptions"
    kind = "transcriptions"
    produces_output = False
    unbounded_output = True
    may_keep = False
    is_sound = True

    def decode(self, content_type: str, raw: bytes) -> dict[str, Any]:
        return read_form(content_type, raw)

    def check(self, body: dict[str, Any]) -> None:
        if not isinstance(body.get("file"), dict):
            raise invalid("file: needs a file of sound, as a part with a filename", param="file")
        for name, value in body.items():
            items = value if isinstance(value, list) else [value]
            if name != "file" and any(isinstance(item, dict) for item in items):
                raise invalid(f"{name}: needs a text, not a file", param=name)
        for field in ("prompt", "language", "temperature", "response_format"):
            check_text(body, field)
        if body.get("response_format", "json") not in (*_JSON, *PLAIN):
            raise invalid(f"response_format: needs one of {', '.join((*_JSON, *PLAIN))}", param="response_format")
        if body.get("stream", "false") not in YES_NO:
            raise invalid("stream: needs true or false", param="stream")
        if self.is_stream(body) and body.get("response_format", "json") in PLAIN:
            raise invalid("response_format: a stream is told in JSON", param="response_format")

    def is_stream(self, body: dict[str, Any]) -> bool:
        return YES_NO[body.get("stream", "false")]

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        kept = {name: body[name] for name in ("model", "file")}
        references = body.get(_REFERENCES)
        if isinstance(references, list) and all(_SOUND_URL.fullmatch(reference) for reference in references):
            kept[_REFERENCES] = references
        prompt = {"prompt": body["prompt"]} if "prompt" in body else {}
        rest = {name: value for name, value in body.items() if name not in kept and name != "prompt"}
        return {
            **kept,
            **redacted(prompt, session.redact, session.plain),
            **redacted(rest, session.redact, session.plain),
        }

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        prompt = target.tokenizer.count(body.get("prompt", ""))
        return at_most_bytes(prompt + longest_seconds(body["file"]["data"]) * _TOKENS_PER_SECOND, body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        return 0

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        """As it is sent. A target with a maximum of tokens is billed by them, and tells them in plain JSON; one that is
        billed by the second tells its seconds in the long form.
        """
        asked = body.get("response_format", "json")
        if self.is_stream(body) and not max_output_tokens:
            raise Untranslatable("stream: this model is billed by the second, and does not stream", param="stream")
        if asked not in PLAIN:
            return body
        return {**body, "response_format": "json" if asked == "text" and max_output_tokens else "verbose_json"}

    def choices(self, body: dict[str, Any]) -> int:
        return 1

    def worst(self, body: dict[str, Any], *, input_tokens: int, output_tokens: int) -> Usage:
        seconds = longest_seconds(body["file"]["data"])
        if not output_tokens:
            return Usage(audio_seconds=seconds, estimated=True)
        # Not `input_tokens`, which may count the bytes of the file.
        inputs = len(body.get("prompt", "").encode()) + seconds * _TOKENS_PER_SECOND
        return Usage(input_tokens=inputs, output_tokens=output_tokens, audio_seconds=seconds, estimated=True)

    def is_reply(self, reply: Any) -> bool:
        return isinstance(reply, dict) and isinstance(reply.get("text"), str)

    def settled(
        self, body: dict[str, Any], reply: dict[str, Any], reported: Usage | None, worst: Usage
    ) -> tuple[dict[str, Any], Usage | None]:
        usage = reported
        if usage is None or (not worst.output_tokens and not usage.audio_seconds):
            usage = worst  # Billed by what was not told.
        asked = body.get("response_format", "json")
        if asked in PLAIN and reply:
            reply = {"content_type": PLAIN[asked], "text": _plain(asked, reply)}
        return reply, usage

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = restored(guarded_reply(reply, session), session)
        return made

    def output_text(self, reply: dict[str, Any]) -> str:
        text: str = reply["text"]
        return text

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return TranscriptStream(session)

    def written(self, reply: dict[str, Any], summary: dict[str, Any]) -> tuple[str, bytes]:
        plain = next((kind for kind in PLAIN.values() if kind == reply.get("content_type")), None)
        if plain is not None:
            return plain, reply["text"].encode()
        return "application/json", msgspec.json.encode({**reply, "tokenfoundry": summary})


def _plain(form: str, reply: dict[str, Any]) -> str:
    """The answer as text or as subtitles. Raises `InvalidInput` when the reply does not say what was said when."""
    if form == "text":
        text: str = reply["text"]
        return text + "\n"
    segments = reply.get("segments")
    if not isinstance(segments, list):
        raise InvalidInput("the reply has no segments")
    comma = form == "srt"
    blocks = ["" if comma else "WEBVTT\n\n"]
    for number, segment in enumerate(segments, 1):
        match segment:
            case {"start": int() | float() as start, "end": int() | float() as end, "text": str(said)}:
                times = f"{_time(start, comma=comma)} --> {_time(end, comma=comma)}"
                blocks.append(f"{number}\n{times}\n{said.strip()}\n\n" if comma else f"{times}\n{said.strip()}\n\n")
            case _:
                raise InvalidInput("the reply has a segment without its times or its text")
    return "".join(blocks)


def _time(seconds: float, *, comma: bool) -> str:
    """A time in subtitles: SubRip has a comma before the milliseconds, WebVTT a point.

    >>> _time(3661.5, comma=True)
    '01:01:01,500'
    """
    whole = round(max(0.0, seconds) * 1000)
    hours, minutes, rest = whole // 3_600_000, whole // 60_000 % 60, whole % 60_000
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{',' if comma else '.'}{rest % 1000:03}"
