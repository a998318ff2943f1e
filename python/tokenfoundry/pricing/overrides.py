"""Prices that an administrator stated while the gateway runs: kept beside the ledger, dated, with who and why.

Nothing of it is ever changed or removed: another price from the same instant is another row, and the later made one
holds. A price begins at or after the moment it is made, so what was booked can be computed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing.history import Period, RateHistory
from tokenfoundry.pricing.rates import Rates

_TABLE: Final = "settings"
_PREFIX: Final = "price/"


class PriceOverride(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a target from an instant on; None gives the configuration's back. Times are Unix ms."""

    target: str
    from_ms: int
    price: dict[str, Any] | None
    actor: str
    reason: str
    made_at_ms: int


class PriceOverrides:
    """The overrides of one open data directory, the oldest first. Thread-safe: rows are only ever added."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        decoder = msgspec.json.Decoder(PriceOverride)
        rows = [decoder.decode(value) for key, value in ledger.items(_TABLE) if key.startswith(_PREFIX)]
        self._rows: tuple[PriceOverride, ...] = tuple(sorted(rows, key=lambda row: row.made_at_ms))

    @property
    def rows(self) -> tuple[PriceOverride, ...]:
        """Every override that was ever made."""
        return self._rows

    def with_row(self, row: PriceOverride) -> Mapping[str, Sequence[PriceOverride]]:
        """What `by_target` would say with one more row."""
        return _by_target((*self._rows, row))

    def by_target(self) -> Mapping[str, Sequence[PriceOverride]]:
        """For each target what is to be applied to its price, by the instant from which it holds."""
        return _by_target(self._rows)

    def add(self, row: PriceOverride) -> None:
        """Stores a row. It holds with the next price book that is made."""
        key = f"{_PREFIX}{row.target}/{row.from_ms:016d}/{row.made_at_ms:016d}/{len(self._rows)}"
        self._ledger.put(_TABLE, key, msgspec.json.encode(row))
        self._rows = (*self._rows, row)


def _by_target(rows: Sequence[PriceOverride]) -> dict[str, list[PriceOverride]]:
    latest = {(row.target, row.from_ms): row for row in rows}
    found: dict[str, list[PriceOverride]] = {}
    for row in sorted(latest.values(), key=lambda row: row.from_ms):
        found.setdefault(row.target, []).append(row)
    return found


def overridden(history: RateHistory, overrides: Sequence[PriceOverride], *, currency: str) -> RateHistory:
    """The history with each override in force from its instant to the next one's. `currency` is that of a price that
    names none. Raises `InvalidInput` for a price that is none.

    >>> from decimal import Decimal
    >>> before = RateHistory.constant(Rates(input=Decimal(2)))
    >>> price = {"input": "1", "output": "1"}
    >>> row = PriceOverride(target="t", from_ms=5, price=price, actor="", reason="", made_at_ms=5)
    >>> after = overridden(before, [row, msgspec.structs.replace(row, from_ms=9, price=None)], currency="EUR")
    >>> after.at(4).input, after.at(5).input, after.at(9).input
    (Decimal('2'), Decimal('1'), Decimal('2'))
    """
    if not overrides:
        return history
    first, *_ = history.periods
    # Before its first period a history has the rates of that one.
    stated = (replace(first, from_ms=min(0, first.from_ms)), *history.periods[1:])
    ends = [*(row.from_ms for row in overrides[1:]), None]
    periods = [period for period in stated if period.from_ms < overrides[0].from_ms]
    for row, end_ms in zip(overrides, ends, strict=True):
        if row.price is not None:
            periods.append(Period(row.from_ms, Rates.from_price(row.price, currency=currency), source="override"))
            continue
        in_force = [period for period in stated if period.from_ms <= row.from_ms][-1]
        periods.append(replace(in_force, from_ms=row.from_ms))
        periods += [
            period for period in stated if row.from_ms < period.from_ms and (not end_ms or period.from_ms < end_ms)
        ]
    return RateHistory(tuple(periods))
