"""The usage of Ollama's own API: chat and generate, whole replies and the last object of a stream.

Source: "API", sections "Generate a completion" and "Generate a chat completion", of Ollama's documentation. The counts
stand in the reply itself. A prompt that was evaluated before may be missing: then only the output is known, and nobody
has reported the usage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.usage.openai import count_of


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for what is no counts."""
    input_tokens, output_tokens = count_of(body, "prompt_eval_count"), count_of(body, "eval_count")
    if input_tokens is None:
        return None
    if output_tokens is None and body.get("embeddings") is None:
        return None
    return {"input_tokens": input_tokens, "output_tokens": output_tokens or 0}
