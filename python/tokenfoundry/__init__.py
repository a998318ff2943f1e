"""TokenFoundry: an AI token factory between application code and model providers.

The names below are the public face. The engines (tokens, privacy, prices, the ledger) import at once; the gateway,
which needs an HTTP client and a configuration parser, is imported when `TokenFactory` or `Settings` is first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenfoundry._core import __version__
from tokenfoundry.audit import AuditHead, Verification
from tokenfoundry.cache import Cache, CacheStats
from tokenfoundry.counters import TokenCounter
from tokenfoundry.errors import BlockedContent
from tokenfoundry.frames import FrameSession, redact_arrow, redact_frame, restore_arrow, restore_frame
from tokenfoundry.ledger import (
    Amounts,
    AsyncLedger,
    Axes,
    Balance,
    Budget,
    Burn,
    Burst,
    Change,
    Entry,
    EntryFlags,
    Event,
    Grant,
    Hold,
    Ledger,
    Level,
    Refusal,
    Rollup,
    Sums,
    Tallies,
    Window,
)
from tokenfoundry.limits import Limited, RateLimit, RateLimiter
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
from tokenfoundry.prompt_tokens import PromptCount, count_body, count_chat
from tokenfoundry.tokens import Tokenizer
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    from tokenfoundry.factory import TokenFactory
    from tokenfoundry.gateway.host.middleware import Route, TokenFactoryMiddleware
    from tokenfoundry.settings import Settings

_LATER = {
    "Route": "tokenfoundry.gateway.host.middleware",
    "Settings": "tokenfoundry.settings",
    "TokenFactory": "tokenfoundry.factory",
    "TokenFactoryMiddleware": "tokenfoundry.gateway.host.middleware",
}

__all__ = [
    "Amounts",
    "AsyncLedger",
    "AuditHead",
    "Axes",
    "Balance",
    "BlockedContent",
    "Budget",
    "Burn",
    "Burst",
    "Cache",
    "CacheStats",
    "Catalogue",
    "Change",
    "Cost",
    "Detector",
    "Entry",
    "EntryFlags",
    "Event",
    "Finding",
    "FrameSession",
    "Grant",
    "Hold",
    "Ledger",
    "Level",
    "Limited",
    "Pattern",
    "PromptCount",
    "RateLimit",
    "RateLimiter",
    "Rates",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "Refusal",
    "Rollup",
    "Route",
    "Settings",
    "StreamRestorer",
    "Sums",
    "Tallies",
    "TokenCounter",
    "TokenFactory",
    "TokenFactoryMiddleware",
    "Tokenizer",
    "Usage",
    "Verification",
    "Window",
    "__version__",
    "count_body",
    "count_chat",
    "entities",
    "prices",
    "redact_arrow",
    "redact_frame",
    "restore_arrow",
    "restore_frame",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'tokenfoundry' has no attribute {name!r}")
