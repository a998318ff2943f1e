"""`POST /v1/embeddings` (OpenAI API reference, "Create embeddings")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.gateway.bodies.texts import redacted
from tokenfoundry.gateway.endpoints import JsonEndpoint, WithoutOutput, WithoutStream, at_most_bytes
from tokenfoundry.gateway.endpoints.token_ids import as_text, is_tokens
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target

_MAX_INPUTS = 2048
_MAX_TOKENS = 8192  # of one input given as token ids


class Embeddings(WithoutStream, WithoutOutput, JsonEndpoint):
    name = "embeddings"
    kind = "embeddings"

    def check(self, body: dict[str, Any]) -> None:
        given = body.get("input")
        if not (isinstance(given, str) or _is_tokens(given)):
            if not isinstance(given, list) or not 1 <= len(given) <= _MAX_INPUTS:
                needed = f"a string, or a list of 1 to {_MAX_INPUTS} strings or token lists"
                raise invalid(f"input: needs {needed}", param="input")
            if not (all(isinstance(item, str) for item in given) or all(map(_is_tokens, given))):
                raise invalid("input: needs strings, or lists of token ids, not a mixture", param="input")
        for field in ("stream", "stream_options"):
            if body.get(field):
                raise invalid(f"{field}: embeddings do not stream", param=field)

    def as_text(self, body: dict[str, Any], reachable: Sequence[Target]) -> dict[str, Any]:
        return {**body, "input": as_text(body["input"], "input", reachable)}

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        # Each input is numbered by itself, so that its vector does not depend on its neighbours.
        rest = {name: value for name, value in body.items() if name not in ("input", "model")}
        made = {"model": body["model"], "input": redacted(body["input"], session.redact_item)}
        return {**made, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        given = body["input"]
        tokens = sum(map(target.tokenizer.count, [given] if isinstance(given, str) else given))
        return at_most_bytes(tokens, body, target)

    def is_reply(self, reply: Any) -> bool:
        return isinstance(reply, dict) and isinstance(reply.get("data"), list)


def _is_tokens(value: Any) -> bool:
    return is_tokens(value, most=_MAX_TOKENS)
