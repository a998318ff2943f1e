"""A chat completion as Anthropic's reply."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body
from tokenfoundry.translate.shapes import check_spoken, word

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
_SERVICE_TIER = {"default": "standard", "priority": "priority"}


class _Message(msgspec.Struct):
    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _CompletionShape(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


def message_of(reply: Body) -> Body:
    """The first choice as a message. Raises `ProviderError`."""
    check_spoken(reply, _CompletionShape)
    choice = reply["choices"][0]
    return {
        "id": str(reply.get("id") or ""),
        "type": "message",
        "role": "assistant",
        "model": str(reply.get("model") or ""),
        "content": _content(choice["message"]),
        "stop_reason": stop_reason(choice.get("finish_reason")),
        "stop_sequence": None,
        "usage": usage_of(reply.get("usage"), reply.get("service_tier")),
    }


def stop_reason(finish_reason: Any) -> str:
    """Anthropic's word for OpenAI's reason to finish; `end_turn` for one that is not known."""
    return word(_STOP_REASONS, finish_reason) or "end_turn"


def thinking_of(part: Body) -> str:
    """The reasoning in a message or a delta, by either of the names that OpenAI-compatible servers give it."""
    thought = part.get("reasoning_content") or part.get("reasoning")
    return thought if isinstance(thought, str) else ""


def _content(message: Body) -> list[Body]:
    blocks: list[Body] = []
    if thought := thinking_of(message):
        blocks.append({"type": "thinking", "thinking": thought, "signature": ""})
    for field in ("content", "refusal"):
        text = message.get(field)
        if isinstance(text, list):  # Some servers answer in parts.
            text = "".join(str(part.get("text") or "") for part in text if isinstance(part, dict))
        if text:
            blocks.append({"type": "text", "text": str(text)})
    for call in message.get("tool_calls") or ():
        blocks.append(_tool_use(call))
    return blocks


def _tool_use(call: Any) -> Body:
    match call:
        case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}}:
            try:
                given = msgspec.json.decode(arguments or "{}")
            except (msgspec.DecodeError, RecursionError):
                given = None
            if isinstance(given, dict):
                return {"type": "tool_use", "id": call_id, "name": name, "input": given}
    raise ProviderError("the provider's model called a tool with arguments that are no JSON object")


def usage_of(usage: Any, service_tier: Any = None) -> Body:
    """OpenAI's usage as Anthropic's, where the input is what was neither read from the cache nor written to it."""
    given: Body = usage if isinstance(usage, dict) else {}
    prompt = given.get("prompt_tokens_details")
    completion = given.get("completion_tokens_details")
    prompt_tokens, written = _count(given, "prompt_tokens"), _count(prompt, "cache_write_tokens")
    cached = _count(prompt, "cached_tokens") or _count(given, "prompt_cache_hit_tokens")
    made: Body = {
        "input_tokens": max(0, prompt_tokens - cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": _count(given, "completion_tokens"),
    }
    if thinking_tokens := _count(completion, "reasoning_tokens"):
        made["output_tokens_details"] = {"thinking_tokens": thinking_tokens}
    if tier := word(_SERVICE_TIER, service_tier):
        made["service_tier"] = tier
    return made


def _count(part: Any, name: str) -> int:
    count = part.get(name) if isinstance(part, dict) else None
    if count is None:
        return 0
    if type(count) is not int or count < 0:
        raise ProviderError(f"the provider's usage has a {name} that is no count")
    return count
