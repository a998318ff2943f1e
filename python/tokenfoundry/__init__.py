"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__
from tokenfoundry.tokens import Tokenizer

__all__ = ["Tokenizer", "__version__"]
