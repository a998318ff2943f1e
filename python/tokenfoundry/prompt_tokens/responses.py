"""How many tokens the prompt of a body for the responses endpoint is: each item of the input counts as a message does,
and what is no message as its JSON text.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.counters import Counts
from tokenfoundry.families import Template
from tokenfoundry.prompt_tokens.chat import OPENAI
from tokenfoundry.prompt_tokens.parts import format_tokens, json_tokens, part_tokens, tool_tokens, value_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens, together

_PARTS = ("input_text", "input_image", "input_audio", "input_file")
_RESULTS = ("function_call_output", "custom_tool_call_output")
_AROUND_A_CALL = 6
_AROUND_A_RESULT = 8  # With the name of what was called, which the result does not say.


def responses_tokens(
    body: dict[str, Any], counter: Counts, *, template: Template = OPENAI, model: str = ""
) -> PromptTokens:
    """The prompt tokens of a body for the responses endpoint whose shape was checked."""
    tokens = template.priming + template.hidden
    more = max(0, template.hidden_most - template.hidden)
    is_read = True
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        tokens += template.per_message
        if item.get("type") in (None, "message"):
            tokens += counter.count(str(item.get("role", "")))
            told = _content(item.get("content"), counter, model)
        else:
            told = _item(item, counter, model)
        tokens += told.tokens
        more += max(0, told.most - told.tokens)
        is_read &= told.is_read
    if body.get("instructions"):
        tokens += template.per_message + counter.count("developer") + counter.count(body["instructions"])
    most = tokens + more
    if tools := body.get("tools"):
        told = tool_tokens(tools, _functions(tools), counter, template)
        tokens, most = tokens + told.tokens, most + told.most
    if stated := (body.get("text") or {}).get("format"):
        told = format_tokens(stated, counter, template)
        tokens, most = tokens + told.tokens, most + told.most
    return PromptTokens(tokens, max(tokens, most), is_read)


def _content(content: Any, counter: Counts, model: str) -> PromptTokens:
    parts = content if isinstance(content, list) else [content]
    return together(part_tokens(part, counter, model) for part in parts if part is not None)


def _item(item: dict[str, Any], counter: Counts, model: str) -> PromptTokens:
    """Of what is no message: calls and results as in chat, at most their JSON; all else as its JSON."""
    if item.get("type") in _PARTS:
        return part_tokens(item, counter, model)
    most = json_tokens(item, counter) if item.get("type") not in _RESULTS else 0
    if item.get("type") == "function_call":
        said = sum(value_tokens(item.get(field) or "", counter) for field in ("name", "arguments"))
        return PromptTokens(_AROUND_A_CALL + said, most)
    if item.get("type") in _RESULTS:
        output = _content(item.get("output"), counter, model)
        named = counter.count(str(item.get("call_id", "")))
        return PromptTokens(_AROUND_A_RESULT + output.tokens, output.most + named, output.is_read)
    return PromptTokens(most, most)


def _functions(tools: Any) -> list[dict[str, Any]] | None:
    """The definitions, where all of the tools are functions."""
    if not all(isinstance(tool, dict) and tool.get("type") == "function" for tool in tools):
        return None
    return list(tools)
