"""A batch that goes to its provider as a file: uploaded, made, asked for, and collected when it is complete.

Each step is on record before the next, so that after a crash the next process goes on where this one was. The one step
that must not be repeated is the making of the batch: it is announced in the record first, and a process that finds the
announcement looks for the batch at the provider before it makes another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from tokenfoundry.batches.records import Failure, Line, Remote, Status, Step
from tokenfoundry.batches.remote import RemoteBatch, RemoteBatches, RemoteRefused, Unreadable, number_of, wire_line
from tokenfoundry.batches.results import (
    CANCELLED,
    EXPIRED,
    UNANSWERED,
    UNREADABLE,
    RemoteResults,
    error_result,
    refused_batch,
)
from tokenfoundry.batches.work import Work
from tokenfoundry.errors import ProviderError
from tokenfoundry.providers.batch_api import line_url
from tokenfoundry.routing.targets import Target

# How long a provider is asked for a batch after the day in which it should have been answered.
_GRACE_MS = 2 * 86_400_000
_GOING_ON: dict[str, Status] = {"validating": "validating", "in_progress": "in_progress", "finalizing": "finalizing"}
_ENDS: dict[str, tuple[Status, tuple[str, str]]] = {
    "completed": ("completed", UNANSWERED),
    "expired": ("expired", EXPIRED),
    "cancelled": ("cancelled", CANCELLED),
}
_PIECE_BYTES = 64 * 1024


class RemoteRun:
    """One look at one batch: does what can be done now."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def advance(self) -> None:
        """Raises `ProviderError` when the provider could not be asked: another look may."""
        work = self._work
        remote = work.batch.remote
        if not (remote.batch or remote.creating) and work.now_ms >= work.batch.expires_ms:
            await work.end("expired", EXPIRED)  # The provider was never told of it.
            return
        target = self._target()
        try:
            if target is not None:
                await self._look(target)
        except ProviderError:
            if not self._is_given_up:
                raise
        if self._is_given_up and not work.batch.has_ended:
            await self._give_up()

    async def _look(self, target: Target) -> None:
        work, lines = self._work, self._work.lines
        settings = lines.engine.settings.providers[target.provider]
        api = RemoteBatches(lines.engine.client, target.provider, settings)
        try:
            told = await self._made(api, target)
        except RemoteRefused as refused:
            if not refused.is_final:
                raise
            await self._fail(api, refused)
            return
        if told is None:
            return
        told = await api.batch(told.id)
        if work.batch.status == "cancelling" and told.status in _GOING_ON:
            await api.cancel(told.id)
            told = await api.batch(told.id)
        await self._follow(api, told, target)

    # -- making --------------------------------------------------------------------------------------------------------

    async def _made(self, api: RemoteBatches, target: Target) -> RemoteBatch | None:
        """The batch at the provider, made if it is not; None when there is nothing to make."""
        work = self._work
        remote = work.batch.remote
        if remote.batch:
            return RemoteBatch(remote.batch, "", remote.file, "", "")
        if work.batch.status == "cancelling" and not remote.creating:
            await work.end("cancelled", CANCELLED)
            await self._tidy(api)
            return None
        await work.open()
        if not remote.file:
            size_bytes = await self._size()
            if not size_bytes:
                await work.end("completed", UNANSWERED)  # Each of its lines was refused here.
                return None
            name = f"tokenfoundry-{work.batch.id}.jsonl"
            remote = Remote(file=await api.upload(name, size_bytes, self._content))
            work.update(remote=remote)
        if not await api.is_ready(remote.file):
            return None
        told: RemoteBatch | None = None
        if remote.creating:
            told = await api.find(remote.file)
            if told is None and work.batch.status == "cancelling":
                await work.end("cancelled", CANCELLED)
                await self._tidy(api)
                return None
        else:
            work.update(remote=Remote(file=remote.file, creating=True))
        if told is None:
            settings = work.lines.engine.settings.providers[target.provider]
            told = await api.create(remote.file, line_url(settings, await self._dialect()))
        work.come_to("in_progress", remote=Remote(file=remote.file, batch=told.id))
        return told

    async def _dialect(self) -> str:
        work = self._work
        line = work.plan.line(1)
        assert line is not None, "a batch has a line"
        call = work.lines.call(work.batch, line)
        target = work.lines.target(work.batch, call)
        assert target is not None, "it was just there"
        plan = work.lines.sender.plan(call.endpoint.name, target)
        assert plan is not None, "the batch was made for a target that can be told"
        return plan.dialect

    async def _size(self) -> int:
        return sum([len(line) async for line in self._wire_lines()])

    async def _content(self) -> AsyncIterator[bytes]:
        piece = bytearray()
        async for line in self._wire_lines():
            piece += line
            if len(piece) >= _PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
        if piece:
            yield bytes(piece)

    async def _wire_lines(self) -> AsyncIterator[bytes]:
        work = self._work
        for line in work.plan:
            if line.number in work.progress.done:
                continue
            call = work.lines.call(work.batch, line)
            target = work.lines.target(work.batch, call)
            assert target is not None, "it was just there"
            yield wire_line(work.lines, call, work.lines.attempt(work.batch, call, target), number=line.number)
            await asyncio.sleep(0)

    # -- following -----------------------------------------------------------------------------------------------------

    async def _follow(self, api: RemoteBatches, told: RemoteBatch, target: Target) -> None:
        work = self._work
        if told.status == "failed":
            # It was not begun: the provider found the file wrong.
            why = f" ({told.code})" if told.code else ""
            failure = Failure("upstream_error", f"the provider refused the batch when it read its file{why}")
            await work.end("failed", UNANSWERED, failure=failure)
            await self._tidy(api)
        elif told.status in _ENDS:
            if await self._collect(api, told, target):
                await work.end(*_ENDS[told.status])
                await self._tidy(api, told.output_file, told.error_file)
        elif told.status in _GOING_ON and told.status != "validating":
            work.come_to(_GOING_ON[told.status])

    async def _collect(self, api: RemoteBatches, told: RemoteBatch, target: Target) -> bool:
        """Books every line that the provider has a result for. False when that cannot be done now.

        A result that cannot be read was paid for, so its line is billed; where it does not even tell whose it is, so is
        each line that has no other.
        """
        work = self._work
        await work.open()
        results = RemoteResults(work.lines, work.batch)
        unreadable: set[int] = set()
        for file in (told.output_file, told.error_file):
            if not file:
                continue
            async for result in api.content(file):
                if isinstance(result, Unreadable):
                    unreadable.add(number_of(result.name))
                    continue
                number = number_of(result.get("custom_id"))
                line = work.plan.line(number)
                if line is None or number in work.progress.done:
                    continue
                step = await results.step(line, result)
                if step is None:
                    return False
                work.write(step)
        for line in work.plan if unreadable else ():
            if line.number in unreadable or 0 in unreadable:
                await self._cut(line, target, "the provider's result cannot be read")
        return True

    async def _cut(self, line: Line, target: Target, why: str) -> None:
        """Bills a line in full, unless it has a result: it may have been answered, and nobody can read with what."""
        work = self._work
        if line.number in work.progress.done:
            return
        call = work.lines.call(work.batch, line)
        await work.lines.attempt(work.batch, call, target).cut(why)
        work.write(Step(number=line.number, result=error_result(call.request_id, line, UNREADABLE)))
        await asyncio.sleep(0)

    async def _fail(self, api: RemoteBatches, refused: RemoteRefused) -> None:
        failure = Failure("upstream_error", refused_batch(refused))
        await self._work.end("failed", UNANSWERED, failure=failure)
        await self._tidy(api)

    async def _tidy(self, api: RemoteBatches, *results: str) -> None:
        """The provider needs the files no longer. What it will not delete it deletes by its own rules."""
        for file in (self._work.batch.remote.file, *results):
            if file:
                with suppress(ProviderError):
                    await api.delete(file)

    # -- giving up -----------------------------------------------------------------------------------------------------

    @property
    def _is_given_up(self) -> bool:
        return self._work.now_ms > self._work.batch.expires_ms + _GRACE_MS

    async def _give_up(self) -> None:
        """The provider was told of the lines and nobody can learn what it made of them: they are booked in full. Those
        that it was never told of get back what was held.
        """
        work = self._work
        await work.open()
        target, remote = self._target(), work.batch.remote
        # Without the target there is no price for them any more.
        if target is not None and (remote.batch or remote.creating):
            for line in work.plan:
                await self._cut(line, target, "the provider's batch cannot be read any more")
        await work.end("expired", EXPIRED)

    def _target(self) -> Target | None:
        """The batch's target; None while the configuration does not have it."""
        work = self._work
        try:
            reachable = work.lines.engine.router.may_reach(work.batch.model)
        except LookupError:
            return None
        return next((each for each in reachable if each.name == work.batch.target), None)
