"""Responses to chat completions, and back: for targets that only serve chat.

Source: OpenAI's API reference for both, and its guide "Migrate to the Responses API" for what corresponds to what.
What chat cannot say is refused (`Untranslatable`), but for what only changes how an answer is told: summaries of the
reasoning, obfuscation of a stream, truncation. Reasoning items of earlier turns are left out: chat has no place for
them.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import EventTranslator, Untranslatable
from tokenfoundry.translate.chat_to_response_events import ChatToResponseEvents
from tokenfoundry.translate.response_body import response_of, whole_reply

Body = dict[str, Any]

# Fields that both call the same.
_SAME = (
    "metadata",
    "model",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "seed",
    "service_tier",
    "store",
    "stream",
    "temperature",
    "top_p",
    "user",
)
# Fields that mean something only where responses are spoken, or say how the answer is told.
_LEFT_OUT = frozenset(
    {"include", "max_tool_calls", "truncation", "stream_options", "reasoning", "image", "prompt_cache_options"}
)
_KNOWN = frozenset(
    {*_SAME, *_LEFT_OUT, "input", "instructions", "max_output_tokens", "text", "tools", "tool_choice", "top_logprobs"}
)


class ResponsesToChat:
    """See `tokenfoundry.translate.Translation`."""

    asked = "responses"
    spoken = "chat"

    def request(self, body: Body) -> Body:
        made: Body = {name: body[name] for name in _SAME if body.get(name) is not None}
        made["messages"] = [*_instructions(body), *_messages(body["input"])]
        if body.get("max_output_tokens") is not None:
            made["max_completion_tokens"] = body["max_output_tokens"]
        text = body.get("text") or {}
        if text.get("verbosity") is not None:
            made["verbosity"] = text["verbosity"]
        if (response_format := _response_format(text.get("format"))) is not None:
            made["response_format"] = response_format
        if body.get("tools"):
            made["tools"] = [_tool(tool, f"tools[{index}]") for index, tool in enumerate(body["tools"])]
        if body.get("tool_choice") is not None:
            made["tool_choice"] = _tool_choice(body["tool_choice"])
        effort = (body.get("reasoning") or {}).get("effort")
        if effort is not None:
            made["reasoning_effort"] = effort
        if body.get("top_logprobs") or "message.output_text.logprobs" in (body.get("include") or ()):
            made["logprobs"] = True
            if body.get("top_logprobs"):
                made["top_logprobs"] = body["top_logprobs"]
        # A provider's own fields, such as top_k, are known to nobody here, and survive.
        rest = {name: value for name, value in body.items() if name not in _KNOWN and value is not None}
        return {**made, **rest}

    def reply(self, reply: Body, body: Body) -> Body:
        choices = reply.get("choices")
        if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
            raise ProviderError("the provider's reply has no choice")
        if not isinstance(choices[0].get("message"), dict):
            raise ProviderError("the provider's reply has no message")
        return whole_reply(response_of(reply, body), choices[0], reply.get("usage"))

    def events(self, body: Body) -> EventTranslator:
        return ChatToResponseEvents(body)


def _instructions(body: Body) -> list[Body]:
    instructions = body.get("instructions")
    return [{"role": "system", "content": instructions}] if instructions else []


def _messages(given: str | list[Body]) -> list[Body]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    messages: list[Body] = []
    for index, item in enumerate(given):
        where = f"input[{index}]"
        match "message" if item.get("type") is None else item["type"]:
            case "message":
                messages.append(_message(item, where))
            case "function_call":
                function = {"name": item.get("name", ""), "arguments": item.get("arguments", "")}
                _add_call(messages, {"id": item.get("call_id", ""), "type": "function", "function": function})
            case "custom_tool_call":
                custom = {"name": item.get("name", ""), "input": item.get("input", "")}
                _add_call(messages, {"id": item.get("call_id", ""), "type": "custom", "custom": custom})
            case "function_call_output" | "custom_tool_call_output":
                content = _output_content(item.get("output"), where)
                messages.append({"role": "tool", "tool_call_id": item.get("call_id", ""), "content": content})
            case "reasoning":
                continue
            case kind:
                raise Untranslatable(f"{where}: this model takes no item of type {kind}", param=where)
    return messages


def _message(item: Body, where: str) -> Body:
    content = item.get("content")
    if isinstance(content, list):
        parts = [_part(part, f"{where}.content[{at}]") for at, part in enumerate(content)]
        # Not every server takes a list from an assistant or a system, and text alone needs none.
        is_text = all(part["type"] == "text" for part in parts)
        content = "".join(part["text"] for part in parts) if is_text and item.get("role") != "user" else parts
    return {"role": item["role"], "content": content}


def _part(part: Body, where: str) -> Body:
    match part:
        case {"type": "input_text" | "output_text" | "text", "text": str(text)}:
            return {"type": "text", "text": text}
        case {"type": "refusal", "refusal": str(refusal)}:
            return {"type": "refusal", "refusal": refusal}
        case {"type": "input_image", "image_url": str(url)}:
            detail = {"detail": part["detail"]} if part.get("detail") in ("auto", "low", "high") else {}
            return {"type": "image_url", "image_url": {"url": url, **detail}}
        case {"type": "input_audio", "input_audio": dict(audio)}:
            return {"type": "input_audio", "input_audio": audio}
        case {"type": "input_file", "file_data": str(data)}:
            name = {"filename": part["filename"]} if part.get("filename") else {}
            return {"type": "file", "file": {"file_data": data, **name}}
    raise Untranslatable(f"{where}: this model takes no part of type {part.get('type')} like this", param=where)


def _output_content(output: Any, where: str) -> Any:
    """What a tool gave back: text, as a tool message carries nothing else."""
    if isinstance(output, str):
        return output
    given = output if isinstance(output, list) else [{"type": type(output).__name__}]
    parts = [_part(part, f"{where}.output[{at}]") for at, part in enumerate(given)]
    if any(part["type"] != "text" for part in parts):
        raise Untranslatable(f"{where}.output: this model takes only text from a tool", param=f"{where}.output")
    return "".join(part["text"] for part in parts)


def _add_call(messages: list[Body], call: Body) -> None:
    """Adds a tool call to the assistant's message before it, as a turn of chat holds them all."""
    if not (messages and messages[-1]["role"] == "assistant"):
        messages.append({"role": "assistant", "content": None})
    messages[-1].setdefault("tool_calls", []).append(call)


