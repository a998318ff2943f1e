"""The usage of Mistral's own API: as OpenAI's, and seconds of sound beside it.

Source: `UsageInfo` of mistralai-python (`mistralai/client/models/usageinfo.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.usage import openai


def read(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a `Usage`, None when none is reported. Raises `InvalidInput` for counts that cannot be true."""
    counts = openai.read(body)
    seconds = openai.count_of(openai.part_of(body, "usage"), "prompt_audio_seconds")
    return counts if not counts or seconds is None else {**counts, "audio_seconds": seconds}
