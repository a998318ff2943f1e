"""How many tokens a prompt in Anthropic's dialect is.

Anthropic publishes no tokenizer, so texts are counted with a stand-in, and what stands around them by what is known of
the family: for Claude the prompt that tools bring with them (its documentation, "Tool use: pricing": up to 346 tokens),
and what a picture counts by its size (`tokenfoundry.pictures`).

What else is not text cannot be measured without decoding it: a file is counted by its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tokenfoundry.counters import Counts
from tokenfoundry.families import Template
from tokenfoundry.prompt_tokens.chat import OPENAI
from tokenfoundry.prompt_tokens.parts import file_tokens, format_tokens, picture, tool_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens

_ROLE = 1


def messages_tokens(
    body: dict[str, Any], counter: Counts, *, template: Template = OPENAI, model: str = "claude"
) -> PromptTokens:
    """The prompt tokens of a Messages body whose shape was checked."""
    tokens = template.priming + template.hidden
    if system := body.get("system"):
        tokens += template.per_message + _ROLE + _content(system, counter, model)
    for message in body["messages"]:
        tokens += template.per_message + _ROLE + _content(message.get("content"), counter, model)
    most = tokens + max(0, template.hidden_most - template.hidden)
    if tools := body.get("tools"):
        told = tool_tokens(tools, _functions(tools), counter, template)
        tokens, most = tokens + told.tokens, most + told.most
    for stated in (body.get("output_format"), (body.get("output_config") or {}).get("format")):
        if stated:
            told = format_tokens(stated, counter, template)
            tokens, most = tokens + told.tokens, most + told.most
    return PromptTokens(tokens, max(tokens, most))


def _functions(tools: Any) -> list[dict[str, Any]] | None:
    """The definitions as OpenAI has them, where all of the tools have a schema."""
    if not all(isinstance(tool.get("input_schema"), dict) for tool in tools):
        return None
    return [{**tool, "parameters": tool["input_schema"]} for tool in tools]


def _content(content: Any, counter: Counts, model: str) -> int:
    if isinstance(content, str):
        return counter.count(content)
    return sum(_block(block, counter, model) for block in content or ())


def _block(block: dict[str, Any], counter: Counts, model: str) -> int:
    match block:
        case {"type": "text", "text": str(text)}:
            return counter.count(text)
        case {"type": "image", "source": {"type": "base64", "data": str(data)}}:
            return picture(data, counter, model)
        case {"type": "image"}:
            return picture("", counter, model)
        case {"type": "document", "source": {"type": "base64", "data": str(data)}}:
            return file_tokens(data)
        case {"type": "tool_result"}:
            said = {name: value for name, value in block.items() if name != "content"}
            return _content(block.get("content"), counter, model) + _texts(said, counter)
    return _texts(block, counter)


def _texts(value: Any, counter: Counts) -> int:
    """Everything in it as JSON, pictures and files apart."""
    files = list(_files(value))
    text = msgspec.json.encode(value).decode()
    for data in files:
        text = text.replace(data, "")
    return counter.count(text) + sum(map(file_tokens, files))


def _files(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "base64" and isinstance(value.get("data"), str) and value["data"]:
            yield value["data"]
        else:
            for item in value.values():
                yield from _files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)
