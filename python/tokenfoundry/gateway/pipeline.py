"""The walk of one request, from bytes in to an answer out. `run` reads like the list of its steps."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import msgspec

from tokenfoundry.attribution import attribute
from tokenfoundry.clock import Clock
from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError, StoreError
from tokenfoundry.gateway.attempt import Attempt
from tokenfoundry.gateway.booking import Booking, axes_of, summary_of
from tokenfoundry.gateway.call import Call, Request
from tokenfoundry.gateway.facts import facts_of
from tokenfoundry.gateway.ladder import Ladder
from tokenfoundry.gateway.origin import origin_of
from tokenfoundry.gateway.rates import Rates, TargetLimited
from tokenfoundry.gateway.recall import ResponseCache, StoredReply
from tokenfoundry.gateway.refusals import refused_by_policy, refused_by_routing
from tokenfoundry.gateway.replies import Answer, Headers, Refused, StreamAnswer, invalid
from tokenfoundry.gateway.sender import Sender
from tokenfoundry.gateway.stream import Relay
from tokenfoundry.ids import uuid7
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.money import decimal_text
from tokenfoundry.networks import Networks
from tokenfoundry.privacy import Redactor
from tokenfoundry.providers.client import ConnectFailed, ReplyLost, ReplyTimeout, UpstreamReply
from tokenfoundry.providers.plan import Said
from tokenfoundry.records import CallRecord
from tokenfoundry.routing.policy import NoRoute, Route, Router, UnknownModel
from tokenfoundry.routing.targets import Target
from tokenfoundry.translate import Untranslatable
from tokenfoundry.usage import Usage

_log = logging.getLogger("tokenfoundry")

# An upstream's word that the request itself is wrong: no other target would take it.
_CALLERS_FAULT = frozenset({400, 413, 415, 422})


class AttemptFailed(Exception):
    """This target did not answer, or a budget asks for a cheaper one; the next may. `refused` is what the caller is
    told when none is left.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class Pipeline:
    """Walks requests. Shared by every loop and connection; holds no state of a request."""

    def __init__(
        self,
        *,
        keys: KeyRing,
        redactor: Redactor,
        cache: ResponseCache | None,
        router: Router,
        booking: Booking,
        rates: Rates,
        sender: Sender,
        audit_key: bytes,
        clock: Clock,
        trusted_proxies: Networks,
    ) -> None:
        self._keys = keys
        self._redactor = redactor
        self._cache = cache
        self._router = router
        self._booking = booking
        self._rates = rates
        self._sender = sender
        self._audit_key = audit_key
        self._clock = clock
        self._trusted_proxies = trusted_proxies

    async def run(self, request: Request) -> Answer | StreamAnswer:
        """The answer to one request. Raises `Refused`."""
        call = self._identify(request)
        try:
            call.passage = self._rates.passage(partial(axes_of, call))
            with call.passage:
                await self._redact(call)
                stored = self._recall(call)
                if stored is not None:
                    return call.passage.on(await self._answer_from(call, stored))
                route = self._route(call)
                return call.passage.on(await self._attempt_each(call, route))
        except Refused as refused:
            refused.headers.setdefault("x-request-id", call.request_id)
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
                target = self._route(call).targets[0]
                attempt = Attempt(self._booking, call, target, number=0, route="host")
                with call.passage.attempt(target, attempt.estimate):
                    refusal = await attempt.reserve()
                    if refusal is not None and (refusal := await attempt.reserve_less(refusal)) is not None:
                        raise await attempt.refused(refusal)
                async with attempt:
                    yield call, attempt
        except TargetLimited as limited:
            raise limited.refused from None
        except Refused as refused:
            refused.headers.setdefault("x-request-id", call.request_id)
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

    def models(self, key: Key) -> list[str]:
        """The names that this key may ask for. Raises `Refused` (403) for a key that may ask for none."""
        _demand(key, "models")
        return [name for name in self._router.models if key.allows_model(name)]

    # -- identify ------------------------------------------------------------------------------------------------------

    def _identify(self, request: Request) -> Call:
        key, endpoint = request.key, request.endpoint
        _demand(key, endpoint.name)
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
            axes = attribute(key, request.headers, self._redactor.detector)
            if request.stated:
                axes = msgspec.structs.replace(axes, **request.stated)
        except UnknownModel as error:
            raise Refused(404, "model_not_found", str(error), param="model") from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        if not key.allows_intent(axes.intent):
            stated = f"for the intent {axes.intent!r}" if axes.intent else "without x-tf-intent"
            raise _out_of_scope(key, f"may not be used {stated}; it may state {_listed(key.intents)}")
        directives = request.headers.get("cache-control", "")
        at_ms = self._clock()
        return Call(
            request_id=uuid7(at_ms),
            at_ms=at_ms,
            endpoint=endpoint,
            key=key,
            axes=axes,
            alias=alias,
            reachable=reachable,
            stream=bool(body.get("stream")),
            may_recall=self._cache is not None and "no-cache" not in directives and "no-store" not in directives,
            may_store=self._cache is not None and "no-store" not in directives,
            body=endpoint.as_text(body, reachable),
            as_object=request.as_object,
        )

    # -- redact --------------------------------------------------------------------------------------------------------

    async def _redact(self, call: Call) -> None:
        call.session = self._redactor.session(scope=f"{call.axes.workspace}/{call.axes.project}")
        try:
            call.redacted = call.endpoint.redact(call.body, call.session)
        except BlockedContent as blocked:
            await self._record_blocked(call, blocked)
            raise refused_by_policy(blocked) from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        call.findings = call.session.counts
        canonical = msgspec.json.encode(call.redacted, order="sorted")
        call.prompt_hmac = hmac.new(self._audit_key, canonical, hashlib.sha256).hexdigest()
        if call.session.on_prem:
            # Only trusted targets will see this call, so it goes as it was written, nothing is restored, nothing kept.
            call.on_prem_only = True
            call.may_recall = call.may_store = False
            call.redacted, call.session = call.body, self._redactor.session()

    async def _record_blocked(self, call: Call, blocked: BlockedContent) -> None:
        call.findings = {blocked.entity: 1}
        refused = refused_by_policy(blocked)
        record = self._booking.record_of(call, "blocked", status=refused.status, error=str(refused))
        await self._booking.record(call, record, "refused")

    # -- recall --------------------------------------------------------------------------------------------------------

    def _recall(self, call: Call) -> StoredReply | None:
        if self._cache is None or not call.may_recall:
            return None
        return self._cache.find(call)

    async def _answer_from(self, call: Call, stored: StoredReply) -> Answer | StreamAnswer:
        target = next(target for target in call.reachable if target.name == stored.target)
        saved_nano, flags = self._booking.cost_nano(target, stored.usage, call.at_ms)
        record = self._booking.record_of(
            call,
            "hit",
            status=200,
            target=target,
            usage=stored.usage,
            counterfactual_nano=saved_nano,
            flags=flags,
            route="cache",
        )
        if (refused := await self._booking.record_hit(call, record, target)) is not None:
            raise refused
        reply = call.endpoint.restore(stored.reply, call.session, call.body)
        if call.stream:
            pieces = call.endpoint.replay(reply, call.body, record, summary_of(call, record))
            return StreamAnswer(_each(pieces), headers_of(call, record), _nothing_to_close)
        return _written(call, record, reply)

    def _keep(self, call: Call, attempt: Attempt, reply: dict[str, Any], usage: Usage) -> None:
        # A downgraded answer would be given again when the budget allows the better one.
        if self._cache is not None and call.may_store and not attempt.downgraded:
            self._cache.keep(call, attempt.target, reply, usage)

    # -- route ---------------------------------------------------------------------------------------------------------

    def _route(self, call: Call) -> Route:
        try:
            return self._router.route(call.alias, facts_of(call))
        except NoRoute as error:
            raise refused_by_routing(error) from None

    # -- hold, send, settle, restore -----------------------------------------------------------------------------------

    async def _attempt_each(self, call: Call, route: Route) -> Answer | StreamAnswer:
        told: Refused | None = None
        ladder = Ladder(self._booking, call, route)
        for attempt in ladder:
            try:
                with call.passage.attempt(attempt.target, attempt.estimate):
                    await self._hold(attempt, ladder)
                return await self._send(call, attempt)
            except (AttemptFailed, TargetLimited) as failure:
                told = failure.refused
        assert told is not None, "a route has at least one target"
        raise told

    async def _hold(self, attempt: Attempt, ladder: Ladder) -> None:
        """Raises `Refused` when a budget ends the call here, `AttemptFailed` when it leaves cheaper targets to try."""
        refusal = await attempt.reserve()
        if refusal is None:
            return
        if refusal.at_cap == "downgrade" and refusal.cause != "frozen" and ladder.step_down(attempt, refusal.budget):
            # Nobody is refused: the record of the attempt that follows says what it was downgraded from.
            raise AttemptFailed(self._booking.refused_by(refusal))
        refusal = await attempt.reserve_less(refusal)
        if refusal is not None:
            raise await attempt.refused(refusal)

    async def _send(self, call: Call, attempt: Attempt) -> Answer | StreamAnswer:
        target = attempt.target
        try:
            said = self._sender.said(call, attempt)
            request = self._sender.request(call, attempt, said)
        except Untranslatable as error:
            await attempt.void(f"not sayable to the provider: {error.param or 'the body'}", status=400)
            raise AttemptFailed(invalid(f"{target.name}: {error}", param=error.param)) from None
        except InvalidInput as error:
            await attempt.void(str(error), status=502)
            raise AttemptFailed(_upstream_error(502, target, str(error))) from None
        async with AsyncExitStack() as open_reply:
            await open_reply.enter_async_context(attempt)
            try:
                upstream = await open_reply.enter_async_context(self._sender.send(attempt, request))
                if not upstream.is_success:
                    raise await self._refusal_of(call, attempt, said, upstream)
                if not call.stream:
                    return await self._answer(call, attempt, said, upstream)
                if not upstream.is_event_stream:
                    raise ReplyLost("the provider answered a streaming call without a stream")
            except ConnectFailed as error:
                await attempt.void(str(error), status=502)
                raise AttemptFailed(_upstream_error(502, target, str(error))) from error
            except ReplyLost as error:
                status = 504 if isinstance(error, ReplyTimeout) else 502
                await attempt.cut(str(error), status=status)
                raise AttemptFailed(_upstream_error(status, target, str(error))) from error
            relay = Relay(call, attempt, upstream, said.events(), open_reply.pop_all(), self._keep)
            return StreamAnswer(relay.chunks(), stream_headers(call, attempt), relay.close)

    async def _answer(self, call: Call, attempt: Attempt, said: Said, upstream: UpstreamReply) -> Answer:
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
            record, usage = await attempt.settle(reported, produced=call.endpoint.output_text(reply))
        except ProviderError as error:
            if reported is None:
                raise ReplyLost(str(error)) from error
            await attempt.cut(str(error), status=502, reported=reported)
            raise AttemptFailed(_upstream_error(502, attempt.target, str(error))) from error
        except _UNREADABLE as error:
            # Not its message: it may quote what it could not read.
            raise ReplyLost(f"the provider's reply cannot be read or booked: {type(error).__name__}") from error
        self._keep(call, attempt, reply, usage)
        if call.session.may_restore(raw):
            reply = call.endpoint.restore(reply, call.session, call.body)
        return _written(call, record, reply)

    async def _refusal_of(self, call: Call, attempt: Attempt, said: Said, upstream: UpstreamReply) -> Exception:
        """Books an error reply and says what it means for the call. Raises `ReplyLost` when it is cut short."""
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
            message = call.session.restore(self._sender.error_message(attempt.target, body))
            return invalid(f"{attempt.target.name}: {told}{': ' if message else ''}{message}", status=status)
        if status == 429:
            headers = {name: upstream.headers[name] for name in ("retry-after",) if name in upstream.headers}
            refused = Refused(
                429, "rate_limit_exceeded", f"{attempt.target.name}: {told}", kind="rate_limit_error", headers=headers
            )
            return AttemptFailed(refused)
        return AttemptFailed(_upstream_error(502, attempt.target, told))


