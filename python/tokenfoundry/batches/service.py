"""What the routes of the gateway ask for: files and batches of a key's project."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tokenfoundry.attribution import attribute
from tokenfoundry.batches.creation import Creation, read_order
from tokenfoundry.batches.intake import Intake
from tokenfoundry.batches.lines import Asker, Lines
from tokenfoundry.batches.records import Batch, File, Owner
from tokenfoundry.batches.runner import Runner
from tokenfoundry.batches.shapes import batch_shape, file_shape, page
from tokenfoundry.batches.store import Store
from tokenfoundry.batches.work import STAMPS
from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.gateway.asgi import Receive
from tokenfoundry.gateway.attempts.rates import Passage, Rates
from tokenfoundry.gateway.replies import Answer, Refused, StreamAnswer, invalid, json_answer
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Axes, Ledger
from tokenfoundry.privacy.sealed import Sealer, key_in_file, key_of_text
from tokenfoundry.settings import BatchSettings

_KEY_FILE = "sealing.key"
_FILES_AT_MOST = 10_000
_BATCHES_AT_MOST, _BATCHES_UNASKED = 100, 20
_Record = TypeVar("_Record", File, Batch)


class BatchService:
    """Files and batches in one data directory. Any loop; the work in the background is done on one of them."""

    def __init__(
        self,
        directory: Path,
        lines: Callable[[], Lines],
        *,
        rates: Rates,
        keys: KeyRing,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        """Opens the store. Raises `ConfigError` and `DataLoss` when its key is not the one."""
        self._lines = lines
        self._rates = rates
        self._clock = clock
        settings = lines().engine.settings
        sealer = Sealer(_key_of(settings.batches, directory.parent))
        self._store = Store(directory, sealer, survives_power_loss=settings.durability == "power")
        self._runner = Runner(self._store, lines, keys=keys, ledger=ledger, clock=clock)

    def start(self) -> None:
        """Goes on with what an earlier process left, on the running loop."""
        self._runner.ensure()

    async def stop(self, *, within_s: float) -> None:
        """Ends the work on the running loop; another process, or another loop, may go on with it."""
        await self._runner.stop(within_s=within_s)

    def close(self) -> None:
        """Begins nothing more. Any thread."""
        self._runner.close()

    # -- files ---------------------------------------------------------------------------------------------------------

    async def upload(self, headers: Mapping[str, str], peer: str, receive: Receive) -> Answer | StreamAnswer:
        lines, asker = self._admitted(headers, peer)
        with self._passage(lines, asker) as passage:
            file = await Intake(lines, self._store, asker, now_ms=self._clock()).take(headers, receive)
            return passage.on(json_answer(file_shape(file)))

    def files(self, headers: Mapping[str, str], peer: str, query: Mapping[str, str]) -> dict[str, Any]:
        owner = self._owner(headers, peer)
        purpose, order = query.get("purpose"), query.get("order", "desc")
        if order not in ("asc", "desc"):
            raise invalid("order: should be asc or desc", param="order")
        found = [each for each in self._store.files() if each.owner == owner and not self._is_over(each)]
        found = [each for each in found if purpose is None or each.purpose == purpose]
        found.sort(key=lambda each: (each.created_ms, each.id), reverse=order == "desc")
        records, has_more = _cut(found, query, most=_FILES_AT_MOST, unasked=_FILES_AT_MOST)
        return page([file_shape(each) for each in records], has_more=has_more)

    def file(self, headers: Mapping[str, str], peer: str, id: str) -> dict[str, Any]:
        return file_shape(self._file(self._owner(headers, peer), id))

    async def delete(self, headers: Mapping[str, str], peer: str, id: str) -> dict[str, Any]:
        file = self._file(self._owner(headers, peer), id)
        if any(batch.input_file == id and not batch.has_ended for batch in self._store.batches()):
            what = "a batch of that file goes on: cancel it first, or wait for its end"
            raise Refused(409, "conflict", what, param="file_id")
        await asyncio.to_thread(self._store.delete, file)
        return {"id": id, "object": "file", "deleted": True}

    def content(self, headers: Mapping[str, str], peer: str, id: str) -> StreamAnswer:
        """The content, opened piece by piece as it is read."""
        file = self._file(self._owner(headers, peer), id)
        told = {
            "content-type": "application/octet-stream",
            "content-length": str(file.size_bytes),
            "cache-control": "no-store",
        }
        return StreamAnswer(self._pieces(file), told, _nothing)

    async def _pieces(self, file: File) -> AsyncIterator[bytes]:
        for piece in self._store.reader(file.id, "content"):
            yield piece
            await asyncio.sleep(0)

    # -- batches -------------------------------------------------------------------------------------------------------

    async def create(self, headers: Mapping[str, str], peer: str, body: dict[str, Any]) -> Answer | StreamAnswer:
        lines, asker = self._admitted(headers, peer)
        owner = _owner_of(asker.key)
        with self._passage(lines, asker) as passage:
            order = read_order(body, self._store, owner)
            self._file(owner, order.file.id)
            creation = Creation(lines, self._store, asker, order, now_ms=self._clock())
            self._runner.begun_here(creation.id)
            batch = await creation.make()
            self._runner.begin(batch)
            return passage.on(json_answer(batch_shape(batch, None)))

    def batches(self, headers: Mapping[str, str], peer: str, query: Mapping[str, str]) -> dict[str, Any]:
        owner = self._owner(headers, peer)
        found = [each for each in self._store.batches() if each.owner == owner and each.status != "holding"]
        found.sort(key=lambda each: (each.at_ms, each.id), reverse=True)
        records, has_more = _cut(found, query, most=_BATCHES_AT_MOST, unasked=_BATCHES_UNASKED)
        return page([self._shape(each) for each in records], has_more=has_more)

    async def batch(self, headers: Mapping[str, str], peer: str, id: str) -> dict[str, Any]:
        owner = self._owner(headers, peer)
        await self._runner.look(self._store.batch(id, owner))
        return self._shape(self._store.batch(id, owner))

    async def cancel(self, headers: Mapping[str, str], peer: str, id: str) -> dict[str, Any]:
        self._store.batch(id, self._owner(headers, peer))
        batch = self._store.change(id, partial(_cancelled, now_ms=self._clock()))
        shape = self._shape(batch)
        await self._runner.look(batch)
        return shape

    # -- who asks ------------------------------------------------------------------------------------------------------

    def _shape(self, batch: Batch) -> dict[str, Any]:
        return batch_shape(batch, None if batch.has_ended else self._runner.counts.get(batch.id))

    def _admit(self, lines: Lines, headers: Mapping[str, str], peer: str) -> Key:
        if not lines.engine.settings.batches.enabled:
            raise invalid("files and batches are not enabled here (batches.enabled)", status=404, code="not_found")
        return lines.walk.admit(headers, peer)

    def _admitted(self, headers: Mapping[str, str], peer: str) -> tuple[Lines, Asker]:
        lines = self._lines()
        return lines, Asker(self._admit(lines, headers, peer), headers)

    def _owner(self, headers: Mapping[str, str], peer: str) -> Owner:
        return _owner_of(self._admit(self._lines(), headers, peer))

    def _passage(self, lines: Lines, asker: Asker) -> Passage:
        """A request of the limits of the key and what it is attributed to. Raises `Refused`."""
        try:
            axes = attribute(asker.key, asker.headers, lines.engine.redactors.detector)
        except InvalidInput as error:
            raise invalid(str(error)) from None
        of_limits = msgspec.to_builtins(msgspec.structs.replace(axes, beside=None))
        return self._rates.passage(lambda _: Axes(**of_limits))

    def _file(self, owner: Owner, id: str) -> File:
        file = self._store.file(id, owner)
        if self._is_over(file):
            raise NotFound(f"there is no file {id!r}")
        return file

    def _is_over(self, file: File) -> bool:
        return file.expires_ms <= self._clock()


def _cancelled(batch: Batch, *, now_ms: int) -> Batch:
    if batch.has_ended:
        raise Refused(409, "conflict", f"the batch has ended: it is {batch.status}", param="batch_id")
    if batch.status == "cancelling":
        return batch
    return msgspec.structs.replace(batch, status="cancelling", stamps={**batch.stamps, STAMPS["cancelling"]: now_ms})


def _owner_of(key: Key) -> Owner:
    return Owner(key.workspace, key.project)


def _cut(
    found: Sequence[_Record], query: Mapping[str, str], *, most: int, unasked: int
) -> tuple[Sequence[_Record], bool]:
    """The records behind `after`, at most `limit`, and whether there are more. Raises `Refused`."""
    text = query.get("limit", str(unasked))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= most):
        raise invalid(f"limit: should be a whole number from 1 to {most}", param="limit")
    after = query.get("after")
    if after is not None:
        place = next((index for index, each in enumerate(found) if each.id == after), None)
        if place is None:
            raise invalid("after: there is nothing of that id in the list", param="after")
        found = found[place + 1 :]
    return found[: int(text)], len(found) > int(text)


def _key_of(settings: BatchSettings, data_dir: Path) -> bytes:
    if settings.key is not None:
        return key_of_text(settings.key.read().reveal())
    return key_in_file(data_dir / _KEY_FILE)


async def _nothing() -> None:
    """What a file leaves open when its reader hangs up."""
