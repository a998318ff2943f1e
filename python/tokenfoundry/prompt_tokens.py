"""How many tokens a chat prompt is: its texts, and what the chat template adds around them.

The overhead per message is OpenAI's published rule for its chat models (cookbook, "How to count tokens with
tiktoken"): three tokens a message, one more for a name, and three that prime the reply. Tool definitions are counted
as their JSON text, which is above what the providers' own rendering takes.

A picture is counted by its size (`tokenfoundry.pictures`), sound and files by their bytes, at their most. A file that
is named by an id counts as its name alone.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.pictures import picture_tokens
from tokenfoundry.tokens import Tokenizer

_PER_MESSAGE = 3
_PER_NAME = 1
_PRIMING = 3

_BYTES_PER_AUDIO_TOKEN = 500  # 10 tokens a second, of at least 8 kB a second in base64
_BYTES_PER_FILE_TOKEN = 3


def count_chat(body: dict[str, Any], tokenizer: Tokenizer, *, model: str = "") -> int:
    """The prompt tokens of a chat-completions body whose shape was checked; `model` decides what a picture counts."""
    total = _PRIMING
    for message in body["messages"]:
        total += _PER_MESSAGE
        for field, value in message.items():
            if field == "name":
                total += _PER_NAME
            parts = value if isinstance(value, list) else [value]
            total += sum(_count_part(part, tokenizer, model) for part in parts if part is not None)
    for field in ("tools", "functions", "response_format"):
        if body.get(field):
            total += tokenizer.count(msgspec.json.encode(body[field]).decode())
    return total


def count_responses(body: dict[str, Any], tokenizer: Tokenizer, *, model: str = "") -> int:
    """The prompt tokens of a body for the responses endpoint whose shape was checked: each item of the input counts as
    a message does, and what is no message as its JSON text.
    """
    total = _PRIMING
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        total += _PER_MESSAGE
        if item.get("type") in (None, "message"):
            total += tokenizer.count(str(item.get("role", "")))
            content = item.get("content")
        elif item.get("type") in ("function_call_output", "custom_tool_call_output"):
            total += tokenizer.count(str(item.get("call_id", "")))
            content = item.get("output")
        else:
            content = item
        parts = content if isinstance(content, list) else [content]
        total += sum(_count_part(part, tokenizer, model) for part in parts if part is not None)
    if body.get("instructions"):
        total += _PER_MESSAGE + tokenizer.count(body["instructions"])
    for declared in (body.get("tools"), (body.get("text") or {}).get("format")):
        if declared:
            total += tokenizer.count(msgspec.json.encode(declared).decode())
    return total


def _count_part(part: Any, tokenizer: Tokenizer, model: str) -> int:
    if isinstance(part, str):
        return tokenizer.count(part)
    if isinstance(part, dict):
        match part:
            case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
                return tokenizer.count(text)
            case {"type": "image_url", "image_url": {"url": str(picture)} as stated}:
                return picture_tokens(model, picture, detail=stated.get("detail"))
            case {"type": "input_image", "image_url": str(picture)}:
                return picture_tokens(model, picture, detail=part.get("detail"))
            case {"type": "image_url" | "input_image"}:
                return picture_tokens(model, "", detail=part.get("detail"))
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                return len(data) // _BYTES_PER_AUDIO_TOKEN + 1
            case {"type": "file", "file": {"file_data": str(data)}} | {"type": "input_file", "file_data": str(data)}:
                return len(data) // _BYTES_PER_FILE_TOKEN + 1
    return tokenizer.count(msgspec.json.encode(part).decode())
