"""What providers say of their rate limits is understood, and nonsense is nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfoundry.resilience.cooldown import NO_ROOM_TOLD, Room, retry_after_s, room_told

NOON_MS = 1_771_243_200_000  # 2026-02-16T12:00Z


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9", "retry-after-ms": "8500"}, 8.5),
        ({"retry-after": "9", "retry-after-ms": "soon"}, 9.0),
        ({"retry-after": "Mon, 16 Feb 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 16 Feb 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "99999999999"}, 7 * 86_400.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "a while"}, None),
        ({"retry-after": ""}, None),
    ],
    ids=str,
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOON_MS) == seconds


# OpenAI's guide "Rate limits", the headers of its example.
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-reset-tokens": "6m0s",
}
# Anthropic's API reference, "Rate limits", "Response headers".
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "999",
    "anthropic-ratelimit-requests-reset": "2026-02-16T12:00:06Z",
    "anthropic-ratelimit-tokens-remaining": "80000",
    "anthropic-ratelimit-tokens-reset": "2026-02-16T12:01:00Z",
}


def test_what_openai_says_is_left() -> None:
    assert room_told(OPENAI, NOON_MS) == Room(59, 1.0, 149_984, 360.0)


def test_what_anthropic_says_is_left() -> None:
    assert room_told(ANTHROPIC, NOON_MS) == Room(999, 6.0, 80_000, 60.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1m26.4s", 86.4),
        ("1h0m0s", 3600.0),
        ("2d", 172_800.0),
        ("12", 12.0),
        ("1771243260", 60.0),
        ("", None),
        ("soon", None),
        ("1s1m", None),
        ("9" * 70, None),
    ],
)
def test_when_more_is_left(text: str, seconds: float | None) -> None:
    headers = {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": text}
    assert room_told(headers, NOON_MS).requests_reset_s == seconds


def test_a_provider_that_says_nothing_of_it() -> None:
    assert room_told({"content-type": "application/json"}, NOON_MS) == NO_ROOM_TOLD


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*OPENAI, *ANTHROPIC, "retry-after", "retry-after-ms"]),
        st.text(alphabet="0123456789+-.:TZdhmse ,\u0663\u00e9nai", max_size=30),
    )
)
def test_nonsense_is_never_more_than_nothing(headers: dict[str, str]) -> None:
    for told in (*room_told(headers, NOON_MS), retry_after_s(headers, NOON_MS)):
        assert told is None or (math.isfinite(told) and told >= 0)
