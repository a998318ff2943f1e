"""A circuit breaker: stops sending to what keeps failing, and tries it again with one call at a time.

    closed ── enough failures ──> open ── its time is over ──> half_open ── the probe succeeds ──> closed
                                   ^                              │
                                   └──── the probe fails ─────────┘  (each time for twice as long, up to a bound)

Whoever enters is given a ticket and tells with it how the call went: `succeeded`, `failed`, or `left` when it says
nothing of the other side. A ticket from before the breaker last opened changes nothing any more: calls that end late
neither close it nor open it again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half_open"]
Ticket = int

_SLOTS = 10  # of the sliding window: it forgets a tenth of itself at a time.
_PROBE_S = 1.0  # What is told of a probe under way: nobody knows when it ends.


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a breaker opens, and for how long."""

    failures: int = 5
    """So many in a row open it."""
    failure_rate: float = 0.5
    """So does this share of the calls of the last `window_s`, once there were `least_calls`."""
    least_calls: int = 20
    window_s: float = 30.0
    open_s: float = 5.0
    longest_open_s: float = 120.0


class Breaker:
    """One breaker. Times are `Timing.now_s`. Thread-safe."""

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._ticket: Ticket = 0  # Grows whenever calls that are under way cease to matter.
        self._probing = False
        self._until_s = 0.0
        self._opened = 0  # times in a row, without a success in between
        self._in_a_row = 0
        self._clear_window(0.0)

    def use(self, rules: BreakerRules, now_s: float) -> None:
        """Keeps these from now on: its state stays, and it counts its window anew."""
        with self._lock:
            if rules != self._rules:
                self._rules = rules
                self._clear_window(now_s)

    # -- what callers ask ----------------------------------------------------------------------------------------------

    def state(self, now_s: float) -> State:
        """An open breaker whose time is over is half open, whether or not somebody has come to try."""
        if self._state == "open" and now_s >= self._until_s:
            return "half_open"
        return self._state

    def wait_s(self, now_s: float) -> float:
        """How long until it admits a call, as far as is known; 0 when it does now."""
        with self._lock:
            if self._state == "open":
                return max(0.0, self._until_s - now_s)
            return _PROBE_S if self._state == "half_open" and self._probing else 0.0

    @property
    def is_closed(self) -> bool:
        return self._state == "closed"

    @property
    def failures_in_a_row(self) -> int:
        return self._in_a_row

    @property
    def opens_at_s(self) -> float:
        """When it admits the next probe; in the past when it was never open, or is over."""
        return self._until_s if self._state == "open" else 0.0

    def enter(self, now_s: float) -> Ticket | None:
        """A ticket for one call, or None when none may be made now. The ticket's call must be told the end of."""
        if self._state == "closed":
            return self._ticket
        with self._lock:
            if self._state == "open":
                if now_s < self._until_s:
                    return None
                self._state = "half_open"
                self._ticket += 1
                self._probing = False
            if self._state == "half_open":
                if self._probing:
                    return None
                self._probing = True
            return self._ticket

    # -- what callers tell ---------------------------------------------------------------------------------------------

    def succeeded(self, ticket: Ticket, now_s: float) -> None:
        with self._lock:
            if ticket != self._ticket or self._state == "open":
                return
            if self._state == "half_open":
                self._close(now_s)
            self._opened = self._in_a_row = 0
            self._count(now_s, failed=0)

    def proved(self, ticket: Ticket, now_s: float) -> None:
        """The other side has begun to answer: ends a probe at once, and says nothing else yet."""
        if self._state == "half_open":
            with self._lock:
                if ticket == self._ticket and self._state == "half_open":
                    self._close(now_s)

    def failed(self, ticket: Ticket, now_s: float) -> None:
        with self._lock:
            if ticket != self._ticket or self._state == "open":
                return
            if self._state == "half_open":
                self._open(now_s, None)
                return
            self._in_a_row += 1
            self._count(now_s, failed=1)
            rules = self._rules
            enough = self._calls >= rules.least_calls and self._failed >= rules.failure_rate * self._calls
            if self._in_a_row >= rules.failures or enough:
                self._open(now_s, None)

    def left(self, ticket: Ticket) -> None:
        """The call ended without saying anything of the other side: another may be the probe."""
        if self._state == "half_open":
            with self._lock:
                if ticket == self._ticket and self._state == "half_open":
                    self._probing = False

    def start_anew(self, now_s: float) -> None:
        """Closes at once: the other side has become another one. Calls that are under way cease to matter."""
        with self._lock:
            if self._state != "closed":
                self._ticket += 1
                self._opened = 0
                self._close(now_s)

    def open_for(self, for_s: float, now_s: float) -> None:
        """Opens at once, for so long: the other side has said that it will not serve."""
        with self._lock:
            self._open(now_s, for_s)

    # -- within the lock -----------------------------------------------------------------------------------------------

    def _open(self, now_s: float, for_s: float | None) -> None:
        if for_s is None:
            doubled_s = self._rules.open_s * 2.0 ** min(self._opened, 30)
            for_s = min(doubled_s, self._rules.longest_open_s)
        self._state = "open"
        self._until_s = now_s + for_s
        self._ticket += 1
        self._opened += 1
        self._probing = False

    def _close(self, now_s: float) -> None:
        """The ticket stays: what the probe still says counts."""
        self._state = "closed"
        self._probing = False
        self._in_a_row = 0
        self._clear_window(now_s)

    def _clear_window(self, now_s: float) -> None:
        self._slot_s = self._rules.window_s / _SLOTS
        self._slot = int(now_s / self._slot_s)
        self._slots = [(0, 0)] * _SLOTS  # calls, and those that failed
        self._calls = self._failed = 0

    def _count(self, now_s: float, *, failed: int) -> None:
        slot = int(now_s / self._slot_s)
        passed = slot - self._slot
        if passed > 0:
            if passed >= _SLOTS:
                self._clear_window(now_s)
            else:
                for each in range(self._slot + 1, slot + 1):
                    calls, failures = self._slots[each % _SLOTS]
                    self._calls -= calls
                    self._failed -= failures
                    self._slots[each % _SLOTS] = (0, 0)
                self._slot = slot
        calls, failures = self._slots[self._slot % _SLOTS]
        self._slots[self._slot % _SLOTS] = (calls + 1, failures + failed)
        self._calls += 1
        self._failed += failed
