"""What a configuration says of attribution, put together."""

from __future__ import annotations

from typing import Final, NamedTuple

from tokenfoundry.attribution.axes import UNBOUNDED
from tokenfoundry.attribution.distinct import DistinctValues
from tokenfoundry.attribution.intents import NO_INTENTS, IntentRules, intent_rules
from tokenfoundry.attribution.stated import Stated
from tokenfoundry.settings.attribution import AttributionSettings


class AttributionRules(NamedTuple):
    """`distinct` bounds what callers state, `stated` takes what the headers of axes do not say, `intents` are those of
    calls that state none.
    """

    distinct: DistinctValues
    stated: Stated
    intents: IntentRules


NO_RULES: Final = AttributionRules(UNBOUNDED, Stated(AttributionSettings(), UNBOUNDED), NO_INTENTS)


def attribution_rules(settings: AttributionSettings, distinct: DistinctValues) -> AttributionRules:
    """The rules of a configuration, counting on what `distinct` has counted. Raises `ConfigError`."""
    bounded = distinct.bound(settings.most_values, window_ms=settings.window)
    return AttributionRules(bounded, Stated(settings, bounded), intent_rules(settings))
