"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__
from tokenfoundry.audit import AuditHead, Verification
from tokenfoundry.cache import Cache, CacheStats
from tokenfoundry.ledger import (
    Amounts,
    AsyncLedger,
    Axes,
    Balance,
    Budget,
    Entry,
    EntryFlags,
    Hold,
    Ledger,
    Refusal,
    Window,
)

__all__ = [
    "Amounts",
    "AsyncLedger",
    "AuditHead",
    "Axes",
    "Balance",
    "Budget",
    "Cache",
    "CacheStats",
    "Entry",
    "EntryFlags",
    "Hold",
    "Ledger",
    "Refusal",
    "Verification",
    "Window",
    "__version__",
]
