"""Which of a provider's API keys the next call uses: the one with the most room left, by what the provider last said.

A key rests after a 429 for exactly as long as that says (without a word, for longer each time), up to a bound, after
which one call tries it. A key that is denied (401, 403) is opened for long and then tried by one call at a time, unless
another key has been put in its place: that one has not been denied. A key whose room is spent by what was told is taken
only when no other is left: what was told may be out of date, and the provider says it best itself.

Calls under way are taken off the room that was told, as it is not known which of them it counted. Keys of which nothing
is known are taken first, and in turn, so that something becomes known.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tokenfoundry.resilience.breaker import Breaker, BreakerRules, State, Ticket
from tokenfoundry.resilience.cooldown import Room

_WINDOW_S = 60.0  # A rate limit is told per minute, where no reset is told.

Fingerprints = Mapping[str, Callable[[], str]]
"""By identity of a key, what tells another text in its place when there is one. Never waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """How long a key rests."""

    denied_s: float = 600.0
    """After 401 or 403, until one call tries it."""
    limited_s: float = 1.0
    """After a 429 that says no time; doubled for each in a row."""
    longest_limited_s: float = 60.0
    longest_rest_s: float = 600.0
    """After a 429, whatever that says. One that asks for more may be mistaken, so one call tries the key then."""


class ProviderKey:
    """One key. `label` says where it is kept; `identity`, which is no secret, whether another is the same one. None for
    a provider without keys.
    """

    __slots__ = (
        "breaker",
        "denied",
        "fingerprint",
        "identity",
        "in_flight",
        "in_flight_tokens",
        "label",
        "limited_in_a_row",
        "requests_left",
        "requests_reset_s",
        "rests_until_s",
        "tokens_left",
        "tokens_reset_s",
        "used",
    )

    def __init__(
        self, label: str, identity: str | None, rules: BreakerRules, fingerprint: Callable[[], str] | None = None
    ) -> None:
        self.label = label
        self.identity = identity
        self.fingerprint = fingerprint or (lambda: identity or "")
        self.denied: str | None = None  # The fingerprint of the text that was, until it is known to be good or gone.
        self.breaker = Breaker(rules)
        self.rests_until_s = 0.0
        self.limited_in_a_row = 0
        self.in_flight = 0
        self.in_flight_tokens = 0
        self.used = 0
        self.requests_left: int | None = None
        self.requests_reset_s = 0.0
        self.tokens_left: int | None = None
        self.tokens_reset_s = 0.0

    def __repr__(self) -> str:
        return f"ProviderKey({self.label!r})"

    def calls_left(self, tokens: int, now_s: float) -> float:
        """How many more calls of so many tokens fit in, by what was told; infinite when nothing is known."""
        left = math.inf
        if self.requests_left is not None and now_s < self.requests_reset_s:
            left = self.requests_left - self.in_flight
        if self.tokens_left is not None and now_s < self.tokens_reset_s:
            left = min(left, (self.tokens_left - self.in_flight_tokens) / max(1, tokens))
        return left

    def look_again(self, now_s: float) -> None:
        """A denial ends when another key is found in the place of the one that was denied."""
        if self.denied is None:
            return
        if self.breaker.is_closed:
            self.denied = None
        elif self.fingerprint() != self.denied:
            self.denied = None
            self.breaker.start_anew(now_s)

    def is_ready(self, now_s: float) -> bool:
        """Whether it may be used now."""
        self.look_again(now_s)
        return self.rests_until_s <= now_s and (self.breaker.is_closed or self.breaker.wait_s(now_s) <= 0.0)

    def wait_s(self, now_s: float) -> float:
        """How long until it may be used, as far as is known; 0 when it may now."""
        self.look_again(now_s)
        return max(0.0, self.rests_until_s - now_s, self.breaker.wait_s(now_s))


class KeyLease:
    """A key in use by one attempt. Whoever holds it tells one end of it: `answered`, `limited`, `denied` or `left`."""

    __slots__ = ("_balance", "_fingerprint", "_open", "_ticket", "_tokens", "key")

    def __init__(self, balance: KeyBalance, key: ProviderKey, ticket: Ticket, tokens: int) -> None:
        self._balance = balance
        self._ticket = ticket
        self._tokens = tokens
        self._open = True
        self._fingerprint = key.fingerprint()
        self.key = key

    def answered(self, now_s: float, room: Room | None = None) -> None:
        """The provider took the key. `room` is what it said is left."""
        if self._end(room, now_s):
            self.key.limited_in_a_row = 0
            self.key.breaker.succeeded(self._ticket, now_s)

    def limited(self, now_s: float, asked_s: float | None, room: Room | None = None) -> None:
        """The provider answered 429, and perhaps how long to wait."""
        if self._end(room, now_s):
            # A key that is limited is a key that is known.
            self.key.breaker.succeeded(self._ticket, now_s)
            self._balance.rest(self.key, now_s, asked_s)

    def denied(self, now_s: float) -> None:
        """The provider answered 401 or 403."""
        if self._end(None, now_s):
            self.key.denied = self._fingerprint
            self.key.breaker.open_for(self._balance.rules.denied_s, now_s)

    def left(self) -> None:
        """The attempt ended and nothing is known of the key. Harmless after another end."""
        if self._end(None, 0.0):
            self.key.breaker.left(self._ticket)

    def _end(self, room: Room | None, now_s: float) -> bool:
        if not self._open:
            return False
        self._open = False
        self._balance.ended(self.key, self._tokens, room, now_s)
        return True


