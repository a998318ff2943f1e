"""Tokens that end after about an hour and are fetched again before that, in a thread beside the walk."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.providers.credentials import CredentialFailed

_log = logging.getLogger("tokenfoundry")

_EARLY_MS = 300_000
_LONGEST_WAIT_S = 10.0
_REST_MS = 5_000  # After a failure, so that whoever gives tokens is not asked for each call.

_TOLD = "the token for the provider could not be renewed"


@dataclass(frozen=True, slots=True)
class Token:
    """A text, and when it ends, in Unix milliseconds; None for one that does not say."""

    text: str = field(repr=False)
    ends_at_ms: int | None
    renew_at_ms: int

    @classmethod
    def until(cls, text: str, ends_at_ms: int, *, now_ms: int) -> Token:
        """One that is renewed five minutes before its end, or after four fifths of a life that is short."""
        early_ms = min(_EARLY_MS, max(0, ends_at_ms - now_ms) // 5)
        return cls(text, ends_at_ms, ends_at_ms - early_ms)

    def is_over(self, now_ms: int) -> bool:
        return self.ends_at_ms is not None and now_ms >= self.ends_at_ms


Fetch = Callable[[int], Token]
"""Gets a token, given now in Unix milliseconds. May block. Raises `CredentialFailed`, whose message is for the log."""


class RenewedToken:
    """One credential whose token is renewed. See `Credential`. At most one fetch is under way."""

    def __init__(self, label: str, fetch: Fetch, *, clock: Clock = system_clock) -> None:
        """`label` says where it comes from, never what it is."""
        self._label = label
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._lock = threading.Lock()  # Guards the two below.
        self._fetching: Future[None] | None = None
        self._rests_until_ms = 0

    def __repr__(self) -> str:
        return f"RenewedToken({self._label!r})"

    def current(self) -> str | None:
        token = self._token
        if token is None:
            return None
        now_ms = self._clock()
        if now_ms >= token.renew_at_ms:
            self._start(now_ms)
        return None if token.is_over(now_ms) else token.text

    def fingerprint(self) -> str:
        return self._label

    async def renew(self, *, within_s: float) -> None:
        token, now_ms = self._token, self._clock()
        if token is not None and not token.is_over(now_ms):
            return
        fetching = asyncio.wrap_future(self._start(now_ms))
        try:
            await asyncio.wait_for(fetching, min(within_s, _LONGEST_WAIT_S))
        except TimeoutError:
            raise CredentialFailed(f"{_TOLD} in time") from None

    def _start(self, now_ms: int) -> Future[None]:
        """The fetch that is under way, or a new one; while it rests after a failure, the one that failed."""
        with self._lock:
            if self._fetching is not None and (not self._fetching.done() or now_ms < self._rests_until_ms):
                return self._fetching
            # Running from the start, so that nobody who stops waiting cancels it for the others.
            fetching: Future[None] = Future()
            fetching.set_running_or_notify_cancel()
            self._fetching = fetching
        threading.Thread(target=self._run, args=(fetching, now_ms), name="token", daemon=True).start()
        return fetching

    def _run(self, fetching: Future[None], now_ms: int) -> None:
        try:
            token = self._fetch(now_ms)
            if token.is_over(self._clock()):
                raise CredentialFailed("the one that came is over by this machine's clock")
        except CredentialFailed as error:
            self._failed(fetching, str(error))
        except Exception as error:  # noqa: BLE001 - the edge of this thread; its message may quote anything
            self._failed(fetching, type(error).__name__)
        else:
            self._token = token
            with self._lock:
                self._rests_until_ms = 0
            fetching.set_result(None)

    def _failed(self, fetching: Future[None], why: str) -> None:
        _log.error("no new token from %s: %s", self._label, why)
        with self._lock:
            self._rests_until_ms = self._clock() + _REST_MS
        fetching.set_exception(CredentialFailed(_TOLD))
