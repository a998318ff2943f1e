"""The system prompt of a body, as its caller wrote it."""

from __future__ import annotations

from typing import Any

_SYSTEM_ROLES = ("system", "developer")


def system_text(dialect: str, body: dict[str, Any]) -> str:
    """The texts of the system prompt, a line each; empty where there is none. The body has passed its endpoint's check.

    >>> system_text("chat", {"messages": [{"role": "system", "content": "Be brief."}]})
    'Be brief.'
    """
    if dialect == "messages":
        return _text(body.get("system"))
    if dialect == "responses":
        return _text(body.get("instructions"))
    messages = body.get("messages")
    if not isinstance(messages, list):
        return ""
    contents = (
        each.get("content") for each in messages if isinstance(each, dict) and each.get("role") in _SYSTEM_ROLES
    )
    return "\n".join(filter(None, map(_text, contents)))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
