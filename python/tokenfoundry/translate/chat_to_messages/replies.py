"""Anthropic's reply as a chat completion."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body
from tokenfoundry.translate.chat_to_messages.reply_tool import REPLY_TOOL
from tokenfoundry.translate.shapes import word

BETWEEN_THOUGHTS = "\n\n"

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_SERVICE_TIER = {"standard": "default", "priority": "priority"}


def completion_of(reply: Body, *, created: int) -> Body:
    """The reply as a chat completion; `created` is its Unix time in seconds. Raises `ProviderError`."""
    content = reply.get("content")
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise ProviderError("the provider's reply has not the shape of one")
    stop_reason = reply.get("stop_reason")
    message = _message(content, reply.get("stop_details"))
    answered_by_tool = stop_reason == "tool_use" and "tool_calls" not in message
    made: Body = {
        "id": str(reply.get("id") or ""),
        "object": "chat.completion",
        "created": created,
        "model": str(reply.get("model") or ""),
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": "stop" if answered_by_tool else finish_reason(stop_reason),
            }
        ],
    }
    usage = reply.get("usage")
    if isinstance(usage, dict):
        made["usage"] = usage_of(usage)
        if tier := word(_SERVICE_TIER, usage.get("service_tier")):
            made["service_tier"] = tier
    return made


def finish_reason(stop_reason: Any) -> str:
    """OpenAI's word for Anthropic's reason to stop; `stop` for one that is not known."""
    return word(_FINISH, stop_reason) or "stop"


def refusal_of(stop_details: Any) -> str | None:
    """What Anthropic says of a refusal, if it says anything."""
    explanation = stop_details.get("explanation") if isinstance(stop_details, dict) else None
    return explanation if isinstance(explanation, str) else None


def _message(content: list[Body], stop_details: Any) -> Body:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Body] = []
    for block in content:
        match block:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "thinking", "thinking": str(thought)}:
                thoughts.append(thought)
            case {"type": "tool_use", "name": str(name), "input": given} if name == REPLY_TOOL:
                texts.append(msgspec.json.encode(given).decode())
            case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": given}:
                function = {"name": name, "arguments": msgspec.json.encode(given).decode()}
                calls.append({"id": call_id, "type": "function", "function": function})
            case {"type": "text" | "thinking" | "tool_use"}:
                raise ProviderError("the provider sent a block of another shape")
    message: Body = {
        "role": "assistant",
        "content": "".join(texts) if texts or not calls else None,
        "refusal": refusal_of(stop_details),
    }
    if said := BETWEEN_THOUGHTS.join(filter(None, thoughts)):
        message["reasoning_content"] = said
    if calls:
        message["tool_calls"] = calls
    return message


def usage_of(usage: Body) -> Body:
    """Anthropic's usage as OpenAI's: `prompt_tokens` contains what was read from and written to the cache."""
    cached = _count(usage, "cache_read_input_tokens")
    written = _count(usage, "cache_creation_input_tokens")
    prompt_tokens = _count(usage, "input_tokens") + cached + written
    completion_tokens = _count(usage, "output_tokens")
    made: Body = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
    }
    details = usage.get("output_tokens_details")
    if isinstance(details, dict):
        made["completion_tokens_details"] = {"reasoning_tokens": _count(details, "thinking_tokens")}
    return made


def _count(usage: Body, name: str) -> int:
    count = usage.get(name)
    if count is None:
        return 0
    if type(count) is not int or count < 0:
        raise ProviderError(f"the provider's usage has a {name} that is no count")
    return count
