"""What providers say of their own rate limits: when to come again, and how much is left.

Sources: RFC 9110 (Retry-After), OpenAI's "Rate limits" guide (`x-ratelimit-*`, durations such as `6m0s`; also sent by
Azure OpenAI, Groq, Together, Mistral and others), Anthropic's "Rate limits" (`anthropic-ratelimit-*`, instants of RFC
3339). `retry-after-ms` is Azure OpenAI's, and the SDKs' of OpenAI and Anthropic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_LONGEST_S = 7 * 86_400.0  # What anybody can mean.


class Room(NamedTuple):
    """What a provider says is left for a key; None where it said nothing. `*_reset_s` is the time until then."""

    requests: int | None = None
    requests_reset_s: float | None = None
    tokens: int | None = None
    tokens_reset_s: float | None = None


NO_ROOM_TOLD = Room()


def retry_after_s(headers: Mapping[str, str], now_ms: int) -> float | None:
    """When the provider asks to be called again, from now; None when it does not say. `now_ms` is Unix time.

    >>> retry_after_s({"retry-after-ms": "1500", "retry-after": "2"}, 0), retry_after_s({"retry-after": "7"}, 0)
    (1.5, 7.0)
    """
    in_ms = headers.get("retry-after-ms")
    if in_ms is not None and _NUMBER.fullmatch(in_ms):
        return min(float(in_ms) / 1000, _LONGEST_S)
    told = headers.get("retry-after")
    if told is None:
        return None
    if _NUMBER.fullmatch(told):
        return min(float(told), _LONGEST_S)
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return _until(at, now_ms)


def room_told(headers: Mapping[str, str], now_ms: int) -> Room:
    """What the headers of a reply say is left. What cannot be read says nothing.

    >>> room_told({"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m0.5s"}, 0)[:2]
    (59, 60.5)
    """
    if "x-ratelimit-remaining-requests" in headers or "x-ratelimit-remaining-tokens" in headers:
        return Room(
            _count(headers.get("x-ratelimit-remaining-requests")),
            _reset(headers.get("x-ratelimit-reset-requests"), now_ms),
            _count(headers.get("x-ratelimit-remaining-tokens")),
            _reset(headers.get("x-ratelimit-reset-tokens"), now_ms),
        )
    requests = headers.get("anthropic-ratelimit-requests-remaining")
    tokens = headers.get("anthropic-ratelimit-tokens-remaining")
    if requests is None and tokens is None:
        return NO_ROOM_TOLD
    return Room(
        _count(requests),
        _reset(headers.get("anthropic-ratelimit-requests-reset"), now_ms),
        _count(tokens),
        _reset(headers.get("anthropic-ratelimit-tokens-reset"), now_ms),
    )


def _count(text: str | None) -> int | None:
    is_count = text is not None and len(text) <= 15 and text.isascii() and text.isdigit()
    return int(text) if text is not None and is_count else None


def _reset(text: str | None, now_ms: int) -> float | None:
    """A duration (`6m0s`, `20ms`), an instant of RFC 3339, or a bare number: seconds from now, or since 1970."""
    if text is None or len(text) > 64:
        return None
    if _NUMBER.fullmatch(text):
        number = float(text)
        since_1970 = number > 1e9
        return min(max(0.0, number - now_ms / 1000 if since_1970 else number), _LONGEST_S)
    told_s = _duration_s(text)
    if told_s is not None:
        return told_s
    try:
        return _until(datetime.fromisoformat(text), now_ms)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def _duration_s(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        return None
    days, hours, minutes, seconds, ms = (float(part or 0) for part in found.groups())
    told_s = days * 86_400 + hours * 3600 + minutes * 60 + seconds + ms / 1000
    return min(told_s, _LONGEST_S) if math.isfinite(told_s) else None


def _until(at: datetime, now_ms: int) -> float:
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, at.timestamp() - now_ms / 1000), _LONGEST_S)
