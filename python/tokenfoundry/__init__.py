"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__

__all__ = ["__version__"]
