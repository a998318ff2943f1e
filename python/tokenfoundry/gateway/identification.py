"""What a request asks for, by whose right and on whose account: the call that it becomes."""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.attribution import NO_RULES, Attribution, AttributionRules, attribute, conversation_of
from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.admission import demand, listed, out_of_scope
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.bodies.system_text import system_text
from tokenfoundry.gateway.cache_control import directives_of
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.headers import CACHE_CONTROL
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.ids import uuid7
from tokenfoundry.keys import Key
from tokenfoundry.privacy import Detector
from tokenfoundry.resilience.deadline import Deadline
from tokenfoundry.resilience.timing import Timing
from tokenfoundry.routing.policy import Router, UnknownModel
from tokenfoundry.settings import CacheSettings


class Identification:
    """Makes calls of requests."""

    def __init__(
        self,
        *,
        router: Router,
        detector: Detector,
        cache: CacheSettings,
        keeps_answers: bool,
        call_timeout_s: float,
        timing: Timing,
        clock: Clock,
        connections: object = None,
        attribution: AttributionRules = NO_RULES,
    ) -> None:
        """`detector` looks into what callers say of themselves; `connections` are what every call holds for as long as
        it may use them.
        """
        self._router = router
        self._detector = detector
        self._cache = cache
        self._keeps_answers = keeps_answers
        self._call_timeout_s = call_timeout_s
        self._timing = timing
        self._clock = clock
        self._connections = connections
        self._distinct, self._stated, self._intents = attribution
        self._takes_more = bool(self._stated)

    def call_of(self, request: Request) -> Call:
        """The call that a request asks for, its shape checked. Raises `Refused`."""
        key, endpoint = request.key, request.endpoint
        demand(key, endpoint.name)
        body = request.body
        if isinstance(body, bytes):
            body = endpoint.decode(request.headers.get("content-type", ""), body)
        body |= endpoint.fields_in(request.headers)
        alias = body.get("model")
        if not isinstance(alias, str) or not alias:
            raise invalid("model: needs the name of a model", param="model")
        if not key.allows_model(alias):
            raise out_of_scope(key, f"may not use the model {alias!r}; it may use {listed(key.models)}")
        endpoint.check(body)
        try:
            reachable = self._router.may_reach(alias)
            axes = attribute(key, request.headers, self._detector, self._distinct)
            if self._takes_more:
                axes = self._stated.by(axes, key, request.headers, body, self._detector)
            conversation = conversation_of(key, request.headers, self._detector)
            if request.stated:
                axes = msgspec.structs.replace(axes, **request.stated)
        except UnknownModel as error:
            raise Refused(404, "model_not_found", str(error), param="model") from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        if self._intents and not axes.intent:
            axes = self._with_intent(axes, key, endpoint, body)
        if not key.allows_intent(axes.intent):
            stated = f"for the intent {axes.intent!r}" if axes.intent else "without x-tf-intent"
            raise out_of_scope(key, f"may not be used {stated}; it may state {listed(key.intents)}")
        if self._takes_more:
            axes = self._completed(axes)
        directives = directives_of(request.headers.get(CACHE_CONTROL, ""))
        terms = self._cache.terms(axes.intent)
        is_kept = self._keeps_answers and terms.enabled and endpoint.may_keep
        at_ms = self._clock()
        return Call(
            request_id=uuid7(at_ms),
            at_ms=at_ms,
            endpoint=endpoint,
            key=key,
            axes=axes,
            alias=alias,
            reachable=reachable,
            stream=endpoint.is_stream(body),
            directives=directives,
            cache_terms=terms,
            may_recall=is_kept and directives.may_recall,
            may_store=is_kept and directives.may_store,
            conversation=conversation,
            body=endpoint.as_text(body, reachable),
            deadline=Deadline(self._call_timeout_s, self._timing.now_s),
            client=request.client,
            as_object=request.as_object,
            connections=self._connections,
        )

    def _completed(self, axes: Attribution) -> Attribution:
        try:
            return self._stated.complete(axes)
        except InvalidInput as error:
            raise invalid(str(error)) from None

    def _with_intent(self, axes: Attribution, key: Key, endpoint: Endpoint, body: dict[str, Any]) -> Attribution:
        """The axes with the intent of a rule, if one holds and the key allows it."""
        system = system_text(endpoint.name, body) if self._intents.asks_for_system else ""
        intent = self._intents.intent_of(_PATHS.get(endpoint.name, ""), system)
        if not intent or not key.allows_intent(intent):
            return axes
        return msgspec.structs.replace(axes, intent=intent, intent_from="rule")


_PATHS = {endpoint.name: path for path, endpoint in ENDPOINTS.items()}
