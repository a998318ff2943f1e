"""A batch whose lines are sent one by one, to a provider that has no batches: each is walked as any call is.

Before a line is sent the journal says so. A process that goes on with another one's batch therefore knows which lines
may have been sent: they are not sent again. What was held for the others was posted when the books were opened; it is
given back, and held anew, before the first of them is sent.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tokenfoundry.batches.lines import request_id
from tokenfoundry.batches.records import Batch, Line, Spent, Status, Step
from tokenfoundry.batches.results import (
    CANCELLED,
    EXPIRED,
    LOST,
    UNANSWERED,
    error_result,
    refused_result,
    response_result,
)
from tokenfoundry.batches.work import Work, first_turn
from tokenfoundry.clock import Clock
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.replies import Answer, Refused
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Ledger
from tokenfoundry.usage import Usage

# Refusals that a moment may mend, and how often and how long a line waits for that.
_PASSING = frozenset({"budget_busy", "budget_throttled", "overloaded", "rate_limit_exceeded", "upstream_unavailable"})
_MOST_TURNS = 8
_LONGEST_WAIT_S = 60.0
_WHY = {"completed": UNANSWERED, "cancelled": CANCELLED, "expired": EXPIRED}
_USED = frozenset({"settled", "recovered", "hit"})


class OwnRun:
    """Works on one batch until all its lines have a result, or it is stopped."""

    def __init__(self, work: Work, places: asyncio.Semaphore, keys: KeyRing, ledger: Ledger, clock: Clock) -> None:
        """`places` are shared by all batches."""
        self._work = work
        self._places = places
        self._keys = keys
        self._ledger = ledger
        self._clock = clock
        self.stopping = False

    async def run(self, *, is_resumed: bool) -> None:
        """`is_resumed`: another process worked on it before."""
        work = self._work
        await work.open()
        if is_resumed:
            work.update(lives=work.batch.lives + 1)
        ending = work.batch.ending  # What an earlier try did not finish.
        if ending is None:
            work.come_to("in_progress")
            waiting = [number async for number in self._ready(is_resumed=is_resumed)]
            await self._send(waiting)
            if self.stopping:
                return
            ending = self._ending
        await work.end(ending, _WHY[ending])

    @property
    def _ending(self) -> Status:
        work = self._work
        if len(work.progress.done) == len(work.plan):
            return "completed"
        return "cancelled" if work.batch.status == "cancelling" else "expired"

    # -- before --------------------------------------------------------------------------------------------------------

    async def _ready(self, *, is_resumed: bool) -> Any:
        """The numbers of the lines that can be sent; those that cannot get their result."""
        work, batch = self._work, self._work.batch
        turn = first_turn(batch.lives)
        for line in work.plan:
            number = line.number
            if number in work.progress.done:
                continue
            begun = work.progress.begun.get(number)
            if begun is not None and self._may_have_been_answered(request_id(batch.id, number, begun)):
                work.write(Step(number=number, result=error_result(request_id(batch.id, number, begun), line, LOST)))
                continue
            if begun is not None:
                await work.lines.release(batch, line, begun)
            elif is_resumed and (id := self._answered_before(batch, number)) is not None:
                work.write(Step(number=number, result=error_result(id, line, LOST)))
                continue
            if is_resumed:
                for life in range(batch.lives):
                    await work.lines.release(batch, line, first_turn(life))
                if begun is None and not await self._held_anew(batch, line, turn):
                    continue
            yield number
            await asyncio.sleep(0)

    def _may_have_been_answered(self, id: str) -> bool:
        """Whether the books have an attempt of that call that used something, or may have."""
        number = 0
        while (entry := self._ledger.entry(f"{id}/{number}")) is not None:
            if entry.kind in _USED:
                return True
            number += 1
        return False

    def _answered_before(self, batch: Batch, number: int) -> str | None:
        """The call of a line that the books know as answered and the journal does not know at all: it was lost with the
        power. A hold that was posted because its process died says nothing: it is taken before a line is announced.
        """
        turns = (first_turn(life) + turn for life in range(batch.lives) for turn in range(_MOST_TURNS))
        for id in (request_id(batch.id, number, turn) for turn in turns):
            entry = self._ledger.entry(f"{id}/0")
            is_further = self._ledger.entry(f"{id}/1") is not None
            if entry is not None and (entry.kind == "settled" or is_further) and self._may_have_been_answered(id):
                return id
        return None

    async def _held_anew(self, batch: Batch, line: Line, turn: int) -> bool:
        work = self._work
        try:
            call = work.lines.call(batch, line, turn)
            target = work.lines.route(call, batch).targets[0]
            attempt = work.lines.attempt(batch, call, target)
            refusal = await attempt.reserve()
            if refusal is None:
                return True
            raise await attempt.refused(refusal)
        except Refused as refused:
            work.write(Step(number=line.number, result=_refusal(work, batch, line, turn, refused)))
            return False

    # -- sending -------------------------------------------------------------------------------------------------------

    async def _send(self, waiting: list[int]) -> None:
        """A task for each place; each takes the next line when it has done one. When one fails no further line is sent,
        those under way are answered, and the first failure is raised.
        """
        numbers = iter(waiting)
        failures: list[Exception] = []

        async def work_through() -> None:
            for number in numbers:
                async with self._places:
                    if self._is_over or failures:
                        return
                    try:
                        await self._line(number)
                    except Exception as error:  # noqa: BLE001 - raised again, once the others are done
                        failures.append(error)

        most = min(len(waiting), self._work.lines.engine.settings.batches.concurrency)
        async with asyncio.TaskGroup() as group:
            for _ in range(most):
                group.create_task(work_through())
        if failures:
            raise failures[0]

    @property
    def _is_over(self) -> bool:
        batch = self._work.batch
        return self.stopping or batch.status == "cancelling" or self._clock() >= batch.expires_ms

    async def _line(self, number: int) -> None:
        work, batch = self._work, self._work.batch
        line = work.plan.line(number)
        assert line is not None, "its number came from the plan"
        first = max(first_turn(batch.lives), work.progress.begun.get(number, -1) + 1)
        for turn in range(first, first + _MOST_TURNS):
            if self._is_over:
                return  # While it waited.
            await work.journal.announce(number, turn)
            try:
                result = await self._answered(batch, line, turn)
            except Refused as refused:
                await work.lines.release(batch, line, turn)
                if refused.code in _PASSING and turn < first + _MOST_TURNS - 1 and not self._is_over:
                    await work.lines.engine.guards.timing.sleep(_wait_s(refused))
                    continue
                result = Step(number=number, result=_refusal(work, batch, line, turn, refused))
            except Conflict:
                # It was held for what is no more: the settings have changed since. It is held as they are now.
                await work.lines.release(batch, line, turn)
                continue
            work.write(result)
            return
        work.write(Step(number=number, result=error_result(request_id(batch.id, number, first), line, UNANSWERED)))

    async def _answered(self, batch: Batch, line: Line, turn: int) -> Step:
        lines = self._work.lines
        self._check_key(batch)
        call = lines.call(batch, line, turn)
        answer = await lines.walk.go_on(call, lines.route(call, batch))
        assert isinstance(answer, Answer), "a line is answered whole"
        assert answer.reply is not None, "and as an object"
        # Of a target before the one that answered.
        await lines.release(batch, line, turn)
        return Step(
            number=line.number,
            result=response_result(call.request_id, line, 200, answer.reply),
            succeeded=True,
            spent=_spent(call, answer.reply),
        )

    def _check_key(self, batch: Batch) -> None:
        """Raises `Refused` when the key that made the batch may not be used any more."""
        try:
            key = self._keys.get(batch.key)
        except NotFound:
            raise _stopped(batch, "does not exist any more") from None
        if key.state != "active":
            raise _stopped(batch, f"is {key.state}")
        if key.expires_at_ms is not None and self._clock() >= key.expires_at_ms:
            raise _stopped(batch, "has expired")


def _stopped(batch: Batch, why: str) -> Refused:
    return Refused(403, "key_stopped", f"the API key {batch.key} {why}", kind="permission_error")


def _refusal(work: Work, batch: Batch, line: Line, turn: int, refused: Refused) -> Any:
    return refused_result(request_id(batch.id, line.number, turn), batch.url, line, refused)


def _wait_s(refused: Refused) -> float:
    told = refused.headers.get("retry-after-ms")
    return min(_LONGEST_WAIT_S, int(told) / 1000 if told else 1.0)


def _spent(call: Call, reply: dict[str, Any]) -> Spent:
    try:
        usage = Usage.from_body(call.endpoint.name, reply)
    except InvalidInput:
        usage = None
    if usage is None:
        return Spent()
    return Spent(usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.reasoning_tokens)
