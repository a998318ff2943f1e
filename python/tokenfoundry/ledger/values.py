"""What goes into the ledger and comes out of it. Frozen values; times are Unix milliseconds."""

from __future__ import annotations

import enum
from typing import Literal, get_args

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.change import Change

Unit = Literal["money_nano", "tokens", "requests", "images", "audio", "gpu_ms"]
Axis = Literal["workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env", "session"]
Mode = Literal["enforce", "track"]
AtCap = Literal["reject", "throttle", "downgrade"]
Cause = Literal["exhausted", "held", "never_fits", "throttled", "frozen"]
Kind = Literal["settled", "void", "hit", "refused", "recovered", "adjusted", "changed", "rented"]
EventKind = Literal["level", "over_hold"]

# Positions and numbers are the core's (ledger/amounts.h, entry.h, budget.h, change.h, event.h).
UNITS: tuple[Unit, ...] = get_args(Unit)
AXES: tuple[Axis, ...] = get_args(Axis)
CAUSES: tuple[Cause, ...] = get_args(Cause)
KINDS: tuple[Kind, ...] = get_args(Kind)
MODES: tuple[Mode, ...] = get_args(Mode)
AT_CAPS: tuple[AtCap, ...] = get_args(AtCap)
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

MAX_AMOUNT = 2**53  # of one call (ledger/amounts.h)


def check_amount(value: object, name: str, *, least: int = 0, most: int = MAX_AMOUNT) -> None:
    """Raises `InvalidInput` naming what is no integer from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{name}: {value!r} is not an integer")
    if not least <= value <= most:
        raise InvalidInput(f"{name}: {value} is not in [{least}, {most}]")


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in six units at once that are a sum or a difference: of any size and sign.

    `money_nano` is in nano units of the ledger's currency, `gpu_ms` in milliseconds; `images` and `audio` count
    images and audio requests.
    """

    money_nano: int = 0
    tokens: int = 0
    requests: int = 0
    images: int = 0
    audio: int = 0
    gpu_ms: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(**{unit: getattr(self, unit) + getattr(other, unit) for unit in UNITS})

    def __sub__(self, other: Sums) -> Sums:
        return Sums(**{unit: getattr(self, unit) - getattr(other, unit) for unit in UNITS})


class Amounts(Sums, frozen=True, kw_only=True):
    """What a call uses: integers, never negative, at most 2**53. Raises `InvalidInput` naming the field.

    >>> Amounts(money_nano=1_500_000, tokens=320, requests=1).tokens
    320
    """

    def __post_init__(self) -> None:
        # Every call makes three of these: the loop that says what is wrong runs only when something is.
        if (
            type(self.money_nano) is int is type(self.tokens) is type(self.requests)
            and type(self.images) is int is type(self.audio) is type(self.gpu_ms)
            and 0 <= self.money_nano <= MAX_AMOUNT
            and 0 <= self.tokens | self.requests | self.images | self.audio | self.gpu_ms < MAX_AMOUNT
        ):
            return
        for name, value in zip(UNITS, msgspec.structs.astuple(self), strict=True):
            check_amount(value, name)


NOTHING = Amounts()


class Tallies(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a call that reports want and no budget counts; the ledger sums them in its rollups.

    Token counts are those of the usage; `counterfactual_nano` is what the call would have cost without the factory,
    `latency_ms` what it took, `findings` how much personal data was found in it.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    counterfactual_nano: int = 0
    latency_ms: int = 0
    findings: int = 0


NO_TALLIES = Tallies()


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
    session: str = ""

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


class Hold(msgspec.Struct, frozen=True):
    """Amounts set aside for a call until it is settled or voided. `at`: when the call began.

    `tracked` is what a tracking budget would have refused, on the answer of `reserve` alone.
    """

    id: str
    amounts: Amounts
    axes: Axes
    at: int
    detail: bytes
    tracked: Refusal | None = None


class Refusal(msgspec.Struct, frozen=True):
    """Why a call may not go, by the budget with the most lasting cause. Amounts are in `unit`.

    `cause`: `exhausted`, what is used leaves too little; `held`, it would fit if the open holds were released;
    `never_fits`, it exceeds the cap by itself; `throttled`, the cap is being approached slowly; `frozen`, an
    administrator stopped the budget. `cap` is the one in force, `left` what would be admitted now. `resets_at` is when
    the window ends, None if it does not. `admits_at` is when the same call would be admitted by every budget if nothing
    else happened; None: not by itself.
    """

    budget: str
    unit: Unit
    cause: Cause
    at_cap: AtCap
    cap: int
    used: int
    held: int
    requested: int
    left: int
    resets_at: int | None
    admits_at: int | None


class Burn(msgspec.Struct, frozen=True):
    """What an entry took from a grant, named by the `seq` of its entry. Negative: it gave back."""

    grant: int
    amount: int


class Entry(msgspec.Struct, frozen=True):
    """One thing that happened, written once. `at`: when the call began; `posted_at`: when this was written.

    An `adjusted` entry corrects the entry `of`: its `amounts` are the difference. A `changed` entry says what an
    administrator did: `change`. A `rented` entry is an hour of an endpoint that is paid by the hour. `session_start`
    is 0 for a call of no session.
    """

    seq: int
    id: str
    kind: Kind
    flags: EntryFlags
    at: int
    posted_at: int
    amounts: Sums
    tallies: Tallies
    axes: Axes
    session_start: int
    burns: tuple[Burn, ...]
    of: int | None
    change: Change | None
    actor: str
    reason: str
    detail: bytes


class Event(msgspec.Struct, frozen=True):
    """What a budget has to say, raised once and kept. `each` are the values of the account. Amounts are in `unit`.

    `level`: what is used in the window reached the level of that name and `amount`. `over_hold`: the entry used
    `amount` more than it held. `used` and `cap` are those of the moment `at`; `cap` is None where there is none.
    """

    seq: int
    kind: EventKind
    entry: int
    at: int
    budget: str
    each: tuple[str, ...]
    unit: Unit
    level: str
    amount: int
    used: int
    cap: int | None
    start: int
    end: int | None


class Balance(msgspec.Struct, frozen=True):
    """One account of a budget in one window. Amounts are in `unit`.

    `each` holds the values that this account is for. `cap` is the one in force, `raised` included, None where there is
    none; of a prepaid budget, all that may be used. `posted` is the sum of the entries, `used` what counts against the
    cap: less what a reset forgave. `left`: what would be admitted now, `burst_left` included. `over_by`: how far used
    and held exceed the cap, because it was lowered, by a burst, or because an actual exceeded its hold.
    """

    budget: str
    each: dict[str, str]
    unit: Unit
    mode: Mode
    start: int
    end: int | None
    cap: int | None
    posted: int
    used: int
    held: int
    left: int | None
    over_by: int
    raised: int
    burst_left: int
    frozen: bool


class Rollup(msgspec.Struct, frozen=True):
    """The sums of the entries of one hour with the same axes (sessions left out). `entries` counts them by kind."""

    hour: int
    axes: Axes
    entries: dict[Kind, int]
    overruns: int
    uncertain: int
    estimated: int
    amounts: Sums
    tallies: Tallies


class Grant(msgspec.Struct, frozen=True):
    """Prepaid units and what is left of them, by the `seq` of the entry that granted them. Times are Unix ms."""

    seq: int
    change: Change
    created: int
    spent: int
    held: int

    @property
    def left(self) -> int:
        """What no call has taken or set aside; negative when calls took more than they held."""
        return self.change.amount - self.spent - self.held
