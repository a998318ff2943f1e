"""The core's tuples as values, and values as the core's tuples: shared by the two faces of the ledger.

Numbers in amounts and tallies are checked by the core, which names the field that is wrong.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from msgspec.structs import astuple

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.change import CHANGE_KINDS, Change
from tokenfoundry.ledger.values import (
    AT_CAPS,
    AXES,
    CAUSES,
    EVENT_KINDS,
    KINDS,
    MODES,
    UNITS,
    Amounts,
    Axes,
    Balance,
    Burn,
    Entry,
    EntryFlags,
    Event,
    Grant,
    Hold,
    Refusal,
    Rollup,
    Sums,
    Tallies,
    check_amount,
)
from tokenfoundry.ledger.window import Instant, to_ms

_INT64_MAX = 2**63 - 1
_CALLERS_FLAGS = EntryFlags.UNCERTAIN | EntryFlags.ESTIMATED
_FLAGS = tuple(map(EntryFlags, range(8)))  # By number.


def _check(value: object, kind: type, field: str) -> None:
    if not isinstance(value, kind):
        raise InvalidInput(f"{field}: not {kind.__name__}")


def reserve_arguments(
    id: str, amounts: Amounts, axes: Axes, at: Instant | None, detail: bytes, now_ms: int
) -> tuple[Any, ...]:
    _check(id, str, "id")
    _check(amounts, Amounts, "amounts")
    _check(axes, Axes, "axes")
    _check(detail, bytes, "detail")
    return id, astuple(amounts), astuple(axes), None if at is None else to_ms(at), now_ms, detail


def settle_arguments(
    id: str, amounts: Amounts, tallies: Tallies, flags: EntryFlags, detail: bytes | None, now_ms: int
) -> tuple[Any, ...]:
    _check(id, str, "id")
    _check(amounts, Amounts, "amounts")
    _check(tallies, Tallies, "tallies")
    if flags and flags & ~_CALLERS_FLAGS:
        raise InvalidInput(f"flags: {flags!r}; only UNCERTAIN and ESTIMATED are the caller's")
    if detail is not None:
        _check(detail, bytes, "detail")
    return id, astuple(amounts), astuple(tallies), int(flags), detail, now_ms


def void_arguments(id: str, detail: bytes | None, now_ms: int) -> tuple[Any, ...]:
    _check(id, str, "id")
    if detail is not None:
        _check(detail, bytes, "detail")
    return id, detail, now_ms


def record_arguments(
    id: str,
    kind: Literal["hit", "refused"],
    amounts: Amounts,
    tallies: Tallies,
    axes: Axes,
    at: Instant | None,
    detail: bytes,
    now_ms: int,
) -> tuple[Any, ...]:
    if kind not in ("hit", "refused"):
        raise InvalidInput(f"kind: {kind!r} is not hit or refused")
    _check(tallies, Tallies, "tallies")
    id, amount_numbers, *rest = reserve_arguments(id, amounts, axes, at, detail, now_ms)
    return id, KINDS.index(kind) + 1, amount_numbers, astuple(tallies), *rest


def adjust_arguments(
    id: str, of: int, amounts: Sums, tallies: Tallies, actor: str, reason: str, detail: bytes, now_ms: int
) -> tuple[Any, ...]:
    _check(id, str, "id")
    check_amount(of, "of", most=_INT64_MAX)
    _check(amounts, Sums, "amounts")
    _check(tallies, Tallies, "tallies")
    _check(actor, str, "actor")
    _check(reason, str, "reason")
    _check(detail, bytes, "detail")
    return id, of, astuple(amounts), astuple(tallies), actor, reason, detail, now_ms


def change_arguments(id: str, change: Change, now_ms: int) -> tuple[Any, ...]:
    _check(id, str, "id")
    _check(change, Change, "change")
    if change.kind not in CHANGE_KINDS:
        raise InvalidInput(f"kind: {change.kind!r} is not one of {', '.join(CHANGE_KINDS)}")
    for field in ("budget", "price_currency", "actor", "reason"):
        _check(getattr(change, field), str, field)
    if change.each is not None and (
        not isinstance(change.each, tuple) or not all(isinstance(value, str) for value in change.each)
    ):
        raise InvalidInput("each: not a tuple of strings")
    for field in ("amount", "start", "price_nano"):
        check_amount(getattr(change, field), field, most=_INT64_MAX)
    if change.until is not None:
        check_amount(change.until, "until", most=_INT64_MAX)
    check_amount(change.priority, "priority", least=-(2**31), most=2**31 - 1)
    _, *rest = astuple(change)
    return id, (CHANGE_KINDS.index(change.kind) + 1, *rest), now_ms


def note_arguments(id: str, actor: str, reason: str, detail: bytes, now_ms: int) -> tuple[Any, ...]:
    _check(id, str, "id")
    _check(actor, str, "actor")
    _check(reason, str, "reason")
    _check(detail, bytes, "detail")
    return id, actor, reason, detail, now_ms


def held(id: str, amounts: Amounts, axes: Axes, detail: bytes, result: tuple[Any, ...]) -> Hold:
    """The hold that `reserve` made or found: what was asked for, and when its call began."""
    _, at, _, tracked = result
    return Hold(id, amounts, axes, at, detail, None if tracked is None else refusal_of(tracked))


def hold_of(fields: tuple[Any, ...]) -> Hold:
    id, amounts, axes, at, detail = fields
    return Hold(id, Amounts(**dict(zip(UNITS, amounts, strict=True))), axes_of(axes), at, detail)


def refusal_of(fields: tuple[Any, ...]) -> Refusal:
    budget, unit, cause, at_cap, *rest = fields
    return Refusal(budget, UNITS[unit], CAUSES[cause], AT_CAPS[at_cap - 1], *rest)


def posted(amounts: Sums, tallies: Tallies, fields: tuple[Any, ...]) -> Entry:
    """The entry that a call made with these amounts: they need not be built again."""
    return _entry(fields, amounts, tallies)


def entry_of(fields: tuple[Any, ...]) -> Entry:
    units = Sums if KINDS[fields[2] - 1] == "adjusted" else Amounts
    return _entry(fields, units(**dict(zip(UNITS, fields[6], strict=True))), tallies_of(fields[7]))


def _entry(fields: tuple[Any, ...], amounts: Sums, tallies: Tallies) -> Entry:
    (
        seq,
        id,
        kind_number,
        flags,
        at,
        posted_at,
        _,
        _,
        axes,
        session_start,
        burns,
        of,
        change,
        actor,
        reason,
        detail,
    ) = fields
    return Entry(
        seq,
        id,
        KINDS[kind_number - 1],
        _FLAGS[flags],
        at,
        posted_at,
        amounts,
        tallies,
        axes_of(axes),
        session_start,
        tuple(Burn(*burn) for burn in burns) if burns else (),
        of,
        None if change is None else change_of(change),
        actor,
        reason,
        detail,
    )


def balance_of(fields: tuple[Any, ...]) -> Balance:
    budget, each, unit, mode, *rest = fields
    values: dict[str, str] = {AXES[axis]: value for axis, value in each}
    return Balance(budget, values, UNITS[unit], MODES[mode - 1], *rest)


def event_of(fields: tuple[Any, ...]) -> Event:
    seq, kind, entry, at, budget, each, unit, *rest = fields
    return Event(seq, EVENT_KINDS[kind - 1], entry, at, budget, each, UNITS[unit], *rest)


def rollup_of(fields: tuple[Any, ...]) -> Rollup:
    hour, axes, entries, overruns, uncertain, estimated, amounts, tallies = fields
    by_kind = {kind: count for kind, count in zip(KINDS, entries, strict=True) if count}
    sums = Sums(**dict(zip(UNITS, amounts, strict=True)))
    return Rollup(hour, axes_of(axes), by_kind, overruns, uncertain, estimated, sums, tallies_of(tallies))


def grant_of(fields: tuple[Any, ...]) -> Grant:
    seq, change, created, spent, held_now = fields
    return Grant(seq, change_of(change), created, spent, held_now)


def change_of(fields: tuple[Any, ...]) -> Change:
    kind, *rest = fields
    return Change(**dict(zip(Change.__struct_fields__, (CHANGE_KINDS[kind - 1], *rest), strict=True)))


def tallies_of(fields: tuple[int, ...]) -> Tallies:
    return Tallies(**dict(zip(Tallies.__struct_fields__, fields, strict=True)))


@lru_cache(maxsize=4096)
def axes_of(fields: tuple[str, ...]) -> Axes:
    return Axes(**dict(zip(AXES, fields, strict=True)))
