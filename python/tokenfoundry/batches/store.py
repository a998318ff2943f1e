"""The directory of files and batches.

    <id>.record     what is known of a file or batch, sealed; replaced whole
    <id>.content    of a file: its content, sealed in pieces
    <id>.plan       of a batch that goes on: its lines, ready to be sent
    <id>.journal    and what came of each

Everything is sealed with a key of its own, derived from its id. Any thread; records are few and kept in memory. One
that is damaged is set aside: it stays where it is with its parts, and nobody is told of it until it opens again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from tokenfoundry.batches.records import Batch, File, Line, Owner, Step
from tokenfoundry.errors import DataLoss, NotFound, StoreError
from tokenfoundry.privacy.sealed import OVERHEAD_BYTES, Sealer
from tokenfoundry.privacy.sealed_log import LogReader, LogWriter, sync_directory

_log = logging.getLogger("tokenfoundry")

_RECORD = ".record"
_BEING_WRITTEN = ".new"
FILE_PREFIX = "file-"
BATCH_PREFIX = "batch_"

Part = Literal["content", "plan", "journal"]
_Kind = TypeVar("_Kind", File, Batch)


class Store:
    """The files and batches of one data directory. Opens with all records read."""

    def __init__(self, directory: Path, sealer: Sealer, *, survives_power_loss: bool) -> None:
        """Raises `DataLoss` when no record opens, as with another key."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._sealer = sealer
        self.sync = survives_power_loss
        self._changing = threading.Lock()
        self._taken_bytes = 0
        self._files: dict[str, File] = {}
        self._batches: dict[str, Batch] = {}
        self._load()

    # -- records -------------------------------------------------------------------------------------------------------

    def put(self, record: File | Batch) -> None:
        """Writes a record in the place of the one before: after a crash it is there whole, as one of the two."""
        with self._changing:
            self._put(record)

    def change(self, batch_id: str, change: Callable[[Batch], Batch]) -> Batch:
        """Writes what `change` makes of a batch's record; nobody else changes it in between."""
        with self._changing:
            batch = change(self._batches[batch_id])
            self._put(batch)
        return batch

    def _put(self, record: File | Batch) -> None:
        path = self._directory / f"{record.id}{_RECORD}"
        made = path.with_suffix(_BEING_WRITTEN)
        sealed = self._sealer.derived(record.id + _RECORD).seal(msgspec.json.encode(record))
        with made.open("wb") as file:
            os.chmod(made, 0o600)
            file.write(sealed)
            file.flush()
            if self.sync:
                os.fsync(file.fileno())
        os.replace(made, path)
        if self.sync:
            sync_directory(self._directory)
        if isinstance(record, File):
            self._files[record.id] = record
        else:
            self._batches[record.id] = record

    def file(self, id: str, owner: Owner) -> File:
        """That file. Raises `NotFound`, also for somebody else's."""
        return _owned(self._files, id, owner, "file")

    def batch(self, id: str, owner: Owner) -> Batch:
        """That batch, once its client was told of it. Raises `NotFound`, also for somebody else's."""
        found = _owned(self._batches, id, owner, "batch")
        if found.status == "holding":
            raise NotFound(f"there is no batch {id!r}")
        return found

    def now(self, id: str) -> Batch:
        """A batch as it is now, for who works on it."""
        return self._batches[id]

    def files(self) -> list[File]:
        return list(self._files.values())

    def batches(self) -> list[Batch]:
        return list(self._batches.values())

    def delete(self, record: File | Batch) -> None:
        """Erases it with all its parts: the record last, so that what a crash leaves is found and erased again."""
        for part in ("content", "plan", "journal"):
            self.erase(record.id, part)
        with self._changing:
            (self._directory / f"{record.id}{_RECORD}").unlink(missing_ok=True)
            self._files.pop(record.id, None)
            self._batches.pop(record.id, None)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def writer(self, id: str, part: Part) -> LogWriter:
        return LogWriter(self._path(id, part), self._sealer_of(id, part))

    def reader(self, id: str, part: Part) -> LogReader:
        return LogReader(self._path(id, part), self._sealer_of(id, part))

    def has(self, id: str, part: Part) -> bool:
        return self._path(id, part).exists()

    def erase(self, id: str, part: Part) -> None:
        self._path(id, part).unlink(missing_ok=True)

    def plan(self, batch_id: str) -> Plan:
        return Plan(self.reader(batch_id, "plan"))

    def steps(self, batch_id: str) -> Iterator[Step]:
        """What the journal of a batch says, in order."""
        if self.has(batch_id, "journal"):
            for piece in self.reader(batch_id, "journal"):
                yield msgspec.json.decode(piece, type=Step)

    def disk_bytes(self) -> int:
        """The disk that everything here takes. Reads the directory."""
        size_bytes = 0
        for path in self._directory.iterdir():
            with suppress(FileNotFoundError):  # Just erased.
                size_bytes += path.stat().st_size
        return size_bytes

    def take(self, size_bytes: int) -> int:
        """Counts bytes of an upload that goes on, or, when negative, gives them back; how many there are so far in this
        process. What all have taken since an instant is the difference.
        """
        with self._changing:
            self._taken_bytes += size_bytes
            return self._taken_bytes

    def _path(self, id: str, part: Part) -> Path:
        return self._directory / f"{id}.{part}"

    def _sealer_of(self, id: str, part: Part) -> Sealer:
        return self._sealer.derived(f"{id}.{part}")

    def _load(self) -> None:
        set_aside: dict[str, StoreError | OSError] = {}
        is_whole = False
        for path in self._directory.iterdir():
            if path.suffix == _BEING_WRITTEN:
                path.unlink()
            elif path.suffix == _RECORD:
                try:
                    sealed = path.read_bytes()
                    is_whole = is_whole or len(sealed) > OVERHEAD_BYTES
                    self._read(path, sealed)
                except (StoreError, OSError) as error:
                    set_aside[path.stem] = error
        known = {*self._files, *self._batches}
        if is_whole and not known:
            raise DataLoss(f"no record in {self._directory} opens: they were sealed with another key, or are damaged")
        for id, why in set_aside.items():
            _log.error("%s%s is set aside: %s", id, _RECORD, why)
        # What was being written when a process died belongs to nobody.
        for path in self._directory.iterdir():
            if path.stem not in known and path.stem not in set_aside:
                path.unlink()

    def _read(self, path: Path, sealed: bytes) -> None:
        plain = self._sealer.derived(path.name).open(sealed)
        if path.stem.startswith(FILE_PREFIX):
            file = _decoded(plain, File, path)
            self._files[file.id] = file
        else:
            batch = _decoded(plain, Batch, path)
            self._batches[batch.id] = batch


class Plan:
    """The lines of a batch, which are looked up by their number in the upload. Holds one place for each, no line."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._places = reader.places()

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Line]:
        for piece in self._reader:
            yield _line(piece)

    def line(self, number: int) -> Line | None:
        """The line with that number, from 1; None when there is none."""
        if not 1 <= number <= len(self._places):
            return None
        return _line(self._reader.at(self._places[number - 1]))


def _line(piece: bytes) -> Line:
    return msgspec.json.decode(piece, type=Line)


def _owned(records: Mapping[str, _Kind], id: str, owner: Owner, what: str) -> _Kind:
    record = records.get(id)
    if record is None or record.owner != owner:
        raise NotFound(f"there is no {what} {id!r}")
    return record


def _decoded(plain: bytes, kind: type[_Kind], path: Path) -> _Kind:
    try:
        return msgspec.json.decode(plain, type=kind)
    except msgspec.DecodeError:
        raise DataLoss(f"{path.name} holds no record that this version knows") from None
