"""The walk of one request, from bytes in to an answer out. `run` reads like the list of its steps."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tokenfoundry.attribution import attribute, conversation_of
from tokenfoundry.clock import Clock
from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError, StoreError
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import Booking, axes_of
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.attempts.facts import facts_of
from tokenfoundry.gateway.attempts.ladder import AttemptFailed, Ladder, Mend, Step
from tokenfoundry.gateway.attempts.open_reply import OpenReply
from tokenfoundry.gateway.attempts.rates import Rates, TargetLimited
from tokenfoundry.gateway.attempts.refusals import (
    refused_answer,
    refused_by_policy,
    refused_by_provider,
    refused_by_routing,
)
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.attempts.told import stream_headers, written
from tokenfoundry.gateway.attempts.turns import turn
from tokenfoundry.gateway.bodies.unreadable import redacted_body, takes_long
from tokenfoundry.gateway.cache_control import directives_of
from tokenfoundry.gateway.estimate import estimate_of
from tokenfoundry.gateway.headers import AUTHORIZATION, CACHE_CONTROL, OTHER_KEYS, REQUEST_ID
from tokenfoundry.gateway.origin import origin_of
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, invalid, of_everybody
from tokenfoundry.gateway.sharing.recall import question_of
from tokenfoundry.gateway.sharing.repeats import Repeats, not_cached
from tokenfoundry.gateway.sharing.shared import Shared
from tokenfoundry.gateway.stream import Relay
from tokenfoundry.gateway.streams.replay import NO_BORDERS
from tokenfoundry.gateway.unforeseen import kind_and_place
from tokenfoundry.ids import uuid7
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Refusal
from tokenfoundry.networks import Networks
from tokenfoundry.privacy.placeholders import NoRoom
from tokenfoundry.providers.client import ConnectFailed, ReplyLost, ReplyTimeout, UpstreamReply
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.plan import Said
from tokenfoundry.resilience.deadline import Deadline
from tokenfoundry.resilience.guards import Guards
from tokenfoundry.resilience.hedge import first_of
from tokenfoundry.resilience.retry import DENIALS, MENDABLE_STATUSES
from tokenfoundry.routing.policy import NoRoute, Route, Router, UnknownModel
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import CacheSettings
from tokenfoundry.translate import Untranslatable
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault

_log = logging.getLogger("tokenfoundry")

# An upstream's word that the request itself is wrong: no other target would take it.
_CALLERS_FAULT = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt whose provider has begun to answer. `open_reply` closes the reply and resolves what is unresolved."""

    step: Step
    said: Said
    upstream: UpstreamReply
    relay: Relay | None
    open_reply: OpenReply

    async def discard(self) -> None:
        """Another attempt answered in the same moment."""
        async with self.open_reply:
            produced, reported = self.step.attempt.seen() if self.step.attempt.seen else (None, None)
            await self.step.attempt.cut("another attempt answered first", produced=produced, reported=reported)


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
        connections: object = None,
        vault: Callable[[], Vault] | None = None,
    ) -> None:
        """`connections` are what every call holds for as long as it may use them. `vault` opens the vault, for the
        first call of a conversation; it raises `StoreError`.
        """
        self._keys = keys
        self._redactors = redactors
        self._cache = cache
        self._repeats = repeats
        self._router = router
        self._booking = booking
        self._rates = rates
        self._sender = sender
        self._guards = guards
        self._call_timeout_s = call_timeout_s
        self._prompt_hmac = hmac.new(audit_key, digestmod="sha256")  # Copied for each prompt.
        self._clock = clock
        self._trusted_proxies = trusted_proxies
        self._connections = connections
        self._vault = vault or _no_vault

    async def run(self, request: Request) -> Answer | StreamAnswer:
        """The answer to one request. Raises `Refused`."""
        call = self._identify(request)
        try:
            call.passage = self._rates.passage(partial(axes_of, call))
            with call.passage:
                await self._redact(call)
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
        call = self._identify(request)
        call.may_recall = call.may_store = False
        try:
            call.passage = self._rates.passage(partial(axes_of, call))
            with call.passage:
                await self._redact(call)
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
        call = self._identify(request)
        try:
            await self._redact(call)
        except StoreError as error:
            raise store_unavailable(error, call.request_id) from error
        return call.input_tokens(self._route(call).targets[0])

    async def estimate(self, request: Request) -> dict[str, Any]:
        """What a call would take at each target it could go to. Sends and holds nothing. Raises `Refused`."""
        call = self._identify(request)
        try:
            await self._redact(call)
            return await estimate_of(call, self._route(call), booking=self._booking, sender=self._sender)
        except StoreError as error:
            raise store_unavailable(error, call.request_id) from error

    def authenticate(self, headers: Mapping[str, str], peer: str) -> Key:
        """The key of a request from the address `peer`, in force now. Raises `Refused` (401, 403)."""
        text, now_ms = _key_text(headers), self._clock()
        key = self._keys.authenticate(text, now_ms=now_ms) if text else None
        if key is None:
            what = "unknown API key" if text else "no API key: send it as 'Authorization: Bearer tf_...'"
            raise Refused(401, "invalid_api_key", what, kind="authentication_error")
        if key.expires_at_ms is not None and now_ms >= key.expires_at_ms:
            raise Refused(401, "invalid_api_key", f"the API key {key.id} has expired", kind="authentication_error")
        if key.state != "active":
            raise Refused(403, f"key_{key.state}", f"the API key {key.id} is {key.state}", kind="permission_error")
        # Only a key with a list costs the reading of an address.
        if key.allowed_ips is not None and not key.allows_address(origin_of(peer, headers, self._trusted_proxies)):
            what = f"the API key {key.id} may not be used from this address"
            raise Refused(403, "ip_not_allowed", what, kind="permission_error")
        return key

    def is_in_force(self, key: Key) -> bool:
        """Whether nothing about a key has changed since it was authenticated, and it has not expired."""
        return self._keys.is_current(key) and (key.expires_at_ms is None or self._clock() < key.expires_at_ms)

    def models(self, key: Key) -> list[str]:
        """The names that this key may ask for. Raises `Refused` (403) for a key that may ask for none."""
        demand(key, "models")
        return [name for name in self._router.models if key.allows_model(name)]

    # -- identify ------------------------------------------------------------------------------------------------------

    def _identify(self, request: Request) -> Call:
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
            raise _out_of_scope(key, f"may not use the model {alias!r}; it may use {_listed(key.models)}")
        endpoint.check(body)
        try:
            reachable = self._router.may_reach(alias)
            axes = attribute(key, request.headers, self._redactors.detector)
            conversation = conversation_of(key, request.headers, self._redactors.detector)
            if request.stated:
                axes = msgspec.structs.replace(axes, **request.stated)
        except UnknownModel as error:
            raise Refused(404, "model_not_found", str(error), param="model") from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        if not key.allows_intent(axes.intent):
            stated = f"for the intent {axes.intent!r}" if axes.intent else "without x-tf-intent"
            raise _out_of_scope(key, f"may not be used {stated}; it may state {_listed(key.intents)}")
        directives = directives_of(request.headers.get(CACHE_CONTROL, ""))
        terms = self._cache.terms(axes.intent)
        is_kept = self._repeats is not None and terms.enabled and endpoint.may_keep
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
            deadline=Deadline(self._call_timeout_s, self._guards.timing.now_s),
            client=request.client,
            as_object=request.as_object,
            connections=self._connections,
        )

    # -- redact --------------------------------------------------------------------------------------------------------

    async def _redact(self, call: Call) -> None:
        try:
            await self._redact_texts(call)
        except Refused:
            raise
        except BlockedContent as blocked:
            call.findings = {blocked.entity: 1}
            raise await self._unsent(call, refused_by_policy(blocked)) from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        except Exception as error:
            _log.error("a call was not sent, as it could not be redacted: %s", _told_of(error))
            raise await self._unsent(call, redaction_unavailable()) from error
        call.findings = call.session.counts
        if call.conversation and (call.may_recall or call.may_store):
            self._share(call)
        call.question = question_of(call.redacted if call.shared is None else call.shared.question(call.redacted))
        keyed = self._prompt_hmac.copy()
        keyed.update(call.question)
        call.prompt_hmac = keyed.hexdigest()
        if call.session.on_prem:
            # Only trusted targets will see this call, so it goes as it was written, nothing is restored, nothing kept.
            call.on_prem_only = True
            call.may_recall = call.may_store = False
            call.redacted, call.session = call.body, call.session.as_written()

    def _share(self, call: Call) -> None:
        call.shared = Shared(call.session)
        if (call.shared.is_renumbered and call.body.get("thinking")) or call.session.uses_surrogates:
            # What a model thought is signed with the numbers in it, and comes back with the next call. And surrogates
            # are the conversation's own: in an answer to somebody else they would be names.
            call.may_recall = call.may_store = False

    async def _redact_texts(self, call: Call) -> None:
        axes, values = call.axes, None
        redactor = self._redactors.of(axes.workspace, axes.project, axes.key)
        call.policy = redactor.version
        while True:
            if call.conversation:
                values = self._vault().conversation(
                    workspace=axes.workspace,
                    project=axes.project,
                    key=axes.key,
                    name=call.conversation,
                    entities=redactor.entities,
                )
            call.session = redactor.session(scope=f"{axes.workspace}/{axes.project}", values=values)
            try:
                if call.session.uses_surrogates and takes_long(call.body):
                    call.redacted = await asyncio.to_thread(redacted_body, call.endpoint, call.body, call.session)
                else:
                    call.redacted = redacted_body(call.endpoint, call.body, call.session)
                return
            except NoRoom:
                await asyncio.to_thread(self._vault().wait_for_room)

    async def _unsent(self, call: Call, refused: Refused) -> Refused:
        """That refusal, on record as far as the books still take one."""
        record = self._booking.record_of(call, "blocked", status=refused.status, error=str(refused))
        try:
            await self._booking.record(call, record, "refused")
        except StoreError as error:
            _log.error("the books refuse to work: %s", error)
            self._booking.publish(record)
        return refused

    # -- recall --------------------------------------------------------------------------------------------------------

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

    # -- route ---------------------------------------------------------------------------------------------------------

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
                return await self._finish(call, await self._open_hedged(call, ladder, step))
            except (AttemptFailed, TargetLimited) as failure:
                ladder.missed(step, failure)
                if self._repeats is not None:
                    self._repeats.failed(call)
        raise ladder.told()

    async def _open_hedged(self, call: Call, ladder: Ladder, step: Step) -> Opened:
        """As `_open`; when that is slow and its target says so, of it and the next target whoever answers first."""
        after_s = self._guards.hedge_after_s(step.attempt.target.name)
        if after_s is None or not ladder.may_hedge(step):
            return await self._open(call, step, partial(self._hold, call, ladder))
        try:
            with call.client.watched():
                return await first_of(
                    self._open(call, step, partial(self._hold, call, ladder)),
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
        return await self._open(call, step, self._hold_beside)

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

    async def _open(self, call: Call, step: Step, hold: Callable[[Attempt], Awaitable[None]]) -> Opened:
        """Holds and sends, until the provider has begun a good answer; a stream, until there is something of it for the
        client. Raises `Refused`, `AttemptFailed` or `TargetLimited`, the attempt being resolved.
        """
        open_reply = OpenReply(step.passing)
        try:
            return await self._begin(call, step, hold, open_reply)
        except BaseException as error:
            await open_reply.end(error)
            raise

    async def _begin(
        self, call: Call, step: Step, hold: Callable[[Attempt], Awaitable[None]], open_reply: OpenReply
    ) -> Opened:
        attempt, passing = step
        if not self._sender.has_key(attempt.target, passing.key):
            await self._renew_key(call, step)
        with call.passage.attempt(attempt.target, attempt.estimate) as taken:
            attempt.taken = taken
            await hold(attempt)
        await open_reply.hold(attempt)
        try:
            said = self._sender.said(call, attempt)
            request = self._sender.request(call, attempt, said, key=passing.key)
        except Untranslatable as error:
            await attempt.void(f"not sayable to the provider: {error.param or 'the body'}", status=400)
            refused = invalid(f"{attempt.target.name}: {error}", param=error.param)
            raise AttemptFailed(of_everybody(refused)) from None
        except InvalidInput as error:
            await attempt.void(str(error), status=502)
            raise AttemptFailed(_upstream_error(502, attempt.target, str(error))) from None
        upstream: UpstreamReply | None = None
        relay: Relay | None = None
        try:
            passing.sent()
            upstream = await open_reply.receive(self._sender.send(call, attempt, request))
            if not upstream.is_success:
                raise await self._refusal_of(call, step, said, upstream)
            if call.stream:
                # What is translated comes in its provider's own framing.
                as_asked = upstream.is_event_stream if said.asked else call.endpoint.streams_as(upstream.content_type)
                if not as_asked:
                    raise ReplyLost("the provider answered a streaming call without a stream")
                relay = Relay(call, attempt, passing, upstream, said.events(), self._repeats)
                with call.client.watched():
                    await relay.begin()
            passing.began()
            return Opened(step, said, upstream, relay, open_reply)
        except ConnectFailed as error:
            passing.failed()
            await attempt.void(str(error), status=502)
            raise AttemptFailed(_upstream_error(502, attempt.target, str(error)), mend="later") from error
        except ReplyLost as error:
            # A reply that was lost after it began, or is none, would be lost again; a stream has not begun.
            may_mend = upstream is None or relay is not None
            raise await self._lost(step, error, may_mend=may_mend) from error

    async def _renew_key(self, call: Call, step: Step) -> None:
        """Waits for the provider's key before anything is held or sent. Raises `AttemptFailed` and `ClientGone`."""
        target, key = step.attempt.target, step.passing.key
        assert key is not None, "only what is kept somewhere is renewed"
        try:
            with call.client.watched():
                await self._sender.renew_key(target, key, within_s=call.deadline.left_s)
        except CredentialFailed as error:
            step.passing.failed()
            raise AttemptFailed(_upstream_error(502, target, str(error)), mend="later") from None

    async def _lost(self, step: Step, error: ReplyLost, *, may_mend: bool) -> AttemptFailed:
        """Books an attempt whose reply was lost, for what may have been consumed, and says what it means."""
        attempt, is_late = step.attempt, isinstance(error, ReplyTimeout)
        status = 504 if is_late else 502
        step.passing.failed()
        produced, reported = attempt.seen() if attempt.seen else (None, None)
        await attempt.cut(str(error), status=status, produced=produced, reported=reported)
        # Who did not answer in time has had its time, and perhaps its price.
        mend: Mend = "later" if may_mend and not is_late else ""
        return AttemptFailed(_upstream_error(status, attempt.target, str(error)), mend=mend)

    async def _finish(self, call: Call, opened: Opened) -> Answer | StreamAnswer:
        """Settles an answer that has begun; a stream does so as it is taken."""
        if opened.relay is not None:
            opened.relay.own(opened.open_reply)
            headers = stream_headers(call, opened.step.attempt)
            if not opened.upstream.is_event_stream:
                headers["content-type"] = opened.upstream.content_type
            return StreamAnswer(opened.relay.chunks(), headers, opened.relay.close, opened.relay.error)
        async with opened.open_reply:
            try:
                return await self._answer(call, opened)
            except ReplyLost as error:
                raise await self._lost(opened.step, error, may_mend=False) from error

    async def _answer(self, call: Call, opened: Opened) -> Answer:
        attempt, said, upstream = opened.step.attempt, opened.said, opened.upstream
        raw = await upstream.read()
        reported: Usage | None = None
        try:
            # What is translated is always JSON; what is not is read as its own dialect has it.
            reply = msgspec.json.decode(raw) if said.asked else call.endpoint.read_reply(upstream.content_type, raw)
            if not isinstance(reply, dict):
                raise ReplyLost("the provider's reply has not the shape of one")
            reported = said.usage(reply)
            reply = said.reply(reply)
            if not call.endpoint.is_reply(reply):
                raise ReplyLost("the provider's reply has not the shape of one")
            if call.part is not None:
                reply = call.part.completed(reply)
            produced = call.endpoint.output_text(reply)
            reply, used = call.endpoint.settled(call.body, reply, reported, attempt.worst)
            record, usage = await attempt.settle(used, produced=produced)
            await turn()
        except ProviderError as error:
            if reported is None:
                raise ReplyLost(str(error)) from error
            await attempt.cut(str(error), status=502, reported=reported)
            raise AttemptFailed(_upstream_error(502, attempt.target, str(error))) from error
        except _UNREADABLE as error:
            # Not its message: it may quote what it could not read.
            raise ReplyLost(f"the provider's reply cannot be read or booked: {type(error).__name__}") from error
        opened.step.passing.succeeded(upstream.headers)
        if self._repeats is not None:
            await self._repeats.answered(call, attempt.target, reply, usage, NO_BORDERS, downgraded=attempt.downgraded)
        if call.session.may_restore(raw):
            try:
                reply = call.endpoint.restore(reply, call.session, call.body)
            except BlockedContent as blocked:
                raise refused_answer(blocked) from None
        return written(call, record, reply)

    async def _refusal_of(self, call: Call, step: Step, said: Said, upstream: UpstreamReply) -> Exception:
        """Books an error reply and says what it means for the call. Raises `ReplyLost` when it is cut short."""
        attempt, passing = step
        status, raw = upstream.status, await upstream.read()
        try:
            body = msgspec.json.decode(raw)
            usage = said.usage(body) if isinstance(body, dict) else None
        except _UNREADABLE:
            body = usage = None
        # Its own words may quote the prompt, so the record keeps the status alone.
        if usage is None:
            await attempt.void(f"the provider answered {status}", status=status)
        else:
            await attempt.bill(usage, f"the provider answered {status}", status=status)
        told = f"the provider answered {status}"
        if status in _CALLERS_FAULT:
            passing.succeeded(upstream.headers)
            message = self._sender.error_message(attempt.target, body)
            sentence = f"{attempt.target.name}: {told}{': ' if message else ''}{message}"
            code, param = said.fault(body)
            refused = invalid(
                call.session.restore(sentence), status=status, code=code or "invalid_request_error", param=param
            )
            return of_everybody(refused, sentence)
        if status == 429:
            asked_s = passing.limited(upstream.headers)
            wait_s = self._guards.keys_wait_s(attempt.target.name) if asked_s is None else asked_s
            return AttemptFailed(of_everybody(refused_by_provider(attempt.target.name, wait_s)), mend="other_key")
        refused = _upstream_error(502, attempt.target, told)
        if status in DENIALS:
            passing.denied(status)
            return AttemptFailed(refused, mend="other_key")
        asked_s = passing.refused(status, upstream.headers)
        return AttemptFailed(refused, mend="later" if status in MENDABLE_STATUSES else "", asked_s=asked_s)


_UNREADABLE = (msgspec.DecodeError, InvalidInput, RecursionError, UnicodeDecodeError)


def store_unavailable(error: StoreError, request_id: str = "") -> Refused:
    """503: when the books cannot be written no call is served."""
    _log.error("the books refuse to work: %s", error)
    headers = {REQUEST_ID: request_id} if request_id else {}
    message = "the books cannot be written, so no call is served"
    return Refused(503, "store_unavailable", message, kind="service_unavailable", headers=headers)


def redaction_unavailable() -> Refused:
    """503: what could not be looked into does not leave."""
    message = "personal data cannot be taken out of this call at the moment, so it was not sent"
    return Refused(503, "redaction_unavailable", message, kind="service_unavailable")


def _told_of(error: Exception) -> str:
    """Our own sentences may be written down; another's may quote the prompt."""
    return str(error) if isinstance(error, StoreError) else kind_and_place(error)


def _no_vault() -> Vault:
    raise StoreError("nothing here keeps conversations")


def demand(key: Key, endpoint: str) -> None:
    """Raises `Refused` (403) for a key that may not use that endpoint."""
    if "inference" not in key.scopes:
        raise _out_of_scope(key, "has no inference scope")
    if key.endpoints is not None and endpoint not in key.endpoints:
        raise _out_of_scope(key, f"may not use {endpoint}; it may use {_listed(key.endpoints)}")


def _listed(allowed: Sequence[str] | None) -> str:
    return ", ".join(name or "none" for name in allowed or ())


def _out_of_scope(key: Key, what: str) -> Refused:
    return Refused(403, "scope", f"the API key {key.id} {what}", kind="permission_error")


def _key_text(headers: Mapping[str, str]) -> str:
    scheme, _, bearer = headers.get(AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    return next((headers[name] for name in OTHER_KEYS if headers.get(name)), "")


def _upstream_error(status: int, target: Target, message: str) -> Refused:
    code = "upstream_timeout" if status == 504 else "upstream_error"
    return of_everybody(Refused(status, code, f"{target.name}: {message}", kind="upstream_error"))
