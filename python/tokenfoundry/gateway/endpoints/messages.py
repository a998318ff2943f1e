"""`POST /v1/messages` and `POST /v1/messages/count_tokens` (Anthropic API reference, "Create a Message", "Count tokens
in a Message", "Errors").

Tools that the provider runs bill searches, containers and the tokens of what they find, which no hold covers: they are
refused, as are a faster mode and a place of computation at another price, and a cache of one hour, whose writing costs
more than a price of this gateway can say. Files that are named by an id or an address are neither redacted nor counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.message_texts import redacted_content, redacted_messages, restored_block
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most
from tokenfoundry.gateway.headers import ANTHROPIC_BETA, ANTHROPIC_VERSION, REQUEST_ID
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.messages import MessageStream, is_message, produced_text
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens, messages_tokens
from tokenfoundry.routing.targets import Target

Body = dict[str, Any]

_MAX_OUTPUT_TOKENS = 100_000_000  # far above any model; keeps worst cases within an int64 of nano units
_LEAST_BUDGET_TOKENS = 1024  # of thinking; Anthropic refuses a lower one
_ROLES = frozenset({"user", "assistant", "system"})
_SERVICE_TIERS = (None, "auto", "standard_only")

# Fields that make a provider bill, or reach, what no hold was made for.
_REFUSED = {
    "container": "is not passed on, because what it costs is not metered",
    "mcp_servers": "is not passed on, because what its tools bring into the prompt is not metered",
    "fallbacks": "is not passed on, because the route decides which model answers",
    "inference_geo": "is not passed on, because the target decides where it is computed",
}
_PROVIDERS_TOOLS = ("web_search", "web_fetch", "code_execution", "mcp_toolset", "advisor")

_ERRORS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class Messages(JsonEndpoint):
    name = "messages"
    kind = "chat"
    produces_output = True

    def fields_in(self, headers: Mapping[str, str]) -> Body:
        """The beta features that the client names, as a field of the body."""
        names = [name.strip() for name in headers.get(ANTHROPIC_BETA, "").split(",")]
        return {"anthropic_beta": [name for name in names if name]} if any(names) else {}

    def check(self, body: Body) -> None:
        if "max_tokens" not in body:
            raise invalid("max_tokens: is missing", param="max_tokens")
        _check_max_tokens(body["max_tokens"])
        _check_prompt(body)
        if not isinstance(body.get("stream"), bool | None):
            raise invalid("stream: needs true or false", param="stream")
        for field, why in _REFUSED.items():
            if body.get(field) is not None:
                raise invalid(f"{field}: {why}", param=field)
        if body.get("speed") not in (None, "standard"):
            raise invalid("speed: only standard is metered", param="speed")
        if body.get("service_tier") not in _SERVICE_TIERS:
            raise invalid("service_tier: only auto and standard_only are metered", param="service_tier")
        stops = body.get("stop_sequences")
        if stops is not None and not (isinstance(stops, list) and all(isinstance(each, str) for each in stops)):
            raise invalid("stop_sequences: needs a list of strings", param="stop_sequences")

    def redact(self, body: Body, session: RedactionSession) -> Body:
        # The messages first, so that the numbering of a conversation that grows stays as it was; surrogates have no
        # numbers, and those of the system prompt may stand in what a model thought.
        fields = ["messages", *(field for field in ("system", "tools") if field in body)]
        of_field = {
            field: redacted_messages(body[field], session)
            if field == "messages"
            else redacted_content(body[field], session)
            for field in (reversed(fields) if session.uses_surrogates else fields)
        }
        made: Body = {"model": body["model"], **{field: of_field[field] for field in fields}}
        rest = {name: value for name, value in body.items() if name not in made}
        return {**made, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: Body, target: Target) -> PromptTokens:
        return at_most(messages_tokens, body, target)

    def max_output_tokens(self, body: Body) -> int | None:
        return body.get("max_tokens")

    def bounded(self, body: Body, max_output_tokens: int) -> Body:
        made = {**body, "max_tokens": min(body.get("max_tokens") or max_output_tokens, max_output_tokens)}
        if made["max_tokens"] != body.get("max_tokens"):
            _fit_thinking(made)
        return made

    def choices(self, body: Body) -> int:
        return 1

    def is_reply(self, reply: Any) -> bool:
        return is_message(reply)

    def is_cut(self, reply: Body) -> bool:
        return reply.get("stop_reason") == "max_tokens"

    def restore(self, reply: Body, session: RedactionSession, body: Body) -> Body:
        json = wants_json(body)
        reply = guarded_reply(reply, session, json=json)
        rest = {name: value for name, value in reply.items() if name != "content"}
        content = [restored_block(block, session, json=json) for block in reply["content"]]
        return {**restored(rest, session), "content": content}

    def output_text(self, reply: Body) -> str:
        return produced_text(reply["content"])

    def stream(self, body: Body, session: RedactionSession) -> ReplyStream:
        return MessageStream(session, json_text=wants_json(body))

    def error(self, refused: Refused) -> Body:
        return error_body(refused)


class MessageTokens(Messages):
    """The same prompt, to be counted instead of answered."""

    def check(self, body: Body) -> None:
        if body.get("max_tokens") is not None:
            _check_max_tokens(body["max_tokens"])
        _check_prompt(body)


def error_body(refused: Refused) -> Body:
    """A refusal in Anthropic's shape.

    >>> error_body(Refused(404, "model_not_found", "no model is called 'x'"))["error"]
    {'type': 'not_found_error', 'message': "no model is called 'x'"}
    """
    if refused.code == "overloaded":
        kind = "overloaded_error"
    else:
        kind = _ERRORS.get(refused.status, "invalid_request_error" if refused.status < 500 else "api_error")
    body: Body = {"type": "error", "error": {"type": kind, "message": str(refused)}}
    if request_id := refused.headers.get(REQUEST_ID):
        body["request_id"] = request_id
    return body


def is_anthropics(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a client of Anthropic's dialect, where its path does not say so."""
    return ANTHROPIC_VERSION in headers


