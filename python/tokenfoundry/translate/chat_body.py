"""What translations from chat read of a body: its parts, its tools, and what it asks for that others cannot say.

Source: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from tokenfoundry.translate import Body, Untranslatable

# Fields that say nothing to the model (who asks, what is kept, how the answer is told and how fast), or only hint.
_UNSAID = frozenset(
    {
        "frequency_penalty",
        "metadata",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "seed",
        "service_tier",
        "store",
        "stream_options",
        "user",
        "verbosity",
    }
)
# What asks for nothing that would not happen anyway.
_DEFAULTS: dict[str, Any] = {
    "logit_bias": {},
    "logprobs": False,
    "modalities": ["text"],
    "n": 1,
    "parallel_tool_calls": True,
    "tools": [],
    "top_logprobs": 0,
}


def refuse_others(body: Body, said: Collection[str]) -> None:
    """Raises `Untranslatable` for the first field beside `said` that would change the answer."""
    for name, value in body.items():
        if name in said or name in _UNSAID or name in ("model", "stream", "messages") or value is None:
            continue
        if name not in _DEFAULTS or value != _DEFAULTS[name]:
            raise Untranslatable(f"{name} cannot be said to this provider", param=name)


def carried(body: Body, native: Collection[str]) -> Body:
    """What a request keeps as it is: the model, whether it streams, and the provider's own fields."""
    return {name: body[name] for name in ("model", "stream", *native) if body.get(name) is not None}


def system_texts_of(body: Body) -> list[str]:
    """The texts of all system and developer messages, wherever they stand, in their order."""
    return [
        text
        for index, message in enumerate(body["messages"])
        if message["role"] in ("system", "developer")
        for text in texts_of(message, f"messages[{index}]")
    ]


def parts_of(message: Body, param: str) -> Iterator[tuple[Body, str]]:
    """The parts of a message's content, each with the path of its field; a bare text is one part."""
    content = message.get("content")
    if content is None:
        return
    if isinstance(content, str):
        yield {"type": "text", "text": content}, f"{param}.content"
        return
    if not isinstance(content, list):
        raise Untranslatable("content should be a text or a list of parts", param=f"{param}.content")
    for index, part in enumerate(content):
        place = f"{param}.content[{index}]"
        if not isinstance(part, dict):
            raise Untranslatable("a part of the content should be an object", param=place)
        yield part, place


def texts_of(message: Body, param: str) -> list[str]:
    """The texts of a message that may hold nothing else. Empty ones are left out."""
    return [text for part, place in parts_of(message, param) if (text := text_of(part, place))]


def system_or_user(message: Body, place: str, part: Callable[[Body, str], Body]) -> Body | None:
    """The message for a provider that says these two roles as chat does, a part as `part` says it; None of another."""
    match message:
        case {"role": "system" | "developer"}:
            return {"role": "system", "content": "\n".join(texts_of(message, place))}
        case {"role": "user", "content": str(text)}:
            return {"role": "user", "content": text}
        case {"role": "user"}:
            return {"role": "user", "content": [part(each, where) for each, where in parts_of(message, place)]}
    return None


def text_of(part: Body, place: str) -> str:
    """The text of a part that must be one."""
    text = part.get("text" if part.get("type") == "text" else "refusal") if _is_text(part) else None
    if not isinstance(text, str):
        raise Untranslatable(f"this provider takes no part of type {part.get('type')} here", param=place)
    return text


def _is_text(part: Body) -> bool:
    return part.get("type") in ("text", "refusal")


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a sound or a file of a message: its bytes, or where they are."""

    mime_type: str | None
    """None when only its address is known."""
    base64: str | None
    url: str | None
    name: str | None
    place: str
    """The path of its field."""


def media_of(part: Body, place: str) -> Media | None:
    """What a part holds that is no text; None for a text. Raises `Untranslatable` for a part of another kind."""
    if _is_text(part):
        return None
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "image_url", "image_url": str(url)}:
            return _at(url, None, place)
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(kind)}}:
            return Media(f"audio/{kind}", data, None, None, place)
        case {"type": "file", "file": {"file_data": str(url)}}:
            name = part["file"].get("filename")
            return _at(url, name if isinstance(name, str) else None, place)
    raise Untranslatable(f"this provider takes no part of type {part.get('type')} here", param=place)


def _at(url: str, name: str | None, place: str) -> Media:
    if not url.startswith("data:"):
        return Media(None, None, url, name, place)
    head, comma, data = url[5:].partition(",")
    mime_type, *attributes = head.split(";")
    if not comma or not mime_type:
        raise Untranslatable("a data URL should be data:<type>;base64,<data>", param=place)
    if "base64" not in attributes:
        return Media(mime_type, base64.b64encode(unquote_to_bytes(data)).decode(), None, name, place)
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Untranslatable("the data of the URL is not base64", param=place) from None
    return Media(mime_type, data, None, name, place)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of an earlier turn."""

    id: str
    name: str
    arguments: Body
    raw: Body
    """As it stands in the message, with what other APIs have added to it."""


