"""Budgets: which calls are counted, over which window, and up to what. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.values import AT_CAPS, AXES, MODES, UNITS, AtCap, Mode, Unit, check_amount
from tokenfoundry.ledger.window import Window, core_window

_MAX_CAP = 2**63 - 1
_NO_BURST = (0, 0, 1, None)


@dataclass(frozen=True, slots=True)
class Level:
    """An event is raised when what is used in a window first reaches `amount`."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A credit beside the cap, for spikes: spent by what is used above it, refilled with time, across windows too.

    It is `size` at the beginning; `refill` comes back every `every`, evenly; no window takes more than
    `max_per_window` of it. Raises `InvalidInput` naming the field.
    """

    size: int
    refill: int = 0
    every: timedelta = timedelta(hours=1)
    max_per_window: int | None = None

    def __post_init__(self) -> None:
        check_amount(self.size, "burst.size", most=_MAX_CAP)
        check_amount(self.refill, "burst.refill", most=_MAX_CAP)
        if self.every < timedelta(milliseconds=1):
            raise InvalidInput(f"burst.every: {self.every} is less than a millisecond")
        if self.max_per_window is not None:
            check_amount(self.max_per_window, "burst.max_per_window", most=_MAX_CAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Which calls are counted, in which unit, over which window, and up to what.

    `match` gives the allowed values of an axis, one or several; an axis left out matches any value and none; `"*"`
    matches any value but not none. `each` makes one account per combination of values on those axes (a call without
    a value there shares the account of the empty one); of a `session` window, by key and session at least. Amounts are
    in `unit`.

    `hard` is the cap, None for none. `levels` raise events. `burst` is a credit beside the cap. A `track` budget
    counts with the same arithmetic and never refuses. `at_cap` says what a refused caller should do: `reject`;
    `downgrade`, try a cheaper model; or `throttle`: beyond `throttle_from`, what is left of the cap is spread evenly
    over what is left of the window. The cap of a `prepaid` budget is what its grants hold; its window is `lifetime`.

    Raises `InvalidInput` naming the field.

    >>> Budget(name="claims", match={"project": "claims"}, unit="tokens", window=Window("daily"), hard=2_000_000).mode
    'enforce'
    """

    name: str
    match: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    each: Sequence[str] = ()
    unit: Unit
    window: Window
    hard: int | None = None
    levels: Sequence[Level] = ()
    burst: Burst | None = None
    mode: Mode = "enforce"
    at_cap: AtCap = "reject"
    throttle_from: int = 0
    prepaid: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInput(f"name: {self.name!r} is not a name")
        check_selector(self.match, self.each)
        if self.unit not in UNITS:
            raise InvalidInput(f"unit: {self.unit!r} is not one of {', '.join(UNITS)}")
        if not isinstance(self.window, Window):
            raise InvalidInput("window: not a Window")
        if self.hard is not None:
            check_amount(self.hard, "hard", most=_MAX_CAP)
        for level in self.levels:
            check_amount(level.amount, f"levels: {level.name}", least=1, most=_MAX_CAP)
        check_amount(self.throttle_from, "throttle_from", most=_MAX_CAP)
        if self.mode not in MODES:
            raise InvalidInput(f"mode: {self.mode!r} is not enforce or track")
        if self.at_cap not in AT_CAPS:
            raise InvalidInput(f"at_cap: {self.at_cap!r} is not one of {', '.join(AT_CAPS)}")

    def _accounts_by(self) -> Sequence[str]:
        """Two keys never share a session, whatever their clients call it."""
        return (*self.each, "key") if self.window.kind == "session" else self.each

    def to_core(self) -> tuple[object, ...]:
        """The fields in the core's order."""
        burst = self.burst
        credit = (
            _NO_BURST
            if burst is None
            else (burst.size, burst.refill, burst.every // timedelta(milliseconds=1), burst.max_per_window)
        )
        levels = sorted((level.amount, level.name) for level in self.levels)
        return (
            self.name,
            core_selector(self.match, self._accounts_by()),
            UNITS.index(self.unit),
            core_window(self.window),
            self.hard,
            tuple((name, amount) for amount, name in levels),
            credit,
            MODES.index(self.mode) + 1,
            AT_CAPS.index(self.at_cap) + 1,
            self.throttle_from,
            self.prepaid,
        )


def check_selector(match: Mapping[str, str | Sequence[str]], each: Sequence[str]) -> None:
    """Raises `InvalidInput` naming what in a selector of calls is wrong."""
    for axis, values in match.items():
        if axis not in AXES:
            raise InvalidInput(f"match.{axis}: not one of {', '.join(AXES)}")
        if not isinstance(values, str) and not all(isinstance(value, str) for value in values):
            raise InvalidInput(f"match.{axis}: not a string or strings")
        if not values:
            raise InvalidInput(f"match.{axis}: empty; leave the axis out to match all")
    if isinstance(each, str):
        raise InvalidInput("each: a string; give a list of axes")
    for axis in each:
        if axis not in AXES:
            raise InvalidInput(f"each: {axis!r} is not one of {', '.join(AXES)}")


def core_selector(match: Mapping[str, str | Sequence[str]], each: Sequence[str]) -> tuple[object, ...]:
    """A selector of calls as the core takes it: values per axis, and the numbers of the axes in `each`."""
    values = []
    for axis in AXES:
        wanted = match.get(axis, ())
        values.append((wanted,) if isinstance(wanted, str) else tuple(wanted))
    return tuple(values), tuple(number for number, axis in enumerate(AXES) if axis in each)
