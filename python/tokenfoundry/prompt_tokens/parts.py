"""Parts of a message that are no text: pictures, sound, files. And tools, and what else is counted as its JSON.

A picture is counted by its size (`tokenfoundry.pictures`), sound and files by their bytes. What they hold nobody
decodes, and a few bytes may be packed from a thousand times as many, so that no number of bytes bounds a bill for
certain; only the model's context does (`PromptTokens.within`), since no provider bills a prompt that does not fit. Each
PDF held at a whole context would lock small budgets for nothing. So a hold is by bytes, for what is packed densely:

file     four tokens a byte: prose packed as PDF packs it is 0.5, tables of JSON 3.1, numbered lines 3.8; a text 1
sound    as if of the lowest rate of its format, at the most tokens a second that are published
neither  a context: what is named by an id or an address, and parts of a type that is not known

The settlement books what is billed, also where that is more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tokenfoundry.counters import BYTES, Counts
from tokenfoundry.families import Template
from tokenfoundry.pictures import counted_picture
from tokenfoundry.prompt_tokens.told import PromptTokens
from tokenfoundry.tool_types import namespace_of

# Of base64 text, of which four letters are three bytes.
_LETTERS_PER_AUDIO_TOKEN = 500  # 10 tokens a second, of usually 5 kB a second or more.
_LEAST_LETTERS_PER_SECOND = {"wav": 10_666}  # 8,000 samples of a byte.
_LEAST_LETTERS_PER_SECOND_PACKED = 1_333  # MP3 at 8 kbit/s.
_MOST_AUDIO_TOKENS_PER_SECOND = 32  # Gemini's, "Understand and count tokens"; OpenAI's are 10, Voxtral's 12.5.
_LETTERS_PER_FILE_TOKEN = 3
_MOST_TOKENS_PER_FILE_BYTE = 4
_LARGEST_CONTEXT = 2_000_000  # That is sold, but for Llama 4 Scout's.

# What parts of messages are of, that hold nothing but what their JSON says.
_READ = frozenset(
    (
        *("text", "input_text", "output_text", "summary_text", "refusal", "tool_use"),
        *("thinking", "redacted_thinking", "reasoning", "reasoning_text"),
    )
)

_TYPES = 9  # What stands around the types of a namespace.
_TYPES_IN_SYSTEM = 5  # The same where a system message is there already.


def part_tokens(part: Any, counter: Counts, model: str) -> PromptTokens:
    """Of one part of a message's content in OpenAI's dialects."""
    if isinstance(part, dict):
        match part:
            case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
                return _read(counter.count(text))
            case {"type": "image_url", "image_url": {"url": str(address)} as stated}:
                return picture(address, counter, model, stated.get("detail"))
            case {"type": "input_image", "image_url": str(address)}:
                return picture(address, counter, model, part.get("detail"))
            case {"type": "image_url" | "input_image"}:
                return picture("", counter, model, part.get("detail"))
            case {"type": "input_audio", "input_audio": {"data": str(data)} as stated}:
                return _sound(data, stated.get("format"))
            case {"type": "file", "file": {"file_data": str(data)}} | {"type": "input_file", "file_data": str(data)}:
                return file_tokens(data)
            case {"type": str(kind)} if kind not in _READ:
                return unseen(json_tokens(part, counter))
    return _read(value_tokens(part, counter))


def value_tokens(value: Any, counter: Counts) -> int:
    """Of any other value of a message: a text, or what counts as its JSON."""
    return counter.count(value) if isinstance(value, str) else json_tokens(value, counter)


def picture(given: str, counter: Counts, model: str, detail: Any = None) -> PromptTokens:
    """Of a picture, by its address or its bytes in base64."""
    tokens, is_read = counted_picture(model, given, detail=detail, strict=counter is BYTES)
    return PromptTokens(tokens, tokens, is_read)


def file_tokens(data: str) -> PromptTokens:
    """Of a file in base64."""
    head, _, letters = data.rpartition(",")
    tokens = len(data) // _LETTERS_PER_FILE_TOKEN + 1
    size = len(letters) * 3 // 4 if not head or head.endswith(";base64") else len(data)
    each = 1 if head.startswith("data:text/") else _MOST_TOKENS_PER_FILE_BYTE
    return unseen(tokens, (size + 1) * each)


def _sound(letters: str, kind: Any) -> PromptTokens:
    least = _LEAST_LETTERS_PER_SECOND_PACKED
    if isinstance(kind, str):
        least = _LEAST_LETTERS_PER_SECOND.get(kind, least)
    most = (len(letters) // least + 1) * _MOST_AUDIO_TOKENS_PER_SECOND
    return unseen(len(letters) // _LETTERS_PER_AUDIO_TOKEN + 1, most)


def unseen(tokens: int, most: int = _LARGEST_CONTEXT) -> PromptTokens:
    """Of what was not read: at most so many, but no more than any model can hold."""
    return PromptTokens(tokens, max(tokens, min(most, _LARGEST_CONTEXT)), is_read=False)


def _read(tokens: int) -> PromptTokens:
    return PromptTokens(tokens, tokens)


def json_tokens(value: Any, counter: Counts) -> int:
    return counter.count(msgspec.json.encode(value).decode())


def tool_tokens(
    declared: Any, functions: Sequence[Mapping[str, Any]] | None, counter: Counts, template: Template
) -> PromptTokens:
    """Of the tools of a prompt as they were `declared`; `functions` are their definitions, where all of them have one.

    As types of TypeScript where the family shows them so, else as JSON. At most the larger of both: no provider is
    known to show more than the schemas that it is given.
    """
    tokens = most = json_tokens(declared, counter)
    if functions is not None and template.tools_as_types:
        tokens = counter.count(namespace_of(functions)) + _TYPES
        most = max(tokens, most)
    return PromptTokens(tokens + template.with_tools, most + template.with_tools_most)


def saved_by_system(system: str, counter: Counts) -> int:
    """How much less the types of tools take beside a system message, which ends in a line of its own then."""
    return _TYPES - _TYPES_IN_SYSTEM - (counter.count(system + "\n") - counter.count(system))


def format_tokens(stated: Any, counter: Counts, template: Template) -> PromptTokens:
    """Of the format that an answer has to have, as its JSON, where the model is shown it."""
    most = json_tokens(stated, counter)
    return PromptTokens((most if template.shows_format else 0) + template.with_format, most + template.with_format_most)