_UNREADABLE = (msgspec.DecodeError, InvalidInput, RecursionError, UnicodeDecodeError)


def _written(call: Call, record: CallRecord, reply: dict[str, Any]) -> Answer:
    """The answer to the client, of a reply that is restored."""
    if call.as_object:
        reply = {**reply, "tokenfoundry": summary_of(call, record)}
        return Answer(200, b"", headers_of(call, record), reply=reply)
    content_type, body = call.endpoint.written(reply, summary_of(call, record))
    return Answer(200, body, headers_of(call, record), content_type)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _nothing_to_close() -> None:
    """A cached reply holds nothing open."""


def store_unavailable(error: StoreError, request_id: str = "") -> Refused:
    """503: when the books cannot be written no call is served."""
    _log.error("the books refuse to work: %s", error)
    headers = {"x-request-id": request_id} if request_id else {}
    message = "the books cannot be written, so no call is served"
    return Refused(503, "store_unavailable", message, kind="service_unavailable", headers=headers)


def _demand(key: Key, endpoint: str) -> None:
    if "inference" not in key.scopes:
        raise _out_of_scope(key, "has no inference scope")
    if key.endpoints is not None and endpoint not in key.endpoints:
        raise _out_of_scope(key, f"may not use {endpoint}; it may use {_listed(key.endpoints)}")