def _response_format(stated: Body | None) -> Body | None:
    match stated:
        case None | {"type": "text"}:
            return None
        case {"type": "json_schema"}:
            schema = {name: value for name, value in stated.items() if name != "type" and value is not None}
            return {"type": "json_schema", "json_schema": schema}
    return stated


def _tool(tool: Body, where: str) -> Body:
    match tool.get("type"):
        case "function":
            names = ("name", "description", "parameters", "strict")
            return {"type": "function", "function": {name: tool[name] for name in names if tool.get(name) is not None}}
        case "custom":
            custom = {name: tool[name] for name in ("name", "description") if tool.get(name) is not None}
            stated = tool.get("format")
            if isinstance(stated, dict) and stated.get("type") == "grammar":
                grammar = {name: stated[name] for name in ("syntax", "definition") if name in stated}
                stated = {"type": "grammar", "grammar": grammar}
            return {"type": "custom", "custom": {**custom, **({"format": stated} if stated else {})}}
        case kind:
            raise Untranslatable(f"{where}: this model takes no tool of type {kind}", param=where)


def _tool_choice(choice: Any) -> Any:
    match choice:
        case str():
            return choice
        case {"type": "function" | "custom" as kind, "name": str(name)}:
            return {"type": kind, kind: {"name": name}}
        case {"type": "allowed_tools", "tools": list(tools)}:
            allowed = {"mode": choice.get("mode", "auto"), "tools": [_tool_choice(tool) for tool in tools]}
            return {"type": "allowed_tools", "allowed_tools": allowed}
    raise Untranslatable("tool_choice: this model takes no choice of this kind", param="tool_choice")
