"""A second attempt when the first is slow: the first of the two to answer wins, the other is cancelled.

Both are paid for: whoever is cancelled has been sent, so its attempt is booked for what it may have cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from tokenfoundry.resilience.timing import Timing

Result = TypeVar("Result")


async def first_of(
    first: Coroutine[Any, Any, Result],
    second: Callable[[], Coroutine[Any, Any, Result] | None],
    *,
    after_s: float,
    timing: Timing,
    discard: Callable[[Result], Awaitable[None]],
) -> Result:
    """The result of `first`, or of `second` if that is made and is earlier.

    `second` is asked for once `first` has given nothing for `after_s`; None when there is none to make. When one of the
    two fails the other is waited for; when both fail, the error of `first` is raised. When this is cancelled both are,
    and it ends after they have. `discard` is given a result that came too late.
    """
    tasks = [asyncio.ensure_future(first)]
    alarm = asyncio.ensure_future(timing.sleep(after_s))
    won: asyncio.Task[Result] | None = None
    try:
        await asyncio.wait({tasks[0], alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            coroutine = second()
            if coroutine is not None:
                tasks.append(asyncio.ensure_future(coroutine))
        while (won := _winner(tasks)) is None:
            waiting = [task for task in tasks if not task.done()]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await _to_its_end(_give_up([task for task in tasks if task is not won], discard))
    except BaseException:
        # Whoever won while this was cancelled has won for nobody. The losers are given up by now, if there were any.
        await _to_its_end(_give_up(tasks if won is None else [won], discard))
        raise
    finally:
        alarm.cancel()
    return won.result()


def _winner(tasks: list[asyncio.Task[Result]]) -> asyncio.Task[Result] | None:
    """The first of them that has a result; the first of all when every one has failed; None while that is open."""
    for task in tasks:
        if task.done() and not task.cancelled() and task.exception() is None:
            return task
    return tasks[0] if all(task.done() for task in tasks) else None


async def _give_up(tasks: Sequence[asyncio.Future[Result]], discard: Callable[[Result], Awaitable[None]]) -> None:
    """Cancels them and waits until they have cleaned up. Their errors are nobody's: what they did is on record."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and task.exception() is None:
            await discard(task.result())


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Awaits what must not be left half done. A cancellation meanwhile is raised when it is done."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise  # The loop itself ends.
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
