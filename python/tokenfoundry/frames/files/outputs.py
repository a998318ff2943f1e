"""What a run writes: a file that appears whole or not at all, or standard output."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tokenfoundry.errors import StoreError
from tokenfoundry.frames.files.sources import Compression, zstandard
from tokenfoundry.privacy.sealed_log import sync_directory

_GZIP = 31  # zlib's window bits for a gzip member.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Output(Protocol):
    """Where a run writes."""

    def write(self, data: bytes) -> None: ...

    def mark(self) -> int:
        """Bytes of the file that now survive a loss of power."""
        ...

    def finish(self) -> None:
        """All is written."""
        ...


class PartFile:
    """The file beside the output in which it grows; `finish` gives it its name.

    Compressed output is one member (gzip) or frame (zstd) from mark to mark, so that what was marked stands by itself.
    """

    def __init__(self, target: Path, compression: Compression = "", *, size: int = 0) -> None:
        """Goes on after `size` bytes of what an interrupted run left."""
        self._target = target
        self.path = part_of(target)
        with disk_errors(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            self._file: BinaryIO = os.fdopen(descriptor, "r+b")
            self._file.truncate(size)
            self._file.seek(size)
        self._compression = compression
        self._member: Any = None

    def write(self, data: bytes) -> None:
        with disk_errors(self.path):
            if not self._compression:
                self._file.write(data)
                return
            if self._member is None:
                self._member = _member(self._compression)
            self._file.write(self._member.compress(data))

    def copy(self, source: BinaryIO, size: int) -> None:
        """Writes the next `size` bytes of `source` as they are."""
        with disk_errors(self.path):
            while size:
                data = source.read(min(size, 2**20))
                if not data:
                    raise StoreError("the input ended before what it says it holds: was it changed?")
                self._file.write(data)
                size -= len(data)

    @property
    def position(self) -> int:
        return self._file.tell()

    def mark(self) -> int:
        with disk_errors(self.path):
            if self._member is not None:
                self._file.write(self._member.flush())
                self._member = None
            self._file.flush()
            os.fsync(self._file.fileno())
            return self._file.tell()

    def finish(self) -> None:
        size = self.mark()
        if self._compression and not size:
            self.write(b"")  # Nothing, compressed.
            self.mark()
        self._file.close()
        name_whole(self._target)

    def close(self) -> None:
        """Leaves what is there; what was not marked does not matter."""
        with suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """Leaves nothing, unless it has its name."""
        if not self._file.closed:
            self.close()
            self.path.unlink(missing_ok=True)


class StandardOutput:
    """The same, where it goes as it comes."""

    def write(self, data: bytes) -> None:
        sys.stdout.buffer.write(data)

    def mark(self) -> int:
        sys.stdout.buffer.flush()
        return 0

    def finish(self) -> None:
        self.mark()


def part_of(target: Path) -> Path:
    """Where `target` grows."""
    return target.with_name(f"{target.name}.part")


def write_whole(target: Path, data: bytes) -> None:
    """A small file, there whole or not at all; what was there is replaced."""
    part = PartFile(target)
    try:
        part.write(data)
        part.finish()
    finally:
        part.discard()


def name_whole(target: Path) -> None:
    """The part file becomes `target`, with the mode of the file it replaces."""
    part = part_of(target)
    with disk_errors(target):
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
        sync_directory(target.resolve().parent)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """An error of the disk, said as what to do."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise StoreError(
                f"the disk is full: {path} could not be written. Make room, then give the same command with --resume"
            ) from None
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from None


def _member(compression: Compression) -> Any:
    if compression == "gz":
        return zlib.compressobj(wbits=_GZIP)
    return zstandard().ZstdCompressor().compressobj()
