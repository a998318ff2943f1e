"""The core's tuples as values, and values as the core's tuples: shared by the two faces of the ledger."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import astuple

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger.values import (
    AXES,
    CAUSES,
    KIND_NUMBERS,
    KINDS,
    MODES,
    UNITS,
    Amounts,
    Axes,
    Balance,
    Entry,
    EntryFlags,
    Hold,
    Refusal,
)
from tokenfoundry.ledger.window import Instant, to_ms

_CALLERS_FLAGS = EntryFlags.UNCERTAIN | EntryFlags.ESTIMATED


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
    id: str, amounts: Amounts, flags: EntryFlags, detail: bytes | None, now_ms: int
) -> tuple[Any, ...]:
    _check(id, str, "id")
    _check(amounts, Amounts, "amounts")
    if flags & ~_CALLERS_FLAGS:
        raise InvalidInput(f"flags: {flags!r}; only UNCERTAIN and ESTIMATED are the caller's")
    if detail is not None:
        _check(detail, bytes, "detail")
    return id, astuple(amounts), int(flags), detail, now_ms


def void_arguments(id: str, detail: bytes | None, now_ms: int) -> tuple[Any, ...]:
    _check(id, str, "id")
    if detail is not None:
        _check(detail, bytes, "detail")
    return id, detail, now_ms


def record_arguments(
    id: str,
    kind: Literal["hit", "refused"],
    amounts: Amounts,
    axes: Axes,
    at: Instant | None,
    detail: bytes,
    now_ms: int,
) -> tuple[Any, ...]:
    if kind not in ("hit", "refused"):
        raise InvalidInput(f"kind: {kind!r} is not hit or refused")
    id, *rest = reserve_arguments(id, amounts, axes, at, detail, now_ms)
    return id, KIND_NUMBERS[kind], *rest


def hold_of(fields: tuple[Any, ...]) -> Hold:
    id, amounts, axes, at, detail = fields
    return Hold(id, amounts_of(amounts), axes_of(axes), at, detail)


def refusal_of(fields: tuple[Any, ...]) -> Refusal:
    budget, unit, cause, cap, posted, held, requested, left, resets_at = fields
    return Refusal(budget, UNITS[unit], CAUSES[cause], cap, posted, held, requested, left, resets_at)


def entry_of(fields: tuple[Any, ...]) -> Entry:
    seq, id, kind, flags, at, posted_at, amounts, axes, detail = fields
    return Entry(seq, id, KINDS[kind], EntryFlags(flags), at, posted_at, amounts_of(amounts), axes_of(axes), detail)


def balance_of(fields: tuple[Any, ...]) -> Balance:
    budget, each, unit, start, end, cap, posted, held, left, over_by, mode = fields
    values: dict[str, str] = {AXES[axis]: value for axis, value in each}
    return Balance(budget, values, UNITS[unit], start, end, cap, posted, held, left, over_by, MODES[mode])


def amounts_of(fields: tuple[int, ...]) -> Amounts:
    money_nano, tokens, requests, images, audio, gpu_ms = fields
    return Amounts(money_nano=money_nano, tokens=tokens, requests=requests, images=images, audio=audio, gpu_ms=gpu_ms)


def axes_of(fields: tuple[str, ...]) -> Axes:
    workspace, project, consumer, key, intent, alias, model, region, env = fields
    return Axes(
        workspace=workspace,
        project=project,
        consumer=consumer,
        key=key,
        intent=intent,
        alias=alias,
        model=model,
        region=region,
        env=env,
    )
