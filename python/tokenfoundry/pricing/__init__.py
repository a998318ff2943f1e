"""What calls cost: dated rates per million tokens, exact decimals, and one rounding to the ledger's nano units.

catalogue   prices by model name: the shipped table, and the user's own before it
rates       the rates of a model at an instant, the worst case of a request
cost        what a usage costs at them, line by line
book        the prices of the configured targets in the ledger's currency, for the gateway
fx          dated exchange rates
"""

from tokenfoundry.pricing.book import Charge, PriceBook
from tokenfoundry.pricing.catalogue import Catalogue, PricedModel, prices
from tokenfoundry.pricing.cost import Cost, Line
from tokenfoundry.pricing.fx import FxTable
from tokenfoundry.pricing.history import DailyRates, Period, RateHistory
from tokenfoundry.pricing.money import to_nano
from tokenfoundry.pricing.rates import Rates, Tier, worst_case

__all__ = [
    "Catalogue",
    "Charge",
    "Cost",
    "DailyRates",
    "FxTable",
    "Line",
    "Period",
    "PriceBook",
    "PricedModel",
    "RateHistory",
    "Rates",
    "Tier",
    "prices",
    "to_nano",
    "worst_case",
]
