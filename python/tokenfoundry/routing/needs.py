"""What a call needs of a model, read from its body: one function for each dialect that clients ask in.

Relies on nothing but that the body is an object: a field of another shape than the published one needs nothing, and is
refused by whoever checks the body, or by the provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Body = Mapping[str, Any]
Needs = frozenset[str]

NOTHING: Needs = frozenset()

# Beside the messages, what a chat can ask a capability by.
_CHAT_FIELDS = frozenset(
    {
        "tools",
        "functions",
        "response_format",
        "logprobs",
        "top_logprobs",
        "n",
        "reasoning_effort",
        "reasoning",
        "audio",
        "modalities",
    }
)


def needs_of(dialect: str, body: Body) -> Needs:
    """The capabilities without which a model cannot take the call (`settings.targets.Capability`).

    What is asked in no dialect of conversations, such as embeddings, needs none of them.

    >>> sorted(needs_of("chat", {"messages": [], "tools": [{}], "n": 2}))
    ['choices', 'tools']
    """
    read = _READERS.get(dialect)
    return NOTHING if read is None else read(body)


def _chat(body: Body) -> Needs:
    """OpenAI API reference, "Create chat completion"."""
    found: set[str] = set()
    for message in _list(body.get("messages")):
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, list):
                _parts(content, found)
            # Calls and results of an earlier turn cannot be told to a model without tools.
            if message.get("tool_calls") or message.get("function_call") or message.get("role") in _TOOL_ROLES:
                found.add("tools")
    if _CHAT_FIELDS.isdisjoint(body):
        return frozenset(found) if found else NOTHING
    if body.get("tools") or body.get("functions"):
        found.add("tools")
    _schema(body.get("response_format"), found)
    if body.get("logprobs") or body.get("top_logprobs"):
        found.add("logprobs")
    _choices(body.get("n"), found)
    if body.get("reasoning_effort") not in (None, "none") or _thinks(body.get("reasoning")):
        found.add("reasoning")
    if body.get("audio") or "audio" in _list(body.get("modalities")):
        found.add("audio")
    return frozenset(found) if found else NOTHING


def _messages(body: Body) -> Needs:
    """Anthropic API reference, "Create a message"."""
    found: set[str] = set()
    for message in _list(body.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            _parts(content, found)
    if body.get("tools"):
        found.add("tools")
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive"):
        found.add("reasoning")
    for stated in (body.get("output_format"), _field(body.get("output_config"), "format")):
        _schema(stated, found)
    return frozenset(found) if found else NOTHING


def _responses(body: Body) -> Needs:
    """OpenAI API reference, "Create a model response"."""
    found: set[str] = set()
    for item in _list(body.get("input")):
        if isinstance(item, dict):
            if isinstance(item.get("content"), list):
                _parts(item["content"], found)
            if item.get("type") in _TOOL_ITEMS:
                found.add("tools")
                if isinstance(item.get("output"), list):
                    _parts(item["output"], found)
    if body.get("tools"):
        found.add("tools")
    _schema(_field(body.get("text"), "format"), found)
    if body.get("top_logprobs") or "message.output_text.logprobs" in _list(body.get("include")):
        found.add("logprobs")
    if _thinks(body.get("reasoning")):
        found.add("reasoning")
    return frozenset(found) if found else NOTHING


def _completions(body: Body) -> Needs:
    """OpenAI API reference, "Create completion"."""
    found: set[str] = set()
    if body.get("logprobs"):
        found.add("logprobs")
    _choices(body.get("n"), found)
    return frozenset(found) if found else NOTHING


def _gemini(body: Body) -> Needs:
    """Google, "Gemini API: generateContent"; field names in either of the two spellings it takes."""
    found: set[str] = set()
    for content in _list(body.get("contents")):
        for part in _list(_field(content, "parts")):
            data = _either(part, "inlineData") or _either(part, "fileData")
            kind = _either(data, "mimeType")
            if isinstance(kind, str):
                found.add({"image": "vision", "audio": "audio"}.get(kind.partition("/")[0], "files"))
            if _either(part, "functionCall") or _either(part, "functionResponse"):
                found.add("tools")
    if body.get("tools"):
        found.add("tools")
    generation = _either(body, "generationConfig")
    if _either(generation, "responseSchema") or _either(generation, "responseJsonSchema"):
        found.add("json_schema")
    elif _either(generation, "responseMimeType") == "application/json":
        found.add("json_object")
    if _either(generation, "responseLogprobs"):
        found.add("logprobs")
    _choices(_either(generation, "candidateCount"), found)
    return frozenset(found) if found else NOTHING


_READERS: Mapping[str, Callable[[Body], Needs]] = MappingProxyType(
    {
        "chat": _chat,
        "messages": _messages,
        "responses": _responses,
        "completions": _completions,
        "gemini": _gemini,
    }
)

# Types of content parts: those of chat completions, of messages, and of responses.
_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "image_url": "vision",
        "input_audio": "audio",
        "file": "files",
        "image": "vision",
        "document": "files",
        "tool_use": "tools",
        "tool_result": "tools",
        "input_image": "vision",
        "input_file": "files",
    }
)
_TOOL_ROLES = ("tool", "function")
_TOOL_ITEMS = ("function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output")


def _parts(content: list[Any], found: set[str]) -> None:
    for part in content:
        if isinstance(part, dict):
            kind = part.get("type")
            need = _PARTS.get(kind) if isinstance(kind, str) else None
            if need is not None and not _is_plain_text(part):
                found.add(need)
            if kind == "tool_result" and isinstance(part.get("content"), list):
                _parts(part["content"], found)


def _is_plain_text(part: Mapping[str, Any]) -> bool:
    """A document of the messages dialect that is text, which any model reads."""
    return part.get("type") == "document" and _field(part.get("source"), "type") in ("text", "content")


def _schema(stated: Any, found: set[str]) -> None:
    kind = _field(stated, "type")
    if kind in ("json_object", "json_schema"):
        found.add(kind)


def _choices(number: Any, found: set[str]) -> None:
    if isinstance(number, int) and number > 1:
        found.add("choices")


def _thinks(reasoning: Any) -> bool:
    return isinstance(reasoning, dict) and reasoning.get("effort") not in (None, "none")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _either(value: Any, name: str) -> Any:
    """A field in camel case, or in snake case."""
    if not isinstance(value, dict):
        return None
    if name in value:
        return value[name]
    return value.get("".join(f"_{each.lower()}" if each.isupper() else each for each in name))
