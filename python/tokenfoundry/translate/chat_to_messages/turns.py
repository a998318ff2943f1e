"""Chat messages as Anthropic's system prompt and turns.

Neighbours of one role become one turn; the results of tools stand first in theirs, as Anthropic demands. Blocks of
white space alone are left out, because Anthropic refuses them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

import msgspec

from tokenfoundry.translate import Body, Untranslatable

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)
_IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_TOOL_USE_ID = re.compile(r"[A-Za-z0-9_-]+")
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]")


def turns_of(messages: list[Body]) -> tuple[list[Body], list[Body]]:
    """The blocks of the system prompt, and the turns. Raises `Untranslatable`."""
    system: list[Body] = []
    turns: list[Body] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        role = message.get("role")
        if role in ("system", "developer"):
            system += _blocks(message.get("content"), where)
        elif role == "user":
            _add(turns, "user", _blocks(message.get("content"), where))
        elif role == "assistant":
            _add(turns, "assistant", _assistant_blocks(message, where))
        elif role == "tool":
            _add(turns, "user", [_tool_result(message, where)])
        else:
            raise Untranslatable(f"{where}.role: {role!r} is unknown to this model", param=f"{where}.role")
    if not turns:
        raise Untranslatable("messages: needs a message of the user with text", param="messages")
    for turn in turns:
        _order(turn)
    return system, turns


def tool_use_id(call_id: str) -> str:
    """An id that Anthropic takes: the same, or one that no other id becomes.

    >>> tool_use_id("call_1"), tool_use_id("functions.send:0")
    ('call_1', 'functions_send_0_3ace73a8')
    """
    if _TOOL_USE_ID.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_NOT_IN_AN_ID.sub('_', call_id)}_{digest}"


def marked_like(part: Body, block: Body) -> Body:
    """The block with the mark for the prompt cache that its part has, an extension of OpenAI's dialect. Kept for five
    minutes, whatever was asked: writing for longer costs what no hold was made for.
    """
    return {**block, "cache_control": {"type": "ephemeral"}} if isinstance(part.get("cache_control"), dict) else block


def _add(turns: list[Body], role: str, blocks: list[Body]) -> None:
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    elif blocks:
        turns.append({"role": role, "content": blocks})


def _order(turn: Body) -> None:
    """The results of tools first; text alone as a string; no white space at the end of the model's own text."""
    blocks = turn["content"]
    results = [block for block in blocks if block["type"] == "tool_result"]
    turn["content"] = blocks = results + [block for block in blocks if block["type"] != "tool_result"]
    if turn["role"] == "assistant" and blocks[-1]["type"] == "text":
        blocks[-1] = {**blocks[-1], "text": blocks[-1]["text"].rstrip()}
    if len(blocks) == 1 and set(blocks[0]) == {"type", "text"}:
        turn["content"] = blocks[0]["text"]


def _assistant_blocks(message: Body, where: str) -> list[Body]:
    blocks = _blocks(message.get("content"), where) + _blocks(message.get("refusal"), where)
    for index, call in enumerate(message.get("tool_calls") or ()):
        blocks.append(_tool_use(call, f"{where}.tool_calls[{index}]"))
    if message.get("function_call") is not None:
        raise Untranslatable(f"{where}.function_call: use tool_calls instead", param=f"{where}.function_call")
    return blocks


def _tool_use(call: Any, where: str) -> Body:
    match call:
        case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}}:
            try:
                decoded = msgspec.json.decode(arguments or "{}")
            except (msgspec.DecodeError, RecursionError):
                decoded = None
            if isinstance(decoded, dict):
                return {"type": "tool_use", "id": tool_use_id(call_id), "name": name, "input": decoded}
            param = f"{where}.function.arguments"
            raise Untranslatable(f"{param}: needs a JSON object for this model", param=param)
    raise Untranslatable(f"{where}: only calls of functions reach this model", param=where)


def _tool_result(message: Body, where: str) -> Body:
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str):
        raise Untranslatable(f"{where}.tool_call_id: is missing", param=f"{where}.tool_call_id")
    result: Body = {"type": "tool_result", "tool_use_id": tool_use_id(call_id)}
    blocks = _blocks(message.get("content"), where)
    if blocks:
        only_text = len(blocks) == 1 and set(blocks[0]) == {"type", "text"}
        result["content"] = blocks[0]["text"] if only_text else blocks
    return result


def _blocks(content: Any, where: str) -> list[Body]:
    if content is None or isinstance(content, str):
        return [{"type": "text", "text": content}] if content and content.strip() else []
    blocks = []
    for index, part in enumerate(content):
        if (block := _block(part, f"{where}.content[{index}]")) is not None:
            blocks.append(marked_like(part, block))
    return blocks


def _block(part: Body, where: str) -> Body | None:
    """The block of one part; None for a text of white space."""
    match part:
        case {"type": "text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
            return {"type": "text", "text": text} if text.strip() else None
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return {"type": "image", "source": _image_source(url, where)}
        case {"type": "file", "file": {"file_data": str(data), **rest}}:
            return _document(data, rest.get("filename"), where)
        case {"type": "file"}:
            raise Untranslatable(f"{where}: a file must be sent whole, as file_data", param=where)
    raise Untranslatable(f"{where}: a part of type {part.get('type')!r} does not reach this model", param=where)


def _image_source(url: str, where: str) -> Body:
    if url.startswith("https://"):
        return {"type": "url", "url": url}
    data = _DATA_URL.fullmatch(url)
    if data is None or data[1] not in _IMAGE_TYPES:
        needed = "an https address, or JPEG, PNG, GIF or WebP as a data URL in base64"
        raise Untranslatable(f"{where}.image_url.url: needs {needed}", param=f"{where}.image_url.url")
    return {"type": "base64", "media_type": data[1], "data": data[2]}


def _document(url: str, filename: Any, where: str) -> Body:
    data = _DATA_URL.fullmatch(url)
    media_type = data[1] if data else ""
    if data and media_type == "application/pdf":
        source = {"type": "base64", "media_type": media_type, "data": data[2]}
    elif data and media_type.startswith("text/"):
        try:
            text = base64.b64decode(data[2], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Untranslatable(f"{where}.file.file_data: is not text in base64", param=where) from None
        source = {"type": "text", "media_type": "text/plain", "data": text}
    else:
        raise Untranslatable(f"{where}.file.file_data: needs PDF or text, as a data URL in base64", param=where)
    return {"type": "document", "source": source, **({"title": filename} if isinstance(filename, str) else {})}
