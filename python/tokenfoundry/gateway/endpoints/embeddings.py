"""`POST /v1/embeddings` (OpenAI API reference, "Create embeddings")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.endpoints import JsonEndpoint, WithoutStream
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.texts import redacted
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.routing.targets import Target
from tokenfoundry.tokens import Tokenizer

_MAX_INPUTS = 2048
_MAX_TOKENS = 8192  # of one input given as token ids


class Embeddings(JsonEndpoint, WithoutStream):
    name = "embeddings"
    kind = "embeddings"
    produces_output = False

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
        """Token ids become the text they stand for: personal data must not leave as numbers either."""
        given = body["input"]
        if isinstance(given, str) or isinstance(given[0], str):
            return body
        tokenizer = _common_tokenizer(reachable)
        decoded: Any = _decode(given, tokenizer) if _is_tokens(given) else [_decode(item, tokenizer) for item in given]
        return {**body, "input": decoded}

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        # Each input is numbered by itself, so that its vector does not depend on its neighbours.
        rest = {name: value for name, value in body.items() if name not in ("input", "model")}
        made = {"model": body["model"], "input": redacted(body["input"], session.redact_item)}
        return {**made, **redacted(rest, session.redact)}

    def input_tokens(self, body: dict[str, Any], target: Target) -> int:
        given = body["input"]
        return sum(map(target.tokenizer.count, [given] if isinstance(given, str) else given))

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        return 0

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        return body

    def choices(self, body: dict[str, Any]) -> int:
        return 1

    def is_reply(self, reply: Any) -> bool:
        return isinstance(reply, dict) and isinstance(reply.get("data"), list)

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        return reply

    def output_text(self, reply: dict[str, Any]) -> str:
        return ""


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= _MAX_TOKENS and all(type(item) is int for item in value)


def _common_tokenizer(reachable: Sequence[Target]) -> Tokenizer:
    """The tokenizer whose ids a client can only have meant. Raises `Refused` when that is not certain."""
    names = {target.tokenizer.name for target in reachable}
    if len(names) > 1 or not all(target.tokenizer_is_exact for target in reachable):
        raise invalid(
            "input: the tokenizer of this model is not known, so send text instead of token ids", param="input"
        )
    return reachable[0].tokenizer


def _decode(ids: list[int], tokenizer: Tokenizer) -> str:
    try:
        return tokenizer.decode(ids)
    except InvalidInput as error:
        raise invalid(f"input: {error}", param="input") from None
