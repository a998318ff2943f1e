"""What was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    """What it is, such as `core` or `target fast`."""
    state: State
    said: str
    """What was found; never a key or a text of a prompt."""
    advice: str = ""
    """What to do; empty where nothing is."""


def ok(about: str, said: str) -> Finding:
    return Finding(about, "ok", said)


def warning(about: str, said: str, advice: str) -> Finding:
    return Finding(about, "warning", said, advice)


def failed(about: str, said: str, advice: str) -> Finding:
    return Finding(about, "failed", said, advice)


def skipped(about: str, said: str, advice: str = "") -> Finding:
    return Finding(about, "skipped", said, advice)
