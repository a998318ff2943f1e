"""Calls that cost nothing because the same was asked before, or is being asked: recalled from the cache, or following a
call in progress. Both are a request to the budgets, at no cost, with what they would have cost as what was saved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import msgspec

from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError
from tokenfoundry.gateway.attempts.booking import Booking, summary_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.refusals import answer_withheld, refused_answer
from tokenfoundry.gateway.attempts.told import headers_of, joined_headers, written
from tokenfoundry.gateway.endpoints import Body
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer
from tokenfoundry.gateway.sharing.flights import Flights, Follower, Landed
from tokenfoundry.gateway.sharing.item_recall import ItemCache
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.gateway.sharing.recall import Recalled, ResponseCache
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.replay import NO_BORDERS, REPLAYS, Borders
from tokenfoundry.gateway.streams.replay.recording import Recording
from tokenfoundry.records import CallRecord
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_MOST_FAILED_FLIGHTS = 3  # That one call follows before it is told why.
_CALLERS_FAULT = "invalid_request_error"
_WRITE_BYTES = 16 << 10  # Of a replayed stream, about this much at a time.


class Repeats:
    """Shared by every loop and connection; holds no state of a request."""

    def __init__(
        self,
        booking: Booking,
        answers: KeptAnswers,
        replies: ResponseCache,
        items: ItemCache,
        flights: Flights | None,
    ) -> None:
        """Without `flights` no call waits for another."""
        self._booking = booking
        self._answers = answers
        self._replies = replies
        self._items = items
        self._flights = flights

    # -- instead of an attempt -----------------------------------------------------------------------------------------

    async def recalled(self, call: Call) -> Answer | StreamAnswer | None:
        """The answer of a call whose whole reply is kept. Raises `Refused`."""
        if call.may_recall or call.may_store:
            self._replies.identify(call)
        if self._items.applies(call) and call.may_recall:
            return None
        found = self._replies.find(call) if call.may_recall else None
        if found is None:
            if call.may_recall:
                call.cache_status = "miss"
            if call.directives.only_if_cached:
                raise not_cached()
            return None
        call.cache_status, call.age_ms = "hit", found.age_ms
        return await self._given(call, found, route="cache")

    async def recalled_as_it_is(self, call: Call) -> Answer | StreamAnswer | None:
        """The same of a call of which only the question is known: an answer in which nothing of its caller's belongs.
        Raises `Refused`.
        """
        self._replies.identify(call)
        found = self._replies.find_plain(call)
        if found is None:
            return None
        call.cache_status, call.age_ms = "hit", found.age_ms
        return await self._given(call, found, route="cache")

    async def followed(self, call: Call) -> Answer | StreamAnswer | None:
        """The answer of a call that is in progress; None when there is none, or it has none for this one. Raises
        `Refused`.
        """
        if self._flights is None or not _may_follow(call):
            return None
        follower = self._flights.follow(call.cache_key)
        if follower is None:
            return None
        answer: Answer | StreamAnswer | None = None
        try:
            answer = await self._followed(call, follower)
        finally:
            if not isinstance(answer, StreamAnswer):
                follower.leave()
        if answer is not None:
            self._answers.count("joined")
        elif follower.flight.told is not None:
            _refuse_alike(call, follower.flight.told)
        return answer

    async def recalled_items(self, call: Call, target: Target) -> Answer | None:
        """The answer of a batch whose every item is kept; else what is missing is all that is left to ask `target` for.
        Raises `Refused`.
        """
        if not self._items.applies(call) or not (call.may_recall or call.may_store):
            return None
        part = await self._items.find(call, target)
        if part.missing:
            call.part = part
            call.ask_for(part.asked(call.redacted))
            if call.may_recall:
                call.cache_status = "partial" if part.found else "miss"
                self._answers.count("partial" if part.found else "misses")
            if call.directives.only_if_cached:
                raise not_cached()
            return None
        self._answers.count("hits")
        call.cache_status, call.age_ms = "hit", part.age_ms
        recalled = Recalled(target, part.recalled_usage, NO_BORDERS, part.reply(), part.age_ms)
        answer = await self._given(call, recalled, route="cache")
        assert isinstance(answer, Answer), "embeddings do not stream"
        return answer

    async def _followed(self, call: Call, follower: Follower) -> Answer | StreamAnswer | None:
        with call.client.watched():
            if not await follower.begun():
                return None
        flight = follower.flight
        if flight.landed is None and call.stream:
            target = flight.target
            if target is None or not self._booking.has_room_for_a_request(call, target):
                call.may_follow = False  # By itself it is told by which budget.
                return None
            call.cache_status = "joined"
            headers = joined_headers(call, target=target.name, region=target.region)
            following = _Following(self._booking, call, follower)
            return StreamAnswer(following.chunks(), headers, _leaving(follower), following.error)
        with call.client.watched():
            landed = await follower.landed()
        if landed is None or landed.reply is None:
            return None
        call.cache_status = "joined"
        return await self._given(call, _shared(landed, landed.reply), route="joined")

    async def _given(self, call: Call, recalled: Recalled, *, route: str) -> Answer | StreamAnswer:
        """The answer from one that was given to another, on record. Raises `Refused`."""
        record = _record(self._booking, call, recalled.target, recalled.usage, route=route)
        if (refused := await self._booking.record_hit(call, record, recalled.target)) is not None:
            raise refused
        if call.stream:
            pieces = _replayed(call, recalled.whole(), recalled.borders, record)
            return StreamAnswer(_each(call, pieces), headers_of(call, record), _nothing_to_close)
        if call.endpoint.repeats_its_caller or recalled.may_hold_values_of(call):
            try:
                reply = call.endpoint.restore(recalled.whole(), call.session_of_shared, call.body)
            except BlockedContent as blocked:
                raise refused_answer(blocked) from None
            return written(call, record, reply)
        return written(call, record, recalled.whole() if call.as_object else recalled.as_written())

    # -- around an attempt ---------------------------------------------------------------------------------------------

    async def led(self, call: Call, walk: Coroutine[Any, Any, Answer | StreamAnswer]) -> Answer | StreamAnswer:
        """What `walk` answers, while calls that ask the same may follow it; when there is such a call by now, what that
        is answered. Raises what the walk does, and `Refused`.
        """
        if self._flights is None or not call.may_store or (call.shared is not None and call.shared.is_renumbered):
            return await walk
        while True:
            flight = self._flights.lead(call.cache_key)
            if flight is not None:
                call.flight = flight
                return await flight.led(walk, call.client)
            if not _may_follow(call):
                return await walk
            try:
                answer = await self.followed(call)
            except BaseException:
                walk.close()
                raise
            if answer is not None:
                walk.close()
                return answer

    def recording(self, call: Call) -> Recording | None:
        """What is to see the events of one attempt's stream; None when it leaves nothing to others."""
        return Recording(call.endpoint.name, is_followed=call.flight is not None) if call.may_store else None

    def begun(self, call: Call, target: Target, recording: Recording) -> None:
        """The attempt with that recording answers the call."""
        if call.flight is not None:
            call.flight.begin(target)
            recording.publish_to(call.flight.publish)

    def held(self, call: Call, *, for_everybody: bool) -> None:
        """An attempt has its hold. An answer that this caller's budgets have made smaller is not `for_everybody`."""
        if call.flight is not None and not for_everybody:
            call.flight.fail()

    def failed(self, call: Call) -> None:
        """An attempt failed. The next may be at another model, whose vectors are not those of the kept items."""
        call.ask_for_all()

    async def answered(
        self, call: Call, target: Target, reply: Body | None, usage: Usage, borders: Borders, *, downgraded: bool
    ) -> None:
        """A settled answer: whoever follows gets it, and it is kept when it may be. `reply` is None when a stream
        cannot be said as one reply.
        """
        is_own = False
        if call.shared is not None and reply is not None:
            reply = call.shared.reply(reply)
            is_own = reply is None
            borders = NO_BORDERS if call.shared.is_renumbered else borders
        if call.flight is not None:
            whole = usage if call.part is None else call.part.whole_usage(usage)
            call.flight.land(Landed(target, whole, reply, borders))
        if not call.may_store:
            return
        if reply is None:
            self._answers.reject("personal_data" if is_own else "in_pieces")
        elif downgraded:
            # It would be given again when the budget allows the better one.
            self._answers.reject("downgraded")
        elif call.part is not None:
            await self._items.keep(call, target, call.part, reply, usage)
        else:
            self._replies.keep(call, target, reply, usage, borders)


