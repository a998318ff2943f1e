"""Parts of a message that are no text: pictures, sound, files. And tools, and what else is counted as its JSON.

A picture is counted by its size (`tokenfoundry.pictures`), sound and files by their bytes, at their most. A file that
is named by an id counts as its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tokenfoundry.counters import BYTES, Counts
from tokenfoundry.families import Template
from tokenfoundry.pictures import picture_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens
from tokenfoundry.tool_types import namespace_of

_BYTES_PER_AUDIO_TOKEN = 500  # 10 tokens a second, of at least 8 kB a second in base64
_BYTES_PER_FILE_TOKEN = 3

_TYPES = 9  # What stands around the types of a namespace.
_TYPES_IN_SYSTEM = 5  # The same where a system message is there already.


def part_tokens(part: Any, counter: Counts, model: str) -> int:
    """Of one part of a message's content in OpenAI's dialects, or of any other value of a message."""
    if isinstance(part, str):
        return counter.count(part)
    if isinstance(part, dict):
        match part:
            case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
                return counter.count(text)
            case {"type": "image_url", "image_url": {"url": str(address)} as stated}:
                return picture(address, counter, model, stated.get("detail"))
            case {"type": "input_image", "image_url": str(address)}:
                return picture(address, counter, model, part.get("detail"))
            case {"type": "image_url" | "input_image"}:
                return picture("", counter, model, part.get("detail"))
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                return len(data) // _BYTES_PER_AUDIO_TOKEN + 1
            case {"type": "file", "file": {"file_data": str(data)}} | {"type": "input_file", "file_data": str(data)}:
                return file_tokens(data)
    return json_tokens(part, counter)


def picture(given: str, counter: Counts, model: str, detail: Any = None) -> int:
    """Of a picture, by its address or its bytes in base64."""
    return picture_tokens(model, given, detail=detail, strict=counter is BYTES)


def file_tokens(data: str) -> int:
    """Of a file in base64."""
    return len(data) // _BYTES_PER_FILE_TOKEN + 1


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
