"""Where each dialect reports usage, in a whole reply and in the events of a stream, and who reads it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import bedrock, cohere, gemini, mistral, openai

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UsageReader:
    """How one dialect reports usage."""

    find: Callable[[Body], Body | None]
    """The usage object in a reply or an event; None when it has none. Raises `InvalidInput` for what is no object."""
    read: Callable[[Body], Body | None]
    """The fields of a `Usage` from that object."""


def at(*paths: tuple[str, ...]) -> Callable[[Body], Body | None]:
    """Finds the usage at the first of these paths that holds one."""

    def find(body: Body) -> Body | None:
        for path in paths:
            found: Any = body
            for name in path:
                found = found.get(name) if isinstance(found, Mapping) else None
            if found is not None:
                if not isinstance(found, Mapping):
                    raise InvalidInput(f"usage: {'.'.join(path)} must be an object, not {type(found).__name__}")
                if found:
                    return found
        return None

    return find


def _openai(usage: Body) -> Body | None:
    return openai.read({"usage": usage})


# Groq once reported a stream's usage under a name of its own.
_CHAT = UsageReader(at(("usage",), ("x_groq", "usage")), _openai)
_GEMINI = UsageReader(at(("usageMetadata",)), gemini.read)
_CONVERSE = UsageReader(at(("metadata", "usage"), ("usage",)), bedrock.read)


def _titan_usage(body: Body) -> Body | None:
    count = body.get("inputTextTokenCount")
    return None if count is None else {"inputTextTokenCount": count}


# By dialect, then by the vendors whose format is named otherwise.
READERS: Mapping[str, UsageReader] = {
    "chat": _CHAT,
    "completions": _CHAT,
    "embeddings": _CHAT,
    "moderations": _CHAT,
    "gemini": _GEMINI,
    "gemini_embeddings": UsageReader(gemini.embedding_usage, gemini.read),
    "vertex_embeddings": UsageReader(gemini.embedding_usage, gemini.read),
    "cohere": UsageReader(at(("delta", "usage"), ("usage",)), cohere.read),
    "cohere_embeddings": UsageReader(at(("meta",)), cohere.read),
    "converse": _CONVERSE,
    "titan_embeddings": UsageReader(_titan_usage, bedrock.read_titan),
    "mistral": UsageReader(at(("usage",)), mistral.read),
    **dict.fromkeys(
        (
            "openai",
            "openai_compatible",
            "azure",
            "groq",
            "deepseek",
            "xai",
            "together",
            "openrouter",
            "nebius",
            "vllm",
            "ollama",
            "llama_cpp",
        ),
        _CHAT,
    ),
    "vertex": _GEMINI,
    "bedrock": _CONVERSE,
}


def merged(earlier: Body, later: Body) -> dict[str, Any]:
    """Both usage objects in one: what is later wins, part by part, and a null never does.

    >>> merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'a': 1, 'b': {'c': 2, 'd': 3}}
    """
    made = dict(earlier)
    for name, value in later.items():
        before = made.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            made[name] = merged(before, value)
        elif value is not None:
            made[name] = value
        else:
            made.setdefault(name, None)
    return made
