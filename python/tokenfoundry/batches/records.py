"""What is known of a file, a batch and a line. Times are Unix milliseconds, unless they end in `_s`.

These are written to disk, so fields are added at their end, with a default, and never change their meaning.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

# As OpenAI has them (openai-python, types/batch.py), and before them one that nobody is told of: its lines are held,
# and its client has not been answered yet.
Status = Literal[
    "holding",
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled",
]
ENDED: frozenset[str] = frozenset({"failed", "completed", "expired", "cancelled"})

Purpose = Literal["batch", "batch_output"]


class Owner(msgspec.Struct, frozen=True):
    """Whose it is: every key of the project may see it, and no other."""

    workspace: str
    project: str


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of lines. `size_bytes` is that of the content as its owner reads it."""

    id: str
    owner: Owner
    purpose: Purpose
    filename: str
    size_bytes: int
    lines: int
    created_ms: int
    expires_ms: int
    key: str = ""
    url: str = ""
    """Of an upload: what all its lines ask, and of which model."""
    model: str = ""


class Failure(msgspec.Struct, frozen=True):
    """Why a whole batch came to nothing."""

    code: str
    message: str


class Counts(msgspec.Struct, frozen=True):
    total: int = 0
    completed: int = 0
    failed: int = 0


class Spent(msgspec.Struct, frozen=True):
    """The tokens of the lines that were answered."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


class Remote(msgspec.Struct, frozen=True):
    """What the provider calls it; empty until it has said so. `creating`: it may have been told of the batch."""

    file: str = ""
    creating: bool = False
    batch: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """`axes` are those of every line (`attribution.Attribution`); `at_ms` is when every line's call began.

    `lives` counts the processes that have worked on it. `stamps` are when it came to a status, by the name that the API
    has for it.
    """

    id: str
    owner: Owner
    key: str
    axes: dict[str, Any]
    regions: tuple[str, ...] | None
    """Where the key's calls may be computed; None for anywhere."""
    input_file: str
    url: str
    model: str
    target: str
    route: str
    is_remote: bool
    at_ms: int
    expires_ms: int
    downgraded: bool = False
    """A budget refused it a dearer target, as `route` says."""
    metadata: dict[str, str] | None = None
    output_keep_s: int | None = None
    status: Status = "holding"
    stamps: dict[str, int] = {}
    counts: Counts = Counts()
    spent: Spent = Spent()
    failure: Failure | None = None
    output_file: str = ""
    error_file: str = ""
    remote: Remote = Remote()
    lives: int = 0
    ending: Status | None = None
    """As what it ends, from when lines get their result for that."""

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a plan: ready to be sent. `body` is redacted, unless the line is `on_prem` and goes as it came."""

    number: int  # In the upload, from 1.
    custom_id: str
    body: dict[str, Any]
    values: dict[str, str]
    """Placeholder to value, in order of first occurrence."""
    findings: dict[str, int]
    prompt_hmac: str
    on_prem: bool

    def __repr__(self) -> str:
        return f"Line({self.number})"


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a journal says of a line: that it is about to be sent for the `turn`-th time, or what came of it."""

    number: int
    turn: int = 0
    result: str = ""
    """The line of the output or error file; empty while there is none."""
    succeeded: bool = False
    spent: Spent = Spent()
