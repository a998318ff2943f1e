"""Why a call would be routed as it would: for the command line and for administrators. Nothing is sent or booked."""

from __future__ import annotations

from typing import Any

from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.gateway.attempts.facts import facts_of_body
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.ids import uuid7
from tokenfoundry.routing.explain import Explanation
from tokenfoundry.routing.policy import Router, UnknownModel

_ENDPOINTS: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in ENDPOINTS.values()}


def explain(
    router: Router, redactors: Redactors, body: dict[str, Any], *, dialect: str, clock: Clock, **axes: Any
) -> Explanation:
    """What would be decided of this body now; `axes` are fields of `Facts`, such as workspace, intent or regions.

    Raises `InvalidInput` for a body or dialect that no endpoint takes, `NotFound` for a model that does not exist, and
    `BlockedContent`.
    """
    endpoint = _ENDPOINTS.get(dialect)
    if endpoint is None:
        raise InvalidInput(f"dialect {dialect!r}: should be one of {', '.join(sorted(_ENDPOINTS))}")
    alias = body.get("model")
    if not isinstance(alias, str) or not alias:
        raise InvalidInput("model: needs the name of a model")
    try:
        reachable = router.may_reach(alias)
    except UnknownModel:
        raise NotFound(f"no model is called {alias!r}; there are: {', '.join(router.models)}") from None
    now_ms = clock()
    owner = [axes.get(axis, "") for axis in ("workspace", "project", "key")]
    try:
        facts = facts_of_body(
            endpoint,
            body,
            redactors.of(*owner).session(),
            reachable,
            **{"request_id": uuid7(now_ms), "at_ms": now_ms, **axes},
        )
    except Refused as refused:
        raise InvalidInput(str(refused)) from None
    return router.explain(alias, facts)
