"""Budgets that hold under any concurrency and crash: reserve before a call, settle after it, prove it later.

values          Amounts, Axes, Tallies, Hold, Refusal, Entry, Event, Balance, Rollup, Grant
budget, change  Budget, Burst, Level; Change: what an administrator does to one
window          Window, and the time zone tables it hands to the core
ledger          Ledger: the books of one directory
asynchronous    AsyncLedger: the same from an event loop, which it never blocks
arrow           entries and rollups as Arrow batches
hold_queue      who waits until open holds end
arrow           entries and rollups as Arrow batches
"""

from tokenfoundry.ledger.arrow import ArrowBatches
from tokenfoundry.ledger.asynchronous import AsyncLedger
from tokenfoundry.ledger.budget import Budget, Burst, Level
from tokenfoundry.ledger.change import Change
from tokenfoundry.ledger.ledger import Ledger
from tokenfoundry.ledger.values import (
    NO_FLAGS,
    NO_TALLIES,
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
)
from tokenfoundry.ledger.window import Window

__all__ = [
    "NO_FLAGS",
    "NO_TALLIES",
    "Amounts",
    "ArrowBatches",
    "AsyncLedger",
    "Axes",
    "Balance",
    "Budget",
    "Burn",
    "Burst",
    "Change",
    "Entry",
    "EntryFlags",
    "Event",
    "Grant",
    "Hold",
    "Ledger",
    "Level",
    "Refusal",
    "Rollup",
    "Sums",
    "Tallies",
    "Window",
]
