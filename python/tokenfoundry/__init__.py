"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__
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

__all__ = [
    "Detector",
    "Finding",
    "Pattern",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "StreamRestorer",
    "Tokenizer",
    "__version__",
    "entities",
]
