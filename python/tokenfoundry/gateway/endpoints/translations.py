"""`POST /v1/audio/translations` (OpenAI API reference, "Create translation"): a form with a file of sound in, what was
said out, in English. As a transcription in all else: see `transcriptions`.

A plain or short answer tells nothing that it could be billed by, so a model that is billed by the second is asked for
the long form, and the answer that was asked for is written here.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.gateway.endpoints.transcriptions import PLAIN, Transcriptions
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.usage import Usage

_FORMS = ("json", "verbose_json", *PLAIN)


class Translations(Transcriptions):
    name = "translations"
    kind = "translations"

    def check(self, body: dict[str, Any]) -> None:
        super().check(body)
        if body.get("response_format", "json") not in _FORMS:
            raise invalid(f"response_format: needs one of {', '.join(_FORMS)}", param="response_format")
        if self.is_stream(body):
            raise invalid("stream: translations do not stream", param="stream")

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        if body.get("response_format", "json") in ("json", "text") and max_output_tokens:
            return {**body, "response_format": "json"}
        return {**body, "response_format": "verbose_json"}

    def settled(
        self, body: dict[str, Any], reply: dict[str, Any], reported: Usage | None, worst: Usage
    ) -> tuple[dict[str, Any], Usage | None]:
        reply, usage = super().settled(body, reply, reported, worst)
        if body.get("response_format", "json") == "json":
            reply = {"text": reply["text"]}
        return reply, usage
