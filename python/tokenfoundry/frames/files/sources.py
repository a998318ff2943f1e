"""Files as bytes, decompressed as they are read."""

from __future__ import annotations

import gzip
import sys
import zlib
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, cast

from tokenfoundry.errors import InvalidInput, MissingExtra, StoreError

Compression = Literal["", "gz", "zst"]
_SKIPPED_BYTES = 2**20


class Source:
    """A file, or standard input for None, read once from its beginning. A context manager.

    Raises `InvalidInput` for a file that cannot be read or is damaged, `MissingExtra` where a compression needs one.
    """

    def __init__(self, path: Path | None, compression: Compression = "") -> None:
        self._name = "standard input" if path is None else str(path)
        try:
            self._file = sys.stdin.buffer if path is None else path.open("rb")
        except OSError as error:
            raise InvalidInput(f"cannot use {path}: {error.strerror}") from None
        self._owned = path is not None
        self._compression = compression
        self._stream = self._decompressed()

    def _decompressed(self) -> BinaryIO:
        if self._compression == "gz":
            return cast(BinaryIO, gzip.GzipFile(fileobj=self._file, mode="rb"))
        if self._compression == "zst":
            reader = zstandard().ZstdDecompressor().stream_reader(self._file, read_across_frames=True)
            return cast(BinaryIO, reader)
        return self._file

    @property
    def taken_bytes(self) -> int:
        """Bytes of the file that were read, compressed as it is."""
        return self._file.tell() if self._owned else 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end."""
        try:
            return self._stream.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(f"{self._name} is damaged, or not what its suffix says: {error}") from None
        except OSError as error:
            raise StoreError(f"{self._name} cannot be read: {error.strerror or error}") from None
        except _zstd_error() as error:
            raise InvalidInput(f"{self._name} is damaged, or not what its suffix says: {error}") from None

    def skip_to(self, offset: int) -> None:
        """Goes on at that byte of what is decompressed; what is compressed is read up to there again."""
        if not self._compression:
            self._file.seek(offset)
            return
        self._file.seek(0)
        self._stream = self._decompressed()
        left = offset
        while left and (skipped := len(self.read(min(left, _SKIPPED_BYTES)))):
            left -= skipped

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._owned:
            self._file.close()


def zstandard() -> Any:
    """The package of that name. Raises `MissingExtra`."""
    try:
        return import_module("zstandard")
    except ModuleNotFoundError:
        raise MissingExtra("zstandard", "files") from None


def _zstd_error() -> type[Exception]:
    """What a damaged zstd file raises; nothing where the package was not needed."""
    loaded = sys.modules.get("zstandard")
    return loaded.ZstdError if loaded is not None else _Never


class _Never(Exception):
    """What nothing raises."""
