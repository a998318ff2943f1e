"""How commands speak: tables for people, JSON for programs, one sentence and exit code 1 for an expected error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tokenfoundry.settings.units import NAMES_OF_LEDGER_UNITS, LedgerUnit, amount_text

_BAR_CELLS = 10
_WIDEST = 1000
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)  # A query makes sums of up to 39 digits.

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """For `--json`: one document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    wrapped: Sequence[str] = (),
) -> Table:
    """A table whose first `left` columns are text and whose others are numbers. Those in `wrapped` give way where it is
    too narrow.
    """
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for index, column in enumerate(columns):
        justify: Literal["left", "right"] = "left" if index < left else "right"
        gives_way = column in wrapped
        lines = [] if gives_way else [line for cell in (column, *(row[index] for row in rows)) for line in _lines(cell)]
        least = max((cell_len(line) for line in lines), default=None)
        made.add_column(column, justify=justify, no_wrap=not gives_way, overflow="fold", min_width=least)
    for row in rows:
        made.add_row(*row)
    return made


def show(made: Table, on: Console | None = None, *, if_empty: str = "") -> None:
    """Prints a table as wide as it needs to be, on standard output or `on`: a number that is cut off is another number.
    One without rows is told as the sentence `if_empty`, where there is one.

    Every table is printed here.
    """
    console = on or out
    if if_empty and not made.row_count:
        console.print(if_empty, markup=False, soft_wrap=True)
        return
    needed = Measurement.get(console, console.options.update(width=_WIDEST), made).minimum
    Console(width=max(console.width, needed), stderr=console.stderr, highlight=False).print(made, crop=False)


def _lines(cell: str) -> list[str]:
    return Text.from_markup(cell).plain.splitlines()


def money(nano: int, currency: str) -> str:
    """An amount for people: six decimals, as call costs are small.

    >>> money(1_234_567_890, "EUR")
    '1.234568 EUR'
    """
    units = Decimal(nano).scaleb(-9, _WIDE)
    return f"{units.quantize(Decimal('0.000001'), context=_WIDE)} {currency}"


def amount(value: int, ledger_unit: LedgerUnit, currency: str) -> str:
    """An amount of the ledger for people, with its unit.

    >>> amount(1500, "gpu_ms", "EUR"), amount(12_500_000_000, "money_nano", "EUR")
    ('1.5 gpu_seconds', '12.500000 EUR')
    """
    if ledger_unit == "money_nano":
        return money(value, currency)
    unit = NAMES_OF_LEDGER_UNITS[ledger_unit]
    return f"{amount_text(unit, value)} {unit}"


def bar(percent: Decimal) -> str:
    """A percentage as people see it at a glance.

    >>> bar(Decimal("42.5"))
    '████░░░░░░  42.5 %'
    """
    full = max(0, min(_BAR_CELLS, int(percent * _BAR_CELLS / 100)))
    return f"{'█' * full}{'░' * (_BAR_CELLS - full)} {percent:>5} %"


def day(at_ms: int | None) -> str:
    """An instant for people, to the minute, in UTC.

    >>> day(0), day(None)
    ('1970-01-01 00:00Z', 'never')
    """
    return "never" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
