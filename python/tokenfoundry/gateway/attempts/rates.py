"""What the gateway does with rate limits: a call passes them in two steps, and leaves them however it ends.

On the way in, before anything is spent on the call, it takes a request and a place among the concurrent calls, of the
limits on axes that are known then. A refusal costs a look-up and no disk write. The place is kept until the answer is
complete, the stream has ended or the client is gone. An answer from the cache counts as a request.

Each attempt then takes its tokens, as its prompt and its bound on the output are known only with the target: the prompt
as counted plus the whole output that was asked for. Where the caller stated no bound, it takes no more than the
tightest limit takes at once: that our own bound is generous must not shut the call out. It also takes a request and a
place of the limits that select by model or region, which a fallback to another target therefore takes anew. When the
attempt ends, what it really used stands in the place of the estimate: nothing when it consumed nothing.

A call that is refused for its tokens still counted as a request, as with the large providers. One that asks for more
tokens than a limit ever takes at once is refused for good, and told so and what would help.

Every answer to a call that limits count carries `x-ratelimit-*` (OpenAI's) and `RateLimit-Policy` and `RateLimit`
(IETF draft-ietf-httpapi-ratelimit-headers-10), each for the limit with the least left. The draft registers no unit for
tokens; `qu="tokens"` says that they are not requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple, Self

from tokenfoundry.clock import Clock
from tokenfoundry.gateway.durations import duration_text, seconds_up
from tokenfoundry.gateway.headers import (
    RATE_LIMIT,
    RATE_LIMIT_POLICY,
    RETRY_AFTER,
    RETRY_AFTER_MS,
    SHOULD_RETRY,
    rate_limit_header,
)
from tokenfoundry.gateway.replies import Answer, Headers, Refused, StreamAnswer
from tokenfoundry.ledger import Axes
from tokenfoundry.limits import Lease, Limited, Metered, Part, RateLevel, RateLimiter
from tokenfoundry.routing.targets import Target

_QUOTA_UNITS: dict[Metered, str] = {"requests": "", "tokens": ';qu="tokens"', "concurrent": ';qu="concurrent-requests"'}

_TARGET_AXES = frozenset({"model", "region"})


class TargetLimited(Exception):
    """A limit on this model or region refuses; another target may take the call. `refused` is what the caller is told
    when none is left.
    """

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class Estimate(NamedTuple):
    """The tokens of an attempt before it is made, all choices together. `is_ours`: the caller bounded no output."""

    prompt: int  # As counted.
    output: int  # At most.
    is_ours: bool


class Taken:
    """What one attempt has taken: here nothing. Entered around the reservation of its budgets: when the block raises,
    nothing was sent, and it is given back.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        return None

    def used(self, tokens: int) -> None:
        """Ends the attempt, with the tokens it really used. Harmless twice."""


NOTHING_TAKEN = Taken()


class Passage:
    """The way of a call that no limit can count: nothing is taken. Entered for as long as the call is walked."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        return None

    def attempt(self, target: Target, estimate: Callable[[], Estimate]) -> Taken:
        """Takes an attempt's estimated tokens. Several may be under way. Raises `Refused` (429), or `TargetLimited`."""
        return NOTHING_TAKEN

    def ended(self) -> None:
        """Tells that a stream no attempt of this call makes is over: its place is given up. Harmless twice."""

    def on(self, answer: Answer | StreamAnswer) -> Answer | StreamAnswer:
        """The answer with its headers. A stream takes the call's place with it, and gives it up when it is closed."""
        return answer


FREE = Passage()


