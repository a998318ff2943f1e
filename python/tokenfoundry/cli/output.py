"""How commands speak: tables for people, JSON for programs, one sentence and exit code 1 for an expected error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """For `--json`: one document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """A table whose first `left` columns are text and whose others are numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index < left else "right", no_wrap=True, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def money(nano: int, currency: str) -> str:
    """An amount for people: six decimals, as call costs are small.

    >>> money(1_234_567_890, "EUR")
    '1.234568 EUR'
    """
    return f"{Decimal(nano).scaleb(-9).quantize(Decimal('0.000001'), rounding=ROUND_HALF_EVEN)} {currency}"
