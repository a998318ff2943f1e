"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__
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
    "Catalogue",
    "Cost",
    "Detector",
    "Finding",
    "Pattern",
    "Rates",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "StreamRestorer",
    "Tokenizer",
    "Usage",
    "__version__",
    "entities",
    "prices",
]
