"""The prompt inside a body: what the complexity score and the language are read from, for each dialect of
conversations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.routing.complexity import Outline
from tokenfoundry.routing.facts import Facts

Body = Mapping[str, Any]


def prompt_of(facts: Facts) -> str:
    """The text of the user's last message; empty when there is none."""
    body = facts.body
    match facts.dialect:
        case "responses":
            given = body.get("input")
            return given if isinstance(given, str) else _last_of_user(given)
        case "completions":
            return _text(body.get("prompt"))
        case "gemini":
            return _last_of_user(body.get("contents"), content="parts")
        case _:
            return _last_of_user(body.get("messages"))


def outline_of(facts: Facts) -> Outline:
    """What the score reads beside the text."""
    body = facts.body
    said = body.get("messages") or body.get("input") or body.get("contents")
    tools = body.get("tools") or body.get("functions")
    return Outline(
        turns=len(said) if isinstance(said, list) else 1,
        tools=len(tools) if isinstance(tools, list) else 0,
        max_output_tokens=facts.max_output_tokens,
    )


def _last_of_user(messages: Any, *, content: str = "content") -> str:
    if isinstance(messages, list):
        for message in reversed(messages):
            if isinstance(message, dict) and message.get("role", "user") == "user":
                text = _text(message.get(content))
                if text:  # A message of the user may hold nothing but the results of tools.
                    return text
    return ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") if isinstance(part, dict) else part for part in content]
    return "\n".join(part for part in parts if isinstance(part, str))
