"""How a line of a batch is a call.

The walk is that of every call, over books that outlive the process and without rate limits and cache: a batch takes one
request of its key's limits when it is made, and no place among the calls of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from tokenfoundry.attribution import Attribution
from tokenfoundry.batches.books import LineBooks
from tokenfoundry.batches.records import Batch, Line
from tokenfoundry.clock import Clock
from tokenfoundry.errors import NotFound
from tokenfoundry.gateway.admission import demand
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import Booking
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.attempts.facts import facts_of
from tokenfoundry.gateway.attempts.refusals import refused_by_routing
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.cache_control import ANYTHING
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.engine import Engine
from tokenfoundry.gateway.pipeline import Pipeline
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, invalid
from tokenfoundry.keys import Key
from tokenfoundry.resilience.deadline import Deadline
from tokenfoundry.routing.policy import NoRoute, Route
from tokenfoundry.routing.targets import Target

_NOT_SENT = 499  # As of a call whose client left before it was sent.

# What OpenAI's batches take (openai-python, types/batch_create_params.py) and is answered in JSON with text.
URLS: Final = ("/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings", "/v1/moderations")


def endpoint_of(url: str) -> Endpoint:
    """The endpoint that the lines of a batch are for; `url` is one of `URLS`."""
    return ENDPOINTS[url]


def request_id(batch_id: str, number: int, turn: int = 0) -> str:
    """The id of a line's call. A call that could not be made is made again in another turn, as another call."""
    return f"{batch_id}:{number}:{turn}" if turn else f"{batch_id}:{number}"


class Asker(NamedTuple):
    """Who uploads a file or makes a batch of one: a key, and what it says of itself in headers."""

    key: Key
    headers: Mapping[str, str]

    @property
    def stated(self) -> dict[str, str]:
        """The headers that say on which axes its calls are booked."""
        return {name: value for name, value in self.headers.items() if name.startswith("x-tf-")}


class LineWalk(Pipeline):
    """The walk, in two halves that may be days apart."""

    def admit(self, headers: Mapping[str, str], peer: str) -> Key:
        """The key of a request for files or batches. Raises `Refused`."""
        key = self.admission.authenticate(headers, peer)
        demand(key, "batches")
        return key

    async def begin(self, request: Request, *, request_id: str, at_ms: int) -> Call:
        """A line as a call: identified, checked and redacted. Raises `Refused`."""
        call = self._identification.call_of(request)
        call.request_id, call.at_ms = request_id, at_ms
        call.may_recall = call.may_store = False
        if call.stream:
            raise invalid("stream: a batch is not streamed", param="body.stream")
        await self._redaction.redact(call)
        return call

    async def go_on(self, call: Call, route: Route) -> Answer | StreamAnswer:
        """Holds, sends, settles and restores. Raises `Refused`."""
        if self._clock() >= self._rented.due_ms:
            await self._rented.post_due_in_thread()
        return await self._attempt_each(call, route)


@dataclass(frozen=True, eq=False)
class Lines:
    """What one version of the configuration makes of lines. Holds its engine, and with it the connections that it uses,
    for as long as somebody works with it.
    """

    engine: Engine
    walk: LineWalk
    booking: Booking
    """Of lines that are sent one by one."""
    remote_booking: Booking
    """Of those that go in a provider's batch."""
    sender: Sender
    clock: Clock

    async def begin(self, url: str, body: bytes, asker: Asker, *, id: str, at_ms: int) -> Call:
        """A line of somebody's upload. Raises `Refused`."""
        headers = {**asker.stated, "content-type": "application/json"}
        request = Request(endpoint_of(url), asker.key, headers, body)
        return await self.walk.begin(request, request_id=id, at_ms=at_ms)

    def call(self, batch: Batch, line: Line, turn: int = 0) -> Call:
        """The call of a line that was begun before. Raises `Refused` when its model does not exist any more."""
        engine, axes = self.engine, msgspec.convert(batch.axes, Attribution)
        try:
            reachable = engine.router.may_reach(batch.model)
        except LookupError as error:
            raise invalid(str(error), status=404, code="model_not_found") from None
        call = Call(
            request_id=request_id(batch.id, line.number, turn),
            at_ms=batch.at_ms,
            endpoint=endpoint_of(batch.url),
            key=Key(id=batch.key, workspace=batch.owner.workspace, project=batch.owner.project, regions=batch.regions),
            axes=axes,
            alias=batch.model,
            reachable=reachable,
            stream=False,
            directives=ANYTHING,
            cache_terms=engine.settings.cache.terms(""),
            may_recall=False,
            may_store=False,
            body=line.body,
            deadline=Deadline(engine.settings.limits.call_timeout_ms / 1000, engine.guards.timing.now_s),
            as_object=True,
        )
        call.session = engine.redactors.of(axes.workspace, axes.project, axes.key).resumed(line.values)
        call.redacted = line.body
        call.findings = dict(line.findings)
        call.prompt_hmac = line.prompt_hmac
        call.on_prem_only = line.on_prem
        return call

    def route(self, call: Call, batch: Batch) -> Route:
        """Where a line may go, the batch's target before all others. Raises `Refused` where it may not go to that."""
        first = batch.target
        try:
            route = self.engine.router.route(call.alias, facts_of(call))
        except NoRoute as error:
            raise refused_by_routing(error) from None
        target = next((each for each in route.targets if each.name == first), None)
        if target is None:
            others = ", ".join(each.name for each in route.targets)
            what = f"the batch goes to {first}, and this line may only go to {others}: put it into another batch"
            raise Refused(403, "no_target", what, kind="permission_error")
        rest = tuple(each for each in route.targets if each is not target)
        return Route((target, *rest), batch.route if batch.downgraded else route.reason, batch.downgraded)

    def attempt(self, batch: Batch, call: Call, target: Target) -> Attempt:
        """The attempt that holds a line at the batch's target."""
        booking = self.remote_booking if batch.is_remote else self.booking
        return Attempt(booking, call, target, number=0, route=batch.route, downgraded=batch.downgraded)

    def target(self, batch: Batch, call: Call) -> Target | None:
        """The batch's target; None when the configuration has it no more."""
        return next((each for each in call.reachable if each.name == batch.target), None)

    async def release(self, batch: Batch, line: Line, turn: int = 0) -> None:
        """Gives back what is held, or was posted after a crash, for a line that was not sent. Nothing happens when
        there is no such thing.
        """
        id = f"{request_id(batch.id, line.number, turn)}/0"
        if self.books.is_resolved(id):
            return
        try:
            call = self.call(batch, line, turn)
        except Refused:
            await self.books.release(id)
            return
        target = self.target(batch, call)
        if target is None:
            await self.books.release(id)
            return
        with suppress(NotFound):
            await self.attempt(batch, call, target).void("nothing came of the line", status=_NOT_SENT)

    @property
    def books(self) -> LineBooks:
        """The ledger on the running loop."""
        books = self.booking.ledger
        assert isinstance(books, LineBooks), "lines are booked in books that outlive the process"
        return books
