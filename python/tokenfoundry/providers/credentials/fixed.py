"""Keys that are read and not renewed: of the environment, and in files, which may be written again."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import KeyReference

_log = logging.getLogger("tokenfoundry")

_LOOK_EVERY_S = 1.0  # So that a slow disk is not asked for each call.


class FixedKey:
    """A key that stays as it is. See `Credential`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._fingerprint = _digest(text)

    def current(self) -> str | None:
        return self._text

    def fingerprint(self) -> str:
        return self._fingerprint

    async def renew(self, *, within_s: float) -> None:
        """There is nothing to wait for."""


class KeyFile:
    """A key in a file, which is read again when the file is another one. See `Credential`.

    A file that is gone or empty, as while it is written, changes nothing: the key that was read last stays.
    """

    def __init__(self, reference: KeyReference, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` when there is no key in it."""
        self._reference = reference
        self._clock_s = clock_s
        self._seen = _identity(reference.place)
        self._text = reference.read().reveal()
        self._fingerprint = _digest(self._text)
        self._next_look_s = clock_s() + _LOOK_EVERY_S

    def current(self) -> str | None:
        self._look_again()
        return self._text

    def fingerprint(self) -> str:
        self._look_again()
        return self._fingerprint

    async def renew(self, *, within_s: float) -> None:
        """There is nothing to wait for."""

    def _look_again(self) -> None:
        now_s = self._clock_s()
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + _LOOK_EVERY_S
            self._look()

    def _look(self) -> None:
        found = _identity(self._reference.place)
        if found == self._seen:
            return
        self._seen = found
        try:
            text = self._reference.read().reveal()
        except ConfigError as error:
            _log.warning("the key of before is used on: %s", error)
        else:
            # In this order: a fingerprint never stands for a text that is not given yet.
            self._text = text
            self._fingerprint = _digest(text)
            _log.info("the key file %s has changed and was read again", self._reference.place)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _identity(path: str) -> tuple[int, int, int] | None:
    """What differs when a file was written again or replaced, also through a link; None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