def _listed(allowed: Sequence[str] | None) -> str:
    return ", ".join(name or "none" for name in allowed or ())


def _out_of_scope(key: Key, what: str) -> Refused:
    return Refused(403, "scope", f"the API key {key.id} {what}", kind="permission_error")


def _key_text(headers: Mapping[str, str]) -> str:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer.strip()
    return next((headers[name] for name in ("x-api-key", "api-key", "x-goog-api-key") if headers.get(name)), "")


def _upstream_error(status: int, target: Target, message: str) -> Refused:
    code = "upstream_timeout" if status == 504 else "upstream_error"
    return Refused(status, code, f"{target.name}: {message}", kind="upstream_error")


def headers_of(call: Call, record: CallRecord) -> Headers:
    """The `x-tf-*` headers of an answer whose cost is known."""
    cache = "hit" if record.outcome == "hit" else call.cache_status
    return {
        "x-request-id": record.request_id,
        "x-tf-cost": decimal_text(record.cost_nano),
        "x-tf-saved": decimal_text(record.saved_nano),
        "x-tf-currency": record.currency,
        **_routing_headers(call, cache, record.route, record.target, record.region, record.max_tokens_from),
    }


def stream_headers(call: Call, attempt: Attempt) -> Headers:
    """The `x-tf-*` headers that can be sent before a stream: its cost comes at its end."""
    target = attempt.target
    bounded_by = attempt.output_bound.source
    routing = _routing_headers(call, call.cache_status, attempt.route, target.name, target.region, bounded_by)
    return {"x-request-id": call.request_id, **routing}


def _routing_headers(call: Call, cache: str, route: str, target: str, region: str, max_tokens_from: str) -> Headers:
    headers = {
        "x-tf-cache": cache,
        "x-tf-route": route,
        "x-tf-target": target,
        "x-tf-region": region,
        "x-tf-findings": str(sum(call.findings.values())),
    }
    if max_tokens_from:
        headers["x-tf-max-tokens-from"] = max_tokens_from
    return headers
