"""What was spent and saved, summed over one axis. Reads the ledger alone, so it says what finance and audit say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import msgspec

from tokenfoundry.analytics.bounds import check_bounds
from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger import Entry, Ledger, Sums, Tallies
from tokenfoundry.ledger.values import Kind
from tokenfoundry.ledger.window import Instant, to_ms
from tokenfoundry.records import CallRecord, Savings

Axis = Literal[
    "workspace", "project", "consumer", "key", "intent", "alias", "model", "target", "region", "env", "outcome"
]
AXES: tuple[str, ...] = get_args(Axis)


class Row(msgspec.Struct, kw_only=True):
    """One value of the axis. Amounts are nano units of the ledger's currency.

    `refused`: by a budget or by the privacy policy. `failed`: ended without using anything. What was answered from the
    cache, or with the answer of an identical call in progress, is a hit. `calls` counts those too, and every attempt at
    a target by itself.
    """

    value: str
    calls: int = 0
    hits: int = 0
    refused: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano: int = 0
    saved_nano: int = 0
    savings: Savings | None = None
    """`saved_nano` by what saved it, where that was asked for: the sum of its components is that, exactly."""

    def to_json(self) -> dict[str, Any]:
        """With every component of the savings: records leave out those of nothing."""
        savings = None if self.savings is None else msgspec.structs.asdict(self.savings)
        return msgspec.structs.asdict(self) | {"savings": savings}


# What only a call's record says; the rest is an axis of the ledger.
_OF_RECORDS = frozenset({"target", "outcome"})
_PAGE = 1000
_HOUR_MS = 3_600_000
_NO_CALLS = frozenset({"adjusted", "changed", "rented"})


_TAG = "tag:"


def report(
    ledger: Ledger, *, by: str, start: Instant | None = None, until: Instant | None = None, savings: bool = False
) -> list[Row]:
    """The rows of the calls that began in `[start, until)`, dearest first. `by` is one of `AXES`, or `tag:` and a name
    of `attribution.tags`. Raises `InvalidInput` for an unknown axis, and a tag that none of these calls has.

    A cached answer counts its call and its saving, no tokens. What a call would have cost that was cut off by a crash
    is not known: it saves nothing.

    Read from the hourly sums where they can say it, so that a report of a year reads no entry: an axis of the ledger,
    and bounds on whole hours. Else from the entries. Both ways the rows are the same. `savings` by what saved them are
    on the records alone, so with them every entry is read; the hourly sums of exported rows have them too.
    """
    if by not in AXES and not (by.startswith(_TAG) and by != _TAG):
        raise InvalidInput(f"cannot report by {by!r}; there is {', '.join(AXES)}, and tag:NAME")
    check_bounds(*(None if bound is None else to_ms(bound) for bound in (start, until)))
    whole_hours = all(bound is None or to_ms(bound) % _HOUR_MS == 0 for bound in (start, until))
    if by in _OF_RECORDS or by.startswith(_TAG) or not whole_hours or savings:
        return rows_of_entries(ledger, by=by, start=start, until=until, savings=savings)
    return rows_of_rollups(ledger, by=by, start=start, until=until)


def instant_of(text: str, name: str) -> int:
    """A date or time of ISO 8601 as Unix milliseconds; UTC when it names no offset. Raises `InvalidInput` naming
    `name`.

    >>> instant_of("2026-03-01", "start"), instant_of("2026-03-01T01:00+01:00", "start")
    (1772323200000, 1772323200000)
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{name}: {text!r} is no date or time, such as 2026-03-01 or 2026-03-01T08:00+01:00"
        ) from None
    return to_ms(at if at.tzinfo else at.replace(tzinfo=UTC), field=name)


