"""What was spent and saved, summed over one axis. Reads the ledger's entries, so it says what finance and audit say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import msgspec

from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger import Entry, Ledger
from tokenfoundry.records import CallRecord

Axis = Literal[
    "workspace", "project", "consumer", "key", "intent", "alias", "model", "target", "region", "env", "outcome"
]
AXES: tuple[str, ...] = get_args(Axis)


class Row(msgspec.Struct, kw_only=True):
    """One value of the axis. Amounts are nano units of the ledger's currency."""

    value: str
    calls: int = 0
    hits: int = 0
    refused: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano: int = 0
    saved_nano: int = 0


_PAGE = 1000


def every_entry(ledger: Ledger) -> Iterator[Entry]:
    """The ledger's entries in their order, a page in memory at a time."""
    after = -1
    while page := ledger.entries(after, _PAGE):
        yield from page
        after = page[-1].seq


def report(entries: Iterable[Entry], *, by: str) -> list[Row]:
    """The rows, dearest first. A cached answer counts its call and its saving, no tokens. Raises `InvalidInput` for an
    unknown axis.
    """
    if by not in AXES:
        raise InvalidInput(f"cannot report by {by!r}; there is {', '.join(AXES)}")
    rows: dict[str, Row] = {}
    for entry in entries:
        record = CallRecord.from_bytes(entry.detail)
        value = getattr(record, by)
        row = rows.setdefault(value, Row(value=value))
        row.calls += 1
        row.cost_nano += entry.amounts.money_nano
        if record.outcome == "hit":
            row.hits += 1
            row.saved_nano += record.saved_nano
        elif record.outcome in ("refused", "blocked"):
            row.refused += 1
        elif record.outcome == "failed":
            row.failed += 1
        else:
            row.input_tokens += record.input_tokens
            row.output_tokens += record.output_tokens
            row.saved_nano += record.saved_nano
    return sorted(rows.values(), key=lambda row: (-row.cost_nano, -row.calls, row.value))
