"""`POST /v1/chat/completions` (OpenAI API reference, "Create chat completion")."""

from __future__ import annotations

import re
from typing import Any

from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.chat import ChatStream, output_text
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens, chat_tokens
from tokenfoundry.routing.targets import Target

_MAX_CHOICES = 128
_MAX_OUTPUT_TOKENS = 100_000_000  # far above any model; keeps worst cases within an int64 of nano units
_ROLES = ("user", "assistant", "system", "developer", "tool", "function")  # And what else looks like one.
_ROLE = re.compile(r"[a-z_]{1,32}")

# Fields that make a provider bill, or reach, what no hold was made for.
_UNMETERED = frozenset({"best_of", "models", "plugins", "route", "web_search_options"})
_SERVICE_TIERS = (None, "auto", "default")


class Chat(JsonEndpoint):
    name = "chat"
    kind = "chat"
    produces_output = True

    def check(self, body: dict[str, Any]) -> None:
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise invalid("messages: needs at least one message", param="messages")
        for index, message in enumerate(messages):
            _check_message(message, f"messages[{index}]")
        for field in ("max_tokens", "max_completion_tokens"):
            _check_integer(body, field, most=_MAX_OUTPUT_TOKENS)
        _check_integer(body, "n", most=_MAX_CHOICES)
        if not isinstance(body.get("stream"), bool | None):
            raise invalid("stream: needs true or false", param="stream")
        options = body.get("stream_options")
        if options is not None and not (isinstance(options, dict) and body.get("stream")):
            raise invalid("stream_options: needs an object, and stream: true", param="stream_options")
        if not _UNMETERED.isdisjoint(body):
            field = min(_UNMETERED.intersection(body))
            raise invalid(f"{field}: is not passed on, because what it costs is not metered", param=field)
        if body.get("service_tier") not in _SERVICE_TIERS:
            raise invalid("service_tier: only auto and default are metered", param="service_tier")

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        # The messages first, so that the numbering, and with it the cache key, depends on them alone.
        messages = redacted(body["messages"], session.redact, session.plain)
        rest = {name: value for name, value in body.items() if name not in ("messages", "model")}
        return {"model": body["model"], "messages": messages, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        return at_most(chat_tokens, body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        older: int | None = body.get("max_tokens")
        newer: int | None = body.get("max_completion_tokens")
        if older is None or newer is None:
            return older if newer is None else newer
        return max(older, newer)

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        made = dict(body)
        given = [field for field in ("max_tokens", "max_completion_tokens") if body.get(field) is not None]
        for field in given or ["max_tokens"]:
            made[field] = min(body.get(field) or max_output_tokens, max_output_tokens)
        return made

    def choices(self, body: dict[str, Any]) -> int:
        return body.get("n") or 1

    def is_reply(self, reply: Any) -> bool:
        choices = reply.get("choices") if isinstance(reply, dict) else None
        return isinstance(choices, list) and all(
            isinstance(choice, dict) and isinstance(choice.get("message"), dict) for choice in choices
        )

    def is_cut(self, reply: dict[str, Any]) -> bool:
        return any(choice.get("finish_reason") == "length" for choice in reply["choices"])

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        reply = guarded_reply(reply, session, json=wants_json(body))
        made: dict[str, Any] = restored(reply, session)
        if wants_json(body):
            for choice, original in zip(made["choices"], reply["choices"], strict=True):
                choice["message"]["content"] = restored(original["message"].get("content"), session, json=True)
        return made

    def output_text(self, reply: dict[str, Any]) -> str:
        return output_text(reply)

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return ChatStream(session, json_content=wants_json(body), wants_usage=_wants_usage(body))


def _wants_usage(body: dict[str, Any]) -> bool:
    return bool((body.get("stream_options") or {}).get("include_usage"))


def wants_json(body: dict[str, Any]) -> bool:
    """Whether the model's content will be JSON text, inside which a restored value must be escaped."""
    response_format = body.get("response_format")
    return isinstance(response_format, dict) and response_format.get("type") in ("json_object", "json_schema")


def _check_message(message: Any, where: str) -> None:
    if not isinstance(message, dict):
        raise invalid(f"{where}: needs an object with role and content", param=where)
    role = message.get("role")
    if role not in _ROLES and not (isinstance(role, str) and _ROLE.fullmatch(role)):
        raise invalid(f"{where}.role: needs a role, such as user", param=f"{where}.role")
    if not isinstance(message.get("content"), str | list | None):
        raise invalid(f"{where}.content: needs a string or a list of parts", param=f"{where}.content")


def _check_integer(body: dict[str, Any], field: str, *, most: int) -> None:
    value = body.get(field)
    if value is not None and not (type(value) is int and 1 <= value <= most):
        raise invalid(f"{field}: needs an integer from 1 to {most}", param=field)