def rows_of_rollups(ledger: Ledger, *, by: str, start: Instant | None, until: Instant | None) -> list[Row]:
    """The rows by an axis of the ledger, for whole hours."""
    rows = _Rows()
    crashed: set[int] = set()
    for rollup in ledger.rollups(start=start, until=until):
        rows.add(getattr(rollup.axes, by), rollup.entries, rollup.amounts, rollup.tallies)
        if rollup.entries.get("recovered"):
            crashed.add(rollup.hour)
    for hour in crashed:
        for entry in every_entry(ledger, start=hour, until=hour + _HOUR_MS):
            if entry.kind == "recovered":
                rows.of(getattr(entry.axes, by)).saved_nano += entry.amounts.money_nano
    return rows.sorted()


def rows_of_entries(
    ledger: Ledger, *, by: str, start: Instant | None, until: Instant | None, savings: bool = False
) -> list[Row]:
    """The rows by any axis, for any bounds."""
    rows = _Rows()
    for entry in every_entry(ledger, start=start, until=until):
        if entry.kind == "changed":
            continue
        value = _value_of(ledger, entry, by)
        rows.add(value, {entry.kind: 1}, entry.amounts, entry.tallies)
        if entry.kind == "recovered":
            rows.of(value).saved_nano += entry.amounts.money_nano
        if savings:
            row = rows.of(value)
            row.savings = added(row.savings or Savings(), _savings_of(entry))
    found = rows.sorted()
    if by.startswith(_TAG) and found and not any(row.value for row in found):
        raise InvalidInput(f"none of these calls has the tag {by.removeprefix(_TAG)!r}")
    return found


def added(one: Savings, other: Savings) -> Savings:
    """Component by component."""
    return Savings(**{name: getattr(one, name) + getattr(other, name) for name in Savings.__struct_fields__})


def _savings_of(entry: Entry) -> Savings:
    """What saved what the entry saved, as exported rows have it (analytics/rows/columns.py): what no component claims
    was saved by the response cache of a hit, else by routing.
    """
    if entry.kind == "recovered":
        return Savings()
    saved_nano = entry.tallies.counterfactual_nano - entry.amounts.money_nano
    told = None if entry.kind == "adjusted" or not entry.detail else CallRecord.from_bytes(entry.detail).savings
    if told is None:
        return Savings(response_cache=saved_nano) if entry.kind == "hit" else Savings(routing=saved_nano)
    rest = saved_nano - told.batch - told.provider_cache - told.response_cache
    return msgspec.structs.replace(told, routing=rest)


def every_entry(ledger: Ledger, *, start: Instant | None = None, until: Instant | None = None) -> Iterator[Entry]:
    """The entries of calls that began in `[start, until)` in their order, a page in memory at a time."""
    after = -1
    while page := ledger.entries(after, _PAGE, start=start, until=until):
        yield from page
        after = page[-1].seq


def _value_of(ledger: Ledger, entry: Entry, by: str) -> str:
    if by.startswith(_TAG):
        return _record_of(ledger, entry).tags.get(by.removeprefix(_TAG), "")
    value: str = getattr(_record_of(ledger, entry) if by in _OF_RECORDS else entry.axes, by)
    return value


def _record_of(ledger: Ledger, entry: Entry) -> CallRecord:
    """The record of the call that the entry is of, or corrects."""
    if entry.of is not None:
        (entry,) = ledger.entries(entry.of - 1, 1)
    return CallRecord.from_bytes(entry.detail)


class _Rows:
    """The rows by their value."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def of(self, value: str) -> Row:
        return self._rows.setdefault(value, Row(value=value))

    def add(self, value: str, kinds: Mapping[Kind, int], amounts: Sums, tallies: Tallies) -> None:
        if set(kinds) == {"changed"}:
            return  # An administrator's doing, on no axis.
        row = self.of(value)
        row.calls += sum(count for kind, count in kinds.items() if kind not in _NO_CALLS)
        row.hits += kinds.get("hit", 0)
        row.refused += kinds.get("refused", 0)
        row.failed += kinds.get("void", 0)
        row.input_tokens += tallies.input_tokens
        row.output_tokens += tallies.output_tokens
        row.cost_nano += amounts.money_nano
        row.saved_nano += tallies.counterfactual_nano - amounts.money_nano

    def sorted(self) -> list[Row]:
        return sorted(self._rows.values(), key=lambda row: (-row.cost_nano, -row.calls, row.value))
