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
from tokenfoundry.pricing import Catalogue, Cost, Rates, prices
from tokenfoundry.privacy import (
    Detector,
    Finding,
    Pattern,
    Redaction,
    RedactionSession,
    Redactor,
    StreamRestorer,
    entities,
)
from tokenfoundry.tokens import Tokenizer
from tokenfoundry.usage import Usage

__all__ = [
    "Amounts",
    "AsyncLedger",
    "AuditHead",
    "Axes",
    "Balance",
    "Budget",
    "Cache",
    "CacheStats",
    "Catalogue",
    "Cost",
    "Detector",
    "Entry",
    "EntryFlags",
    "Finding",
    "Hold",
    "Ledger",
    "Pattern",
    "Rates",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "Refusal",
    "StreamRestorer",
    "Tokenizer",
    "Usage",
    "Verification",
    "Window",
    "__version__",
    "entities",
    "prices",
]