class _Following:
    """The stream of one follower: another call's events, with its own caller's values."""

    def __init__(self, booking: Booking, call: Call, follower: Follower) -> None:
        self._booking = booking
        self._call = call
        self._follower = follower
        self._reply = call.endpoint.stream(call.body, call.session_of_shared)

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for batch in self._follower.events():
                if piece := b"".join(self._reply.add(msgspec.json.decode(event)) for event in batch):
                    yield piece
        except (ProviderError, InvalidInput) as error:
            said = str(error) if isinstance(error, ProviderError) else "the provider sent a broken event"
            yield self.error("upstream_error", said)
            return
        except BlockedContent as blocked:
            # What the leader pays for: this caller has only waited.
            yield _withheld(self._call, self._reply, blocked)
            return
        landed = self._follower.flight.landed
        if landed is None:
            yield self.error("upstream_error", "the call that this one had joined was cut off")
            return
        record = _record(self._booking, self._call, landed.target, landed.usage, route="joined")
        await self._booking.record(self._call, record, "hit", target=landed.target)
        self._call.passage.ended()
        try:
            end = self._reply.ending(record, summary_of(self._call, record))
        except BlockedContent as blocked:
            end = _withheld(self._call, self._reply, blocked)
        yield end

    def error(self, code: str, message: str) -> bytes:
        """The event that ends a stream which cannot go on."""
        return self._reply.error(code, f"{message} (request {self._call.request_id})")


