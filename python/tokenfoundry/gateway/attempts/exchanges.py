"""Exchanges with providers: an attempt is held, sent, answered and settled; whatever happens, it is resolved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.ladder import AttemptFailed, Mend, Step
from tokenfoundry.gateway.attempts.open_reply import OpenReply
from tokenfoundry.gateway.attempts.refusals import refused_answer, refused_by_provider
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.attempts.told import stream_headers, written
from tokenfoundry.gateway.attempts.turns import turn
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, invalid, of_everybody
from tokenfoundry.gateway.sharing.repeats import Repeats
from tokenfoundry.gateway.stream import Relay
from tokenfoundry.gateway.streams.replay import NO_BORDERS
from tokenfoundry.providers.client import ConnectFailed, ReplyLost, ReplyTimeout, UpstreamReply
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.plan import Said
from tokenfoundry.resilience.guards import Guards
from tokenfoundry.resilience.retry import DENIALS, MENDABLE_STATUSES
from tokenfoundry.routing.targets import Target
from tokenfoundry.translate import Untranslatable
from tokenfoundry.usage import Usage

# An upstream's word that the request itself is wrong: no other target would take it.
_CALLERS_FAULT = frozenset({400, 413, 415, 422})

_UNREADABLE = (msgspec.DecodeError, InvalidInput, RecursionError, UnicodeDecodeError)

Hold = Callable[[Attempt], Awaitable[None]]
"""Reserves what an attempt may take. Raises `Refused`, `AttemptFailed`."""


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


class Exchanges:
    """Opens attempts and finishes them. Shared by every call; holds no state of one."""

    def __init__(self, sender: Sender, guards: Guards, repeats: Repeats | None) -> None:
        self._sender = sender
        self._guards = guards
        self._repeats = repeats

    async def open(self, call: Call, step: Step, hold: Hold) -> Opened:
        """Holds and sends, until the provider has begun a good answer; a stream, until there is something of it for the
        client. Raises `Refused`, `AttemptFailed` or `TargetLimited`, the attempt being resolved.
        """
        open_reply = OpenReply(step.passing)
        try:
            return await self._begin(call, step, hold, open_reply)
        except BaseException as error:
            await open_reply.end(error)
            raise

    async def finish(self, call: Call, opened: Opened) -> Answer | StreamAnswer:
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

    async def _begin(self, call: Call, step: Step, hold: Hold, open_reply: OpenReply) -> Opened:
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
        if call.endpoint.repeats_its_caller or call.session.may_restore(raw):
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


def _upstream_error(status: int, target: Target, message: str) -> Refused:
    code = "upstream_timeout" if status == 504 else "upstream_error"
    return of_everybody(Refused(status, code, f"{target.name}: {message}", kind="upstream_error"))
