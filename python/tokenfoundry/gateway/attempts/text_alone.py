"""Whether a prompt is text and nothing else, kept by its provider no longer than is usual: then it can cost neither
what sound or pictures cost, nor what is kept for an hour.

Where that is not plain to see it is not so: a hold is then as large as the dearest rate makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MESSAGES = {"chat": "messages", "messages": "messages", "responses": "input"}  # By the name of the endpoint.
# What a provider has kept, and nobody here has seen.
_ELSEWHERE = ("previous_response_id", "conversation", "prompt")
_TEXTS = frozenset({"text", "input_text", "output_text", "refusal", "thinking", "tool_use"})
_TOOLS = frozenset({"function", "custom"})  # Those of the caller: what a provider's own come back with nobody knows.
_ITEMS = frozenset({"message", "function_call", "reasoning"})


def is_text_alone(endpoint: str, body: Mapping[str, Any]) -> bool:
    """Of a body of that endpoint, in its own dialect.

    >>> is_text_alone("chat", {"messages": [{"role": "user", "content": "Ciao"}]})
    True
    """
    field = _MESSAGES.get(endpoint)
    if field is None or any(body.get(name) is not None for name in _ELSEWHERE):
        return False
    if not _is_kept_briefly(body) or not all(map(_is_tool, body.get("tools") or ())):
        return False
    asked = body.get(field)
    if isinstance(asked, str):
        return True
    system = body.get("system")
    if not (system is None or _is_text(system)):
        return False
    return isinstance(asked, list) and all(map(_is_message, asked))


def _is_tool(tool: Any) -> bool:
    return isinstance(tool, dict) and tool.get("type", "custom") in _TOOLS and _is_kept_briefly(tool)


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or message.get("audio") is not None:
        return False
    if not _is_kept_briefly(message):
        return False
    if message.get("type", "message") == "function_call_output":
        return isinstance(message.get("output"), str)
    return message.get("type", "message") in _ITEMS and _is_text(message.get("content"))


def _is_text(content: Any) -> bool:
    if content is None or isinstance(content, str):
        return True
    return isinstance(content, list) and all(map(_is_part, content))


def _is_part(part: Any) -> bool:
    if isinstance(part, str):
        return True
    if not isinstance(part, dict) or not _is_kept_briefly(part):
        return False
    return _is_text(part.get("content")) if part.get("type") == "tool_result" else part.get("type") in _TEXTS


def _is_kept_briefly(stated: Any) -> bool:
    control = stated.get("cache_control") if isinstance(stated, dict) else None
    return control is None or (isinstance(control, dict) and control.get("ttl") in (None, "5m"))
