"""A chat completion's parts as a response's: its frame, its items, its usage.

Source: the `Response` schema of OpenAI's published API description. The frame repeats what was asked, as the API does;
the caller gets it back in their own words, because it is restored like every other text.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import ProviderError

Body = dict[str, Any]

# What a response says of its request, and what it says when that said nothing.
_ECHOED: Body = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "store": False,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
_UNFINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response_of(reply: Body, body: Body) -> Body:
    """The frame of a response for a chat completion, or for a chunk of one; its output is still empty."""
    echoed = {name: default if body.get(name) is None else body[name] for name, default in _ECHOED.items()}
    reasoning = body.get("reasoning") or {}
    frame = {
        "id": f"resp_{_text(reply, 'id') or 'unnamed'}",
        "object": "response",
        "created_at": reply.get("created") if isinstance(reply.get("created"), int) else 0,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": _text(reply, "model") or body.get("model", ""),
        "output": [],
        **echoed,
        "reasoning": {"effort": reasoning.get("effort"), "summary": None},
        "text": body.get("text") or {"format": {"type": "text"}},
    }
    # The schema has no null for these two.
    if isinstance(body.get("user"), str):
        frame["user"] = body["user"]
    if isinstance(reply.get("service_tier"), str):
        frame["service_tier"] = reply["service_tier"]
    return frame


def whole_reply(frame: Body, choice: Body, usage: Any) -> Body:
    """The response of a whole chat completion."""
    response_id = frame["id"].removeprefix("resp_")
    items = items_of(choice["message"], response_id, logprobs=choice.get("logprobs"))
    return ended(frame, items, choice.get("finish_reason"), usage)


def ended(frame: Body, items: list[Body], finish_reason: Any, usage: Any) -> Body:
    """The response with its output, its status and its usage."""
    reason = _UNFINISHED.get(finish_reason) if isinstance(finish_reason, str) else None
    told = usage_of(usage)
    return {
        **frame,
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": items,
        **({} if told is None else {"usage": told}),
    }


def items_of(message: Body, response_id: str, *, logprobs: Any = None) -> list[Body]:
    """The output items of an assistant's message, in the order in which a model makes them."""
    items: list[Body] = []
    if reasoning := reasoning_of(message):
        items.append(reasoning_item(reasoning, response_id))
    parts = []
    if content := _text(message, "content"):
        stated = logprobs.get("content") if isinstance(logprobs, dict) else None
        parts.append(text_part(content, annotations=_annotations(message), logprobs=stated))
    if refusal := _text(message, "refusal"):
        parts.append({"type": "refusal", "refusal": refusal})
    calls = message.get("tool_calls")
    if not isinstance(calls, list | None):
        raise ProviderError("the provider sent tool calls of another shape")
    if calls is None and isinstance(message.get("function_call"), dict):
        calls = [{"id": "call_0", "type": "function", "function": message["function_call"]}]
    if parts or not calls:
        items.append(message_item(parts, response_id))
    for index, call in enumerate(calls or ()):
        items.append(call_item(call, response_id, index))
    return items


def message_item(parts: list[Body], response_id: str) -> Body:
    item_id = f"msg_{response_id}"
    return {"id": item_id, "type": "message", "role": "assistant", "status": "completed", "content": parts}


def text_part(text: str, *, annotations: list[Body] | None = None, logprobs: Any = None) -> Body:
    return {"type": "output_text", "text": text, "annotations": annotations or [], "logprobs": logprobs_of(logprobs)}


def reasoning_item(text: str, response_id: str) -> Body:
    content = [{"type": "reasoning_text", "text": text}]
    return {"id": f"rs_{response_id}", "type": "reasoning", "summary": [], "content": content}


def call_item(call: Any, response_id: str, index: int) -> Body:
    """A tool call. Raises `ProviderError` for another shape."""
    match call:
        case {"type": "custom", "custom": {"name": str(name), "input": str(given)}}:
            kind = {"type": "custom_tool_call", "name": name, "input": given}
            return {"id": f"ctc_{response_id}_{index}", "call_id": _text(call, "id"), **kind}
        case {"function": {"name": str(name)} as function}:
            kind = {"type": "function_call", "name": name, "arguments": _text(function, "arguments")}
            return {"id": f"fc_{response_id}_{index}", "call_id": _text(call, "id"), "status": "completed", **kind}
    raise ProviderError("the provider sent a tool call of another shape")


def reasoning_of(message: Body) -> str:
    """What a server tells of the model's reasoning: as `reasoning_content` (DeepSeek, vLLM), or as `reasoning`
    (OpenRouter, Groq).
    """
    return _text(message, "reasoning_content") or _text(message, "reasoning")


def logprobs_of(stated: Any) -> list[Body]:
    """The probabilities of tokens, with the fields that a response always has."""
    return [
        {**each, "bytes": each.get("bytes") or [], "top_logprobs": each.get("top_logprobs") or []}
        for each in (stated if isinstance(stated, list) else ())
        if isinstance(each, dict)
    ]


def usage_of(usage: Any) -> Body | None:
    """The usage of a chat completion in a response's words; None when there is none."""
    if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
        return None
    inputs, outputs = (_part_of(usage, f"{which}_tokens_details") for which in ("prompt", "completion"))
    input_tokens, output_tokens = usage["prompt_tokens"], usage.get("completion_tokens") or 0
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {
            "cached_tokens": inputs.get("cached_tokens") or 0,
            "cache_write_tokens": inputs.get("cache_write_tokens") or 0,
        },
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": outputs.get("reasoning_tokens") or 0},
        "total_tokens": usage.get("total_tokens") or input_tokens + output_tokens,
    }


def _part_of(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _annotations(message: Body) -> list[Body]:
    stated = message.get("annotations")
    return [
        {"type": "url_citation", **each["url_citation"]}
        for each in (stated if isinstance(stated, list) else ())
        if isinstance(each, dict) and isinstance(each.get("url_citation"), dict)
    ]


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
