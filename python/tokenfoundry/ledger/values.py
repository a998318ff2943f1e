"""What goes into the ledger and comes out of it. Frozen values; times are Unix milliseconds."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.window import Window, core_window

Unit = Literal["money_nano", "tokens", "requests", "images", "audio", "gpu_ms"]
Axis = Literal["workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env"]
Mode = Literal["enforce", "track"]
Cause = Literal["exhausted", "held", "never_fits"]
Kind = Literal["settled", "void", "hit", "refused", "recovered"]

# Positions and numbers are the core's (ledger/amounts.h, entry.h, budget.h).
UNITS: tuple[Unit, ...] = get_args(Unit)
AXES: tuple[Axis, ...] = get_args(Axis)
CAUSES: tuple[Cause, ...] = get_args(Cause)
KINDS: dict[int, Kind] = dict(enumerate(get_args(Kind), start=1))
MODES: dict[int, Mode] = dict(enumerate(get_args(Mode), start=1))
KIND_NUMBERS: dict[Kind, int] = {kind: number for number, kind in KINDS.items()}
_MODE_NUMBERS: dict[Mode, int] = {mode: number for number, mode in MODES.items()}

_MAX_AMOUNT = 2**53  # of one call (ledger/amounts.h)
_MAX_CAP = 2**63 - 1


def _check_amount(value: object, name: str, *, most: int = _MAX_AMOUNT) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{name}: {value!r} is not an integer")
    if not 0 <= value <= most:
        raise InvalidInput(f"{name}: {value} is not in [0, {most}]")


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a call uses, in six units at once; integers, never negative.

    `money_nano` is in nano units of the ledger's currency, `audio` in seconds, `gpu_ms` in milliseconds. Raises
    `InvalidInput` naming the field.

    >>> Amounts(money_nano=1_500_000, tokens=320, requests=1).tokens
    320
    """

    money_nano: int = 0
    tokens: int = 0
    requests: int = 0
    images: int = 0
    audio: int = 0
    gpu_ms: int = 0

    def __post_init__(self) -> None:
        for name, value in zip(UNITS, msgspec.structs.astuple(self), strict=True):
            if type(value) is not int or not 0 <= value <= _MAX_AMOUNT:
                _check_amount(value, name)

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(**{unit: getattr(self, unit) + getattr(other, unit) for unit in UNITS})


NOTHING = Amounts()


class Axes(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a call is attributed. An empty string: it has no value on that axis.

    `model` and `region` are those of the target that serves. Raises `InvalidInput` naming the field.

    >>> Axes(project="claims", model="gpt-4o-mini").project
    'claims'
    """

    workspace: str = ""
    project: str = ""
    consumer: str = ""
    key: str = ""
    intent: str = ""
    alias: str = ""
    model: str = ""
    region: str = ""
    env: str = ""

    def __post_init__(self) -> None:
        for name, value in zip(AXES, msgspec.structs.astuple(self), strict=True):
            if not isinstance(value, str):
                raise InvalidInput(f"{name}: {value!r} is not a string")


class EntryFlags(enum.IntFlag):
    """What is special about an entry."""

    OVERRUN = 1  # Set by the ledger: an amount exceeds what was held.
    UNCERTAIN = 2  # The provider may have counted otherwise.
    ESTIMATED = 4  # Counted here, not reported by the provider.


NO_FLAGS = EntryFlags(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Which calls are counted, in which unit, over which window, and up to what.

    `match` gives the allowed values of an axis, one or several; an axis left out matches any value and none; `"*"`
    matches any value but not none. `each` makes one account per combination of values on those axes (a call without
    a value there shares the account of the empty one). `hard` is in `unit`. A `track` budget counts and never
    refuses. Raises `InvalidInput` naming the field.

    >>> Budget(name="claims", match={"project": "claims"}, unit="tokens", window=Window("daily"), hard=2_000_000).mode
    'enforce'
    """

    name: str
    match: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    each: Sequence[str] = ()
    unit: Unit
    window: Window
    hard: int
    mode: Mode = "enforce"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInput(f"name: {self.name!r} is not a name")
        for axis, values in self.match.items():
            if axis not in AXES:
                raise InvalidInput(f"match.{axis}: not one of {', '.join(AXES)}")
            if not isinstance(values, str) and not all(isinstance(value, str) for value in values):
                raise InvalidInput(f"match.{axis}: not a string or strings")
            if not values:
                raise InvalidInput(f"match.{axis}: empty; leave the axis out to match all")
        for axis in self.each:
            if axis not in AXES:
                raise InvalidInput(f"each: {axis!r} is not one of {', '.join(AXES)}")
        if isinstance(self.each, str):
            raise InvalidInput("each: a string; give a list of axes")
        if self.unit not in UNITS:
            raise InvalidInput(f"unit: {self.unit!r} is not one of {', '.join(UNITS)}")
        if not isinstance(self.window, Window):
            raise InvalidInput("window: not a Window")
        _check_amount(self.hard, "hard", most=_MAX_CAP)
        if self.mode not in _MODE_NUMBERS:
            raise InvalidInput(f"mode: {self.mode!r} is not enforce or track")

    def to_core(self) -> tuple[object, ...]:
        """The fields in the core's order."""
        match = []
        for axis in AXES:
            values = self.match.get(axis, ())
            match.append((values,) if isinstance(values, str) else tuple(values))
        each = tuple(AXES.index(axis) for axis in AXES if axis in self.each)
        unit = UNITS.index(self.unit)
        return self.name, tuple(match), each, unit, core_window(self.window), self.hard, _MODE_NUMBERS[self.mode]


class Hold(msgspec.Struct, frozen=True):
    """Amounts set aside for a call until it is settled or voided. `at`: when the call began."""

    id: str
    amounts: Amounts
    axes: Axes
    at: int
    detail: bytes


class Refusal(msgspec.Struct, frozen=True):
    """Why a call may not go, by the budget with the most lasting cause. Amounts are in `unit`.

    `cause`: `exhausted`, what is posted leaves too little; `held`, it would fit if the open holds were released;
    `never_fits`, it exceeds the cap by itself. `resets_at` is when the window ends, None for a lifetime budget.
    """

    budget: str
    unit: Unit
    cause: Cause
    cap: int
    posted: int
    held: int
    requested: int
    left: int
    resets_at: int | None


class Entry(msgspec.Struct, frozen=True):
    """One thing that happened, written once. `at`: when the call began; `posted_at`: when this was written."""

    seq: int
    id: str
    kind: Kind
    flags: EntryFlags
    at: int
    posted_at: int
    amounts: Amounts
    axes: Axes
    detail: bytes


class Balance(msgspec.Struct, frozen=True):
    """One account of a budget in one window. Amounts are in `unit`.

    `each` holds the values that this account is for. `over_by`: how far posted and held exceed the cap, because it
    was lowered or an actual exceeded its hold.
    """

    budget: str
    each: dict[str, str]
    unit: Unit
    start: int
    end: int | None
    cap: int
    posted: int
    held: int
    left: int
    over_by: int
    mode: Mode
