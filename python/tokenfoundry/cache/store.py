"""What is kept on disk by the exact bytes of its question, and how it comes back after the disk failed."""

from __future__ import annotations

import logging
import os
import threading
from types import TracebackType
from typing import Self

import msgspec

from tokenfoundry import _core
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import InvalidInput, InvalidState, StoreError

_log = logging.getLogger("tokenfoundry")

_REOPEN_AFTER_MS = 30_000  # Between two tries to open a cache again whose disk failed.


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept: records, and their bytes with keys, as `max_bytes` bounds them."""

    entries: int
    bytes: int


class Cache:
    """Answers by the exact bytes of their question, in a directory that may be lost. Thread-safe.

    After a failed write, on a full disk say, the core writes nothing more. Each later `put` then raises `StoreError` at
    once, and every half minute one of them has the directory opened again, in a thread of its own: what had not reached
    the disk is lost, and the cache works again as soon as the disk does. Until then what can be read is given.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as path, Cache.open(path, max_bytes=1_000_000) as cache:
    ...     cache.put(b"question", b"answer", ttl_ms=60_000)
    ...     cache.get(b"question"), cache.get(b"another")
    (b'answer', None)
    """

    def __init__(self, path: str, *, max_bytes: int, clock: Clock) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._core = _core.Cache.open(path, max_bytes=max_bytes)
        self._opening = threading.Lock()  # Held while the core is closed or replaced.
        self._failed = False
        self._next_try_ms = 0
        self._closed = False

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, max_bytes: int, clock: Clock | None = None) -> Self:
        """Opens the cache in directory `path`; one that cannot be read is emptied.

        `max_bytes` (at least 64 KiB) bounds what is stored; above it the oldest go. `clock` gives now in Unix
        milliseconds. Raises `DirectoryBusy` when another process has it.
        """
        if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 65_536:
            raise InvalidInput(f"max_bytes: {max_bytes!r} is not an integer of at least 65536")
        return cls(os.fspath(path), max_bytes=max_bytes, clock=clock or system_clock)

    def close(self) -> None:
        """Writes what is in memory and closes the directory."""
        self._closed = True
        with self._opening:
            self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put(self, key_material: bytes, value: bytes, *, ttl_ms: int) -> None:
        """Keeps `value` for `ttl_ms` milliseconds. One that alone exceeds `max_bytes` is not kept.

        Raises `StoreError` when the disk fails, and until the directory could be opened again.
        """
        if self._failed:
            self._open_again()
            raise StoreError("the cache cannot be written; it is opened again as soon as the disk allows")
        try:
            self._core.put(key_material, value, self._clock(), ttl_ms)
        except StoreError:
            self._failed = True
            self._next_try_ms = self._clock() + _REOPEN_AFTER_MS
            raise
        except InvalidState:
            # Closed under this call by `_reopen`, or by its owner.
            if self._closed:
                raise
            raise StoreError("the cache is being opened again") from None

    def get(self, key_material: bytes) -> bytes | None:
        """What was put for these bytes; None when it never was, has expired, was evicted, lost or damaged."""
        try:
            return self._core.get(key_material, self._clock())
        except InvalidState:
            if self._closed:
                raise
            return None

    def clear(self) -> None:
        """Forgets everything."""
        self._core.clear()

    def stats(self) -> CacheStats:
        """How much is kept now."""
        try:
            entries, size_bytes = self._core.stats()
        except InvalidState:
            if self._closed:
                raise
            entries = size_bytes = 0
        return CacheStats(entries=entries, bytes=size_bytes)

    @property
    def failed(self) -> bool:
        """Whether the disk refused a write and the directory could not be opened again since."""
        return self._failed

    def _open_again(self) -> None:
        """Begins to open the directory again, unless that was tried a moment ago."""
        now_ms = self._clock()
        if now_ms < self._next_try_ms:
            return
        self._next_try_ms = now_ms + _REOPEN_AFTER_MS
        threading.Thread(target=self._reopen, name="tokenfoundry-cache", daemon=True).start()

    def _reopen(self) -> None:
        with self._opening:
            if self._closed:
                return
            try:
                self._core.close()
                self._core = _core.Cache.open(self._path, max_bytes=self._max_bytes)
            except StoreError as error:
                _log.warning("the cache cannot be opened again: %s", type(error).__name__)
                return
            self._failed = False
        _log.warning("the cache works again; what had not reached the disk is lost")
