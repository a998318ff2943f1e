"""`POST /v1/completions` (OpenAI API reference, "Create completion"), the older text API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most_bytes
from tokenfoundry.gateway.endpoints.checks import check_integer, check_stream, check_text
from tokenfoundry.gateway.endpoints.token_ids import as_text, is_tokens
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.completions import CompletionStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target

_MAX_CHOICES = 128
_MAX_PROMPTS = 2048
_MAX_PROMPT_TOKENS = 1_000_000  # of one prompt given as token ids
_MAX_LOGPROBS = 20
_MAX_OUTPUT_TOKENS = 100_000_000  # far above any model; keeps worst cases within an int64 of nano units
_ROLE = 1
_DEFAULT_MAX_TOKENS = 16  # The API's own: what a call without a bound has always meant here.


class Completions(JsonEndpoint):
    name = "completions"
    kind = "completions"
    produces_output = True

    def check(self, body: dict[str, Any]) -> None:
        _check_prompt(body.get("prompt"))
        check_integer(body, "max_tokens", least=0, most=_MAX_OUTPUT_TOKENS)
        for field in ("n", "best_of"):
            check_integer(body, field, most=_MAX_CHOICES)
        check_integer(body, "logprobs", least=0, most=_MAX_LOGPROBS)
        check_text(body, "suffix")
        if not isinstance(body.get("echo"), bool | None):
            raise invalid("echo: needs true or false", param="echo")
        check_stream(body)
        best_of, n = body.get("best_of"), body.get("n") or 1
        if best_of is not None and best_of < n:
            raise invalid(f"best_of: is {best_of}, less than the {n} that are wanted of them", param="best_of")
        if best_of is not None and best_of > 1 and body.get("stream"):
            raise invalid("best_of: the best is only known at the end, so it does not stream", param="best_of")
        if body.get("service_tier") not in (None, "auto", "default"):
            raise invalid("service_tier: only auto and default are metered", param="service_tier")

    def as_text(self, body: dict[str, Any], reachable: Sequence[Target]) -> dict[str, Any]:
        return {**body, "prompt": as_text(body["prompt"], "prompt", reachable)}

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        prompt = redacted({"prompt": body["prompt"]}, session.redact, session.plain)
        rest = {name: value for name, value in body.items() if name not in ("prompt", "model")}
        return {"model": body["model"], **prompt, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        prompt = body["prompt"]
        texts = [prompt] if isinstance(prompt, str) else prompt
        tokens = sum(map(target.tokenizer.count, [*texts, body.get("suffix") or ""]))
        if "completions" not in target.native:
            template = target.template  # It is asked as chat, each prompt by itself.
            tokens += len(texts) * (template.per_message + _ROLE + template.priming + template.hidden)
        return at_most_bytes(tokens, body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        stated: int | None = body.get("max_tokens")
        return _DEFAULT_MAX_TOKENS if stated is None else stated

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        stated = body.get("max_tokens")
        return {**body, "max_tokens": max_output_tokens if stated is None else min(stated, max_output_tokens)}

    def choices(self, body: dict[str, Any]) -> int:
        prompts = 1 if isinstance(body["prompt"], str) else len(body["prompt"])
        return prompts * max(body.get("n") or 1, body.get("best_of") or 1)

    def is_reply(self, reply: Any) -> bool:
        choices = reply.get("choices") if isinstance(reply, dict) else None
        return isinstance(choices, list) and all(
            isinstance(choice, dict) and isinstance(choice.get("text"), str) for choice in choices
        )

    def is_cut(self, reply: dict[str, Any]) -> bool:
        return any(choice.get("finish_reason") == "length" for choice in reply["choices"])

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = restored(guarded_reply(reply, session), session)
        return made

    def output_text(self, reply: dict[str, Any]) -> str:
        return "".join(choice["text"] for choice in reply["choices"])

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return CompletionStream(session, wants_usage=_wants_usage(body))


def _wants_usage(body: dict[str, Any]) -> bool:
    return bool((body.get("stream_options") or {}).get("include_usage"))


def _check_prompt(prompt: Any) -> None:
    if isinstance(prompt, str) or is_tokens(prompt, most=_MAX_PROMPT_TOKENS):
        return
    if not isinstance(prompt, list) or not 1 <= len(prompt) <= _MAX_PROMPTS:
        needed = f"a string, or a list of 1 to {_MAX_PROMPTS} strings or token lists"
        raise invalid(f"prompt: needs {needed}", param="prompt")
    are_tokens = all(is_tokens(item, most=_MAX_PROMPT_TOKENS) for item in prompt)
    if not (are_tokens or all(isinstance(item, str) for item in prompt)):
        raise invalid("prompt: needs strings, or lists of token ids, not a mixture", param="prompt")
