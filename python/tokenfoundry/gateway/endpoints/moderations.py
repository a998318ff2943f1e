"""`POST /v1/moderations` (OpenAI API reference, "Create moderation"): personal data is replaced before it is judged."""

from __future__ import annotations

from typing import Any

from tokenfoundry.gateway.bodies.texts import redacted, texts
from tokenfoundry.gateway.endpoints import JsonEndpoint, WithoutOutput, WithoutStream, at_most_bytes
from tokenfoundry.gateway.endpoints.checks import refuse_stream
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target

_MAX_INPUTS = 2048
_DEFAULT_MODEL = "omni-moderation-latest"  # the API's own


class Moderations(WithoutStream, WithoutOutput, JsonEndpoint):
    name = "moderations"
    kind = "moderations"

    def decode(self, content_type: str, raw: bytes) -> dict[str, Any]:
        body = super().decode(content_type, raw)
        body.setdefault("model", _DEFAULT_MODEL)
        return body

    def check(self, body: dict[str, Any]) -> None:
        given = body.get("input")
        if isinstance(given, list):
            if not 1 <= len(given) <= _MAX_INPUTS:
                raise invalid(f"input: needs 1 to {_MAX_INPUTS} items", param="input")
            if not all(isinstance(item, str) for item in given) and not all(map(_is_part, given)):
                raise invalid("input: needs strings, or parts with a type, not a mixture", param="input")
        elif not isinstance(given, str):
            raise invalid("input: needs a string or a list", param="input")
        refuse_stream(body, "moderations")

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        # Each input is numbered by itself: nothing comes back that would have to be restored.
        given = redacted({"input": body["input"]}, session.redact_item)
        rest = {name: value for name, value in body.items() if name not in ("input", "model")}
        return {"model": body["model"], **given, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        return at_most_bytes(sum(map(target.tokenizer.count, _judged(body["input"]))), body, target)

    def is_reply(self, reply: Any) -> bool:
        return isinstance(reply, dict) and isinstance(reply.get("results"), list)


def _is_part(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("type"), str)


def _judged(given: Any) -> list[str]:
    """The texts that are judged; a picture counts none."""
    if isinstance(given, list):
        return [text for item in given for text in texts(item.get("text") if isinstance(item, dict) else item)]
    return [given]