def _may_follow(call: Call) -> bool:
    return call.may_follow and call.may_recall and call.may_store and not call.directives.only_if_cached


def _refuse_alike(call: Call, told: Refused) -> None:
    """Raises for this call what another was told that asked the same, unless it may be worth while to ask again."""
    call.failed_flights += 1
    if told.kind == _CALLERS_FAULT or call.failed_flights >= _MOST_FAILED_FLIGHTS:
        raise told.alike(call.session_of_shared.restore(str(told)))


def not_cached() -> Refused:
    """504: the caller wanted a kept answer or none (RFC 9111, section 5.2.1.7)."""
    what = "no answer is kept for this call, and cache-control: only-if-cached asks for nothing else"
    return Refused(504, "not_cached", what)


def _shared(landed: Landed, reply: Body) -> Recalled:
    return Recalled(landed.target, landed.usage, landed.borders, reply, None)


def _record(booking: Booking, call: Call, target: Target, usage: Usage, *, route: str) -> CallRecord:
    saved = booking.saved_by_hit(call, target, usage)
    return booking.record_of(call, "hit", status=200, target=target, usage=usage, route=route, **saved)


def _replayed(call: Call, reply: Body, borders: Borders, record: CallRecord) -> Iterator[bytes]:
    """A whole reply as the stream that would have brought it."""
    stream = call.endpoint.stream(call.body, call.session_of_shared)
    pieces: list[bytes] = []
    size = 0
    for event in REPLAYS[call.endpoint.name].events(reply, borders):
        piece = stream.add(event)
        pieces.append(piece)
        size += len(piece)
        if size >= _WRITE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    pieces.append(stream.ending(record, summary_of(call, record)))
    call.passage.ended()
    yield b"".join(pieces)


async def _each(call: Call, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        for piece in pieces:
            yield piece
    except BlockedContent as blocked:
        call.passage.ended()
        yield _withheld(call, call.endpoint.stream(call.body, call.session), blocked)


def _withheld(call: Call, stream: ReplyStream, blocked: BlockedContent) -> bytes:
    """The event that ends a stream whose rest the caller may not see."""
    return stream.error("content_policy_violation", f"{answer_withheld(blocked)} (request {call.request_id})")


async def _nothing_to_close() -> None:
    """A kept reply holds nothing open."""


def _leaving(follower: Follower) -> Any:
    async def close() -> None:
        follower.leave()

    return close