def tool_calls_of(message: Body, param: str) -> list[ToolCall]:
    """The function calls of an assistant message."""
    calls = []
    for index, call in enumerate(message.get("tool_calls") or ()):
        place = f"{param}.tool_calls[{index}]"
        match call:
            case {"id": str(id), "function": {"name": str(name), "arguments": str(arguments)}}:
                calls.append(ToolCall(id, name, _arguments(arguments, place), call))
            case _:
                raise Untranslatable("only calls of functions can be said to this provider", param=place)
    if message.get("function_call"):
        raise Untranslatable("function_call is deprecated: use tool_calls", param=f"{param}.function_call")
    return calls


def _arguments(text: str, place: str) -> Body:
    arguments = decoded_object(text or "{}")
    if arguments is None:
        raise Untranslatable("the arguments of the call are no JSON object", param=f"{place}.function.arguments")
    return arguments


def decoded_object(text: str) -> Body | None:
    """The JSON object that a text is, if it is one."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def json_text(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


def functions_of(body: Body) -> list[Body]:
    """The functions that the model may call."""
    functions = []
    for index, tool in enumerate(body.get("tools") or ()):
        match tool:
            case {"type": "function", "function": {"name": str()} as function}:
                functions.append(function)
            case _:
                raise Untranslatable("only functions can be offered to this provider", param=f"tools[{index}]")
    return functions


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """What the model should do with its tools; `names` limits it to these."""

    mode: Literal["auto", "none", "required"]
    names: tuple[str, ...] = ()


def tool_choice_of(body: Body) -> ToolChoice | None:
    """What `tool_choice` says; None when it says nothing."""
    match body.get("tool_choice"):
        case None:
            return None
        case "auto" | "none" | "required" as mode:
            return ToolChoice(mode)
        case {"type": "function", "function": {"name": str(name)}}:
            return ToolChoice("required", (name,))
        case {"type": "allowed_tools", "allowed_tools": {"mode": "auto" | "required" as mode, "tools": list(tools)}}:
            names = tuple(str(tool["function"]["name"]) for tool in tools if _is_function(tool))
            if len(names) == len(tools):
                return ToolChoice(mode, names)
    raise Untranslatable("this choice of tools cannot be said to this provider", param="tool_choice")


def _is_function(tool: Any) -> bool:
    match tool:
        case {"type": "function", "function": {"name": str()}}:
            return True
    return False


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """An answer that should be JSON, and of which schema."""

    schema: Body | None = None
    name: str | None = None
    description: str | None = None


def json_format_of(body: Body) -> JsonFormat | None:
    """What `response_format` asks for; None for text."""
    match body.get("response_format"):
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return JsonFormat()
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)} as stated}:
            return JsonFormat(schema, stated.get("name"), stated.get("description"))
    raise Untranslatable("this format of the answer cannot be said to this provider", param="response_format")


def bound_of(body: Body) -> int | None:
    """The most tokens that the answer may have."""
    stated = (body.get("max_tokens"), body.get("max_completion_tokens"))
    return min((bound for bound in stated if bound is not None), default=None)


def stops_of(body: Body) -> list[str]:
    """The texts that end the answer."""
    stop = body.get("stop")
    return [stop] if isinstance(stop, str) else list(stop or ())


def given(body: Body, names: dict[str, str]) -> Body:
    """The fields that are stated, under their other names."""
    return {other: body[name] for name, other in names.items() if body.get(name) is not None}
