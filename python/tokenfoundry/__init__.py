"""TokenFoundry: an AI token factory between application code and model providers."""

from tokenfoundry._core import __version__
from tokenfoundry.pricing import Catalogue, Cost, Rates, prices
from tokenfoundry.usage import Usage

__all__ = ["Catalogue", "Cost", "Rates", "Usage", "__version__", "prices"]
