"""Durations as headers and sentences give them."""

from __future__ import annotations


def seconds_up(duration_ms: int) -> int:
    """Whole seconds, rounded up, as a header that knows no fractions must to be honest.

    >>> seconds_up(1001)
    2
    """
    return -(-duration_ms // 1000)


def duration_text(duration_ms: int) -> str:
    """A duration as OpenAI's headers write it.

    >>> [duration_text(ms) for ms in (0, 20, 1000, 1500, 360_000, 3_600_000)]
    ['0s', '20ms', '1s', '1.5s', '6m0s', '1h0m0s']
    """
    if 0 < duration_ms < 1000:
        return f"{duration_ms}ms"
    if duration_ms < 60_000 and duration_ms % 1000 == 0:
        return f"{duration_ms // 1000}s"
    minutes, rest_ms = divmod(duration_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole_s, fraction_ms = divmod(rest_ms, 1000)
    seconds = f"{whole_s}.{fraction_ms:03}".rstrip("0") if fraction_ms else str(whole_s)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{seconds}s"