class KeyBalance:
    """The keys of one provider. Thread-safe."""

    def __init__(
        self,
        keys: Sequence[tuple[str, str]],
        fingerprints: Fingerprints | None = None,
        *,
        rules: KeyRules | None = None,
        breaker: BreakerRules | None = None,
    ) -> None:
        """`keys` are labels and identities; none for a provider that needs no key."""
        self.rules = rules or KeyRules()
        self._breaker_rules = breaker or BreakerRules()
        told = fingerprints or {}
        self.keys = [ProviderKey(label, identity, self._breaker_rules, told.get(identity)) for label, identity in keys]
        if not self.keys:
            self.keys = [ProviderKey("none", None, self._breaker_rules)]
        self._next = 0
        self._lock = threading.Lock()

    def take_over(self, before: KeyBalance, now_s: float) -> None:
        """What is known of a key with the same identity goes on; both may be used meanwhile."""
        self._lock = before._lock
        known = {key.identity: key for key in before.keys}
        for place, key in enumerate(self.keys):
            same = known.pop(key.identity, None)
            if same is not None:
                same.label, same.fingerprint = key.label, key.fingerprint
                same.breaker.use(self._breaker_rules, now_s)
                self.keys[place] = same

    @property
    def reads_room(self) -> bool:
        """Whether what a provider says is left makes a difference: with one key it does not."""
        return len(self.keys) > 1

    def pick(self, now_s: float, *, tokens: int = 0) -> KeyLease | None:
        """The key for a call of about so many tokens, or None when all rest."""
        with self._lock:
            keys = self.keys
            if len(keys) == 1:
                keys[0].look_again(now_s)
                return self._taken(keys[0], tokens, now_s) if keys[0].rests_until_s <= now_s else None
            best, most_left, fewest = -1, -math.inf, 0
            number = len(keys)
            for turn in range(number):
                index = (self._next + turn) % number
                key = keys[index]
                if not key.is_ready(now_s):
                    continue
                left = key.calls_left(tokens, now_s)
                # Of equals, the one whose turn it is.
                if best < 0 or left > most_left or (left == most_left and key.in_flight < fewest):
                    best, most_left, fewest = index, left, key.in_flight
            if best < 0:
                return None
            self._next = (best + 1) % number
            return self._taken(keys[best], tokens, now_s)

    def wait_s(self, now_s: float) -> float:
        """How long until some key may be used; 0 when one may now."""
        return min(key.wait_s(now_s) for key in self.keys)

    @property
    def are_limited(self) -> bool:
        """Whether the key that is ready first rests because of a rate limit, and not because it is denied."""
        first = min(self.keys, key=lambda key: max(key.rests_until_s, key.breaker.opens_at_s))
        return first.rests_until_s >= first.breaker.opens_at_s

    def rest(self, key: ProviderKey, now_s: float, asked_s: float | None) -> None:
        """After a 429. One that says no time and comes while the key rests, to a call of before, says nothing new."""
        with self._lock:
            if asked_s is None:
                if key.rests_until_s > now_s:
                    return
                asked_s = min(self.rules.limited_s * 2.0 ** min(key.limited_in_a_row, 30), self.rules.longest_limited_s)
            key.limited_in_a_row += 1
            rest_s = min(asked_s, self.rules.longest_rest_s)
            key.rests_until_s = max(key.rests_until_s, now_s + rest_s)
            if rest_s < asked_s and key.breaker.opens_at_s < now_s + rest_s:
                key.breaker.open_for(rest_s, now_s)

    def ended(self, key: ProviderKey, tokens: int, room: Room | None, now_s: float) -> None:
        with self._lock:
            key.in_flight -= 1
            key.in_flight_tokens -= tokens
            if room is not None and (room.requests is not None or room.tokens is not None):
                _note(key, room, now_s)
                return
            # Nothing was told: what it used is gone.
            if key.requests_left is not None:
                key.requests_left -= 1
            if key.tokens_left is not None:
                key.tokens_left -= tokens

    def _taken(self, key: ProviderKey, tokens: int, now_s: float) -> KeyLease | None:
        ticket = key.breaker.enter(now_s)
        if ticket is None:
            return None
        key.in_flight += 1
        key.in_flight_tokens += tokens
        key.used += 1
        return KeyLease(self, key, ticket, tokens)


def _note(key: ProviderKey, room: Room, now_s: float) -> None:
    if room.requests is not None:
        key.requests_left = room.requests
        key.requests_reset_s = now_s + (_WINDOW_S if room.requests_reset_s is None else room.requests_reset_s)
    if room.tokens is not None:
        key.tokens_left = room.tokens
        key.tokens_reset_s = now_s + (_WINDOW_S if room.tokens_reset_s is None else room.tokens_reset_s)


def key_state(key: ProviderKey, now_s: float) -> State:
    """As a breaker's: a key that rests after a rate limit is open."""
    key.look_again(now_s)
    return "open" if key.rests_until_s > now_s else key.breaker.state(now_s)
