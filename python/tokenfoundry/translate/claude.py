"""What Anthropic's model families accept, where they differ: how thinking is asked for, sampling, output schemas, and
how long a prompt must be to be cached.

Sources: Anthropic's documentation ("Extended thinking", "Adaptive thinking", "Effort", "Structured outputs", "Prompt
caching", and the migration guide of each model). A name that is not recognised is taken for the current generation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# claude-sonnet-4-5-20250929, eu.anthropic.claude-opus-4-6-v1:0 and claude-haiku-4-5@20251001; then claude-3-7-sonnet.
_NAME_FIRST = re.compile(r"claude-([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_VERSION_FIRST = re.compile(r"claude-(\d{1,2})(?:[-.](\d{1,2}))?-([a-z]+)")

Thinking = Literal[
    "none",
    "budget",  # a number of tokens: {"type": "enabled", "budget_tokens": n}
    "adaptive",  # an effort, and the model decides: {"type": "adaptive"}
    "always",  # the same, and it cannot be turned off
]


@dataclass(frozen=True, slots=True)
class Family:
    """What one family of models accepts."""

    thinking: Thinking = "adaptive"
    samples: bool = True
    """Whether temperature and top_p may be sent."""
    takes_schema: bool = True
    """Whether the reply can be held to a JSON schema (`output_config.format`)."""
    takes_xhigh: bool = True
    """Whether there is an effort above `high` and below `max`."""
    cacheable_tokens: int = 1024
    """The shortest prefix that its prompt cache keeps."""


_UNKNOWN = Family()


def family_of(model: str) -> Family:
    """The family of a model, by its name at Anthropic, Amazon Bedrock or Google Vertex.

    >>> family_of("claude-haiku-4-5-20251001").thinking, family_of("eu.anthropic.claude-opus-5").samples
    ('budget', False)
    """
    name, version = _parsed(model)
    if not name:
        return _UNKNOWN
    if version < (4, 5):
        thinks = version >= (4, 0) or (name == "sonnet" and version >= (3, 7))
        return Family(
            thinking="budget" if thinks else "none",
            takes_schema=False,
            takes_xhigh=False,
            cacheable_tokens=2048 if name == "haiku" else 1024,
        )
    if version < (4, 6):
        return Family(thinking="budget", takes_xhigh=False, cacheable_tokens=1024 if name == "sonnet" else 4096)
    if version < (4, 7):
        return Family(takes_xhigh=False, cacheable_tokens=2048 if name == "sonnet" else 4096)
    always = name not in ("opus", "sonnet", "haiku")
    return Family(
        thinking="always" if always else "adaptive",
        samples=False,
        cacheable_tokens=_cacheable_tokens(name, version),
    )


def _cacheable_tokens(name: str, version: tuple[int, int]) -> int:
    if name == "haiku" or version < (4, 8):
        return 4096
    return 1024 if name == "sonnet" or version < (5, 0) else 512


def _parsed(model: str) -> tuple[str, tuple[int, int]]:
    if found := _NAME_FIRST.search(model):
        return found[1], (int(found[2]), int(found[3] or 0))
    if found := _VERSION_FIRST.search(model):
        return found[3], (int(found[1]), int(found[2] or 0))
    return "", (0, 0)
