"""The exact response cache: what was answered before to the very same question."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

import msgspec

from tokenfoundry import _core
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import InvalidInput


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept: records, and their bytes with keys, as `max_bytes` bounds them."""

    entries: int
    bytes: int


class Cache:
    """Answers by the exact bytes of their question, in a directory that may be lost. Thread-safe.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as path, Cache.open(path, max_bytes=1_000_000) as cache:
    ...     cache.put(b"question", b"answer", ttl_ms=60_000)
    ...     cache.get(b"question"), cache.get(b"another")
    (b'answer', None)
    """

    def __init__(self, core: _core.Cache, *, clock: Clock) -> None:
        self._core = core
        self._clock = clock

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, max_bytes: int, clock: Clock | None = None) -> Self:
        """Opens the cache in directory `path`; one that cannot be read is emptied.

        `max_bytes` (at least 64 KiB) bounds what is stored; above it the oldest go. `clock` gives now in Unix
        milliseconds. Raises `DirectoryBusy` when another process has it.
        """
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 65_536:
            raise InvalidInput(f"max_bytes: {max_bytes!r} is not an integer of at least 65536")
        return cls(_core.Cache.open(os.fspath(path), max_bytes=max_bytes), clock=clock or system_clock)

    def close(self) -> None:
        """Writes what is in memory and closes the directory."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, key_material: bytes, value: bytes, *, ttl_ms: int) -> None:
        """Keeps `value` for `ttl_ms` milliseconds. One that alone exceeds `max_bytes` is not kept."""
        self._core.put(key_material, value, self._clock(), ttl_ms)

    def get(self, key_material: bytes) -> bytes | None:
        """What was put for these bytes; None when it never was, has expired, was evicted, lost or damaged."""
        return self._core.get(key_material, self._clock())

    def clear(self) -> None:
        """Forgets everything."""
        self._core.clear()

    def stats(self) -> CacheStats:
        """How much is kept now."""
        entries, size_bytes = self._core.stats()
        return CacheStats(entries=entries, bytes=size_bytes)
