"""Which file reads the usage of which wire format: whole replies, and the events of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenfoundry.usage import anthropic, bedrock, cohere, gemini, mistral, ollama, openai, responses

Reader = Callable[[Mapping[str, Any]], dict[str, Any] | None]

# By the vendor whose format it is, and by the dialects that state usage in it.
READERS: Mapping[str, Reader] = {
    "openai": openai.read,
    "chat": openai.read,
    "completions": openai.read,
    "embeddings": openai.read,
    "images": responses.read_images,
    "image_edits": responses.read_images,
    "image_variations": responses.read_images,
    "moderations": openai.read,
    "responses": responses.read,
    "speech": responses.read,
    "transcriptions": responses.read_transcription,
    "translations": responses.read_transcription,
    "anthropic": anthropic.read,
    "messages": anthropic.read,
    "mistral": mistral.read,
    "gemini": gemini.read,
    "vertex": gemini.read,
    "gemini_embeddings": gemini.read_embeddings,
    "vertex_embeddings": gemini.read_embeddings,
    "cohere": cohere.read,
    "cohere_embeddings": cohere.read,
    "bedrock": bedrock.read,
    "converse": bedrock.read,
    "titan_embeddings": bedrock.read_titan,
    "ollama": ollama.read,
}

# The object of an event that states usage, by dialect; most have it where a whole reply has it.
_RAW_OF_EVENT: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "messages": anthropic.raw_of_event,
    "gemini": gemini.raw_of,
    "cohere": cohere.raw_of,
    "converse": bedrock.raw_of,
    "responses": responses.usage_of_event,
}

# What an event of that dialect states when its usage is whole: nothing told before it stands any more. A later event of
# Gemini's leaves out what is 0 by then, such as candidates that became the input of a tool.
WHOLE_WITH: Mapping[str, tuple[str, ...]] = {"gemini": ("promptTokenCount", "totalTokenCount")}

# Whose streams tell the input before the output.
INPUT_FIRST = frozenset({"messages"})


def raw_of_event(dialect: str) -> Callable[[Mapping[str, Any]], Any]:
    """What finds the usage object in an event of that dialect."""
    return _RAW_OF_EVENT.get(dialect, _usage_field)


def tier_of_event(event: Mapping[str, Any]) -> Any:
    """The service tier that an event with usage states beside it; None when it states none."""
    for around in (event, event.get("response"), event.get("metadata")):
        if isinstance(around, Mapping):
            tier = around.get("service_tier", around.get("serviceTier"))
            if tier is not None:
                return tier
    return None


def _usage_field(event: Mapping[str, Any]) -> Any:
    return event.get("usage")
