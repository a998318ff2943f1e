"""The usage of Mistral's own API: as OpenAI's, and seconds of sound beside it.

Source: `UsageInfo` of mistralai-python (`mistralai/client/models/usageinfo.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.usage import openai


def read(usage: Mapping[str, Any]) -> dict[str, int] | None:
    """The fields of a `Usage` from a `usage`. Raises `InvalidInput` for counts that cannot be true."""
    counts = openai.read({"usage": usage})
    seconds = openai.count_of(usage, "prompt_audio_seconds")
    return counts if counts is None or seconds is None else {**counts, "audio_seconds": seconds}
