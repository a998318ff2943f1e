"""Budgets that hold under any concurrency and crash: reserve before a call, settle after it, prove it later.

values          Amounts, Axes, Budget, Hold, Refusal, Entry, Balance
window          Window, and the time zone tables it hands to the core
ledger          Ledger: the books of one directory
asynchronous    AsyncLedger: the same from an event loop, which it never blocks
"""

from tokenfoundry.ledger.asynchronous import AsyncLedger
from tokenfoundry.ledger.ledger import Ledger
from tokenfoundry.ledger.values import (
    NO_FLAGS,
    Amounts,
    Axes,
    Balance,
    Budget,
    Entry,
    EntryFlags,
    Hold,
    Refusal,
)
from tokenfoundry.ledger.window import Window

__all__ = [
    "NO_FLAGS",
    "Amounts",
    "AsyncLedger",
    "Axes",
    "Balance",
    "Budget",
    "Entry",
    "EntryFlags",
    "Hold",
    "Ledger",
    "Refusal",
    "Window",
]
