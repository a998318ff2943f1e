"""`POST /v1/responses` (OpenAI API reference, "Create a model response").

What a provider would keep is refused. A kept conversation holds placeholders whose values ended with their call, and
the next call numbers its own from 1: `[EMAIL_ADDRESS_1]` would come back as somebody else's address. It also has no
size that a hold could cover. So a client sends the whole conversation in `input`, as it does with chat completions.

Tools that the provider runs bill searches, containers and models of their own, which no hold covers: they are refused
as well. Tools that the caller runs pass.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.response_texts import as_asked, is_response, produced_texts, restored_response
from tokenfoundry.gateway.bodies.texts import redacted
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most
from tokenfoundry.gateway.endpoints.checks import check_integer, check_stream
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.responses import ResponseStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens, responses_tokens
from tokenfoundry.routing.targets import Target

_MAX_OUTPUT_TOKENS = 100_000_000  # far above any model; keeps worst cases within an int64 of nano units
_SERVICE_TIERS = (None, "auto", "default")

_KEPT_AT_PROVIDER = (
    "is not passed on: what the provider keeps of a conversation holds placeholders whose values ended with their "
    "call, and no hold covers its tokens; send the whole conversation in input"
)
_REFUSED = {
    "previous_response_id": _KEPT_AT_PROVIDER,
    "conversation": _KEPT_AT_PROVIDER,
    "prompt": "is not passed on: no hold covers the tokens of a template that is kept at the provider",
    "background": "is not passed on: an answer that is fetched later could not be restored; use stream",
    "background_options": "is not passed on: an answer that is fetched later could not be restored; use stream",
    "context_management": "is not passed on: max_output_tokens does not bound what compaction generates",
}
_KEPT_ITEMS = ("item_reference", "compaction")

# Run by the caller; a namespace is a list of them.
_CALLERS_TOOLS = frozenset({"function", "custom", "local_shell", "apply_patch", "namespace"})


class Responses(JsonEndpoint):
    name = "responses"
    kind = "responses"
    produces_output = True
    repeats_its_caller = True

    def check(self, body: dict[str, Any]) -> None:
        for field, why in _REFUSED.items():
            if body.get(field):
                raise invalid(f"{field}: {why}", param=field)
        given = body.get("input")
        if isinstance(given, list):
            if not given:
                raise invalid("input: needs at least one item", param="input")
            for index, item in enumerate(given):
                _check_item(item, f"input[{index}]")
        elif not isinstance(given, str):
            raise invalid("input: needs a string or a list of items", param="input")
        if not isinstance(body.get("instructions"), str | None):
            raise invalid("instructions: needs a string", param="instructions")
        check_integer(body, "max_output_tokens", most=_MAX_OUTPUT_TOKENS)
        check_stream(body)
        _check_tools(body.get("tools"), "tools")
        for field in ("text", "reasoning", "metadata"):
            if not isinstance(body.get(field), dict | None):
                raise invalid(f"{field}: needs an object", param=field)
        if not isinstance(body.get("include"), list | None):
            raise invalid("include: needs a list", param="include")
        if not isinstance((body.get("text") or {}).get("format"), dict | None):
            raise invalid("text.format: needs an object", param="text.format")
        if body.get("service_tier") not in _SERVICE_TIERS:
            raise invalid("service_tier: only auto and default are metered", param="service_tier")

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        # The input first, so that the numbering of a conversation that grows stays as it was.
        given = redacted({"input": body["input"]}, session.redact, session.plain)
        rest = {name: value for name, value in body.items() if name not in ("input", "model")}
        return {"model": body["model"], **given, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        return at_most(responses_tokens, body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        return body.get("max_output_tokens")

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        stated = body.get("max_output_tokens")
        return {**body, "max_output_tokens": min(stated or max_output_tokens, max_output_tokens)}

    def choices(self, body: dict[str, Any]) -> int:
        return 1

    def is_reply(self, reply: Any) -> bool:
        return is_response(reply)

    def is_cut(self, reply: dict[str, Any]) -> bool:
        return reply.get("status") == "incomplete"

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        json = wants_json(body)
        made = restored_response(guarded_reply(reply, session, json=json), session, json=json)
        return as_asked(made, body)

    def output_text(self, reply: dict[str, Any]) -> str:
        return "".join(produced_texts(reply["output"]))

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return ResponseStream(session, body, json=wants_json(body))


def wants_json(body: dict[str, Any]) -> bool:
    """Whether the model's text will be JSON, inside which a restored value must be escaped."""
    return ((body.get("text") or {}).get("format") or {}).get("type") in ("json_object", "json_schema")


def _check_item(item: Any, where: str) -> None:
    if not isinstance(item, dict):
        raise invalid(f"{where}: needs an object", param=where)
    kind = item.get("type")
    if not isinstance(kind, str | None):
        raise invalid(f"{where}.type: needs a string", param=f"{where}.type")
    if kind in _KEPT_ITEMS or (kind is None and "role" not in item):
        raise invalid(f"{where}: an item of type {kind or 'item_reference'} {_KEPT_AT_PROVIDER}", param=where)
    _check_tools(item.get("tools"), f"{where}.tools")
    for field in ("content", "output", "summary"):
        value = item.get(field)
        if isinstance(value, list):
            for index, part in enumerate(value):
                _check_part(part, f"{where}.{field}[{index}]")
    if kind in (None, "message"):
        if not isinstance(item.get("role"), str):
            raise invalid(f"{where}.role: needs a role, such as user", param=f"{where}.role")
        if not isinstance(item.get("content"), str | list):
            raise invalid(f"{where}.content: needs a string or a list of parts", param=f"{where}.content")


def _check_part(part: Any, where: str) -> None:
    if not isinstance(part, dict):
        raise invalid(f"{where}: needs an object", param=where)
    for field in ("file_id", "file_url"):
        if part.get("type") == "input_file" and part.get(field):
            what = "is not passed on: its contents are neither redacted nor counted; send file_data"
            raise invalid(f"{where}.{field}: {what}", param=f"{where}.{field}")


def _check_tools(tools: Any, where: str) -> None:
    if not isinstance(tools, list | None):
        raise invalid(f"{where}: needs a list of tools", param=where)
    for index, tool in enumerate(tools or ()):
        place = f"{where}[{index}]"
        kind = tool.get("type") if isinstance(tool, dict) else None
        if not isinstance(kind, str):
            raise invalid(f"{place}: needs an object with a type, such as function", param=place)
        environment = tool.get("environment")
        is_local_shell = kind == "shell" and isinstance(environment, dict) and environment.get("type") == "local"
        if kind not in _CALLERS_TOOLS and not is_local_shell:
            what = f"{kind} is run by the provider, and what it bills is not metered; use a function of your own"
            raise invalid(f"{place}: {what}", param=place)
        if kind == "namespace":
            _check_tools(tool.get("tools"), f"{place}.tools")
