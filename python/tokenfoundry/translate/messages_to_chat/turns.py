"""Anthropic's turns as chat messages.

A turn of the user becomes a message for each tool result, and one for the rest. Chat models take text alone from a
tool, so its pictures and files follow in the user's message.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.translate import Body, Untranslatable

_BETWEEN_TEXTS = "\n\n"


def chat_messages(turns: list[Body]) -> list[Body]:
    """The messages. Raises `Untranslatable`."""
    messages: list[Body] = []
    for index, turn in enumerate(turns):
        where = f"messages[{index}]"
        blocks = _blocks_of(turn.get("content"), f"{where}.content")
        role = turn.get("role")
        if role == "assistant":
            messages += _of_assistant(blocks, where)
        elif role == "user":
            messages += _of_user(blocks, where)
        elif role == "system":
            messages.append({"role": "system", "content": text_of(turn.get("content"), where)})
        else:
            raise Untranslatable(f"{where}.role: {role!r} is unknown to this model", param=f"{where}.role")
    return messages


def text_of(content: Any, where: str) -> str:
    """The text of a string or of text blocks. Raises `Untranslatable` for other blocks."""
    texts = []
    for index, block in enumerate(_blocks_of(content, where)):
        if block.get("type") != "text" or not isinstance(block.get("text"), str):
            raise Untranslatable(f"{where}[{index}]: needs text", param=f"{where}[{index}]")
        texts.append(block["text"])
    return _BETWEEN_TEXTS.join(texts)


def _blocks_of(content: Any, where: str) -> list[Body]:
    if content is None or isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise Untranslatable(f"{where}: needs a string or a list of blocks", param=where)
    return content


def _of_assistant(blocks: list[Body], where: str) -> list[Body]:
    texts: list[str] = []
    calls: list[Body] = []
    for index, block in enumerate(blocks):
        match block:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": dict(given)}:
                function = {"name": name, "arguments": msgspec.json.encode(given).decode()}
                calls.append({"id": call_id, "type": "function", "function": function})
            case {"type": "thinking" | "redacted_thinking"}:
                continue
            case _:
                raise _no_way(block, f"{where}.content[{index}]")
    if not texts and not calls:
        return []
    message: Body = {"role": "assistant", "content": "".join(texts) if texts else None}
    if calls:
        message["tool_calls"] = calls
    return [message]


def _of_user(blocks: list[Body], where: str) -> list[Body]:
    results: list[Body] = []
    shown: list[Body] = []
    parts: list[Body] = []
    for index, block in enumerate(blocks):
        place = f"{where}.content[{index}]"
        if block.get("type") != "tool_result":
            parts.append(_part(block, place))
            continue
        if not isinstance(block.get("tool_use_id"), str):
            raise Untranslatable(f"{place}.tool_use_id: is missing", param=f"{place}.tool_use_id")
        made = [_part(inner, f"{place}.content") for inner in _blocks_of(block.get("content"), f"{place}.content")]
        text = _BETWEEN_TEXTS.join(part["text"] for part in made if part["type"] == "text")
        results.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": text})
        shown += [part for part in made if part["type"] != "text"]
    parts = shown + parts
    if not parts:
        return results
    only_text = len(parts) == 1 and parts[0]["type"] == "text"
    return [*results, {"role": "user", "content": parts[0]["text"] if only_text else parts}]


def _part(block: Body, where: str) -> Body:
    match block:
        case {"type": "text", "text": str(text)}:
            return {"type": "text", "text": text}
        case {"type": "image", "source": {"type": "base64", "media_type": str(media_type), "data": str(data)}}:
            return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}"}}
        case {"type": "image", "source": {"type": "url", "url": str(url)}}:
            return {"type": "image_url", "image_url": {"url": url}}
        case {"type": "document", "source": {"type": "base64", "media_type": str(media_type), "data": str(data)}}:
            title = block.get("title") or "document.pdf"
            return {"type": "file", "file": {"filename": title, "file_data": f"data:{media_type};base64,{data}"}}
        case {"type": "document", "source": {"type": "text", "data": str(text)}}:
            return {"type": "text", "text": _titled(block, text)}
        case {"type": "document", "source": {"type": "content", "content": content}}:
            return {"type": "text", "text": _titled(block, text_of(content, f"{where}.source.content"))}
        case {"type": "search_result", "source": str(source), "content": content}:
            found = text_of(content, f"{where}.content")
            return {"type": "text", "text": "\n".join([str(block.get("title") or ""), source, found])}
    raise _no_way(block, where)


def _titled(block: Body, text: str) -> str:
    heads = [block[name] for name in ("title", "context") if isinstance(block.get(name), str)]
    return "\n".join([*heads, text])


def _no_way(block: Body, where: str) -> Untranslatable:
    return Untranslatable(f"{where}: a block of type {block.get('type')!r} does not reach this model", param=where)