def model_page(names: list[str]) -> Body:
    """Models as Anthropic lists them ("List Models"), all on one page."""
    first_id, last_id = (names[0], names[-1]) if names else (None, None)
    return {"data": [model_info(name) for name in names], "has_more": False, "first_id": first_id, "last_id": last_id}


def model_info(name: str) -> Body:
    """One model, of which nothing is known but its name ("Get a Model": an epoch where the date is not known)."""
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
    }


def wants_json(body: Body) -> bool:
    """Whether the model's text will be JSON, inside which a restored value must be escaped."""
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, dict) else None
    return isinstance(wanted or body.get("output_format"), dict)


def _fit_thinking(body: Body) -> None:
    """Lowers a budget of thinking below the bound that it has to stay under, or leaves it out."""
    match body.get("thinking"):
        case {"budget_tokens": int(budget_tokens)} if budget_tokens >= body["max_tokens"]:
            lower = {**body["thinking"], "budget_tokens": body["max_tokens"] - 1}
            body["thinking"] = lower if lower["budget_tokens"] >= _LEAST_BUDGET_TOKENS else {"type": "disabled"}


def _check_max_tokens(value: Any) -> None:
    if not (type(value) is int and 1 <= value <= _MAX_OUTPUT_TOKENS):
        raise invalid(f"max_tokens: needs an integer from 1 to {_MAX_OUTPUT_TOKENS}", param="max_tokens")


def _check_prompt(body: Body) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: needs at least one message", param="messages")
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict) or str(message.get("role")) not in _ROLES:
            raise invalid(f"{where}: needs an object with the role user or assistant, and content", param=where)
        _check_content(message.get("content"), f"{where}.content")
    if body.get("system") is not None:
        _check_content(body["system"], "system")
    for field in ("thinking", "output_config", "metadata", "tool_choice", "context_management", "cache_control"):
        if not isinstance(body.get(field), dict | None):
            raise invalid(f"{field}: needs an object", param=field)
    _check_tools(body.get("tools"))
    _check_context_management(body.get("context_management") or {})
    for control in _cache_controls(body):
        if control.get("ttl") not in (None, "5m"):
            raise invalid("cache_control.ttl: only 5m is metered", param="cache_control")


def _check_content(content: Any, where: str) -> None:
    if isinstance(content, str):
        return
    if not isinstance(content, list) or not all(
        isinstance(block, dict) and isinstance(block.get("type"), str) for block in content
    ):
        raise invalid(f"{where}: needs a string or a list of blocks", param=where)
    for index, block in enumerate(content):
        source = block.get("source")
        kind = source.get("type") if isinstance(source, dict) else None
        if kind == "file" or (kind == "url" and block["type"] == "document") or block["type"] == "container_upload":
            what = "is not passed on: its contents are neither redacted nor counted; send them in base64"
            raise invalid(f"{where}[{index}].source: {what}", param=f"{where}[{index}].source")
        if isinstance(block.get("content"), list) and block["type"] == "tool_result":
            _check_content(block["content"], f"{where}[{index}].content")


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list | None) or not all(isinstance(tool, dict) for tool in tools or ()):
        raise invalid("tools: needs a list of tools", param="tools")
    for index, tool in enumerate(tools or ()):
        kind = tool.get("type")
        if isinstance(kind, str) and kind.startswith(_PROVIDERS_TOOLS):
            what = f"{kind} is run by the provider, and what it bills is not metered; use a tool of your own"
            raise invalid(f"tools[{index}]: {what}", param=f"tools[{index}]")


def _check_context_management(management: Body) -> None:
    edits = management.get("edits")
    for edit in edits if isinstance(edits, list) else ():
        if isinstance(edit, dict) and str(edit.get("type")).startswith("compact"):
            what = "compaction is not passed on, because max_tokens does not bound what it generates"
            raise invalid(f"context_management: {what}", param="context_management")


def _cache_controls(value: Any) -> Iterator[Body]:
    """Every `cache_control` in it. What a tool is called with, or is defined to take, is the caller's own."""
    if isinstance(value, list):
        for item in value:
            yield from _cache_controls(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "cache_control" and isinstance(item, dict):
                yield item
            elif name not in ("input", "input_schema"):
                yield from _cache_controls(item)
