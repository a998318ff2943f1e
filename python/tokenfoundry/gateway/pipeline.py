"""The walk of one request, from bytes in to an answer out. `run` reads like the list of its steps."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from tokenfoundry.attribution import NO_RULES, AttributionRules
from tokenfoundry.clock import Clock
from tokenfoundry.errors import StoreError
from tokenfoundry.gateway.admission import Admission, demand
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import Booking, axes_of
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.attempts.exchanges import Exchanges, Opened
from tokenfoundry.gateway.attempts.facts import facts_of
from tokenfoundry.gateway.attempts.ladder import AttemptFailed, Ladder, Step
from tokenfoundry.gateway.attempts.rates import Rates, TargetLimited
from tokenfoundry.gateway.attempts.refusals import refused_by_routing
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.attempts.turns import turn
from tokenfoundry.gateway.estimate import estimate_of
from tokenfoundry.gateway.headers import REQUEST_ID
from tokenfoundry.gateway.identification import Identification
from tokenfoundry.gateway.model_catalogue import catalogue
from tokenfoundry.gateway.prompt_redaction import PromptRedaction
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer
from tokenfoundry.gateway.sharing.repeats import Repeats, not_cached
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Refusal
from tokenfoundry.networks import Networks
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.resilience.guards import Guards
from tokenfoundry.resilience.hedge import first_of
from tokenfoundry.routing.policy import NoRoute, Route, Router
from tokenfoundry.settings import CacheSettings

if TYPE_CHECKING:
    from tokenfoundry.pricing import PriceBook
    from tokenfoundry.vault import Vault

_log = logging.getLogger("tokenfoundry")


class Pipeline:
    """Walks requests. Shared by every loop and connection; holds no state of a request."""

    def __init__(
        self,
        *,
        keys: KeyRing,
        redactors: Redactors,
        cache: CacheSettings,
        repeats: Repeats | None,
        router: Router,
        booking: Booking,
        rates: Rates,
        sender: Sender,
        guards: Guards,
        call_timeout_s: float,
        audit_key: bytes,
        clock: Clock,
        trusted_proxies: Networks,
        rented: RentedHours,
        connections: object = None,
        vault: Callable[[], Vault] | None = None,
        attribution: AttributionRules = NO_RULES,
    ) -> None:
        """`connections` are what every call holds for as long as it may use them. `vault` opens the vault, for the
        first call of a conversation; it raises `StoreError`. `attribution` is what calls state beside their axes.
        `rented` posts the hours of endpoints that are paid by the hour.
        """
        self.admission = Admission(keys, clock=clock, trusted_proxies=trusted_proxies)
        self._identification = Identification(
            router=router,
            detector=redactors.detector,
            cache=cache,
            keeps_answers=repeats is not None,
            call_timeout_s=call_timeout_s,
            timing=guards.timing,
            clock=clock,
            connections=connections,
            attribution=attribution,
        )
        self._redaction = PromptRedaction(redactors, booking, audit_key=audit_key, vault=vault)
        self._exchanges = Exchanges(sender, guards, repeats)
        self._repeats = repeats
        self._router = router
        self._clock = clock
        self._booking = booking
        self._rates = rates
        self._sender = sender
        self._guards = guards
        self._rented = rented

    async def run(self, request: Request) -> Answer | StreamAnswer:
        """The answer to one request. Raises `Refused`."""
        call = self._identification.call_of(request)
        try:
            if call.at_ms >= self._rented.due_ms:
                await self._rented.post_due_in_thread()
            call.passage = self._rates.passage(partial(axes_of, call))
            with call.passage:
                answer = await self._recognized(call, request)
                if answer is None:
                    await self._redaction.redact(call)
                    await turn()
                    answer = await self._repeated(call) or await self._routed(call)
                return call.passage.on(answer)
        except Refused as refused:
            refused.headers.setdefault(REQUEST_ID, call.request_id)
            raise
        except StoreError as error:
            raise store_unavailable(error, call.request_id) from error

    @asynccontextmanager
    async def hosted(self, request: Request) -> AsyncIterator[tuple[Call, Attempt]]:
        """A call that somebody else sends, to the first target of its model: identified, limited, redacted and held as
        any other. No cache answers it, and no other target takes it.

        The block resolves the attempt; one that it leaves open is cut. Raises `Refused`.
        """
        call = self._identification.call_of(request)
        call.may_recall = call.may_store = False
        try:
            if call.at_ms >= self._rented.due_ms:
                await self._rented.post_due_in_thread()
            call.passage = self._rates.passage(partial(axes_of, call))
            with call.passage:
                await self._redaction.redact(call)
                if call.on_prem_only:
                    what = "this call holds data for an on-prem target alone, and this route sends its calls itself"
                    raise Refused(403, "residency", what, kind="permission_error")
                target = self._route(call).targets[0]
                attempt = Attempt(self._booking, call, target, number=0, route="host")
                with call.passage.attempt(target, attempt.estimate) as taken:
                    attempt.taken = taken
                    refusal = await attempt.reserve()
                    if refusal is not None and (refusal := await attempt.reserve_less(refusal)) is not None:
                        raise await attempt.refused(refusal)
                async with attempt:
                    yield call, attempt
        except TargetLimited as limited:
            raise limited.refused from None
        except Refused as refused:
            refused.headers.setdefault(REQUEST_ID, call.request_id)
            raise

    async def count(self, request: Request) -> int:
        """The tokens of a prompt as it would be sent, at the target that it would be sent to. Holds nothing, costs
        nothing. Raises `Refused`.
        """
        call = self._identification.call_of(request)
        try:
            await self._redaction.redact(call)
        except StoreError as error:
            raise store_unavailable(error, call.request_id) from error
        return call.input_tokens(self._route(call).targets[0])

    async def estimate(self, request: Request) -> dict[str, Any]:
        """What a call would take at each target it could go to. Sends and holds nothing. Raises `Refused`."""
        call = self._identification.call_of(request)
        try:
            await self._redaction.redact(call)
            return await estimate_of(call, self._route(call), booking=self._booking, sender=self._sender)
        except StoreError as error:
            raise store_unavailable(error, call.request_id) from error

    def models(self, key: Key) -> list[str]:
        """The names that this key may ask for. Raises `Refused` (403) for a key that may ask for none."""
        demand(key, "models")
        return [name for name in self._router.models if key.allows_model(name)]

    def catalogue(self, key: Key, prices: PriceBook) -> dict[str, Any]:
        """What those models are and cost. Raises `Refused` as `models` does."""
        reach = {name: self._router.may_reach(name) for name in self.models(key)}
        return catalogue(reach, prices, now_ms=self._clock())

    # -- recall --------------------------------------------------------------------------------------------------------

    async def _recognized(self, call: Call, request: Request) -> Answer | StreamAnswer | None:
        """The kept answer to a body that came before, byte for byte, without looking into it."""
        if self._repeats is None or not self._redaction.recognize(call, request):
            return None
        return await self._repeats.recalled_as_it_is(call)

    async def _repeated(self, call: Call) -> Answer | StreamAnswer | None:
        """The answer to what was asked before, or is being asked."""
        if self._repeats is None:
            if call.directives.only_if_cached:
                raise not_cached()
            return None
        return await self._repeats.recalled(call) or await self._repeats.followed(call)

    async def _routed(self, call: Call) -> Answer | StreamAnswer:
        route = self._route(call)
        if self._repeats is None:
            return await self._attempt_each(call, route)
        answer = await self._repeats.recalled_items(call, route.targets[0])
        return answer or await self._repeats.led(call, self._attempt_each(call, route))

    def _route(self, call: Call) -> Route:
        try:
            return self._router.route(call.alias, facts_of(call))
        except NoRoute as error:
            raise refused_by_routing(error) from None

    # -- hold, send, settle, restore -----------------------------------------------------------------------------------

    async def _attempt_each(self, call: Call, route: Route) -> Answer | StreamAnswer:
        ladder = Ladder(self._booking, self._guards, call, route)
        while (step := await ladder.climb()) is not None:
            try:
                return await self._exchanges.finish(call, await self._open_hedged(call, ladder, step))
            except (AttemptFailed, TargetLimited) as failure:
                ladder.missed(step, failure)
                if self._repeats is not None:
                    self._repeats.failed(call)
        raise ladder.told()

    async def _open_hedged(self, call: Call, ladder: Ladder, step: Step) -> Opened:
        """Opens the attempt; when that is slow and its target says so, of it and the next whoever answers first."""
        after_s = self._guards.hedge_after_s(step.attempt.target.name)
        if after_s is None or not ladder.may_hedge(step):
            return await self._exchanges.open(call, step, partial(self._hold, call, ladder))
        try:
            with call.client.watched():
                return await first_of(
                    self._exchanges.open(call, step, partial(self._hold, call, ladder)),
                    lambda: self._open_beside(call, ladder),
                    after_s=after_s,
                    timing=self._guards.timing,
                    discard=Opened.discard,
                )
        except BaseException:
            step.passing.leave()  # A task that is cancelled before its first step does not do so itself.
            raise

    async def _open_beside(self, call: Call, ladder: Ladder) -> Opened:
        step = await ladder.hedge()
        if step is None:
            raise AttemptFailed(ladder.told_beside)
        return await self._exchanges.open(call, step, self._hold_beside)

    async def _hold(self, call: Call, ladder: Ladder, attempt: Attempt) -> None:
        """Raises `Refused` when a budget ends the call here, `AttemptFailed` when it leaves cheaper targets to try."""
        refusal = await attempt.reserve()
        if refusal is not None:
            await self._hold_less(ladder, attempt, refusal)
        if self._repeats is not None:
            self._repeats.held(call, for_everybody=attempt.for_everybody)

    async def _hold_less(self, ladder: Ladder, attempt: Attempt, refused: Refusal) -> None:
        """After that refusal: a cheaper target, or a shorter answer. Raises as `_hold` does."""
        if refused.at_cap == "downgrade" and refused.cause != "frozen" and ladder.step_down(attempt, refused.budget):
            # Nobody is refused: the record of the attempt that follows says what it was downgraded from.
            raise AttemptFailed(self._booking.refused_by(refused))
        refusal = await attempt.reserve_less(refused)
        if refusal is not None:
            raise await attempt.refused(refusal)

    async def _hold_beside(self, attempt: Attempt) -> None:
        """For an attempt beside another: a budget that has no room for it refuses nobody."""
        refusal = await attempt.reserve()
        if refusal is not None:
            raise AttemptFailed(self._booking.refused_by(refusal))


def store_unavailable(error: StoreError, request_id: str = "") -> Refused:
    """503: when the books cannot be written no call is served."""
    _log.error("the books refuse to work: %s", error)
    headers = {REQUEST_ID: request_id} if request_id else {}
    message = "the books cannot be written, so no call is served"
    return Refused(503, "store_unavailable", message, kind="service_unavailable", headers=headers)
