"""What an administrator does to a budget, besides defining it."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

ChangeKind = Literal["raise", "reset", "freeze", "unfreeze", "grant"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)  # Numbered from 1 in the core (ledger/change.h).


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator did to a budget, who and why. Times are Unix milliseconds, amounts in the budget's unit.

    `each` are the values of one account in the order of the budget's axes, None for all of it. A `raise` is in force,
    and a `grant` can be used, in `[start, until)`; None is for ever. Grants are used by `priority`, the least first,
    then by end, then by age; `price_nano` of `price_currency` is what was paid for one.
    """

    kind: ChangeKind
    budget: str
    each: tuple[str, ...] | None = None
    amount: int = 0
    start: int = 0
    until: int | None = None
    priority: int = 0
    price_nano: int = 0
    price_currency: str = ""
    actor: str
    reason: str = ""
