"""Rate limits: how many requests and tokens may pass in a period, and how many calls may be under way at once.

In memory only: a restart forgets what passed, which is at most what a period allows anyway. Thread-safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NewType, get_args

import msgspec
from msgspec.structs import astuple

from tokenfoundry import _core
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.values import AXES, Axes

if TYPE_CHECKING:
    from tokenfoundry.keys import Key
    from tokenfoundry.settings import RateLimitSettings

Metered = Literal["requests", "tokens", "concurrent"]
Part = Literal["whole", "call", "attempt"]
Lease = NewType("Lease", int)
"""What an admitted call holds until it is released."""

# Positions are the core's (ledger/rate_limits.h).
_METERED: tuple[Metered, ...] = get_args(Metered)
_PARTS: dict[Part, int] = {part: number for number, part in enumerate(get_args(Part))}
_MAX_AMOUNT = 2**53
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """Which calls are counted, and how many of what may pass in `period_ms`. None: that is not limited.

    `match` and `each` select calls as those of a `Budget` do. A cell takes `burst_requests` and `burst_tokens` at once
    (default: a whole period's) and drains steadily; so between two instants s and e at most
    burst + amount * (e - s) / period pass, which is burst + amount in one period. `concurrent` calls may be under way
    at once. Raises `InvalidInput` naming the field.

    >>> RateLimit(name="claims", match={"project": "claims"}, requests=600, concurrent=8).period_ms
    60000
    """

    name: str
    match: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    each: Sequence[str] = ()
    requests: int | None = None
    tokens: int | None = None
    concurrent: int | None = None
    burst_requests: int | None = None
    burst_tokens: int | None = None
    period_ms: int = _MINUTE_MS

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInput(f"name: {self.name!r} is not a name")
        for axis, values in self.match.items():
            if axis not in AXES:
                raise InvalidInput(f"match.{axis}: not one of {', '.join(AXES)}")
            if not values or (not isinstance(values, str) and not all(isinstance(value, str) for value in values)):
                raise InvalidInput(f"match.{axis}: not a string or strings; leave the axis out to match all")
        if isinstance(self.each, str):
            raise InvalidInput("each: a string; give a list of axes")
        for axis in self.each:
            if axis not in AXES:
                raise InvalidInput(f"each: {axis!r} is not one of {', '.join(AXES)}")
        for number in ("requests", "tokens", "concurrent", "burst_requests", "burst_tokens", "period_ms"):
            value = getattr(self, number)
            if value is not None and (type(value) is not int or not 1 <= value <= _MAX_AMOUNT):
                raise InvalidInput(f"{number}: {value!r} is not an integer in [1, {_MAX_AMOUNT}]")

    def to_core(self) -> tuple[object, ...]:
        """The fields in the core's order."""
        match = []
        for axis in AXES:
            values = self.match.get(axis, ())
            match.append((values,) if isinstance(values, str) else tuple(values))
        each = tuple(AXES.index(axis) for axis in AXES if axis in self.each)
        numbers = (self.requests, self.tokens, self.concurrent, self.burst_requests, self.burst_tokens)
        return self.name, tuple(match), each, *(number or 0 for number in numbers), self.period_ms


class Limited(msgspec.Struct, frozen=True):
    """Why a call may not go, by the limit that it has to wait for longest.

    `retry_at` is when every limit would admit it if nothing else came, Unix ms; a limit of concurrent calls says in a
    second, as nobody knows when one ends. `never_fits`: it asks for more tokens than the limit takes at once.
    `amount` is what the limit allows in `period_ms`; at once when it never fits or counts concurrent calls.
    """

    limit: str
    what: Metered
    never_fits: bool
    retry_at: int
    amount: int
    period_ms: int
    left: int
    asked: int


class RateLevel(msgspec.Struct, frozen=True):
    """How much of a limit is left, in one respect: `amount` is what it allows in `period_ms`.

    `next_ms` is the time until one more is left, `reset_ms` until all of it is; 0 when nothing is used, and for
    concurrent calls, which end when they end.
    """

    limit: str
    what: Metered
    amount: int
    period_ms: int
    left: int
    next_ms: int
    reset_ms: int


class CellState(msgspec.Struct, frozen=True):
    """A cell that is not empty; `each` holds the values that it is for."""

    limit: str
    each: dict[str, str]
    levels: tuple[RateLevel, ...]


class RateLimiter:
    """Admits calls, by all matching limits or by none.

    >>> limiter = RateLimiter([RateLimit(name="each-key", each=["key"], requests=1)], clock=lambda: 0)
    >>> lease = limiter.admit(Axes(key="a"))
    >>> limiter.admit(Axes(key="a")).retry_at
    60000
    >>> limiter.release(lease), limiter.release(lease)
    (True, False)
    """

    def __init__(self, limits: Iterable[RateLimit] = (), *, clock: Clock = system_clock) -> None:
        self._core = _core.RateLimiter()
        self._unused = _core.RateLimiter()  # The same limits on tokens; it admits nothing, so its cells stay empty.
        self._clock = clock
        self._limits: tuple[RateLimit, ...] = ()
        self.set_limits(limits)

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """The limits in force."""
        return self._limits

    def set_limits(self, limits: Iterable[RateLimit]) -> None:
        """Replaces the limits. One of the same name that selects the same calls stays as full as it is; where its
        amount or period changes, calls then under way keep their estimates. Raises `InvalidInput`.
        """
        limits = tuple(limits)
        now_ms = self._clock()
        self._core.set_limits(tuple(limit.to_core() for limit in limits), now_ms)
        self._unused.set_limits(tuple(limit.to_core() for limit in limits if limit.tokens is not None), now_ms)
        self._limits = limits

    def admit(self, axes: Axes, *, tokens: int = 0, part: Part = "whole") -> Lease | Limited:
        """Takes a request, `tokens` and a concurrent call from every matching limit, or says which one refuses.

        A call may be admitted in two steps. `part="call"`, while its target is not known: a request and a concurrent
        call of the limits that do not select by model or region. `part="attempt"`: tokens of every limit, and the rest
        of those that do. A lease of 0 says that no limit applied. Raises `InvalidInput`.
        """
        outcome = self._core.admit(astuple(axes), tokens, self._clock(), _PARTS[part])
        if isinstance(outcome, int):
            return Lease(outcome)
        limit, what, *rest = outcome
        return Limited(limit, _METERED[what], *rest)

    def correct(self, lease: Lease, tokens: int) -> bool:
        """Puts the real number of tokens in the place of the estimate, as of the admission. False: that was done, or
        the lease has ended. One call counts as at most 1440 periods' worth. Raises `InvalidInput`.
        """
        return self._core.correct(lease, tokens)

    def release(self, lease: Lease) -> bool:
        """Ends the lease: its call is over, and an estimate that was not corrected stands. False: it had ended."""
        return self._core.release(lease)

    def status(self, axes: Axes, *, part: Part = "whole") -> tuple[RateLevel, ...]:
        """Of requests, tokens and concurrent calls the matching limit with the least left. `part="call"` leaves out the
        limits that select by model or region.
        """
        return tuple(map(_level_of, self._core.status(astuple(axes), self._clock(), _PARTS[part])))

    def tokens_at_once(self, axes: Axes) -> int | None:
        """The most tokens that one call can ever be admitted with; None: no matching limit counts tokens.

        >>> RateLimiter([RateLimit(name="all", tokens=4000, burst_tokens=500)]).tokens_at_once(Axes())
        500
        """
        levels = map(_level_of, self._unused.status(astuple(axes), self._clock(), _PARTS["whole"]))
        return next((level.left for level in levels if level.what == "tokens"), None)

    def cells(self) -> list[CellState]:
        """Every cell that is not empty."""
        return [
            CellState(limit, {AXES[axis]: value for axis, value in each}, tuple(map(_level_of, levels)))
            for limit, each, levels in self._core.cells(self._clock())
        ]

    def refused(self) -> dict[str, int]:
        """How many calls each limit has refused since it was set."""
        return dict(self._core.refused())

    @property
    def open_leases(self) -> int:
        """How many leases have not been released."""
        return self._core.n_leases()


def _level_of(fields: tuple[Any, ...]) -> RateLevel:
    limit, what, amount, period_ms, left, next_ms, reset_ms = fields
    return RateLevel(limit, _METERED[what], amount, period_ms, left, next_ms, reset_ms)


def limit_of_settings(settings: RateLimitSettings) -> RateLimit:
    """A limit of the configuration file, whose numbers are per minute."""
    return RateLimit(
        name=settings.name,
        match={str(axis): values for axis, values in settings.match.items()},
        each=tuple(settings.each),
        requests=settings.rpm,
        tokens=settings.tpm,
        concurrent=settings.concurrent,
        burst_requests=settings.burst,
        burst_tokens=settings.burst_tokens,
    )


def limit_of_key(key: Key) -> RateLimit | None:
    """The limit that an API key carries in its fields `rpm`, `tpm` and `concurrent`; None when it has none.

    Its name holds a space, as no name of the configuration file can.
    """
    if key.rpm is None and key.tpm is None and key.concurrent is None:
        return None
    return RateLimit(
        name=f"key {key.id}",
        match={"key": key.id},
        requests=key.rpm,
        tokens=key.tpm,
        concurrent=key.concurrent,
    )


def limits_in_force(from_file: Iterable[RateLimitSettings], keys: Iterable[Key]) -> list[RateLimit]:
    """Every limit: those of the configuration file, and those that keys carry."""
    of_keys = (limit_of_key(key) for key in keys)
    return [*map(limit_of_settings, from_file), *(limit for limit in of_keys if limit is not None)]