class LimitedPassage(Passage):
    """The way of one call. `axes_of` gives its axes, with those of a target once there is one."""

    def __init__(self, limiter: RateLimiter, clock: Clock, axes_of: Callable[[Target | None], Axes]) -> None:
        self._limiter = limiter
        self._clock = clock
        self._axes_of = axes_of
        self._target: Target | None = None
        self._axes = axes_of(None)
        self._call: Lease | None = None
        self._attempts: list[_TakenOfLimits] = []
        self._streaming = False

    def __enter__(self) -> Self:
        self._call = self._admit("call", 0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self._streaming:
            self._leave()
        if isinstance(error, Refused):
            error.headers = {**self._headers(), **error.headers}

    def attempt(self, target: Target, estimate: Callable[[], Estimate]) -> Taken:
        self._target, self._axes = target, self._axes_of(target)
        estimated = estimate()
        lease = self._admit("attempt", self._tokens_of(estimated), prompt=estimated.prompt)
        taken = _TakenOfLimits(self, lease)
        self._attempts.append(taken)
        return taken

    def end(self, taken: _TakenOfLimits, tokens: int) -> None:
        """Ends an attempt that was taken. Harmless twice."""
        if taken in self._attempts:
            self._attempts.remove(taken)
            if taken.lease:
                self._limiter.correct(taken.lease, tokens)
                self._limiter.release(taken.lease)
        self.ended()

    def ended(self) -> None:
        if self._streaming and not self._attempts:
            # Before the last bytes are written: who calls again on seeing them must find the place free.
            self._leave()

    def on(self, answer: Answer | StreamAnswer) -> Answer | StreamAnswer:
        if isinstance(answer, StreamAnswer):
            self._streaming = True
            headers = {**self._headers(), **answer.headers}
            return replace(answer, headers=headers, close=self._leaving_after(answer.close))
        self._leave()
        return replace(answer, headers={**self._headers(), **answer.headers})

    def _leaving_after(self, close: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def close_and_leave() -> None:
            try:
                await close()
            finally:
                self._leave()

        return close_and_leave

    def _leave(self) -> None:
        """Gives up what is still held. An attempt whose end nobody told keeps its estimate."""
        for lease in (*(taken.lease for taken in self._attempts), self._call):
            if lease:
                self._limiter.release(lease)
        self._attempts.clear()
        self._call = None

    def _tokens_of(self, estimate: Estimate) -> int:
        tokens = estimate.prompt + estimate.output
        at_once = self._limiter.tokens_at_once(self._axes) if estimate.is_ours else None
        return tokens if at_once is None else max(estimate.prompt, min(tokens, at_once))

    def _admit(self, part: Part, tokens: int, *, prompt: int = 0) -> Lease:
        outcome = self._limiter.admit(self._axes, tokens=tokens, part=part)
        if isinstance(outcome, Limited):
            levels = self._levels()
            # The next try needs a request too.
            waits_ms = [level.next_ms for level in levels if level.what == "requests" and not level.left]
            wait_ms = max(0, outcome.retry_at - self._clock(), *waits_ms)
            refused = refused_by_limit(outcome, prompt=prompt, wait_ms=wait_ms, headers=headers_of(levels))
            raise TargetLimited(refused) if self._is_of_target(outcome.limit) else refused
        return outcome

    def _is_of_target(self, name: str) -> bool:
        return any(
            limit.name == name and not _TARGET_AXES.isdisjoint((*limit.match, *limit.each))
            for limit in self._limiter.limits
        )

    def _headers(self) -> Headers:
        return headers_of(self._levels())

    def _levels(self) -> tuple[RateLevel, ...]:
        part: Part = "call" if self._target is None else "whole"
        return self._limiter.status(self._axes, part=part)


class _TakenOfLimits(Taken):
    __slots__ = ("_passage", "lease")

    def __init__(self, passage: LimitedPassage, lease: Lease) -> None:
        self._passage = passage
        self.lease = lease

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self.used(0)

    def used(self, tokens: int) -> None:
        self._passage.end(self, tokens)


class Rates:
    """The rate limits of one gateway. Any thread."""

    def __init__(self, limiter: RateLimiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock

    def passage(self, axes_of: Callable[[Target | None], Axes]) -> Passage:
        """A call's way through the limits, to be entered once."""
        return LimitedPassage(self._limiter, self._clock, axes_of) if self._limiter.limits else FREE


def refused_by_limit(limited: Limited, *, prompt: int, wait_ms: int, headers: Headers) -> Refused:
    """429 `rate_limit_exceeded`: names the limit, and when to come again; or what to change, when that helps nothing.

    `prompt` are the tokens of the call's prompt.
    """
    name = f"rate limit {limited.limit!r}"
    if limited.never_fits:
        message = f"this call may take {limited.asked} tokens, more than {name} takes at once ({limited.amount}): "
        told = {SHOULD_RETRY: "false"}
        helps = "lower max_tokens" if prompt < limited.amount else "shorten the prompt"
        return _refused(message + helps, {**headers, **told})
    if limited.what == "concurrent":
        message = f"{name}: {limited.amount} calls are under way, as many as may be at once"
    elif limited.what == "requests":
        message = f"{name}: {limited.amount} requests per {period_text(limited.period_ms)} are used up"
    else:
        message = (
            f"{name} of {limited.amount} tokens per {period_text(limited.period_ms)}: {limited.left} left, "
            f"this call may take {limited.asked}"
        )
    told = {RETRY_AFTER: str(seconds_up(wait_ms)), RETRY_AFTER_MS: str(wait_ms)}
    return _refused(f"{message}; try again in {duration_text(wait_ms)}", {**headers, **told})


def _refused(message: str, headers: Headers) -> Refused:
    return Refused(429, "rate_limit_exceeded", message, kind="rate_limit_error", headers=headers)


def headers_of(levels: Sequence[RateLevel]) -> Headers:
    """What callers are told of their limits; nothing when no limit counts the call."""
    if not levels:
        return {}
    headers: Headers = {}
    now: list[str] = []
    for level in levels:
        what = level.what
        if what == "concurrent":
            now.append(f'"{what}";r={level.left}')
            continue
        # Until more is left, in whole seconds.
        now.append(f'"{what}";r={level.left};t={seconds_up(level.next_ms)}')
        headers[rate_limit_header("limit", what)] = str(level.amount)
        headers[rate_limit_header("remaining", what)] = str(level.left)
        headers[rate_limit_header("reset", what)] = duration_text(level.reset_ms)
    headers[RATE_LIMIT_POLICY] = ", ".join([_policy(level.what, level.amount, level.period_ms) for level in levels])
    headers[RATE_LIMIT] = ", ".join(now)
    return headers


@lru_cache(maxsize=1024)
def _policy(what: Metered, amount: int, period_ms: int) -> str:
    """A member of `RateLimit-Policy`, e.g. `"requests";q=100;w=60`."""
    window = f";w={seconds_up(period_ms)}" if period_ms else ""
    return f'"{what}";q={amount}{_QUOTA_UNITS[what]}{window}'


def period_text(period_ms: int) -> str:
    """A period as a sentence says it.

    >>> period_text(60_000), period_text(10_000)
    ('minute', '10s')
    """
    return "minute" if period_ms == 60_000 else duration_text(period_ms)
