"""The usage of Amazon Bedrock: Converse, and Titan's text embeddings.

Source: `TokenUsage` of botocore's service model for `bedrock-runtime`; "Prompt caching" in the Bedrock user guide:
tokens read from and written to the cache stand beside `inputTokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage.openai import count_of


def read(usage: Mapping[str, Any]) -> dict[str, int]:
    """The fields of a `Usage` from a `usage` of Converse. Raises `InvalidInput` for counts that cannot be true."""
    input_tokens, output_tokens = count_of(usage, "inputTokens"), count_of(usage, "outputTokens")
    if input_tokens is None or output_tokens is None:
        raise InvalidInput("usage: inputTokens or outputTokens is missing")
    cache_read_tokens = count_of(usage, "cacheReadInputTokens") or 0
    cache_write_tokens = count_of(usage, "cacheWriteInputTokens") or 0
    return {
        "input_tokens": input_tokens + cache_read_tokens + cache_write_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": cache_read_tokens,
        "cache_write_tokens": cache_write_tokens,
    }


def read_titan(usage: Mapping[str, Any]) -> dict[str, int]:
    """The fields of a `Usage` from a reply of Titan embeddings, which counts its input only."""
    return {"input_tokens": count_of(usage, "inputTextTokenCount") or 0}
