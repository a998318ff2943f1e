"""How many tokens a prompt in Anthropic's dialect is.

Anthropic publishes no tokenizer, so texts are counted with the target's, and what stands around them as OpenAI's chat
template takes it. What is known of Anthropic's own rules is used: the prompt that tools bring with them (its
documentation, "Tool use: pricing": up to 346 tokens), and what a picture counts by its size (`tokenfoundry.pictures`).

What else is not text cannot be measured without decoding it: a file is counted by its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tokenfoundry.pictures import picture_tokens
from tokenfoundry.tokens import Tokenizer

_PER_MESSAGE = 3
_PRIMING = 3
_TOOL_PROMPT = 346
_BYTES_PER_FILE_TOKEN = 3


def count_messages(body: dict[str, Any], tokenizer: Tokenizer) -> int:
    """The prompt tokens of a Messages body whose shape was checked."""
    total = _PRIMING
    if system := body.get("system"):
        total += _PER_MESSAGE + _count(system, tokenizer)
    for message in body["messages"]:
        total += _PER_MESSAGE + _count(message["content"], tokenizer)
    if tools := body.get("tools"):
        total += _TOOL_PROMPT + tokenizer.count(msgspec.json.encode(tools).decode())
    if config := body.get("output_config"):
        total += tokenizer.count(msgspec.json.encode(config).decode())
    return total


def _count(content: Any, tokenizer: Tokenizer) -> int:
    if isinstance(content, str):
        return tokenizer.count(content)
    return sum(_count_block(block, tokenizer) for block in content or ())


def _count_block(block: dict[str, Any], tokenizer: Tokenizer) -> int:
    match block:
        case {"type": "text", "text": str(text)}:
            return tokenizer.count(text)
        case {"type": "image", "source": {"type": "base64", "data": str(picture)}}:
            return picture_tokens("claude", picture)
        case {"type": "image"}:
            return picture_tokens("claude", "")
        case {"type": "document", "source": {"type": "base64", "data": str(data)}}:
            return len(data) // _BYTES_PER_FILE_TOKEN + 1
        case {"type": "tool_result"}:
            said = {name: value for name, value in block.items() if name != "content"}
            return _count(block.get("content"), tokenizer) + _count_texts(said, tokenizer)
    return _count_texts(block, tokenizer)


def _count_texts(value: Any, tokenizer: Tokenizer) -> int:
    """Everything in it as JSON, pictures and files apart."""
    files = list(_files(value))
    text = msgspec.json.encode(value).decode()
    total = tokenizer.count(text) if not files else 0
    if files:
        for data in files:
            text = text.replace(data, "")
        total = tokenizer.count(text) + sum(len(data) // _BYTES_PER_FILE_TOKEN + 1 for data in files)
    return total


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
