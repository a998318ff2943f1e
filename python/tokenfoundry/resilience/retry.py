"""When a failed attempt is made again at the same target, after how long, and how many such attempts a provider bears.

Each attempt is a call of its own to the provider: it has its own hold and its own row, and is billed by itself. An
attempt whose reply was lost is billed as uncertain, and the one that is made for it is billed too: both may have been
worked on.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

# What a provider says when the same request may fare better a moment later: 409 is a lock that was not obtained, 529
# is Anthropic's for an overload (OpenAI's and Anthropic's SDKs retry these and every 5xx).
MENDABLE_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})

# What it says when it will not have the key: unknown, unpaid, not allowed.
DENIALS = frozenset({401, 402, 403})

# What says nothing of how the provider is: the request met another one of its own.
_NEUTRAL_STATUSES = frozenset({409, 425})


def is_fault(status: int) -> bool:
    """Whether an error reply with this status tells of a target that does not work."""
    return status not in _NEUTRAL_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015)."""

    most: int = 2
    """Attempts at one target beyond the first."""
    base_s: float = 0.25
    longest_s: float = 4.0
    longest_asked_s: float = 10.0
    """How long a provider's own Retry-After is waited for; asked for longer, the call goes elsewhere."""

    def delay_s(self, retry: int, *, draw: float, asked_s: float | None = None) -> float | None:
        """How long to wait before the retry of this number, from 0; None when there is none to make.

        `draw` is a number in [0, 1). `asked_s` is what the provider asked for: never less is waited, and a little more,
        so that not everybody comes back in the same instant.

        >>> RetryPolicy(base_s=1).delay_s(1, draw=0.5), RetryPolicy(base_s=1).delay_s(1, draw=0.5, asked_s=7)
        (1.0, 7.5)
        """
        if retry >= self.most:
            return None
        if asked_s is None:
            return draw * min(self.longest_s, self.base_s * 2.0 ** min(retry, 30))
        return None if asked_s > self.longest_asked_s else asked_s + draw * self.base_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryBudgetRules:
    """In any `t` seconds with `n` calls there are at most burst + share * n + floor_per_s * t retries."""

    share: float = 0.2
    floor_per_s: float = 1.0
    burst: float = 10.0


class RetryBudget:
    """How many retries (and hedged attempts) a provider may still be sent: a share of the calls it is sent, and a
    floor, so that a quiet gateway may retry too. A storm is thus never answered with a multiple of itself. Thread-safe.
    """

    def __init__(self, rules: RetryBudgetRules, now_s: float) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._left = rules.burst
        self._refilled_s = now_s
        self.taken = 0
        self.refused = 0

    def use(self, rules: RetryBudgetRules, now_s: float) -> None:
        """Grows by these from now on; what is left of it stays, as far as they let it."""
        with self._lock:
            self._refill(now_s)
            self._rules = rules
            self._left = min(self._left, rules.burst)

    def called(self) -> None:
        """A first attempt is made."""
        if self._left < self._rules.burst:  # Mostly it is full, and there is nothing to add.
            with self._lock:
                self._left = min(self._rules.burst, self._left + self._rules.share)

    def left(self, now_s: float) -> float:
        with self._lock:
            self._refill(now_s)
            return self._left

    def take(self, now_s: float) -> bool:
        """Takes a retry; False when there is none left."""
        with self._lock:
            self._refill(now_s)
            if self._left < 1.0:
                self.refused += 1
                return False
            self._left -= 1.0
            self.taken += 1
            return True

    def _refill(self, now_s: float) -> None:
        passed_s = now_s - self._refilled_s
        if passed_s > 0:
            self._left = min(self._rules.burst, self._left + passed_s * self._rules.floor_per_s)
            self._refilled_s = now_s
