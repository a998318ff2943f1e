"""Presidio's classes over this package's detector: move by changing the imports (see README.md beside this).

    analyzer     AnalyzerEngine, BatchAnalyzerEngine
    registry     RecognizerRegistry, and Presidio's YAML files
    recognizers  PatternRecognizer, Pattern, EntityRecognizer; predefined: the names of Presidio's own
    anonymizer   AnonymizerEngine, DeanonymizeEngine, BatchAnonymizerEngine
    operators    replace, redact, mask, hash, encrypt, keep, custom; decrypt
    rest         both services as one ASGI application

Expressions are translated once (syntax, charset, translate) and matched by the detector (matcher): no text can make
one slow.
"""

from typing import TYPE_CHECKING, Any

from tokenfoundry.compat.presidio.analyzer import AnalyzerEngine, BatchAnalyzerEngine
from tokenfoundry.compat.presidio.anonymizer import AnonymizerEngine, BatchAnonymizerEngine, DeanonymizeEngine
from tokenfoundry.compat.presidio.conflicts import ConflictResolutionStrategy
from tokenfoundry.compat.presidio.operators import Operator, OperatorConfig, OperatorType
from tokenfoundry.compat.presidio.recognizers import EntityRecognizer, LocalRecognizer, Pattern, PatternRecognizer
from tokenfoundry.compat.presidio.registry import RecognizerRegistry
from tokenfoundry.compat.presidio.results import (
    AnalysisExplanation,
    DictAnalyzerResult,
    DictRecognizerResult,
    EngineResult,
    InvalidParamError,
    OperatorResult,
    RecognizerResult,
)

if TYPE_CHECKING:
    from tokenfoundry.compat.presidio.rest import app

__all__ = [
    "AnalysisExplanation",
    "AnalyzerEngine",
    "AnonymizerEngine",
    "BatchAnalyzerEngine",
    "BatchAnonymizerEngine",
    "ConflictResolutionStrategy",
    "DeanonymizeEngine",
    "DictAnalyzerResult",
    "DictRecognizerResult",
    "EngineResult",
    "EntityRecognizer",
    "InvalidParamError",
    "LocalRecognizer",
    "Operator",
    "OperatorConfig",
    "OperatorResult",
    "OperatorType",
    "Pattern",
    "PatternRecognizer",
    "RecognizerRegistry",
    "RecognizerResult",
    "app",
]


def __getattr__(name: str) -> Any:
    if name == "app":
        from tokenfoundry.compat.presidio.rest import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
