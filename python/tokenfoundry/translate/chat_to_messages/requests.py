"""A chat-completions body as a body of Anthropic's Messages API."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.translate import Body, Untranslatable
from tokenfoundry.translate.chat_body import refuse_others
from tokenfoundry.translate.chat_to_messages.reply_tool import reply_tool
from tokenfoundry.translate.chat_to_messages.thinking import apply_thinking
from tokenfoundry.translate.chat_to_messages.turns import marked_like, turns_of
from tokenfoundry.translate.claude import Family, family_of
from tokenfoundry.translate.shapes import check_asked
from tokenfoundry.translate.strict_schemas import anthropic_holds_to

_MOST_TEMPERATURE = 1.0

# As they are; the last is an extension that Anthropic's users send through OpenAI's client.
_PASSED_ON = ("model", "stream", "top_k")
_SAID = frozenset(
    {
        *_PASSED_ON,
        "max_completion_tokens",
        "max_tokens",
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "stop",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_p",
    }
)


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None


class _ChatShape(msgspec.Struct):
    messages: list[_Message]
    model: str = ""
    n: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    modalities: list[str] | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    tools: list[Any] | None = None


def messages_request(body: Body) -> Body:
    """The body in Anthropic's dialect. Without a bound on its output it has no `max_tokens`, which is then due from
    whoever sends it. Raises `Untranslatable`.
    """
    check_asked(body, _ChatShape)
    _refuse_what_cannot_be_said(body)
    family = family_of(str(body.get("model") or ""))
    system, turns = turns_of(body["messages"])
    made: Body = {name: body[name] for name in _PASSED_ON if body.get(name) is not None}
    if system:
        made["system"] = system[0]["text"] if len(system) == 1 and set(system[0]) == {"type", "text"} else system
    made["messages"] = turns
    bounds = [body[field] for field in ("max_tokens", "max_completion_tokens") if body.get(field) is not None]
    if bounds:
        made["max_tokens"] = max(bounds)
    if stops := _stop_sequences(body.get("stop")):
        made["stop_sequences"] = stops
    if user := body.get("user") or body.get("safety_identifier"):
        made["metadata"] = {"user_id": user}
    if body.get("service_tier") is not None:
        made["service_tier"] = "auto" if body["service_tier"] == "auto" else "standard_only"
    _add_tools(made, body, family)
    _add_output_format(made, body, family)
    apply_thinking(made, body, family)
    _add_sampling(made, body, family)
    return made


def _refuse_what_cannot_be_said(body: Body) -> None:
    if (body.get("n") or 1) > 1:
        raise Untranslatable("n: this model gives one answer at a time", param="n")
    for field in ("logprobs", "top_logprobs"):
        if body.get(field):
            raise Untranslatable(f"{field}: this model tells no probabilities", param=field)
    if body.get("logit_bias"):
        raise Untranslatable("logit_bias: this model takes no biases", param="logit_bias")
    if body.get("audio") is not None:
        raise Untranslatable("audio: this model does not speak", param="audio")
    if set(body.get("modalities") or ()) - {"text"}:
        raise Untranslatable("modalities: this model answers with text only", param="modalities")
    for field, instead in (("functions", "tools"), ("function_call", "tool_choice")):
        if body.get(field) is not None:
            raise Untranslatable(f"{field}: use {instead} instead", param=field)
    refuse_others(body, _SAID)


def _stop_sequences(stop: Any) -> list[str]:
    if stop is None:
        return []
    given = [stop] if isinstance(stop, str) else stop
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise Untranslatable("stop: needs a string or a list of strings", param="stop")
    if not all(each.strip() for each in given):
        raise Untranslatable("stop: this model does not stop at white space alone", param="stop")
    return given


def _add_tools(made: Body, body: Body, family: Family) -> None:
    tools = [_tool(tool, f"tools[{index}]", family) for index, tool in enumerate(body.get("tools") or ())]
    if not tools:
        return
    choice = _tool_choice(body.get("tool_choice"))
    allowed = choice.pop("allowed", None)
    made["tools"] = tools if allowed is None else [tool for tool in tools if tool["name"] in allowed]
    if body.get("parallel_tool_calls") is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    if choice != {"type": "auto"}:
        made["tool_choice"] = choice


def _tool(tool: Any, where: str, family: Family) -> Body:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Untranslatable(f"{where}: only tools of type function reach this model", param=where)
    schema = function.get("parameters") or {"type": "object"}
    made = {"name": function["name"], "input_schema": schema}
    if function.get("description"):
        made["description"] = function["description"]
    if function.get("strict") and family.takes_schema and anthropic_holds_to(schema):
        made["strict"] = True
    return marked_like(tool, made)


def _tool_choice(choice: Any) -> Body:
    match choice:
        case None | "auto":
            return {"type": "auto"}
        case "none":
            return {"type": "none"}
        case "required":
            return {"type": "any"}
        case {"type": "function", "function": {"name": str(name)}}:
            return {"type": "tool", "name": name}
        case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode, "tools": [*tools]}}:
            names = {tool["function"]["name"] for tool in tools if isinstance(tool, dict) and _is_named(tool)}
            return {"type": "auto" if mode == "auto" else "any", "allowed": names}
    raise Untranslatable("tool_choice: this choice cannot be put to this model", param="tool_choice")


def _is_named(tool: Body) -> bool:
    return isinstance(tool.get("function"), dict) and isinstance(tool["function"].get("name"), str)


def _add_output_format(made: Body, body: Body, family: Family) -> None:
    """A schema that the model can be held to, or else a tool whose input is the reply."""
    match body.get("response_format"):
        case None | {"type": "text"}:
            return
        case {"type": "json_schema", "json_schema": {"schema": dict(schema), **rest}}:
            if rest.get("strict") and family.takes_schema and anthropic_holds_to(schema):
                made["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
                return
            tool = reply_tool(schema, str(rest.get("description") or ""))
        case {"type": "json_object"}:
            tool = reply_tool({"type": "object"})
        case _:
            raise Untranslatable("response_format: is not known", param="response_format")
    if made.get("tool_choice", {}).get("type") == "tool":
        return  # The caller forces another tool, so no text is awaited.
    others = [] if made.get("tool_choice", {}).get("type") == "none" else made.get("tools", [])
    made["tools"] = [*others, tool]
    made["tool_choice"] = {"type": "any"} if others else {"type": "tool", "name": tool["name"]}
    made["tool_choice"]["disable_parallel_tool_use"] = True


def _add_sampling(made: Body, body: Body, family: Family) -> None:
    """Temperature within the model's range, as Anthropic's own layer for OpenAI's client does; and one control, as its
    models take no two. A model that thinks, or no longer samples as told, takes neither.
    """
    if not family.samples or made.get("thinking", {}).get("type", "disabled") != "disabled":
        return
    if (temperature := body.get("temperature")) is not None:
        made["temperature"] = min(temperature, _MOST_TEMPERATURE)
    elif body.get("top_p") is not None:
        made["top_p"] = body["top_p"]
