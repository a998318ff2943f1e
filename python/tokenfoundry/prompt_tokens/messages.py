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
from tokenfoundry.prompt_tokens.parts import file_tokens, format_tokens, picture, tool_tokens, unseen
from tokenfoundry.prompt_tokens.told import PromptTokens, together

_ROLE = 1


def messages_tokens(
    body: dict[str, Any], counter: Counts, *, template: Template = OPENAI, model: str = "claude"
) -> PromptTokens:
    """The prompt tokens of a Messages body whose shape was checked."""
    tokens = template.priming + template.hidden
    more = max(0, template.hidden_most - template.hidden)
    is_read = True
    contents = [message.get("content") for message in body["messages"]]
    for content in [system, *contents] if (system := body.get("system")) else contents:
        told = _content(content, counter, model)
        tokens += template.per_message + _ROLE + told.tokens
        more += told.most - told.tokens
        is_read &= told.is_read
    most = tokens + more
    if tools := body.get("tools"):
        told = tool_tokens(tools, _functions(tools), counter, template)
        tokens, most = tokens + told.tokens, most + told.most
    for stated in (body.get("output_format"), (body.get("output_config") or {}).get("format")):
        if stated:
            told = format_tokens(stated, counter, template)
            tokens, most = tokens + told.tokens, most + told.most
    return PromptTokens(tokens, max(tokens, most), is_read)


def _functions(tools: Any) -> list[dict[str, Any]] | None:
    """The definitions as OpenAI has them, where all of the tools have a schema."""
    if not all(isinstance(tool.get("input_schema"), dict) for tool in tools):
        return None
    return [{**tool, "parameters": tool["input_schema"]} for tool in tools]


def _content(content: Any, counter: Counts, model: str) -> PromptTokens:
    if isinstance(content, str):
        tokens = counter.count(content)
        return PromptTokens(tokens, tokens)
    return together(_block(block, counter, model) for block in content or ())


def _block(block: dict[str, Any], counter: Counts, model: str) -> PromptTokens:
    match block:
        case {"type": "text", "text": str(text)}:
            return _content(text, counter, model)
        case {"type": "image", "source": {"type": "base64", "data": str(data)}}:
            return picture(data, counter, model)
        case {"type": "image"}:
            return picture("", counter, model)
        case {"type": "document", "source": {"type": "base64", "data": str(data)}}:
            return file_tokens(data)
        case {"type": "document", "source": {"type": "url" | "file"}} | {"type": "container_upload"}:
            return unseen(_texts(block, counter).tokens)
        case {"type": "tool_result"}:
            said = {name: value for name, value in block.items() if name != "content"}
            return together((_content(block.get("content"), counter, model), _texts(said, counter)))
    return _texts(block, counter)


def _texts(value: Any, counter: Counts) -> PromptTokens:
    """Everything in it as JSON, pictures and files apart."""
    files = list(_files(value))
    text = msgspec.json.encode(value).decode()
    for data in files:
        text = text.replace(data, "")
    tokens = counter.count(text)
    return together((PromptTokens(tokens, tokens), *map(file_tokens, files)))


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
