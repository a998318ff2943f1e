"""Who a call is booked on: trusted values from the key, client values only where the key allows them and no more of
them than are told apart, and the intent that a rule infers for a call that states none.
"""

from tokenfoundry.attribution.axes import Attribution, Beside, attribute, conversation_of
from tokenfoundry.attribution.distinct import OVERFLOW, UNATTRIBUTED, DistinctValues
from tokenfoundry.attribution.intents import IntentRules
from tokenfoundry.attribution.rules import NO_RULES, AttributionRules, attribution_rules

__all__ = [
    "NO_RULES",
    "OVERFLOW",
    "UNATTRIBUTED",
    "Attribution",
    "AttributionRules",
    "Beside",
    "DistinctValues",
    "IntentRules",
    "attribute",
    "attribution_rules",
    "conversation_of",
]
