"""One version of the configuration at work.

Made whole, never changed, exchanged whole: a call takes the engine in force when it comes and keeps it to its end, so
that no call sees half of one configuration and half of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tokenfoundry.gateway.pipeline import Pipeline
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.pricing import PriceBook
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.resilience.guards import Guards
from tokenfoundry.routing.policy import Router
from tokenfoundry.settings import Settings


class Connections:
    """Those of one client. Every call that may use them holds this: they are closed once the last has let it go."""


@dataclass(frozen=True, eq=False)
class Engine:
    """What a version of the settings became. `client` may serve several versions that have the same providers;
    `digest_of_keys` is of the keys that it read.
    """

    settings: Settings
    pipeline: Pipeline
    router: Router
    prices: PriceBook
    redactors: Redactors
    client: ProviderClient
    connections: Connections
    guards: Guards
    kept: KeptAnswers | None
    digest_of_keys: bytes = field(repr=False)
