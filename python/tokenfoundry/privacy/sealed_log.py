"""A file of sealed pieces, written at its end only.

Each piece is its length (4 bytes, little-endian) and its sealed bytes; its number is sealed with it, so that pieces can
be neither exchanged nor left out in the middle. What a process did not finish writing is dropped when the file is next
written to. That a file is complete is known by whoever knows how much is in it. The first piece may begin further in,
behind what the owner of the file keeps there.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from tokenfoundry.errors import DataLoss, InvalidInput
from tokenfoundry.privacy.sealed import OVERHEAD_BYTES, Sealer

_LENGTH = struct.Struct("<I")
MAX_PIECE_BYTES = 64 * 2**20


class PieceTooLarge(InvalidInput):
    """What was to be written could not be read again."""


class Place(NamedTuple):
    """Where a piece is."""

    number: int
    offset: int


class LogWriter:
    """Appends to a log, which is made with its first piece when it is not there. One at a time."""

    def __init__(self, path: Path, sealer: Sealer, *, begin: int = 0) -> None:
        """Reads how much of the log is whole. Opens nothing before there is something to write."""
        self._path = path
        self._sealer = sealer
        places = list(_places(path, begin)) if path.exists() else []
        self._number = len(places)
        self._whole_bytes = _end_of(path, places) or begin
        self._file: BinaryIO | None = None
        self._is_named = path.exists()

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return self._number

    def append(self, plain: bytes) -> None:
        """Adds a piece; what is appended and flushed survives a killed process. Raises `PieceTooLarge`."""
        if len(plain) > MAX_PIECE_BYTES:
            raise PieceTooLarge(f"a piece of {len(plain)} bytes is over {MAX_PIECE_BYTES}")
        if self._file is None:
            self._file = self._opened()
        sealed = self._sealer.seal(plain, place=_place_of(self._number))
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def sync(self) -> None:
        """Once it returns, what was flushed survives a loss of power. Blocks; any thread."""
        if self._file is None:
            return
        os.fsync(self._file.fileno())
        if not self._is_named:
            sync_directory(self._path.parent)
            self._is_named = True

    def close(self, *, sync: bool = False) -> None:
        """With `sync`, once it is on the disk itself. Harmless twice; nothing can be appended after it."""
        if self._file is None or self._file.closed:
            return
        self._file.flush()
        if sync:
            self.sync()
        self._file.close()

    def _opened(self) -> BinaryIO:
        file = self._path.open("ab")
        os.chmod(self._path, 0o600)
        if file.tell() != self._whole_bytes:
            file.truncate(self._whole_bytes)
            file.seek(0, os.SEEK_END)
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()


class LogReader:
    """Reads a log's pieces, in order or one by one."""

    def __init__(self, path: Path, sealer: Sealer, *, begin: int = 0) -> None:
        self._path = path
        self._sealer = sealer
        self._begin = begin

    def places(self) -> list[Place]:
        """Where the pieces are. Opens none."""
        return list(_places(self._path, self._begin))

    def size_bytes(self) -> int:
        """How much can be read, if all pieces open. Opens none. Raises `DataLoss`."""
        return _end_of(self._path, places := self.places()) - len(places) * (_LENGTH.size + OVERHEAD_BYTES)

    def at(self, place: Place) -> bytes:
        """One piece. Raises `DataLoss`."""
        with self._path.open("rb") as file:
            file.seek(place.offset)
            return self._read(file, place.number)

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(self._begin)
            for place in _places(self._path, self._begin):
                yield self._read(file, place.number)

    def _read(self, file: BinaryIO, number: int) -> bytes:
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        return self._sealer.open(file.read(length), place=_place_of(number))


def sync_directory(directory: Path) -> None:
    """Once it returns, the names in that directory survive a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place_of(number: int) -> bytes:
    return number.to_bytes(8, "little")


def _places(path: Path, begin: int) -> Iterator[Place]:
    """Every piece that is there whole. Raises `DataLoss` for what is no log."""
    size = path.stat().st_size
    offset, number = begin, 0
    with path.open("rb") as file:
        while offset + _LENGTH.size <= size:
            file.seek(offset)
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            if not OVERHEAD_BYTES <= length <= MAX_PIECE_BYTES + OVERHEAD_BYTES:
                raise DataLoss(f"{path.name} is damaged at byte {offset}")
            if offset + _LENGTH.size + length > size:
                return
            yield Place(number, offset)
            offset += _LENGTH.size + length
            number += 1


def _end_of(path: Path, places: list[Place]) -> int:
    if not places:
        return 0
    with path.open("rb") as file:
        file.seek(places[-1].offset)
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
    return places[-1].offset + _LENGTH.size + int(length)
