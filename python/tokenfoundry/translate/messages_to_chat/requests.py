"""A body of Anthropic's Messages API as a chat-completions body."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.translate import Body, Untranslatable
from tokenfoundry.translate.messages_to_chat.turns import chat_messages, text_of
from tokenfoundry.translate.shapes import check_asked, word
from tokenfoundry.translate.strict_schemas import openai_holds_to

_PASSED_ON = ("model", "stream", "temperature", "top_p")

# What only Anthropic's service can do for its caller.
_ONLY_ANTHROPIC = ("container", "mcp_servers")

_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}

# Models that are documented to take a reasoning effort (OpenAI's, and xAI's one that does). Others may refuse the whole
# call for it, and clients such as coding agents send one with every call, so others are not told.
_TAKES_EFFORT = ("o1", "o3", "o4", "gpt-5", "gpt-oss", "grok-3-mini")

# A budget of thinking as an effort, from so many tokens on.
_EFFORT_FROM_TOKENS = ((16_384, "high"), (4_096, "medium"))


class _Turn(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None


class _MessagesShape(msgspec.Struct):
    messages: list[_Turn]
    model: str = ""
    system: str | list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None


def chat_request(body: Body) -> Body:
    """The body in OpenAI's dialect. Raises `Untranslatable`."""
    check_asked(body, _MessagesShape)
    for field in _ONLY_ANTHROPIC:
        if body.get(field) is not None:
            raise Untranslatable(f"{field}: this model cannot do that", param=field)
    made: Body = {name: body[name] for name in _PASSED_ON if body.get(name) is not None}
    made["messages"] = _system(body.get("system")) + chat_messages(body["messages"])
    if body.get("max_tokens") is not None:
        made["max_tokens"] = body["max_tokens"]
    if body.get("stop_sequences"):
        made["stop"] = body["stop_sequences"]
    _add_tools(made, body)
    _add_output_config(made, body)
    _add_effort(made, body)
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and metadata.get("user_id"):
        made["user"] = metadata["user_id"]
    if body.get("service_tier") is not None:
        made["service_tier"] = "auto" if body["service_tier"] == "auto" else "default"
    return made


def _system(system: Any) -> list[Body]:
    """One message: many chat templates take no second one."""
    text = text_of(system, "system")
    return [{"role": "system", "content": text}] if text else []


def _add_tools(made: Body, body: Body) -> None:
    tools = [_tool(tool, f"tools[{index}]") for index, tool in enumerate(body.get("tools") or ())]
    if not tools:
        return
    made["tools"] = tools
    choice = body.get("tool_choice")
    match choice:
        case None:
            return
        case {"type": "auto" | "none" as kind}:
            made["tool_choice"] = kind
        case {"type": "any"}:
            made["tool_choice"] = "required"
        case {"type": "tool", "name": str(name)}:
            made["tool_choice"] = {"type": "function", "function": {"name": name}}
        case _:
            raise Untranslatable("tool_choice: this choice cannot be put to this model", param="tool_choice")
    if choice.get("disable_parallel_tool_use"):
        made["parallel_tool_calls"] = False


def _tool(tool: Any, where: str) -> Body:
    if not isinstance(tool, dict) or tool.get("type") not in (None, "custom"):
        raise Untranslatable(f"{where}: only tools with a schema of their own reach this model", param=where)
    if not isinstance(tool.get("name"), str):
        raise Untranslatable(f"{where}.name: is missing", param=f"{where}.name")
    schema = tool.get("input_schema") or {"type": "object"}
    function = {"name": tool["name"], "parameters": schema}
    if tool.get("description"):
        function["description"] = tool["description"]
    if tool.get("strict") and openai_holds_to(schema):
        function["strict"] = True
    return {"type": "function", "function": function}


def _add_output_config(made: Body, body: Body) -> None:
    config = body.get("output_config")
    if not isinstance(config, dict):
        return
    match config.get("format"):
        case {"type": "json_schema", "schema": dict(schema)}:
            json_schema = {"name": "reply", "schema": schema, "strict": openai_holds_to(schema)}
            made["response_format"] = {"type": "json_schema", "json_schema": json_schema}
        case None:
            pass
        case _:
            raise Untranslatable("output_config.format: is not known", param="output_config.format")


def _add_effort(made: Body, body: Body) -> None:
    if not str(body.get("model") or "").rpartition("/")[2].startswith(_TAKES_EFFORT):
        return
    config, thinking = body.get("output_config"), body.get("thinking")
    if isinstance(config, dict) and (effort := word(_EFFORTS, config.get("effort"))):
        made["reasoning_effort"] = effort
    elif isinstance(thinking, dict) and isinstance(budget_tokens := thinking.get("budget_tokens"), int):
        made["reasoning_effort"] = next(
            (effort for least, effort in _EFFORT_FROM_TOKENS if budget_tokens >= least), "low"
        )
