"""What all batches that go on have in common, wherever their lines are sent: their record, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from tokenfoundry.batches.journal import Journal, Progress, ResultFiles
from tokenfoundry.batches.lines import Lines, request_id
from tokenfoundry.batches.records import ENDED, Batch, Counts, Failure, Status, Step
from tokenfoundry.batches.results import TOO_LARGE, error_result
from tokenfoundry.batches.store import Plan, Store
from tokenfoundry.clock import Clock
from tokenfoundry.privacy.sealed_log import PieceTooLarge

# By status, the name of the instant at which a batch came to it.
STAMPS: dict[str, str] = {
    "in_progress": "in_progress_at",
    "finalizing": "finalizing_at",
    "completed": "completed_at",
    "failed": "failed_at",
    "expired": "expired_at",
    "cancelling": "cancelling_at",
    "cancelled": "cancelled_at",
}

_TURNS_OF_A_LIFE = 1000


class Work:
    """One batch that goes on. `open` it before its lines are looked at, which most looks at a batch do not need."""

    plan: Plan
    journal: Journal

    def __init__(self, store: Store, batch_id: str, lines: Lines, clock: Clock, tell: Callable[[Counts], None]) -> None:
        """`tell` is told how far it is."""
        self.store = store
        self.lines = lines
        self._id = batch_id
        self._clock = clock
        self._tell = tell
        self._is_open = False

    async def open(self) -> None:
        """Reads where the lines are, and what was done about each. Harmless twice."""
        if not self._is_open:
            self.plan = await asyncio.to_thread(self.store.plan, self._id)
            self.journal = await asyncio.to_thread(Journal, self.store, self._id)
            self._is_open = True

    @property
    def batch(self) -> Batch:
        """As it is now: its owner may have cancelled it."""
        return self.store.now(self._id)

    @property
    def progress(self) -> Progress:
        return self.journal.progress

    @property
    def now_ms(self) -> int:
        return self._clock()

    def write(self, step: Step) -> None:
        """A result that is too large to be kept is told as such; its line was settled with what it used."""
        try:
            self.journal.write(step)
        except PieceTooLarge:
            line = self.plan.line(step.number)
            assert line is not None, "it has a result"
            result = error_result(request_id(self._id, step.number), line, TOO_LARGE)
            self.journal.write(Step(number=step.number, result=result, spent=step.spent))
        self._tell(self.progress.counts(len(self.plan)))

    def close(self) -> None:
        if self._is_open:
            self.journal.close()

    def update(self, **fields: object) -> Batch:
        """Changes the batch's record."""
        return self.store.change(self._id, lambda batch: msgspec.structs.replace(batch, **fields))

    def come_to(self, status: Status, **fields: object) -> Batch:
        """A new status, with its instant. One that its owner has cancelled does not go back."""

        def change(batch: Batch) -> Batch:
            if status == batch.status or (batch.status == "cancelling" and status not in ENDED):
                return msgspec.structs.replace(batch, **fields)
            stamps = {**batch.stamps, STAMPS[status]: self.now_ms} if status in STAMPS else batch.stamps
            return msgspec.structs.replace(batch, status=status, stamps=stamps, **fields)

        return self.store.change(self._id, change)

    async def end(self, status: Status, why: tuple[str, str], *, failure: Failure | None = None) -> None:
        """Ends the batch: lines without a result were not answered, for `why`, and get back what was held for them.

        Repeated after a crash it does what is left to do.
        """
        await self.open()
        batch = self.update(ending=status)
        for line in self.plan:
            if line.number in self.progress.done:
                continue
            for life in range(batch.lives + 1):
                await self.lines.release(batch, line, first_turn(life))
            self.write(Step(number=line.number, result=error_result(request_id(batch.id, line.number), line, why)))
            await asyncio.sleep(0)
        self.come_to("finalizing")
        self.close()
        keep_ms = self.lines.engine.settings.batches.keep_ms
        files = ResultFiles(self.store, batch, now_ms=self.now_ms, keep_ms=keep_ms)
        output_file, error_file = await asyncio.to_thread(files.make)
        self.come_to(
            status,
            output_file=output_file,
            error_file=error_file,
            counts=self.progress.counts(len(self.plan)),
            spent=self.progress.spent,
            failure=failure,
        )
        # Restored and kept: nobody needs the values of the placeholders any more.
        for part in ("plan", "journal"):
            self.store.erase(batch.id, part)


def first_turn(life: int) -> int:
    """The turns of a line's call are numbered on in each process that works on its batch."""
    return life * _TURNS_OF_A_LIFE
