"""The journal of a batch: what was done about each line, and the files that it becomes.

A result is written after its line is settled, so that a crash in between loses at most the result: the books are asked
before a line is booked, and a line that may have been sent is not sent again. Where the books survive a loss of power,
so does the word that a line is about to be sent.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec

from tokenfoundry.batches.records import Batch, Counts, File, Spent, Step
from tokenfoundry.batches.store import FILE_PREFIX, Store
from tokenfoundry.privacy.sealed_log import LogWriter

_PIECE_BYTES = 64 * 1024


@dataclass(slots=True)
class Progress:
    """What the journal of one batch says so far."""

    done: set[int] = field(default_factory=set)
    begun: dict[int, int] = field(default_factory=dict)
    """Lines without a result that were about to be sent, and in which turn."""
    succeeded: int = 0
    spent: Spent = field(default_factory=Spent)

    def see(self, step: Step) -> None:
        if not step.result:
            self.begun[step.number] = step.turn
            return
        self.begun.pop(step.number, None)
        self.done.add(step.number)
        self.succeeded += step.succeeded
        self.spent = _sum(self.spent, step.spent)

    def counts(self, total: int) -> Counts:
        return Counts(total, self.succeeded, len(self.done) - self.succeeded)


class Journal:
    """An open journal. One at a time for a batch."""

    def __init__(self, store: Store, batch_id: str) -> None:
        self.progress = Progress()
        for step in store.steps(batch_id):
            self.progress.see(step)
        self._writer = store.writer(batch_id, "journal")
        self._syncs = store.sync

    def write(self, step: Step) -> None:
        """Once it returns, the step survives a killed process. Raises `PieceTooLarge`."""
        self._writer.append(msgspec.json.encode(step))
        self._writer.flush()
        self.progress.see(step)

    async def announce(self, number: int, turn: int) -> None:
        """Once it returns, whoever goes on with the batch knows that the line may have been sent."""
        self.write(Step(number=number, turn=turn))
        if self._syncs:
            await asyncio.to_thread(self._writer.sync)

    def close(self) -> None:
        self._writer.close()


class ResultFiles:
    """The output file and the error file of a batch. Made again, whole, when a crash came before the batch knew them.

    Their ids follow from that of their batch, so that there are never two of a kind.
    """

    def __init__(self, store: Store, batch: Batch, *, now_ms: int, keep_ms: int) -> None:
        self._store = store
        self._batch = batch
        self._now_ms = now_ms
        self._expires_ms = now_ms + min(keep_ms, (batch.output_keep_s or keep_ms // 1000) * 1000)

    def make(self) -> tuple[str, str]:
        """The ids of the two, each empty when it would be. Blocks: reads the journal and writes it again."""
        output, errors = (_Content(self._store, self._id(kind)) for kind in ("output", "error"))
        for step in self._store.steps(self._batch.id):
            if step.result:
                (output if step.succeeded else errors).add(step.result.encode())
        return self._kept(output, "output"), self._kept(errors, "error")

    def _id(self, kind: str) -> str:
        return f"{FILE_PREFIX}{self._batch.id.rpartition('_')[2]}-{kind}"

    def _kept(self, content: _Content, kind: str) -> str:
        content.close(sync=self._store.sync)
        if not content.lines:
            self._store.erase(content.id, "content")
            return ""
        self._store.put(
            File(
                id=content.id,
                owner=self._batch.owner,
                purpose="batch_output",
                filename=f"{self._batch.id}_{kind}.jsonl",
                size_bytes=content.size_bytes,
                lines=content.lines,
                created_ms=self._now_ms,
                expires_ms=self._expires_ms,
                key=self._batch.key,
            )
        )
        return content.id


class _Content:
    def __init__(self, store: Store, id: str) -> None:
        store.erase(id, "content")
        self.id = id
        self.size_bytes = self.lines = 0
        self._writer: LogWriter = store.writer(id, "content")
        self._piece = bytearray()

    def add(self, line: bytes) -> None:
        self._piece += line + b"\n"
        self.size_bytes += len(line) + 1
        self.lines += 1
        while len(self._piece) >= _PIECE_BYTES:
            self._seal()

    def close(self, *, sync: bool) -> None:
        if self._piece:
            self._seal()
        self._writer.close(sync=sync)

    def _seal(self) -> None:
        self._writer.append(bytes(self._piece[:_PIECE_BYTES]))
        del self._piece[:_PIECE_BYTES]


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(
        one.input_tokens + other.input_tokens,
        one.cached_tokens + other.cached_tokens,
        one.output_tokens + other.output_tokens,
        one.reasoning_tokens + other.reasoning_tokens,
    )
